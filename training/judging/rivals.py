"""Rivals that learn from the same rows: a logistic scorecard, and the model without weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.schema import Schema
from training.estimates.measures import FloatArray
from training.fitting.boosting import fit_booster, raw_scores
from training.fitting.scorecard import fit_scorecard
from training.plan.recipe import Recipe
from training.rows.parts import Part


def rival_scores(
    part: Part, asked: FloatArray, schema: Schema, recipe: Recipe, *, threads: int
) -> Mapping[str, FloatArray]:
    """The scores that each rival, fitted on a part, gives the rows of a matrix; higher means riskier."""
    weight = part.selection.training_weight
    card = fit_scorecard(schema, part.matrix, part.label, weight)
    unweighted = fit_booster(
        part.matrix, part.label, np.ones_like(weight),
        schema=schema, parameters=recipe.boosting, seed=recipe.seeds.boosting, threads=threads,
        start=part.start,
    )  # fmt: skip
    return {"scorecard": card.score(asked), "unweighted": raw_scores(unweighted, asked, threads=threads)}
