"""How well a score ranks and how true a probability is: weighted, ties by expectation, by entity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

from data_contracts.refusal import Refusal

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
# A measure of (label, score, weight).
Measure: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray], float]
# A figure of how often each row counts.
Statistic: TypeAlias = Callable[[FloatArray], float]

# Both ends of the bootstrap interval: 95 %.
INTERVAL = (0.025, 0.975)
# Half the width of a 95 % interval of a normal in standard errors: 1.96.
NORMAL = float(norm.ppf(INTERVAL[1]))


class MeasureRefused(Refusal):
    """Rows from which the measure cannot be computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """The line that would put probabilities right on other rows; slope 1 and intercept 0: nothing to do."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Rows with their outcome, score, weight, and the entity they belong to (as an integer code)."""

    label: FloatArray
    score: FloatArray
    weight: FloatArray
    entity: IntArray

    def scored(self, score: FloatArray) -> Judged:
        """The same rows under another score."""
        return replace(self, score=score)

    def where(self, chosen: BoolArray) -> Judged:
        """The chosen rows alone."""
        return Judged(
            label=self.label[chosen],
            score=self.score[chosen],
            weight=self.weight[chosen],
            entity=self.entity[chosen],
        )

    def ranked(self) -> Judged:
        """The same rows with each score's place among the distinct ones: all that a ranking needs."""
        return self.scored(np.unique(self.score, return_inverse=True)[1].astype(np.float64))


def auc(label: FloatArray, score: FloatArray, weight: FloatArray) -> float:
    """The chance that a problem row scores above a clean one; a tie counts half."""
    clean, problem = _by_score(label, score, weight)
    below = np.cumsum(clean) - clean
    pairs = float(problem.sum() * clean.sum())
    return float(np.sum(problem * (below + 0.5 * clean)) / pairs) if pairs > 0 else float("nan")


def gini(area: Estimate) -> Estimate:
    """2 AUC − 1, Somers' D of a score and an outcome."""
    return Estimate(value=2 * area.value - 1, low=2 * area.low - 1, high=2 * area.high - 1)


def average_precision(label: FloatArray, score: FloatArray, weight: FloatArray) -> float:
    """The mean precision over the problem rows, tied rows taken in together."""
    clean, problem = _by_score(label, score, weight)
    found = np.cumsum(problem[::-1])
    taken = found + np.cumsum(clean[::-1])
    total = float(problem.sum())
    if total <= 0:
        return float("nan")
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return float(np.sum(precision * problem[::-1]) / total)


def lift(label: FloatArray, score: FloatArray, weight: FloatArray, *, share: float = 0.05) -> float:
    """The rate in the top share over the rate of all; a tied group at the edge counts by its part."""
    clean, problem = (side[::-1] for side in _by_score(label, score, weight))
    rows = clean + problem
    total, rate = float(rows.sum()), float(problem.sum() / max(rows.sum(), 1e-300))
    if total <= 0 or rate <= 0:
        return float("nan")
    room = share * total - (np.cumsum(rows) - rows)
    part = np.divide(np.clip(room, 0.0, rows), rows, out=np.zeros_like(rows), where=rows > 0)
    return float(np.sum(part * problem) / (share * total) / rate)


def brier(label: FloatArray, probability: FloatArray, weight: FloatArray) -> float:
    """The weighted mean squared distance between probability and outcome."""
    total = float(weight.sum())
    return float(np.sum(weight * (probability - label) ** 2) / total) if total > 0 else float("nan")


def rate(label: FloatArray, score: FloatArray, weight: FloatArray) -> float:
    """The weighted share of problem rows; the score plays no part."""
    del score
    total = float(weight.sum())
    return float(np.sum(weight * label) / total) if total > 0 else float("nan")


