"""Points: 500 at the base rate, +50 doubles the odds, and whole points that add up exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.calibration import Calibration
from models.points import largest_remainder, points_of, score_points

CALIBRATION = Calibration(slope=1.3, intercept=-0.4, base_rate=0.12)


def raw_of(probability: float) -> np.ndarray:
    return np.array([(math.log(probability / (1 - probability)) + 0.4) / 1.3])


def test_the_base_rate_has_500_points() -> None:
    assert score_points(raw_of(0.12), CALIBRATION)[0] == pytest.approx(500, abs=1e-9)


@pytest.mark.parametrize("times", [-3, -1, 1, 2, 5])
def test_fifty_points_double_the_odds(times: int) -> None:
    odds = 0.12 / 0.88 * 2.0**times
    assert score_points(raw_of(odds / (1 + odds)), CALIBRATION)[0] == pytest.approx(
        500 + 50 * times, abs=1e-9
    )


rows_of_parts = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(2, 12)),
    elements=st.floats(-6, 6, allow_nan=False) | st.sampled_from([0.0, 0.5, -0.5]),
)


@given(rows_of_parts)
def test_base_and_points_add_up_to_the_score(parts: np.ndarray) -> None:
    parts[:, -1] = parts[0, -1]
    points = points_of(parts, parts.sum(axis=1), CALIBRATION)
    total = points.base + points.indicators.sum(axis=1)
    assert (total == np.floor(points.unclipped + 0.5)).all()
    assert (points.score == np.clip(total, 0, 1000)).all()
    assert len(set(points.base)) == 1


@given(rows_of_parts)
def test_a_whole_point_is_less_than_one_from_its_share(parts: np.ndarray) -> None:
    whole = largest_remainder(parts, np.floor(parts.sum(axis=1) + 0.5))
    assert (np.abs(whole - parts) <= 1 + 1e-9).all()
    assert (whole.sum(axis=1) == np.floor(parts.sum(axis=1) + 0.5)).all()


def test_the_largest_remainders_go_up() -> None:
    assert largest_remainder(np.array([[1.4, 2.7, -0.2]]), np.array([4.0])).tolist() == [[1, 3, 0]]


def test_a_score_beyond_the_bounds_is_cut_and_kept_unclipped() -> None:
    parts = np.array([[9.0, 0.0], [-9.0, 0.0]])
    points = points_of(parts, parts.sum(axis=1), CALIBRATION)
    assert points.score.tolist() == [1000, 0]
    assert points.unclipped[0] > 1000
    assert points.unclipped[1] < 0
