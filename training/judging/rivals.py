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
    """The scores that each rival, fitted on a part, gives the rows of a matrix; higher means riskier.

    The scorecard is the careful office's: all rows, random draws with their full 1/π, however far the recipe
    caps them for boosting. The unweighted model is the office's that does not ask how its records came about:
    the same trees on every inspected row, visits after complaints and leads among them, each counting once.
    """
    selection = part.selection
    full = np.where(selection.honest, selection.honest_weight, 1.0)
    card = fit_scorecard(schema, part.matrix, part.label, full)
    unweighted = fit_booster(
        part.matrix, part.label, np.ones_like(full),
        schema=schema, parameters=recipe.boosting, seed=recipe.seeds.boosting, threads=threads,
        start=part.start,
    )  # fmt: skip
    return {"scorecard": card.score(asked), "unweighted": raw_scores(unweighted, asked, threads=threads)}
