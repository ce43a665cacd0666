"""One fit from a gathered history: booster, calibration, cuts, and the validation on the test dates. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.catalogue import CATALOGUE
from models.calibration import Calibration
from models.grades import GradeCuts, grade_of
from models.release import Golden
from models.schema import Schema
from training.baselines import baseline_scores
from training.boosting import fit_booster, raw_scores
from training.calibration import FittedCurve, fit_curve, refit_line
from training.grade_cuts import choose_cuts
from training.history import History
from training.matrix import ChosenColumns, LabelledRows, choose_columns, floats, stacked, values_of
from training.measures import BoolArray, FloatArray, IntArray, Judged, check_two_classes
from training.recipe import Recipe
from training.selection import Selection, select_rows
from training.time_splits import PartName
from training.validation import (
    GradeRate,
    TestRows,
    Validation,
    final_letters,
    grade_rates,
    measure,
    order_probability,
)

# Rows kept in the release with their scores: a machine that gives others must not serve it.
GOLDEN_ROWS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The labelled rows of one part of the split, stacked, with what their selection allows."""

    matrix: FloatArray
    label: FloatArray
    entity: IntArray
    selection: Selection
    unknown_entities: int
    forgotten: int
    unrecorded: int
    population: int

    @property
    def coverage(self) -> float | None:
        """How many times the random rows' 1/π make up the population; none where nothing was drawn."""
        return self.selection.represented / self.population if self.selection.known else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale:
    """From a matrix to a probability."""

    schema: Schema
    booster: str
    calibration: Calibration
    threads: int

    def probability(self, matrix: FloatArray) -> FloatArray:
        """The calibrated probability of every row."""
        return self.calibration.probability(raw_scores(self.booster, matrix, threads=self.threads))

    def of_table(self, table: pa.Table) -> FloatArray:
        """The calibrated probability of every row of a snapshot's table."""
        return self.probability(values_of(self.schema, table))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedModel:
    """All learned numbers of a release, and how they were judged."""

    columns: ChosenColumns
    booster: str
    curve: FittedCurve
    cuts: GradeCuts
    golden: Golden
    validation: Validation


def fit_model(history: History, recipe: Recipe, *, threads: int = 2) -> FittedModel:
    """Boosting on the training dates, curve and cuts on the calibration dates, figures on the test dates."""
    columns = choose_columns(
        CATALOGUE,
        history.rows("training"),
        unavailable=history.unavailable,
        excluded=recipe.excluded_indicators,
    )
    parts = {
        name: part_of(rows, columns.schema, weight_cap=recipe.weight_cap)
        for name, rows in history.labelled.items()
    }
    booster = _boost(parts["training"], columns.schema, recipe, threads=threads)
    curve = _calibrate(booster, parts["calibration"], threads=threads)
    if "refit" in parts:
        booster = _boost(parts["refit"], columns.schema, recipe, threads=threads)
    scale = Scale(schema=columns.schema, booster=booster, calibration=curve.calibration, threads=threads)
    shares = recipe.grade_shares
    everyone = [scale.of_table(history.snapshots[day].read()) for day in recipe.calibration_dates]
    cuts = GradeCuts(cuts=choose_cuts(np.concatenate(everyone), shares), shares=shares)
    golden = parts["test"].matrix[:GOLDEN_ROWS]
    return FittedModel(
        columns=columns,
        booster=booster,
        curve=curve,
        cuts=cuts,
        golden=Golden.of(golden, raw_scores(booster, golden, threads=1)),
        validation=_validate(Judging(history, recipe, parts, columns, scale, curve, cuts)),
    )


def part_of(rows: Sequence[LabelledRows], schema: Schema, *, weight_cap: float) -> Part:
    """The labelled rows of several dates below one another."""
    mechanisms = [str(code) for each in rows for code in each.outcomes.column("mechanism").to_pylist()]
    probabilities = np.concatenate([floats(each.outcomes.column("inclusion_probability")) for each in rows])
    names = np.array([name for each in rows for name in each.outcomes.column("entity_id").to_pylist()])
    return Part(
        matrix=stacked(schema, rows),
        label=np.concatenate([each.label for each in rows]),
        entity=np.unique(names, return_inverse=True)[1].astype(np.int64),
        selection=select_rows(mechanisms, probabilities, weight_cap=weight_cap),
        unknown_entities=sum(each.unknown_entities for each in rows),
        forgotten=sum(each.forgotten for each in rows),
        unrecorded=sum(each.unrecorded for each in rows),
        population=sum(each.population for each in rows),
    )


def _boost(part: Part, schema: Schema, recipe: Recipe, *, threads: int) -> str:
    """The trees over all rows of a part, each with its training weight."""
    return fit_booster(
        part.matrix, part.label, part.selection.training_weight,
        schema=schema, parameters=recipe.boosting, seed=recipe.seeds.boosting, threads=threads,
    )  # fmt: skip


def _calibrate(booster: str, part: Part, *, threads: int) -> FittedCurve:
    """The curve over the honest calibration rows, so that a probability speaks for every entity."""
    honest = part.selection.honest
    return fit_curve(
        raw_scores(booster, part.matrix[honest], threads=threads),
        part.label[honest],
        part.selection.honest_weight[honest],
    )


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


def _validate(judging: Judging) -> Validation:
    """The figures of the honest test rows."""
    recipe, test = judging.recipe, judging.parts["test"]
    honest = test.selection.honest
    check_two_classes(test.label[honest], where="the honest test rows")
    judged = Judged(
        label=test.label[honest],
        score=judging.scale.probability(test.matrix[honest]),
        weight=test.selection.honest_weight[honest],
        entity=test.entity[honest],
    )
    baselines = {name: score[honest] for name, score in _baselines(judging).items()}
    figures = measure(
        TestRows(judged=judged, baselines=baselines),
        repetitions=recipe.bootstrap_repetitions,
        seed=recipe.seeds.bootstrap,
    )
    grades = _grades(judging, judged, honest)
    return Validation(
        metrics=figures.metrics,
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
        test_calibration=refit_line(judged.score, judged.label, judged.weight),
        mean_probability=float(np.average(judged.score, weights=judged.weight)),
        observed_rate=float(np.average(judged.label, weights=judged.weight)),
        dropped=judging.columns.dropped,
        test_dates=recipe.test_dates,
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
    """The baselines' scores of all test rows, date by date because the past grows."""
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
    return {name: np.concatenate(parts) for name, parts in scores.items()}


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
