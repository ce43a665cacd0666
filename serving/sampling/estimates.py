"""What a draw tells about everybody: totals and rates by inclusion probabilities, with intervals.

Formulas: W. Cochran, Sampling Techniques (1977), chapters 5 and 9A; D. Horvitz and D. Thompson, JASA 47
(1952); J. Hájek in Foundations of Statistical Inference (1971); L. Brown, T. Cai and A. DasGupta, Interval
estimation for a binomial proportion, Statistical Science 16 (2001). The design is stratified sampling without
replacement of fixed size; of Poisson draws the variance has a formula of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.stats import beta, norm, t

from data_contracts.refusal import Refusal


class EstimateRefused(Refusal):
    """Results from which nothing follows for everybody: a stratum without any, or impossible counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumSample:
    """What a draw found in a stratum: of `size` entities `drawn` have a result, `found` with a violation."""

    size: int
    drawn: int
    found: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateEstimate:
    """A share of 0 to 1, or a total, with its interval and standard error."""

    value: float
    low: float
    high: float
    standard_error: float


def violation_rate(strata: Sequence[StratumSample], level: float = 0.95) -> RateEstimate:
    """The share of all entities with a violation, from a draw with equal chances within each stratum.

    Value Σ N_h p_h / N; standard error from s²_h(1−f_h)/n_h. The interval takes the variance of the Jeffreys
    rates (x+½)/(n+1), so that 0 found of few drawn is not taken for certainty, and Student's t with
    Satterthwaite's degrees of freedom. One stratum alone has `jeffreys`.
    """
    _refuse_empty(strata)
    size = np.array([one.size for one in strata], float)
    drawn = np.array([one.drawn for one in strata], float)
    found = np.array([one.found for one in strata], float)
    share, rest = size / size.sum(), 1 - drawn / size
    value = float(share @ (found / drawn))
    rate = found / drawn
    # Of a stratum with a single result the spread is unknown: half and half is the most there can be.
    spread = np.where(drawn > 1, rate * (1 - rate) * drawn / np.maximum(drawn - 1, 1), 0.25)
    standard_error = sqrt(float((share**2 * rest * spread / drawn).sum()))
    smoothed = (found + 0.5) / (drawn + 1)
    parts = share**2 * rest * smoothed * (1 - smoothed) / drawn
    if len(strata) == 1:
        low, high = jeffreys(strata[0], level)
        return RateEstimate(value=value, low=low, high=high, standard_error=standard_error)
    low, high = _t_interval(value, parts, drawn, level)
    return RateEstimate(value=value, low=low, high=high, standard_error=standard_error)


def jeffreys(sample: StratumSample, level: float = 0.95) -> tuple[float, float]:
    """Jeffreys interval of one stratum's rate: exact for the drawn, of Beta(x+½, n−x+½) for the others.

    It narrows by √(1−f) as sampling without replacement does, around the rate found: the finite population
    correction applied to each side. 0 found has the lower end 0, all found the upper end 1.
    """
    _refuse_empty([sample])
    rate, shrink = sample.found / sample.drawn, sqrt(1 - sample.drawn / sample.size)
    tail, first, second = (1 - level) / 2, sample.found + 0.5, sample.drawn - sample.found + 0.5
    low = 0.0 if sample.found == 0 else float(beta.ppf(tail, first, second))
    high = 1.0 if sample.found == sample.drawn else float(beta.ppf(1 - tail, first, second))
    return rate - shrink * (rate - low), rate + shrink * (high - rate)


