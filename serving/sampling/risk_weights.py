"""Weights in proportion to risk, for draws with unequal chances: mean, floor and 1 are kept to.

Within a stratum of N of which n are drawn, π_i = min(1, max(floor, c · risk_i)) with the one c for which the
π_i sum to n: probability proportional to size with a floor (C.-E. Särndal, B. Swensson and J. Wretman, Model
Assisted Survey Sampling, 1992, section 3.6; the floor keeps 1/π, and so the variance of estimates, bounded).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

# A weight is π in units of 1e-9. Fewer units would round a floor of a hundredth of a per cent visibly.
WHOLE = 10**9
# Who has next to no risk is taken to have this one, so that a c exists whatever n is.
_LEAST_RISK = 1e-6
# Halvings of the bracket around c, which spans some twenty orders of magnitude.
_HALVINGS = 120


def risk_weights(risk: np.ndarray, count: int, floor: Fraction) -> np.ndarray:
    """The weights (int64, at least 1, at most WHOLE) of one stratum of whom `count` are drawn.

    risk: float64 of at least 0, one for each entity; nan counts as none. floor: the least chance; where it
    is above count/size, all have the same. `unequal.targets` makes chances of the weights.
    """
    size = len(risk)
    if size == 0 or count >= size:
        return np.full(size, WHOLE, np.int64)
    floor = min(floor, Fraction(count, size))
    known = np.maximum(np.nan_to_num(np.asarray(risk, float)), _LEAST_RISK)
    least = max(int(floor * WHOLE), 1)
    shares = np.minimum(_factor(np.sort(known), count, float(floor)) * known, 1.0)
    # Rounded down, so that who is certain stays so: with weights above n in sum nobody would be.
    weights: np.ndarray = np.maximum((shares * WHOLE).astype(np.int64), least)
    return weights


def _factor(rising: np.ndarray, count: int, floor: float) -> float:
    """The c for which the chances sum to `count`; rising: the risks in order, all above 0."""
    sums = np.concatenate([[0.0], np.cumsum(rising)])
    low, high = floor / float(rising[-1]), 1 / float(rising[0])
    for _ in range(_HALVINGS):
        factor = float(np.sqrt(low * high)) if low > 0 else high / 2
        floored = int(np.searchsorted(rising, floor / factor, "right"))
        capped = len(rising) - int(np.searchsorted(rising, 1 / factor, "left"))
        between = max(sums[len(rising) - capped] - sums[floored], 0.0)
        if floored * floor + factor * between + capped > count:
            high = factor
        else:
            low = factor
    return low
