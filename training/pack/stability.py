"""Does the world that is graded stay the one the model was made in: PSI, migration, concentration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from models.grades import moved_shares
from training.estimates.measures import FloatArray

BINS = 10
# Rules of thumb of the trade. With millions of entities every difference is significant: the size decides.
WATCH, ALARM = 0.10, 0.25
# An empty bin would be infinitely far away; it counts as half an entity.
EMPTY = 0.5
LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far a distribution moved from its reference, and what chance alone could do."""

    name: str
    on: date
    psi: float
    critical: float
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """Grades of the entities that two dates share: from rows to columns, and what moved."""

    first: date
    second: date
    matrix: tuple[tuple[int, ...], ...]
    mwb_upper: float
    mwb_lower: float
    churn: float
    jumps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardEffect:
    """What the change guard spares the entities that two dates share: shares of them, final grades.

    `churn` moved without it and `guarded_churn` with it; it holds the model grade of `held`. Of those that
    had moved at the date before, `returned` are back where they were; None before a third date, or where
    nobody had moved.
    """

    first: date
    second: date
    margin: float
    churn: float
    guarded_churn: float
    jumps: float
    guarded_jumps: float
    held: float
    returned: float | None
    guarded_returned: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """How unevenly entities lie over the grades (ECB's coefficient of variation and Herfindahl index)."""

    on: date
    cv: float
    herfindahl: float
    # One-sided p of no increase over the calibration population.
    p: float


def psi(expected: FloatArray, actual: FloatArray) -> float:
    """Σ (a − e) ln(a / e) over bins of counts: the population stability index."""
    e = np.maximum(expected, EMPTY) / expected.sum()
    a = np.maximum(actual, EMPTY) / actual.sum()
    return float(np.sum((a - e) * np.log(a / e)))


def critical_psi(bins: int, expected: float, actual: float, *, level: float = LEVEL) -> float:
    """The PSI that chance exceeds with probability `level`: χ²(B−1) (1/N + 1/M), Yurdakul (2018)."""
    if bins < 2:
        return float("inf")
    return float(chi2.ppf(1 - level, bins - 1) * (1 / expected + 1 / actual))


def binned(reference: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Counts of both over tenths of the reference; a missing value is a bin of its own."""
    told = reference[~np.isnan(reference)]
    edges = np.unique(np.quantile(told, np.linspace(0, 1, BINS + 1)[1:-1])) if len(told) else np.empty(0)

    def counts(column: FloatArray) -> FloatArray:
        missing = np.isnan(column)
        places = np.searchsorted(edges, column[~missing], side="left")
        found = np.bincount(places, minlength=len(edges) + 1).astype(np.float64)
        return np.append(found, float(missing.sum()))

    return _kept(counts(reference), counts(values))


def coded(reference: FloatArray, values: FloatArray, categories: int) -> tuple[FloatArray, FloatArray]:
    """Counts of both over the codes of a category; a missing or unknown code is a bin of its own."""

    def counts(column: FloatArray) -> FloatArray:
        places = np.where(np.isnan(column), categories, column).astype(np.intp)
        return np.bincount(places, minlength=categories + 1).astype(np.float64)

    return _kept(counts(reference), counts(values))


def _kept(expected: FloatArray, actual: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Without the bins that neither side fills."""
    filled = (expected > 0) | (actual > 0)
    return expected[filled], actual[filled]


def shift(name: str, on: date, expected: FloatArray, actual: FloatArray) -> Shift:
    """The PSI of two rows of counts with its critical value and its level by size."""
    size = psi(expected, actual)
    critical = critical_psi(len(expected), float(expected.sum()), float(actual.sum()))
    return Shift(name=name, on=on, psi=size, critical=critical, level=level_of(size, critical))


def level_of(size: float, critical: float) -> str:
    """`steady`, `watch` or `alarm` by size; what chance explains is steady whatever its size."""
    if size <= critical or size < WATCH:
        return "steady"
    return "watch" if size < ALARM else "alarm"


def migrate(
    first: tuple[date, NDArray[np.intp]], second: tuple[date, NDArray[np.intp]], *, grades: int = 4
) -> Migration:
    """Migration of the same entities (places run parallel), 0 the lowest risk."""
    matrix = np.zeros((grades, grades), dtype=np.int64)
    np.add.at(matrix, (first[1], second[1]), 1)
    upper, lower = bandwidths(matrix)
    churn, jumps = moved_shares(matrix)
    return Migration(
        first=first[0],
        second=second[0],
        matrix=tuple(tuple(int(n) for n in row) for row in matrix),
        mwb_upper=upper,
        mwb_lower=lower,
        churn=churn,
        jumps=jumps,
    )


def bandwidths(matrix: NDArray[np.int64]) -> tuple[float, float]:
    """Matrix weighted bandwidth above and below the diagonal; 1 where all who move go all the way.

    ECB (2019) 2.5.5.1: Σ |i−j| N_i p_ij / Σ max(|i−K|, |i−1|) N_i Σ p_ij over one side; N_i p_ij is a count.
    """
    size = len(matrix)
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    furthest = np.maximum(np.arange(size)[::-1], np.arange(size))
    found = []
    for side in (np.triu(matrix, 1), np.tril(matrix, -1)):
        most = float(np.sum(furthest * side.sum(axis=1)))
        found.append(float(np.sum(steps * side) / most) if most > 0 else 0.0)
    return found[0], found[1]


def coefficient_of_variation(counts: FloatArray) -> float:
    """√(K Σ (R − 1/K)²) of the shares R over K grades."""
    shares = counts / counts.sum()
    return float(np.sqrt(len(counts) * np.sum((shares - 1 / len(counts)) ** 2)))


def herfindahl(counts: FloatArray) -> float:
    """1 + ln((CV² + 1) / K) / ln K: 0 for equal grades, 1 for all in one."""
    grades = len(counts)
    return float(1 + np.log((coefficient_of_variation(counts) ** 2 + 1) / grades) / np.log(grades))


def concentration(on: date, counts: FloatArray, initial: FloatArray) -> Concentration:
    """The concentration now, and the p of √(K−1)(CV − CV₀) / √(CV² (½ + CV²)) against N(0, 1)."""
    now, before = coefficient_of_variation(counts), coefficient_of_variation(initial)
    spread = np.sqrt(now**2 * (0.5 + now**2))
    statistic = np.sqrt(len(counts) - 1) * (now - before) / spread if spread > 0 else 0.0
    return Concentration(on=on, cv=now, herfindahl=herfindahl(counts), p=float(norm.sf(statistic)))