def wilson(found: int, drawn: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a rate in a population without end."""
    _refuse_empty([StratumSample(size=max(drawn, 1), drawn=drawn, found=found)])
    z = float(norm.ppf(1 - (1 - level) / 2))
    rate, scale = found / drawn, 1 + z * z / drawn
    middle = (rate + z * z / (2 * drawn)) / scale
    half = z * sqrt(rate * (1 - rate) / drawn + z * z / (4 * drawn * drawn)) / scale
    return max(middle - half, 0.0), min(middle + half, 1.0)


def horvitz_thompson(
    y: np.ndarray, pi: np.ndarray, stratum: np.ndarray, sizes: dict[str, int], level: float = 0.95
) -> RateEstimate:
    """The total Σ y/π over all entities from the drawn: y float, pi in (0, 1], stratum names, of one length.

    `sizes` tells the entities of each stratum that could be drawn. Variance Σ_h (1−n_h/N_h) n_h s²_h(y/π).
    """
    expanded = _checked(y, pi, stratum, sizes)
    variance, freedom = _between(expanded, stratum, sizes)
    return _normal(float(expanded.sum()), sqrt(variance), freedom, level)


def hajek(
    y: np.ndarray, pi: np.ndarray, stratum: np.ndarray, sizes: dict[str, int], level: float = 0.95
) -> RateEstimate:
    """The mean Σ(y/π) / Σ(1/π) over all entities, by Taylor linearisation; arguments as horvitz_thompson."""
    expanded = _checked(y, pi, stratum, sizes)
    weight = 1 / np.asarray(pi, float)
    value = float(expanded.sum() / weight.sum())
    variance, freedom = _between((np.asarray(y, float) - value) * weight / weight.sum(), stratum, sizes)
    return _normal(value, sqrt(variance), freedom, level)


def poisson_total(y: np.ndarray, pi: np.ndarray, level: float = 0.95) -> RateEstimate:
    """The total Σ y/π of a Poisson draw, whose variance is Σ (1−π) y²/π²: each was drawn by itself."""
    y, pi = np.asarray(y, float), np.asarray(pi, float)
    standard_error = sqrt(float(((1 - pi) * (y / pi) ** 2).sum()))
    return _normal(float((y / pi).sum()), standard_error, inf, level)


def _t_interval(value: float, parts: np.ndarray, drawn: np.ndarray, level: float) -> tuple[float, float]:
    """Ends of an interval by Student's t with Satterthwaite's degrees of freedom."""
    variance = float(parts.sum())
    if not variance:
        return value, value
    free = variance**2 / float((parts**2 / np.maximum(drawn - 1, 1)).sum())
    half = float(t.ppf(1 - (1 - level) / 2, free)) * sqrt(variance)
    return max(value - half, 0.0), min(value + half, 1.0)


def _between(expanded: np.ndarray, stratum: np.ndarray, sizes: dict[str, int]) -> tuple[float, float]:
    """Variance of a sum of expanded values by the spread within strata, and its degrees of freedom."""
    names, places = np.unique(np.asarray(stratum), return_inverse=True)
    many = np.bincount(places).astype(float)
    means = np.bincount(places, expanded) / many
    squares = np.bincount(places, (expanded - means[places]) ** 2)
    rest = 1 - many / np.array([sizes[str(name)] for name in names], float)
    alone = (many == 1) & (rest > 0)
    if alone.any():
        raise EstimateRefused(
            expected="two or more results in every stratum that was not drawn whole",
            got=f"one in {str(names[alone][0])!r}",
            todo="join it with a like stratum, or draw two of it",
        )
    return float((rest * many / np.maximum(many - 1, 1) * squares).sum()), float(many.sum() - len(names))


def _normal(value: float, standard_error: float, freedom: float, level: float) -> RateEstimate:
    """The interval by Student's t, as survey programs give it."""
    tail = 1 - (1 - level) / 2
    half = (
        standard_error * float(t.ppf(tail, freedom) if freedom < inf else norm.ppf(tail))
        if standard_error
        else 0.0
    )
    return RateEstimate(value=value, low=value - half, high=value + half, standard_error=standard_error)


def _checked(y: np.ndarray, pi: np.ndarray, stratum: np.ndarray, sizes: dict[str, int]) -> np.ndarray:
    """y/π, after refusing what no draw could have given."""
    pi = np.asarray(pi, float)
    faults = []
    if not len(pi) or not ((pi > 0) & (pi <= 1)).all():
        faults.append("a probability that is not above 0 and at most 1, or no results at all")
    missing = sorted(set(sizes) - set(map(str, stratum)))
    if missing:
        faults.append(f"no result in stratum {missing[0]!r} of {sizes[missing[0]]}")
    if faults:
        raise EstimateRefused(
            expected="results with their inclusion probabilities from every stratum",
            got="; ".join(faults),
            todo="wait for the results, or leave the stratum out of sizes and say so: it is not estimated",
        )
    return np.asarray(np.asarray(y, float) / pi)


def _refuse_empty(strata: Sequence[StratumSample]) -> None:
    """Nothing follows from nothing."""
    bad = [one for one in strata if not 0 <= one.found <= one.drawn <= one.size or not one.drawn]
    if bad or not strata:
        raise EstimateRefused(
            expected="in every stratum at least one result, and no more findings than results than entities",
            got=f"{bad[0]}" if bad else "no strata",
            todo="wait for the results, or leave the stratum out and say so: it is then not estimated",
        )
