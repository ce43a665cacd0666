"""A model of the study and the grades it gives to everyone: fitted and cut by the product's own functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.grades import grade_of
from models.schema import Schema
from training.estimates.measures import FloatArray, auc
from training.fitting.boosting import BoostingParameters, fit_booster, raw_scores
from training.fitting.calibration import fit_curve
from training.fitting.grade_cuts import choose_cuts
from training.rows.selection import select_rows
from training.study.city import City
from training.study.visits import Inspected, inspect_quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How a study learns and grades: the choices of a recipe."""

    boosting: BoostingParameters
    weight_cap: float
    grade_shares: tuple[float, ...]
    seed: int
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graded:
    """Every entity's score and grade letter."""

    score: FloatArray
    grade: NDArray[np.str_]


def fixed_model(city: City, learning: Learning, *, draws: int, rng: np.random.Generator) -> Graded:
    """The scores of a model fitted on quarters of its own, calibrated and cut on one more; never refitted.

    The histories by which it is judged are drawn independently of those it learned from.
    """
    schema = city.columns()
    matrix = city.matrix(schema)
    learned = [inspect_quarter(city, rng) for _ in range(draws)]
    booster = boosted([matrix[each.row] for each in learned], learned, schema, learning, weighted=True)
    raw = raw_scores(booster, matrix, threads=learning.threads)
    later = [inspect_quarter(city, rng) for _ in range(max(1, draws // 4))]
    rows = np.concatenate([each.row for each in later])
    selection = select_rows(
        [name for each in later for name in each.mechanism],
        np.concatenate([each.probability for each in later]),
        weight_cap=learning.weight_cap,
    )
    honest = selection.honest
    label = np.concatenate([each.label for each in later])[honest]
    curve = fit_curve(raw[rows[honest]], label, selection.honest_weight[honest])
    score = curve.calibration.probability(raw)
    return Graded(score=score, grade=grade_of(score, choose_cuts(score, learning.grade_shares)))


def boosted(
    rows: Sequence[FloatArray],
    visits: Sequence[Inspected],
    schema: Schema,
    learning: Learning,
    *,
    weighted: bool,
) -> str:
    """Trees over the rows of visits: by the product's training weights (1/π up to the cap), or each alike."""
    selection = select_rows(
        [name for each in visits for name in each.mechanism],
        np.concatenate([each.probability for each in visits]),
        weight_cap=learning.weight_cap,
    )
    return fit_booster(
        np.concatenate(rows),
        np.concatenate([each.label for each in visits]),
        selection.training_weight if weighted else np.ones(len(selection.training_weight)),
        schema=schema, parameters=learning.boosting, seed=learning.seed, threads=learning.threads,
    )  # fmt: skip


def with_truth(probability: FloatArray, score: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Label, score and weight of rows that hold the truth: an entity is p times a problem, else none."""
    label = np.concatenate([np.ones(len(score)), np.zeros(len(score))])
    return label, np.concatenate([score, score]), np.concatenate([probability, 1 - probability])


def true_auc(probability: FloatArray, score: FloatArray) -> float:
    """The AUC that infinitely many inspections of everyone would show."""
    return auc(*with_truth(probability, score))
