"""Gathers the evidence behind the headline figures: from honest test rows, and from everyone of each date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from models.grades import LETTERS, GradeCuts, grade_of
from training.estimates.measures import (
    FloatArray,
    Judged,
    Recalibration,
    auc,
    estimate,
    rate_interval,
)
from training.fitting.boosting import fit_booster
from training.fitting.calibration import FittedCurve
from training.judging.draw_evidence import robust_rates, strictness
from training.judging.populations import (
    Population,
    concentrations,
    evenly,
    explained,
    guard_effects,
    migrations,
    most_used,
    population_of,
    region_shifts,
    score_shift,
    shifts,
)
from training.judging.validation import Evidence, GradeRate
from training.pack.capacity import Ranking
from training.pack.fairness import ATTRIBUTES, GroupRow, fairness_rows
from training.pack.leaning import Agreement, LeaningRow, agreements, leaning_rows, mean_sizes
from training.pack.promises import check_calibration, jeffreys_tests, net_benefit, order_tests
from training.pack.stability import Shift
from training.pack.timeline import DateRow
from training.plan.recipe import Recipe
from training.plan.time_splits import PartName
from training.rows.history import History
from training.rows.matrix import ChosenColumns
from training.rows.parts import Part, Scale, part_of

THRESHOLDS = 25
# The fit under another seed learns from so many rows at most: it must not double a long fit.
TWIN_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Judging:
    """What the validation looks at."""

    history: History
    recipe: Recipe
    parts: Mapping[PartName, Part]
    columns: ChosenColumns
    scale: Scale
    curve: FittedCurve
    cuts: GradeCuts


def honest_rows(scale: Scale, part: Part) -> Judged:
    """The rows that may speak for everyone, with the model's probability of each."""
    honest = part.selection.honest
    return Judged(
        label=part.label[honest],
        score=scale.probability(part.matrix[honest]),
        weight=part.selection.honest_weight[honest],
        entity=part.entity[honest],
    )


def gather_evidence(
    judging: Judging,
    judged: Judged,
    *,
    ranking: Ranking,
    grades: Sequence[GradeRate],
    line: Recalibration,
) -> Evidence:
    """All of it; grades of Jeffreys' tests are the model's alone, those of order and migration final."""
    everyone = _populations(judging)
    recipe = judging.recipe
    reference = [everyone[day] for day in recipe.calibration_dates]
    later = [everyone[day] for day in recipe.test_dates]
    sizes = [grade.effective for grade in grades]
    leaning, agreed = _leaning(judging, [*reference, *later])
    visits = [rows for part in judging.history.labelled.values() for rows in part]
    leniency, unsaid = strictness(visits, judging.scale)
    return Evidence(
        doubly_robust=robust_rates(judging.history.rows("test"), everyone),
        leniency=leniency,
        leniency_refused=unsaid,
        ranking_at_capacity=ranking.capacities,
        gains_curve=ranking.gains_curve,
        calibration=check_calibration(judged, line, seed=recipe.seeds.bootstrap),
        jeffreys=jeffreys_tests(judged, grade_of(judged.score, judging.cuts.cuts), LETTERS),
        order_tests=order_tests(LETTERS, [grade.rate.value for grade in grades], sizes),
        psi=_shifts(judging, reference, later),
        psi_by_region=tuple(each for now in later for each in region_shifts(reference, now)),
        migration=migrations([reference[-1], *later]),
        change_guard=guard_effects([reference[-1], *later], judging.cuts),
        herfindahl=concentrations(reference, later),
        fairness=_fairness(judging, judged),
        net_benefit=net_benefit(judged, _thresholds(judged)),
        leaning=leaning,
        explanation_stability=agreed,
        monthly=tuple(_date_row(judging, day, everyone, reference) for day in sorted(everyone)),
    )


def _populations(judging: Judging) -> dict[date, Population]:
    """Everyone of every as-of date of the run."""
    snapshots = judging.history.snapshots
    return {
        day: population_of(day, snapshots[day].read(), judging.scale, judging.cuts)
        for day in sorted(snapshots)
    }


def _shifts(
    judging: Judging, reference: Sequence[Population], later: Sequence[Population]
) -> tuple[Shift, ...]:
    """Score and leading indicators of every test date against the calibration population."""
    schema = judging.columns.schema
    watched = most_used(schema, judging.scale, reference)
    return tuple(each for now in later for each in shifts(schema, reference, now, watched))