def _by_score(label: FloatArray, score: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights of clean and of problem rows per distinct score, lowest score first."""
    _, group = np.unique(score, return_inverse=True)
    problem = np.bincount(group, weights=weight * label).astype(np.float64)
    return np.bincount(group, weights=weight).astype(np.float64) - problem, problem


def estimate(rows: Judged, measure: Measure, *, repetitions: int, seed: int) -> Estimate:
    """The measure with its interval from a bootstrap over entities."""
    return bootstrap(
        lambda times: measure(rows.label, rows.score, rows.weight * times),
        rows.entity, repetitions=repetitions, seed=seed,
    )  # fmt: skip


def gain(rows: Judged, other: FloatArray, measure: Measure, *, repetitions: int, seed: int) -> Estimate:
    """How much more the measure gives on these scores than on others, with its interval."""
    rival = rows.scored(other)

    def difference(times: FloatArray) -> float:
        weight = rows.weight * times
        return measure(rows.label, rows.score, weight) - measure(rows.label, rival.score, weight)

    return bootstrap(difference, rows.entity, repetitions=repetitions, seed=seed)


def bootstrap(statistic: Statistic, entity: IntArray, *, repetitions: int, seed: int) -> Estimate:
    """A statistic of row multiplicities: its value with each row once, its interval over drawn entities."""
    value = statistic(np.ones(len(entity)))
    drawn = entity_multiplicities(entity, repetitions=repetitions, seed=seed) if len(entity) else ()
    values = np.array([statistic(times) for times in drawn])
    return _interval(value, values)


def bootstrap_many(
    figures: Callable[[FloatArray], FloatArray], entity: IntArray, *, repetitions: int, seed: int
) -> tuple[Estimate, ...]:
    """Several statistics of the same drawn entities at once, each with its interval."""
    values = figures(np.ones(len(entity)))
    drawn = entity_multiplicities(entity, repetitions=repetitions, seed=seed) if len(entity) else ()
    table = np.array([figures(times) for times in drawn]).reshape(-1, len(values))
    return tuple(_interval(float(value), column) for value, column in zip(values, table.T, strict=True))


def _interval(value: float, drawn: FloatArray) -> Estimate:
    """The value with the quantiles of what was drawn; itself where nothing could be measured."""
    finite = drawn[np.isfinite(drawn)]
    if not len(finite):
        return Estimate(value=value, low=value, high=value)
    low, high = np.quantile(finite, INTERVAL)
    return Estimate(value=value, low=float(low), high=float(high))


def entity_multiplicities(entity: IntArray, *, repetitions: int, seed: int) -> Iterator[FloatArray]:
    """For every repetition, how often each row's entity came when entities are drawn with replacement.

    All rows of an entity come or stay away together.
    """
    _, codes = np.unique(entity, return_inverse=True)
    count = int(codes.max()) + 1
    generator = np.random.default_rng(seed)
    for _ in range(repetitions):
        times = np.bincount(generator.integers(0, count, count), minlength=count)
        yield times.astype(np.float64)[codes]


def rate_interval(rows: Judged) -> Estimate:
    """The weighted rate with its Jeffreys interval over the effective number of entities.

    A bootstrap would say "exactly zero" of a grade in which no problem was found.
    """
    value = rate(rows.label, rows.score, rows.weight)
    size = effective_entities(rows)
    if size == 0:
        return Estimate(value=value, low=value, high=value)
    found = value * size
    low, high = beta.ppf(INTERVAL, found + 0.5, size - found + 0.5)
    return Estimate(
        value=value, low=0.0 if found == 0 else float(low), high=1.0 if found == size else float(high)
    )


def effective_entities(rows: Judged) -> float:
    """The effective number of entities behind the rows: one entity on three dates is one."""
    places = np.unique(rows.entity, return_inverse=True)[1]
    return effective_size(np.bincount(places, weights=rows.weight).astype(np.float64))


def effective_size(weights: FloatArray) -> float:
    """Kish's effective number: (Σw)² / Σw²; zero for no weights."""
    total = float(np.sum(weights))
    return total * total / float(np.sum(weights * weights)) if total > 0 else 0.0


def check_two_classes(label: FloatArray, *, where: str) -> None:
    """Refuses labels of one class: neither a ranking nor a model can be made of them."""
    problems = int(np.sum(label > 0))
    if problems == 0 or problems == len(label):
        raise MeasureRefused(
            expected=f"inspections with and without a problem in {where}",
            got=f"{problems} with a problem among {len(label)}",
            todo="choose dates with results of both kinds, or another outcome",
        )
