"""Calibration finds what was planted, honours weights, and keeps the order of the model."""

from __future__ import annotations

import numpy as np
import pytest

from training.estimates.measures import MeasureRefused
from training.fitting.calibration import FLATTEST_SLOPE, CalibrationRefused, fit_curve, refit_line, sigmoid


def planted(slope: float, intercept: float, count: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    raw = generator.normal(-2.0, 1.0, count)
    return raw, (generator.random(count) < sigmoid(slope * raw + intercept)).astype(float)


def test_a_planted_slope_and_intercept_are_recovered() -> None:
    raw, label = planted(0.7, 0.4)
    curve = fit_curve(raw, label, np.ones_like(raw)).calibration
    assert curve.slope == pytest.approx(0.7, abs=0.04)
    assert curve.intercept == pytest.approx(0.4, abs=0.08)
    assert curve.base_rate == pytest.approx(label.mean())
    assert curve.probability(raw).mean() == pytest.approx(label.mean(), abs=1e-9)


def test_a_weight_counts_like_repeated_rows() -> None:
    raw, label = planted(1.0, 0.0, 300)
    weight = np.random.default_rng(1).integers(1, 4, 300)
    weighted = fit_curve(raw, label, weight.astype(float)).calibration
    repeated = fit_curve(np.repeat(raw, weight), np.repeat(label, weight), np.ones(weight.sum())).calibration
    assert weighted.slope == pytest.approx(repeated.slope)
    assert weighted.intercept == pytest.approx(repeated.intercept)


def test_promises_that_were_kept_need_slope_one_and_intercept_nought_on_later_rows() -> None:
    raw, label = planted(0.7, 0.4)
    line = refit_line(sigmoid(0.7 * raw + 0.4), label, np.ones_like(raw))
    assert (line.slope, line.intercept) == (pytest.approx(1, abs=0.05), pytest.approx(0, abs=0.1))


def test_promises_twice_too_sure_are_told_by_half_a_slope_and_wrong_ones_by_a_falling_one() -> None:
    raw, label = planted(0.7, 0.4)
    assert refit_line(sigmoid(1.4 * raw + 0.8), label, np.ones_like(raw)).slope == pytest.approx(
        0.5, abs=0.03
    )
    assert refit_line(sigmoid(-0.7 * raw), label, np.ones_like(raw)).slope == pytest.approx(-1, abs=0.05)


def test_equal_promises_are_moved_to_the_rate() -> None:
    line = refit_line(np.full(4, 0.5), np.array([1.0, 0, 0, 0]), np.ones(4))
    assert (line.slope, sigmoid(np.array([line.intercept]))[0]) == (1.0, pytest.approx(0.25))


def test_a_score_that_points_the_wrong_way_is_flattened_not_turned_round() -> None:
    raw, label = planted(-0.8, -3.0)
    fitted = fit_curve(raw, label, np.ones_like(raw))
    assert fitted.fitted_slope == pytest.approx(-0.8, abs=0.05)
    assert fitted.calibration.slope == FLATTEST_SLOPE
    assert fitted.calibration.probability(raw).mean() == pytest.approx(label.mean(), abs=1e-6)


def test_a_constant_score_gives_everyone_the_base_rate() -> None:
    label = np.array([1.0, 0.0, 0.0, 0.0])
    curve = fit_curve(np.full(4, 2.5), label, np.ones(4)).calibration
    assert curve.probability(np.array([2.5]))[0] == pytest.approx(0.25)


def test_a_score_that_knows_the_outcome_is_refused() -> None:
    raw = np.linspace(-1, 1, 50)
    with pytest.raises(CalibrationRefused, match="separates the outcomes"):
        fit_curve(raw, (raw > 0).astype(float), np.ones(50))


def test_one_class_is_refused() -> None:
    with pytest.raises(MeasureRefused, match="calibration rows"):
        fit_curve(np.arange(3.0), np.ones(3), np.ones(3))
