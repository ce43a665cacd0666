"""Is a probability a probability: reliability bins, calibration error, Jeffreys' test of every grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

from training.estimates.measures import (
    BoolArray,
    Estimate,
    FloatArray,
    Judged,
    Recalibration,
    effective_entities,
    rate_interval,
)

BINS = 10
# Outcomes drawn from the promises themselves: what the calibration error of a truthful model would be.
TRUTHFUL_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """A tenth of the weight with like probabilities: what was promised and what was found."""

    promised: float
    found: Estimate
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationCheck:
    """Expected calibration error (bins of equal mass), beside what a truthful model would show."""

    ece: float
    ece_if_truthful: Estimate
    slope: float
    intercept: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JeffreysTest:
    """One grade of the model alone: is its mean probability too low for the problems found in it?"""

    grade: str
    mean_probability: float
    inspected: int
    problems: int
    effective: float
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTest:
    """Whether the rate of the worse of two neighbour grades lies above that of the better one."""

    better: str
    worse: str
    difference: float
    p: float
    p_holm: float


def check_calibration(rows: Judged, line: Recalibration, *, seed: int) -> CalibrationCheck:
    """The reliability bins, their error, and the error that chance alone would make."""
    group = equal_mass_bins(rows.score, rows.weight)
    generator = np.random.default_rng(seed)
    chance = [
        calibration_error(group, (generator.random(len(group)) < rows.score).astype(float), rows)
        for _ in range(TRUTHFUL_DRAWS)
    ]
    low, high = np.quantile(chance, (0.025, 0.975))
    return CalibrationCheck(
        ece=calibration_error(group, rows.label, rows),
        ece_if_truthful=Estimate(value=float(np.mean(chance)), low=float(low), high=float(high)),
        slope=line.slope,
        intercept=line.intercept,
        bins=tuple(_bin(rows.where(group == number)) for number in np.unique(group)),
    )


def equal_mass_bins(score: FloatArray, weight: FloatArray, bins: int = BINS) -> NDArray[np.intp]:
    """The bin of every row: equal weight in each, equal scores never apart."""
    places = np.unique(score, return_inverse=True)[1]
    mass = np.bincount(places, weights=weight)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    numbers: NDArray[np.intp] = np.minimum((middle * bins).astype(np.intp), bins - 1)
    return numbers[places]


def calibration_error(group: NDArray[np.intp], label: FloatArray, rows: Judged) -> float:
    """Σ over bins of (share of the weight) × |promised − found|."""
    promised = np.bincount(group, weights=rows.weight * rows.score)
    found = np.bincount(group, weights=rows.weight * label)
    return float(np.sum(np.abs(promised - found)) / rows.weight.sum())


def _bin(rows: Judged) -> ReliabilityBin:
    return ReliabilityBin(
        promised=float(np.average(rows.score, weights=rows.weight)),
        found=rate_interval(rows),
        rows=len(rows.label),
    )


def jeffreys_p(probability: float, problems: float, inspected: float) -> float:
    """P(true rate <= probability) under Jeffreys' prior: small where the probability is too low.

    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.3.1:
    F_Beta(D + 1/2, N − D + 1/2)(PD). Counts may be effective ones.
    """
    return float(beta.cdf(probability, problems + 0.5, inspected - problems + 0.5))


def jeffreys_tests(rows: Judged, graded: NDArray[np.str_], grades: Sequence[str]) -> tuple[JeffreysTest, ...]:
    """Jeffreys' test of every inspected grade, over the effective number of entities."""
    parts = {grade: rows.where(graded == grade) for grade in grades if np.any(graded == grade)}
    found = {grade: rate_interval(part).value for grade, part in parts.items()}
    means = {g: float(np.average(part.score, weights=part.weight)) for g, part in parts.items()}
    sizes = {grade: effective_entities(part) for grade, part in parts.items()}
    plain = [jeffreys_p(means[g], found[g] * sizes[g], sizes[g]) for g in parts]
    return tuple(
        JeffreysTest(
            grade=grade, mean_probability=means[grade], inspected=len(part.label),
            problems=int(part.label.sum()), effective=sizes[grade], p=p, p_holm=corrected,
        )
        for (grade, part), p, corrected in zip(parts.items(), plain, holm(plain), strict=True)
    )  # fmt: skip


def order_tests(
    grades: Sequence[str], rates: Sequence[float], sizes: Sequence[float]
) -> tuple[OrderTest, ...]:
    """One-sided score tests of every neighbour pair that was inspected, Holm-corrected together."""
    pairs = [place for place in range(len(grades) - 1) if sizes[place] > 0 and sizes[place + 1] > 0]
    plain = [rise_p(rates[at], sizes[at], rates[at + 1], sizes[at + 1]) for at in pairs]
    return tuple(
        OrderTest(
            better=grades[at], worse=grades[at + 1], difference=rates[at + 1] - rates[at],
            p=p, p_holm=corrected,
        )
        for at, p, corrected in zip(pairs, plain, holm(plain), strict=True)
    )  # fmt: skip


def rise_p(low: float, low_size: float, high: float, high_size: float) -> float:
    """The one-sided p of the pooled two-proportion score test that the second rate is not above the first."""
    pooled = (low * low_size + high * high_size) / (low_size + high_size)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / low_size + 1 / high_size))
    return float(norm.sf((high - low) / spread)) if spread > 0 else 1.0


def holm(plain: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down correction: the family's error stays below the level."""
    order = np.argsort(plain)
    steps = np.asarray(plain, dtype=np.float64)[order] * np.arange(len(plain), 0, -1)
    corrected = np.empty(len(plain))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return tuple(float(p) for p in corrected)


def net_benefit(rows: Judged, thresholds: Sequence[float]) -> tuple[tuple[float, float, float], ...]:
    """(threshold, net benefit of the model, of visiting everyone): TP/n − FP/n · t/(1−t).

    Vickers and Elkin (2006). A threshold says how many visits in vain one problem found is worth.
    """
    share = rows.weight / rows.weight.sum()

    def benefit(chosen: BoolArray, threshold: float) -> float:
        hit = float(np.sum(share[chosen] * rows.label[chosen]))
        return hit - (float(np.sum(share[chosen])) - hit) * threshold / (1 - threshold)

    everyone = np.ones(len(share), dtype=np.bool_)
    return tuple((t, benefit(rows.score >= t, t), benefit(everyone, t)) for t in thresholds)
