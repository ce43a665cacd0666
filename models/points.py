"""The risk score: 500 at the base rate, 50 more for every doubling of the odds, in points that add up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.calibration import Calibration

BASE = 500
POINTS_PER_DOUBLING = 50
LOWEST, HIGHEST = 0, 1000
POINTS_PER_LOG_ODDS = POINTS_PER_DOUBLING / math.log(2)

Floats = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Scores of many rows: `base` + the `indicators` = `unclipped`, rounded; `score` is cut to 0–1000."""

    score: Wholes
    unclipped: Floats
    base: Wholes
    indicators: Wholes


def score_points(raw: Floats, calibration: Calibration) -> Floats:
    """The unrounded, unclipped score of raw log-odds."""
    return BASE + POINTS_PER_LOG_ODDS * (calibration.log_odds(raw) - calibration.base_log_odds)


def points_of(contributions: Floats, raw: Floats, calibration: Calibration) -> Points:
    """Whole points of every row; the last column of `contributions` is the model's expected raw score.

    The base is rounded by itself, so that it is the same for every entity of a release.
    """
    parts = POINTS_PER_LOG_ODDS * calibration.slope * contributions[:, :-1]
    base = np.floor(score_points(contributions[:, -1], calibration) + 0.5)
    unclipped = score_points(raw, calibration)
    whole = np.floor(unclipped + 0.5)
    return Points(
        score=np.clip(whole, LOWEST, HIGHEST).astype(np.int32),
        unclipped=unclipped,
        base=base.astype(np.int32),
        indicators=largest_remainder(parts, whole - base),
    )


def largest_remainder(parts: Floats, totals: Floats) -> Wholes:
    """Every part rounded down or up so that each row sums to its total; the largest remainders go up.

    Nearest rounding would leave the sum off by up to half the number of parts, and people do add up.
    """
    count = parts.shape[1]
    floors = np.floor(parts)
    lacking = (totals - floors.sum(axis=1))[:, None]
    order = np.argsort(floors - parts, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(count), order.shape), axis=1)
    # The second term only acts when float noise leaves the floors one above the total.
    whole = floors + (rank < lacking) - (rank >= count + lacking)
    return np.asarray(whole, dtype=np.int32)
