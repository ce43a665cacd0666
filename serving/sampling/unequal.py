"""Unequal chances within a stratum: targets in proportion to a weight, and who is drawn by them.

A target is a whole number of units of 1e-12, written as a decimal of twelve digits; all comparisons are in
whole numbers, so every machine agrees. Pareto sampling: B. Rosén, On sampling with probability proportional
to size, Journal of Statistical Planning and Inference 62 (1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_contracts.refusal import Refusal

UNIT = 10**12
DIGITS = 12
_WIDTH = 1 << 256

# Quadrature nodes; the integrand is a rational function and 400 nodes give 1e-12 in the sizes admitted.
_NODES = 400
# The work grows with size² · count; above this it would take minutes and gigabytes.
_LARGEST_EXACT = 300


class UnequalRefused(Refusal):
    """Weights that give somebody no chance, or a stratum too large for exact probabilities."""


def text_of_target(target: int) -> str:
    """The decimal of a target: 12 digits, or "1" for who is drawn for certain."""
    return "1" if target == UNIT else f"0.{target:0{DIGITS}d}"


def targets(weights: np.ndarray, count: int) -> np.ndarray:
    """Inclusion probabilities count·w/Σw in units of 1e-12, int64, of a stratum's int64 weights > 0.

    Who would get more than 1 is drawn for certain, and the others share what is left, until nobody does.
    Rounded down, so their sum falls short of `count` by less than one unit for each entity.
    """
    if len(weights) and weights.min() <= 0:
        raise UnequalRefused(
            expected="a weight above 0 for every entity that may be drawn",
            got=f"{int((weights <= 0).sum())} of {len(weights)} without one",
            todo="give each a small weight: who can never be drawn is never learned from",
        )
    found = np.full(len(weights), UNIT, np.int64)
    distinct, places, many = np.unique(weights, return_inverse=True, return_counts=True)
    # Python's whole numbers: weight · count · 10^12 does not fit 64 bits. Few weights differ.
    values, times = [int(value) for value in distinct], [int(number) for number in many]
    left, total = min(count, len(weights)), sum(map(int.__mul__, values, times))
    while values and values[-1] * left >= total:
        left -= times[-1]
        total -= values.pop() * times.pop()
    shares = [max(value * left * UNIT // total, 1) for value in values]
    known = np.array(shares + [UNIT] * (len(distinct) - len(shares)), np.int64)
    found[:] = known[places]
    return found


def pareto_key(ticket: int, target: int) -> int:
    """The order of Pareto sampling: u(1−π)/(π(1−u)) with u = (ticket+1)/(2^256+1), times 2^256, rounded down.

    The lowest keys are drawn; equal keys go by ticket, then by id.
    """
    return (ticket + 1) * (UNIT - target) * _WIDTH // ((_WIDTH - ticket) * target)


def in_poisson(ticket: int, target: int) -> bool:
    """Whether ticket/2^256 < π."""
    return ticket * UNIT < target * _WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoCheck:
    """The true inclusion probabilities of a Pareto draw beside their targets."""

    true: np.ndarray
    largest_relative_error: float


def pareto_truth(target_probabilities: Sequence[float] | np.ndarray, count: int) -> ParetoCheck:
    """The true probabilities of a Pareto draw of `count`, float64, for strata of at most 300 entities.

    π_i = ∫ P(fewer than count of the others have a lower key) dF_i, by Gauss–Legendre; what the recursion of
    N. Aires, Algorithms to find exact inclusion probabilities (1999), integrates by parts. Of larger
    strata nothing exact is said; the error is of the order 1/Σπ(1−π) there (Rosén 1997).
    """
    target = np.asarray(target_probabilities, dtype=np.float64)
    true = np.ones(len(target))
    open_ = target < 1
    odds, wanted = target[open_] / (1 - target[open_]), count - int((~open_).sum())
    if len(odds) > _LARGEST_EXACT:
        raise UnequalRefused(
            expected=f"a stratum of at most {_LARGEST_EXACT} entities for exact probabilities",
            got=f"{len(odds)}",
            todo="use the targets, which are the closer the larger the stratum, or replay many seeds",
        )
    if wanted < len(odds):
        true[open_] = _integrated(odds, wanted)
    error = float(np.max(np.abs(true / target - 1), initial=0.0))
    return ParetoCheck(true=true, largest_relative_error=error)


def _integrated(odds: np.ndarray, count: int) -> np.ndarray:
    """The integral over s in (0, 1) where the key is s/(1−s): F_j = s·o_j / (1 − s + s·o_j).

    Chances in a stratum may differ by orders of magnitude and keys crowd near the typical one, so s is
    stretched by the mean odds.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    share = odds / odds.mean()
    s, ds = (nodes + 1) / 2, weights / 2
    below = s[:, None] * share / (1 - s[:, None] + s[:, None] * share)
    density = share / (1 - s[:, None] + s[:, None] * share) ** 2
    # fewer[node, i, k]: the chance that exactly k of the others so far have a lower key than i.
    fewer = np.zeros((len(s), len(odds), count))
    if count:
        fewer[:, :, 0] = 1
    for other in range(len(odds)):
        chance = np.repeat(below[:, other, None], len(odds), axis=1)
        chance[:, other] = 0
        shifted = np.concatenate([np.zeros_like(fewer[:, :, :1]), fewer[:, :, :-1]], axis=2)
        fewer = fewer * (1 - chance[:, :, None]) + shifted * chance[:, :, None]
    return np.asarray((ds[:, None] * density * fewer.sum(axis=2)).sum(axis=0))
