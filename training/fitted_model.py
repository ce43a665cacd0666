"""One fit from a gathered history: booster, calibration, cuts, and the validation on the test dates. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.catalogue import CATALOGUE
from models.calibration import Calibration
from models.grades import GradeCuts, grade_of
from models.release import Golden
from models.schema import Schema
from training.baselines import baseline_scores
from training.boosting import fit_booster, raw_scores
from training.calibration import FittedCurve, fit_curve
from training.grade_cuts import choose_cuts
from training.history import History
from training.matrix import ChosenColumns, choose_columns, floats, stacked, values_of
from training.measures import FloatArray, IntArray, Judged, check_two_classes
from training.recipe import Recipe
from training.selection import Selection, select_rows
from training.validation import TestRows, Validation, grade_rates, measure, order_probability

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

    def population(self, history: History, days: tuple[date, ...]) -> FloatArray:
        """The probabilities of all entities on some dates, inspected or not."""
        return np.concatenate(
            [self.probability(values_of(self.schema, history.snapshots[day].read())) for day in days]
        )


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
        history.rows(recipe.training_dates),
        unavailable=history.unavailable,
        excluded=recipe.excluded_indicators,
    )
    parts = {
        name: part_of(history, dates, columns.schema, weight_cap=recipe.weight_cap)
        for name, dates in (
            ("training", recipe.training_dates),
            ("calibration", recipe.calibration_dates),
            ("refit", recipe.refit_dates),
            ("test", recipe.test_dates),
        )
        if dates
    }
    booster = _boost(parts["training"], columns.schema, recipe, threads=threads)
    curve = _calibrate(booster, parts["calibration"], threads=threads)
    if "refit" in parts:
        booster = _boost(parts["refit"], columns.schema, recipe, threads=threads)
    scale = Scale(schema=columns.schema, booster=booster, calibration=curve.calibration, threads=threads)
    shares = recipe.grade_shares
    cuts = GradeCuts(
        cuts=choose_cuts(scale.population(history, recipe.calibration_dates), shares), shares=shares
    )
    golden = parts["test"].matrix[:GOLDEN_ROWS]
    return FittedModel(
        columns=columns,
        booster=booster,
        curve=curve,
        cuts=cuts,
        golden=Golden.of(golden, raw_scores(booster, golden, threads=1)),
        validation=_validate(Judging(history, recipe, parts, columns, scale, curve, cuts)),
    )


def part_of(history: History, dates: tuple[date, ...], schema: Schema, *, weight_cap: float) -> Part:
    """The labelled rows of some dates below one another."""
    rows = history.rows(dates)
    mechanisms = [str(code) for each in rows for code in each.outcomes.column("mechanism").to_pylist()]
    probabilities = np.concatenate([floats(each.outcomes.column("inclusion_probability")) for each in rows])
    names = np.array([name for each in rows for name in each.outcomes.column("entity_id").to_pylist()])
    return Part(
        matrix=stacked(schema, rows),
        label=np.concatenate([each.label for each in rows]),
        entity=np.unique(names, return_inverse=True)[1].astype(np.int64),
        selection=select_rows(mechanisms, probabilities, weight_cap=weight_cap),
        unknown_entities=sum(each.unknown_entities for each in rows),
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
    parts: Mapping[str, Part]
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
    letters = grade_of(judged.score, judging.cuts.cuts)
    population = grade_of(judging.scale.population(judging.history, recipe.test_dates), judging.cuts.cuts)
    baselines = {name: score[honest] for name, score in _baselines(judging).items()}
    figures = measure(
        TestRows(judged=judged, baselines=baselines),
        repetitions=recipe.bootstrap_repetitions,
        seed=recipe.seeds.bootstrap,
    )
    grades = grade_rates(judged, letters, population)
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
        fitted_slope=judging.curve.fitted_slope,
        mean_probability=float(np.average(judged.score, weights=judged.weight)),
        observed_rate=float(np.average(judged.label, weights=judged.weight)),
        dropped=judging.columns.dropped,
        test_dates=recipe.test_dates,
    )


def _baselines(judging: Judging) -> dict[str, FloatArray]:
    """The baselines' scores of all test rows, date by date because the past grows."""
    scores: dict[str, list[FloatArray]] = {}
    for number, day in enumerate(judging.recipe.test_dates):
        of_day = baseline_scores(
            judging.history.labelled[day].indicators,
            judging.history.past[day],
            base_rate=judging.curve.calibration.base_rate,
            seed=judging.recipe.seeds.baseline + number,
        )
        for name, score in of_day.items():
            scores.setdefault(name, []).append(score)
    return {name: np.concatenate(parts) for name, parts in scores.items()}


def _counts(parts: Mapping[str, Part]) -> dict[str, int]:
    """Rows, honest rows, problems and capped weights of each part."""
    counts: dict[str, int] = {}
    for name, part in parts.items():
        counts[name] = len(part.label)
        counts[f"{name}_problems"] = int(part.label.sum())
        counts[f"{name}_honest"] = int(part.selection.honest.sum())
        counts[f"{name}_capped_weights"] = part.selection.capped
        counts[f"{name}_unknown_entities"] = part.unknown_entities
    return counts
