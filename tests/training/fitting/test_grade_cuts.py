"""Cuts give the planned shares, keep equals together and refuse what cannot be cut."""

from __future__ import annotations

import numpy as np
import pytest

from models.grades import grade_of
from training.fitting.grade_cuts import CutsRefused, choose_cuts

SHARES = (0.65, 0.25, 0.085, 0.015)


def test_the_planned_shares_hold_in_the_population() -> None:
    probabilities = np.random.default_rng(1).beta(1, 9, 20_000)
    letters = grade_of(probabilities, choose_cuts(probabilities, SHARES))
    shares = [float(np.mean(letters == letter)) for letter in "ABCD"]
    assert shares == pytest.approx(SHARES, abs=1e-4)


def test_entities_of_equal_probability_stay_together() -> None:
    probabilities = np.repeat([0.1, 0.2, 0.3, 0.4], [60, 30, 8, 2])
    letters = grade_of(probabilities, choose_cuts(probabilities, SHARES))
    assert [letters[0], letters[60], letters[90], letters[98]] == ["A", "B", "C", "D"]


def test_every_grade_keeps_someone_even_where_most_are_equal() -> None:
    probabilities = np.repeat([0.1, 0.2, 0.3, 0.4, 0.5], [95, 2, 1, 1, 1])
    letters = grade_of(probabilities, choose_cuts(probabilities, SHARES))
    assert set(letters) == {"A", "B", "C", "D"}


def test_three_different_probabilities_make_no_four_grades() -> None:
    with pytest.raises(CutsRefused, match=r"at least 4 different probabilities.*got 3 among 9 entities"):
        choose_cuts(np.repeat([0.1, 0.2, 0.3], 3), SHARES)
