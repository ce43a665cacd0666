"""Logistic calibration on the raw log-odds: two numbers, so that points stay additive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.refusal import Refusal
from models.calibration import Calibration
from training.estimates.measures import FloatArray, Recalibration, check_two_classes

# A score that says nothing, or the opposite, on later dates keeps this slope: the order of the model stays
# (reasons and directions with it), while the probabilities fall together at the base rate: the truth.
FLATTEST_SLOPE = 0.05
STEPS = 50
CLOSE_ENOUGH = 1e-10


class CalibrationRefused(Refusal):
    """Scores to which no logistic curve can be fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCurve:
    """The calibration of a release, and the slope that was found before the floor."""

    calibration: Calibration
    fitted_slope: float


def sigmoid(log_odds: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), without overflow at either end."""
    return np.exp(-np.logaddexp(0.0, -log_odds))


def fit_curve(raw: FloatArray, label: FloatArray, weight: FloatArray) -> FittedCurve:
    """The weighted maximum-likelihood curve; a slope below the floor is raised to it."""
    check_two_classes(label, where="the calibration rows")
    share = weight / weight.sum()
    constant = float(np.ptp(raw)) == 0.0
    fitted, intercept = (0.0, 0.0) if constant else _newton(raw, label, share)
    slope = max(fitted, FLATTEST_SLOPE)
    if slope > fitted:
        intercept = _intercept(raw, label, share, slope=slope)
    base_rate = float(np.sum(share * label))
    return FittedCurve(
        calibration=Calibration(slope=slope, intercept=intercept, base_rate=base_rate), fitted_slope=fitted
    )


def refit_line(probability: FloatArray, label: FloatArray, weight: FloatArray) -> Recalibration:
    """Slope and intercept fitted again on the log-odds of probabilities, without the floor."""
    log_odds = np.log(probability) - np.log1p(-probability)
    share = weight / weight.sum()
    if float(np.ptp(log_odds)) == 0.0:
        # Equal promises have no slope; the intercept alone moves them to the rate.
        return Recalibration(slope=1.0, intercept=_intercept(log_odds, label, share, slope=1.0))
    slope, intercept = _newton(log_odds, label, share)
    return Recalibration(slope=slope, intercept=intercept)


def _newton(raw: FloatArray, label: FloatArray, share: FloatArray) -> tuple[float, float]:
    """Slope and intercept by Newton's steps with halving; the likelihood is concave: there is one optimum."""
    design = np.column_stack([raw - raw.mean(), np.ones_like(raw)])
    theta = np.zeros(2)
    for _ in range(STEPS):
        probability = sigmoid(design @ theta)
        gradient = design.T @ (share * (label - probability))
        curvature = (design * (share * probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), gradient)
        theta = theta + _damped(design, label, share, theta=theta, step=step)
        if float(np.abs(step).max()) < CLOSE_ENOUGH:
            return float(theta[0]), float(theta[1] - theta[0] * raw.mean())
    raise CalibrationRefused(
        expected="rows whose score and outcome overlap, to calibrate or to judge a calibration",
        got=f"no optimum in {STEPS} steps (slope {theta[0]:.3g}): the score separates the outcomes",
        todo="look for an indicator that knows the outcome, or add dates",
    )


def _damped(
    design: FloatArray, label: FloatArray, share: FloatArray, *, theta: FloatArray, step: FloatArray
) -> FloatArray:
    """The step, halved until the likelihood does not fall."""
    before = _likelihood(design @ theta, label, share)
    for halvings in range(30):
        shorter = step * 0.5**halvings
        if _likelihood(design @ (theta + shorter), label, share) >= before - 1e-15:
            return shorter
    return step * 0.0


def _likelihood(log_odds: FloatArray, label: FloatArray, share: FloatArray) -> float:
    """The weighted mean log-likelihood."""
    return float(np.sum(share * (label * log_odds - np.logaddexp(0.0, log_odds))))


def _intercept(raw: FloatArray, label: FloatArray, share: FloatArray, *, slope: float) -> float:
    """The intercept at a given slope, by bisection: the mean probability equals the base rate."""
    target = float(np.sum(share * label))
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.sum(share * sigmoid(slope * raw + middle))) < target:
            low = middle
        else:
            high = middle
    return (low + high) / 2