def _fairness(judging: Judging, judged: Judged) -> tuple[GroupRow, ...]:
    """Gaps between groups on the random rows; nothing where no row is random."""
    selection = judging.parts["test"].selection
    if not selection.known:
        return ()
    tables = [
        rows.indicators.select([c for c in ATTRIBUTES.values() if c in rows.indicators.column_names])
        for rows in judging.history.rows("test")
    ]
    facts = pa.concat_tables(tables, promote_options="permissive").filter(pa.array(selection.honest))
    high = np.isin(grade_of(judged.score, judging.cuts.cuts), ("C", "D"))
    return fairness_rows(judged, facts, high)


def _thresholds(judged: Judged) -> list[float]:
    """Probabilities at which somebody might draw the line: from the lowest to the highest percentile."""
    low, high = np.quantile(judged.score, (0.01, 0.99))
    return [float(t) for t in np.linspace(max(low, 1e-4), min(max(high, 2e-4), 0.95), THRESHOLDS)]


def _leaning(
    judging: Judging, populations: Sequence[Population]
) -> tuple[tuple[LeaningRow, ...], tuple[Agreement, ...]]:
    """What the model leans on at the last date; how far it agrees with other dates and another seed."""
    schema, scale = judging.columns.schema, judging.scale
    sizes: dict[str, FloatArray] = {}
    for population in populations:
        values, found = explained(scale, population)
        sizes[population.on.isoformat()] = mean_sizes(found)
    words = [(spec.name, spec.label_zh, spec.label_en) for spec in schema]
    agreed = agreements("date", sizes)
    other = _other_seed(judging)
    if other is not None:
        twin = mean_sizes(explained(other, populations[-1])[1])
        seed = judging.recipe.seeds.boosting
        agreed += agreements("seed", {str(seed): list(sizes.values())[-1], str(seed + 1): twin})
    return leaning_rows(words, found, values), agreed


def _other_seed(judging: Judging) -> Scale | None:
    """The same fit under the next seed; none where no chance takes part in a fit."""
    recipe, scale = judging.recipe, judging.scale
    if recipe.boosting.column_share == 1 and recipe.boosting.row_share == 1:
        return None
    part = judging.parts["refit" if "refit" in judging.parts else "training"]
    rows = evenly(len(part.label), TWIN_ROWS)
    booster = fit_booster(
        part.matrix[rows], part.label[rows], part.selection.training_weight[rows], schema=scale.schema,
        parameters=recipe.boosting, seed=recipe.seeds.boosting + 1, threads=scale.threads,
        start=None if part.start is None else part.start[rows],
    )  # fmt: skip
    return Scale(schema=scale.schema, booster=booster, calibration=scale.calibration, threads=scale.threads)


def _date_row(
    judging: Judging, day: date, everyone: Mapping[date, Population], reference: Sequence[Population]
) -> DateRow:
    """One as-of date; its ranking is measured on test dates only."""
    recipe, population = judging.recipe, everyone[day]
    part: PartName = _part_of_day(recipe, day)
    rows = next(each for each in judging.history.rows(part) if each.as_of == day)
    here = part_of([rows], judging.columns.schema, weight_cap=recipe.weight_cap)
    judged = honest_rows(judging.scale, here)
    both = 0 < judged.label.sum() < len(judged.label)
    ask = {"repetitions": recipe.bootstrap_repetitions, "seed": recipe.seeds.bootstrap}
    return DateRow(
        on=day, part=part, population=len(population.probability),
        mean_probability=float(population.probability.mean()),
        psi=score_shift(reference, population).psi,
        shares=tuple(float(n) for n in population.counts / population.counts.sum()),
        inspected=len(judged.label), rate=rate_interval(judged),
        auc=estimate(judged.ranked(), auc, **ask) if part == "test" and both else None,
    )  # fmt: skip


def _part_of_day(recipe: Recipe, day: date) -> PartName:
    """Where a date is looked at first honestly: test before calibration before training."""
    if day in recipe.test_dates:
        return "test"
    if day in recipe.calibration_dates:
        return "calibration"
    return "training" if day in recipe.training_dates else "refit"
