"""Doubly robust rates of problems (AIPW) of everyone and of each grade, from the model and the random visits.

The model speaks for every entity of the frame, and the randomly drawn visits, weighted by 1/π, correct what
it gets wrong on average. The estimate is right if either the probabilities of the draw or the model are, and
narrower than the weighted rate where the model knows something. The model saw none of these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from models.grades import GRADES
from training.estimates.measures import INTERVAL, BoolArray, Estimate, FloatArray, IntArray

# Below this many drawn visits a normal interval promises too much; nothing is claimed.
FEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """Everyone of the test dates, one row for each entity and date; visits are marked by their probability.

    `probability` is the model's, `grade` a letter; `inclusion` is π of the random visit and NaN where there
    was none; `label` is 1 or 0 where it was visited and anything elsewhere; `entity` is an integer code.
    """

    probability: FloatArray
    grade: NDArray[np.str_]
    entity: IntArray
    inclusion: FloatArray
    label: FloatArray

    @property
    def visited(self) -> BoolArray:
        """The rows with a random visit and its result."""
        return np.isfinite(self.inclusion)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustRate:
    """One rate by three ways: the model alone, the visits alone (weighted by 1/π), and both together."""

    model: float
    weighted: Estimate
    robust: Estimate
    visits: int
    entities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublyRobust:
    """The rate of problems among everyone and in each grade."""

    population: RobustRate
    grades: Mapping[str, RobustRate]


def doubly_robust(frame: Frame) -> DoublyRobust:
    """The rates of a frame; what too few visits tell is without numbers."""
    everyone = np.ones(len(frame.grade), dtype=np.bool_)
    return DoublyRobust(
        population=robust_rate(frame, everyone),
        grades={grade.value: robust_rate(frame, frame.grade == grade.value) for grade in GRADES},
    )


def robust_rate(frame: Frame, part: BoolArray) -> RobustRate:
    """The rate of the rows of a part of the frame, with 95 % intervals over entities.

    The estimate is m + Σ w (y − μ) / Σ w, with m the mean of the model's μ over the part and w = 1/π over
    its visits: the augmented inverse-probability estimator of Robins, Rotnitzky and Zhao (1994) with weights
    normalised as by Hájek, so that a lost result leaves no hole. Its variance is that of the influence of
    each row, Σ_e (Σ_rows ψ)² / N², where one entity on several dates is one.
    """
    mean, visited = (
        float(np.mean(frame.probability[part])) if part.any() else float("nan"),
        frame.visited[part],
    )
    visits = int(visited.sum())
    nothing = Estimate(value=float("nan"), low=float("nan"), high=float("nan"))
    if visits < FEWEST:
        return RobustRate(
            model=mean, weighted=nothing, robust=nothing, visits=visits, entities=int(part.sum())
        )
    entity = np.unique(frame.entity[part], return_inverse=True)[1].astype(np.int64)
    weight = np.where(visited, 1 / np.where(visited, frame.inclusion[part], 1.0), 0.0)
    label = np.where(visited, frame.label[part], 0.0)
    model = frame.probability[part]
    return RobustRate(
        model=mean,
        weighted=_corrected(np.zeros_like(model), label, weight, entity),
        robust=_corrected(model, label, weight, entity),
        visits=visits,
        entities=int(part.sum()),
    )


def _corrected(model: FloatArray, label: FloatArray, weight: FloatArray, entity: IntArray) -> Estimate:
    """The mean of a model over the rows plus the weighted mean of what it misses; interval by influence."""
    rows, total = len(model), float(weight.sum())
    missed = label - model
    correction = float(np.sum(weight * missed)) / total
    value = float(model.mean()) + correction
    influence = (model - model.mean()) + rows / total * weight * (missed - correction)
    of_entity = np.bincount(entity, weights=influence)
    error = float(np.sqrt(np.sum(of_entity**2))) / rows
    return Estimate(value=value, low=_end(value, error, INTERVAL[0]), high=_end(value, error, INTERVAL[1]))


def _end(value: float, error: float, level: float) -> float:
    """One end of a normal interval on the log-odds, which keeps it between 0 and 1."""
    if not 0 < value < 1:
        return float(np.clip(value + norm.ppf(level) * error, 0.0, 1.0))
    log_odds = np.log(value / (1 - value)) + norm.ppf(level) * error / (value * (1 - value))
    return float(1 / (1 + np.exp(-log_odds)))
