"""Judges a fitted model on the honest rows of the test dates: everything that its validation says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.direct_rules import final_letters
from models.grades import grade_of
from training.estimates.measures import BoolArray, FloatArray, Judged, check_two_classes, gini
from training.fitting.calibration import refit_line
from training.judging.evidence import Judging, gather_evidence, honest_rows
from training.judging.rivals import rival_scores
from training.judging.validation import (
    Evidence,
    GradeRate,
    TestRows,
    Validation,
    grade_rates,
    measure,
    order_probability,
)
from training.pack.capacity import rank_at_capacity
from training.plan.time_splits import PartName
from training.rows.baselines import baseline_scores
from training.rows.parts import Part


def judge_model(judging: Judging) -> Validation:
    """Every figure of a validation: headlines on the honest test rows, and the evidence behind them."""
    recipe, test = judging.recipe, judging.parts["test"]
    honest = test.selection.honest
    check_two_classes(test.label[honest], where="the honest test rows")
    judged = honest_rows(judging.scale, test)
    baselines = {name: score[honest] for name, score in _baselines(judging).items()}
    figures = measure(
        TestRows(judged=judged, baselines=baselines),
        repetitions=recipe.bootstrap_repetitions,
        seed=recipe.seeds.bootstrap,
    )
    grades = _grades(judging, judged, honest)
    line = refit_line(judged.score, judged.label, judged.weight)
    ranking = rank_at_capacity(
        judged, recipe.capacities, repetitions=recipe.bootstrap_repetitions, seed=recipe.seeds.bootstrap
    )
    evidence = gather_evidence(judging, judged, ranking=ranking, grades=grades, line=line)
    return Validation(
        metrics=dict(figures.metrics) | {"ks": ranking.ks, "gini": gini(figures.metrics["auc"])},
        baselines=figures.baselines,
        gains=figures.gains,
        grades=grades,
        order_probability=order_probability(grades, seed=recipe.seeds.bootstrap),
        rows=_counts(judging.parts),
        effective_rows=test.selection.effective_size,
        mechanisms=test.selection.mechanisms,
        note=test.selection.note,
        weight_coverage={name: part.coverage for name, part in judging.parts.items()},
        fitted_slope=judging.curve.fitted_slope,
        test_calibration=line,
        mean_probability=float(np.average(judged.score, weights=judged.weight)),
        observed_rate=float(np.average(judged.label, weights=judged.weight)),
        dropped=judging.columns.dropped,
        test_dates=recipe.test_dates,
        **{each.name: getattr(evidence, each.name) for each in fields(Evidence)},
    )


def _grades(judging: Judging, judged: Judged, honest: BoolArray) -> tuple[GradeRate, ...]:
    """The rates of the final grades, direct rules included: those are what a register shows."""

    def final(day: date, table: pa.Table) -> NDArray[np.str_]:
        return final_letters(grade_of(judging.scale.of_table(table), judging.cuts.cuts), table, day)

    history = judging.history
    inspected = [final(rows.as_of, rows.indicators) for rows in history.rows("test")]
    everyone = [final(day, history.snapshots[day].read()) for day in judging.recipe.test_dates]
    return grade_rates(judged, np.concatenate(inspected)[honest], np.concatenate(everyone))


def _baselines(judging: Judging) -> dict[str, FloatArray]:
    """The baselines' scores of all test rows, date by date because the past grows; then the rivals."""
    scores: dict[str, list[FloatArray]] = {}
    for number, rows in enumerate(judging.history.rows("test")):
        of_day = baseline_scores(
            rows.indicators,
            judging.history.past[rows.as_of],
            base_rate=judging.curve.calibration.base_rate,
            seed=judging.recipe.seeds.baseline + number,
        )
        for name, score in of_day.items():
            scores.setdefault(name, []).append(score)
    parts, scale = judging.parts, judging.scale
    learned = rival_scores(
        parts["refit" if "refit" in parts else "training"], parts["test"].matrix,
        scale.schema, judging.recipe, threads=scale.threads,
    )  # fmt: skip
    return {name: np.concatenate(each) for name, each in scores.items()} | dict(learned)


def _counts(parts: Mapping[PartName, Part]) -> dict[str, int]:
    """Rows, honest rows, problems, capped weights, and entities left out of each part."""
    counts: dict[str, int] = {}
    for name, part in parts.items():
        counts[name] = len(part.label)
        counts[f"{name}_problems"] = int(part.label.sum())
        counts[f"{name}_honest"] = int(part.selection.honest.sum())
        counts[f"{name}_capped_weights"] = part.selection.capped
        counts[f"{name}_unknown_entities"] = part.unknown_entities
        counts[f"{name}_forgotten"] = part.forgotten
        counts[f"{name}_unrecorded"] = part.unrecorded
    return counts
