"""Rates from the model and the draw together: by hand, right when either is, and covering a known truth."""

from __future__ import annotations

import json

import numpy as np
import pytest

from training.estimates.doubly_robust import Frame, doubly_robust, robust_rate
from training.pack.plain import plain


def frame_of(
    model: np.ndarray, truth: np.ndarray, inclusion: np.ndarray, generator: np.random.Generator
) -> Frame:
    """A draw of entities by their probabilities, with outcomes by theirs."""
    drawn = generator.random(len(truth)) < inclusion
    return Frame(
        probability=model,
        grade=np.where(model > np.quantile(model, 0.8), "D", "A"),
        entity=np.arange(len(truth)),
        inclusion=np.where(drawn, inclusion, np.nan),
        label=(generator.random(len(truth)) < truth).astype(float),
    )


def everyone(frame: Frame) -> np.ndarray:
    return np.ones(len(frame.grade), dtype=bool)


def test_by_hand_the_visits_correct_the_mean_of_the_model() -> None:
    """Half of twenty is visited at π = 1/2: the model says 0.2 everywhere and 4 of 10 had a problem."""
    frame = Frame(
        probability=np.full(20, 0.2), grade=np.full(20, "B"), entity=np.arange(20),
        inclusion=np.where(np.arange(20) < 10, 0.5, np.nan), label=(np.arange(20) < 4).astype(float),
    )  # fmt: skip
    rate = robust_rate(frame, everyone(frame))
    assert (rate.model, rate.robust.value, rate.weighted.value) == pytest.approx((0.2, 0.4, 0.4))
    # ψ = ±(y − 0.4)·2 for the visited: Σψ² = 4 (4·0.36 + 6·0.16); the standard error is its root over 20.
    error = np.sqrt(4 * (4 * 0.36 + 6 * 0.16)) / 20
    log_odds = np.log(0.4 / 0.6) + 1.959964 * error / 0.24
    assert rate.robust.high == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-6)
    assert (rate.visits, rate.entities) == (10, 20)


@pytest.mark.parametrize("shift", [0.0, 2.0], ids=["a good model", "a wrong model"])
def test_intervals_cover_the_truth_and_a_good_model_makes_them_narrower(shift: float) -> None:
    """The riskier are drawn more often, so the plain rate of the visited would be far too high."""
    generator = np.random.default_rng(3)
    risk = generator.normal(size=3000)
    truth = 1 / (1 + np.exp(2 - 1.5 * risk))
    model = 1 / (1 + np.exp(2 - 1.5 * risk + shift))
    inclusion = np.clip(0.06 * np.exp(0.7 * risk), 0.02, 0.6)
    hit, width, plain, naive = 0, [], [], []
    for _ in range(300):
        frame = frame_of(model, truth, inclusion, generator)
        rate = robust_rate(frame, everyone(frame))
        hit += rate.robust.low <= truth.mean() <= rate.robust.high
        width.append(rate.robust.high - rate.robust.low)
        plain.append(rate.weighted.high - rate.weighted.low)
        naive.append(frame.label[frame.visited].mean())
    assert 0.91 <= hit / 300 <= 0.98
    assert np.mean(naive) > truth.mean() + 0.04
    if not shift:
        assert np.mean(width) < 0.9 * np.mean(plain)


def test_grades_are_rated_apart_and_few_visits_claim_nothing() -> None:
    generator = np.random.default_rng(4)
    model = generator.random(4000) * 0.3
    rates = doubly_robust(frame_of(model, model, np.full(4000, 0.4), generator))
    by_grade = rates.grades
    assert by_grade["A"].robust.high < by_grade["D"].robust.low
    assert by_grade["B"].visits == 0
    assert np.isnan(by_grade["B"].robust.value)
    told = json.loads(json.dumps(plain(rates)))
    assert told["grades"]["B"]["robust"] == {"value": None, "low": None, "high": None}


def test_one_entity_on_two_dates_is_one() -> None:
    """The same rows twice under the same names must not look like twice the evidence."""
    generator = np.random.default_rng(5)
    once = frame_of(np.full(1000, 0.2), np.full(1000, 0.2), np.full(1000, 0.2), generator)
    fields = ("probability", "grade", "entity", "inclusion", "label")
    twice = Frame(**{name: np.tile(getattr(once, name), 2) for name in fields})
    first, second = (robust_rate(frame, everyone(frame)).robust for frame in (once, twice))
    assert second.high - second.low == pytest.approx(first.high - first.low)
