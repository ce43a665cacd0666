"""One fit from a gathered history: booster, calibration, cuts, and the validation on the test dates. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.catalogue import CATALOGUE
from features.indicator import Indicator
from models.grades import GradeCuts
from models.release import Golden
from models.schema import Schema
from training.fitting.boosting import fit_booster, raw_scores
from training.fitting.calibration import FittedCurve, fit_curve
from training.fitting.grade_cuts import choose_cuts
from training.judging.evidence import Judging
from training.judging.figures import judge_model
from training.judging.probes import against_direction, shuffled_labels
from training.judging.validation import Validation
from training.plan.recipe import Recipe
from training.rows.history import History
from training.rows.leakage import check_leaks
from training.rows.matrix import ChosenColumns, choose_columns
from training.rows.outcomes import outcome_of
from training.rows.parts import Part, Scale, part_of

# Rows kept in the release with their scores: a machine that gives others must not serve it.
GOLDEN_ROWS = 24
# The parts that boosting learns from; the others are judged as they are, inspectors and all.
LEARNED = ("training", "refit")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedModel:
    """All learned numbers of a release, and how they were judged."""

    columns: ChosenColumns
    booster: str
    curve: FittedCurve
    cuts: GradeCuts
    golden: Golden
    validation: Validation


def fit_model(
    history: History, recipe: Recipe, *, threads: int = 2, catalogue: Sequence[Indicator] = CATALOGUE
) -> FittedModel:
    """Boosting on the training dates, curve and cuts on the calibration dates, figures on the test dates.

    Raises LeakageRefused before anything is fitted when an indicator may know the outcome.
    """
    columns = choose_columns(
        catalogue,
        history.rows("training"),
        unavailable=history.unavailable,
        excluded=recipe.excluded_indicators,
    )
    parts = {
        name: part_of(
            rows, columns.schema, weight_cap=recipe.weight_cap, training_cap=recipe.training_weight_cap,
            adjusted=recipe.adjust_for_inspector and name in LEARNED,
        )
        for name, rows in history.labelled.items()
    }  # fmt: skip
    check_leaks(
        catalogue, columns.schema,
        outcome=outcome_of(recipe.outcome, recipe.outcome_items), unavailable=history.unavailable,
        matrix=parts["training"].matrix, label=parts["training"].label,
    )  # fmt: skip
    booster = _boost(parts["training"], columns.schema, recipe, threads=threads)
    curve = _calibrate(booster, parts["calibration"], threads=threads)
    if "refit" in parts:
        booster = _boost(parts["refit"], columns.schema, recipe, threads=threads)
    scale = Scale(schema=columns.schema, booster=booster, calibration=curve.calibration, threads=threads)
    shares = recipe.grade_shares
    everyone = [scale.of_table(history.snapshots[day].read()) for day in recipe.calibration_dates]
    chosen = choose_cuts(np.concatenate(everyone), shares)
    cuts = GradeCuts(cuts=chosen, shares=shares, margin=recipe.change_margin)
    golden = parts["test"].matrix[:GOLDEN_ROWS]
    judging = Judging(history, recipe, parts, columns, scale, curve, cuts)
    return FittedModel(
        columns=columns,
        booster=booster,
        curve=curve,
        cuts=cuts,
        golden=Golden.of(golden, raw_scores(booster, golden, threads=1)),
        validation=_probed(judge_model(judging), judging),
    )


def _probed(validation: Validation, judging: Judging) -> Validation:
    """The validation with what the probes found."""
    parts, schema, seed = judging.parts, judging.columns.schema, judging.recipe.seeds.baseline
    scale = judging.scale
    canary = shuffled_labels(
        parts["training"], parts["test"], schema, judging.recipe.boosting, seed=seed, threads=scale.threads
    )
    wrong = against_direction(scale.booster, parts["test"].matrix, schema, seed=seed)
    return replace(validation, canary=canary, against_direction=wrong)


def _boost(part: Part, schema: Schema, recipe: Recipe, *, threads: int) -> str:
    """The trees over all rows of a part, each with its training weight."""
    return fit_booster(
        part.matrix, part.label, part.selection.training_weight,
        schema=schema, parameters=recipe.boosting, seed=recipe.seeds.boosting, threads=threads,
        start=part.start,
    )  # fmt: skip


def _calibrate(booster: str, part: Part, *, threads: int) -> FittedCurve:
    """The curve over the honest calibration rows, so that a probability speaks for every entity."""
    honest = part.selection.honest
    return fit_curve(
        raw_scores(booster, part.matrix[honest], threads=threads),
        part.label[honest],
        part.selection.honest_weight[honest],
    )
