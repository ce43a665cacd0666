"""Chances by risk: the mean is the stratum's ratio, nobody is below the floor, nobody above 1."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.sampling.risk_weights import WHOLE, risk_weights
from serving.sampling.unequal import UNIT, targets

RISKS = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(risks=RISKS, share=st.floats(0.01, 1), floor=st.sampled_from(["0", "0.005", "0.1", "1/3", "1"]))
def test_mean_floor_and_order_are_kept(risks: list[float], share: float, floor: str) -> None:
    risk, count = np.array(risks), max(1, round(share * len(risks)))
    chances = targets(risk_weights(risk, count, Fraction(floor)), count) / UNIT
    assert chances.sum() == pytest.approx(count, abs=1e-6 * count)
    least = min(float(Fraction(floor)), count / len(risks))
    assert chances.min() >= least - 1e-8
    assert chances.max() <= 1
    assert np.all(np.diff(chances[np.argsort(risk, kind="stable")]) >= 0)


def test_between_floor_and_one_chances_are_in_proportion() -> None:
    risk = np.array([0.001, 0.1, 0.2, 0.4])
    weights = risk_weights(risk, 1, Fraction(1, 20))
    assert weights[0] == WHOLE // 20
    assert weights[1:] / WHOLE == pytest.approx(0.95 * risk[1:] / 0.7, abs=1e-8)


def test_who_would_exceed_one_is_certain_and_the_others_share_the_rest() -> None:
    weights = risk_weights(np.array([0.9, 0.001, 0.002, 0.003]), 2, Fraction(1, 100))
    chances = targets(weights, 2) / UNIT
    assert chances == pytest.approx([1, 1 / 6, 2 / 6, 3 / 6], abs=1e-6)
    assert chances[0] == 1


def test_without_any_risk_all_have_the_same_chance() -> None:
    assert set(risk_weights(np.zeros(8), 2, Fraction(1, 100))) == {WHOLE // 4}
    assert set(risk_weights(np.full(3, np.nan), 1, Fraction(1, 100))) == {WHOLE // 3}
    assert list(risk_weights(np.zeros(0), 0, Fraction(1, 100))) == []
