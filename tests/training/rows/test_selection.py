"""Weights and effective size by hand; which rows may judge a model."""

from __future__ import annotations

import numpy as np
import pytest

from training.estimates.measures import effective_size
from training.rows.selection import SelectionRefused, select_rows

NAN = float("nan")


def test_random_rows_weigh_the_inverse_of_their_probability_up_to_the_cap() -> None:
    chosen = select_rows(["random_draw"] * 3, np.array([0.5, 0.1, 0.01]), weight_cap=20)
    assert chosen.training_weight.tolist() == [2.0, 10.0, 20.0]
    assert chosen.capped == 1
    assert chosen.effective_size == pytest.approx(32**2 / (4 + 100 + 400))


def test_a_cap_for_training_bends_what_is_learned_and_never_what_is_judged() -> None:
    chosen = select_rows(["random_draw", "targeted"], np.array([0.01, NAN]), weight_cap=150, training_cap=5)
    assert chosen.training_weight.tolist() == [5.0, 1.0]
    assert chosen.honest_weight.tolist() == [100.0, 0.0]
    assert (chosen.capped, chosen.represented) == (0, pytest.approx(100))


def test_one_draw_stands_for_the_population_once_and_two_draws_for_twice() -> None:
    """A hundred entities, ten drawn each quarter: within one quarter Σ 1/π is a hundred."""
    one = select_rows(["random_draw"] * 10 + ["targeted"] * 3, np.full(13, 0.1), weight_cap=5)
    two = select_rows(["random_draw"] * 20, np.full(20, 0.1), weight_cap=100)
    assert (one.represented, two.represented) == (pytest.approx(100), pytest.approx(200))


def test_targeted_rows_train_with_weight_one_and_never_judge() -> None:
    chosen = select_rows(["random_draw", "targeted", "complaint"], np.array([0.25, NAN, NAN]), weight_cap=100)
    assert chosen.training_weight.tolist() == [4.0, 1.0, 1.0]
    assert chosen.honest.tolist() == [True, False, False]
    assert chosen.honest_weight.tolist() == [4.0, 0.0, 0.0]
    assert chosen.mechanisms == {"complaint": 1, "random_draw": 1, "targeted": 1}
    assert "randomly drawn" in chosen.note[1]


def test_where_no_mechanism_is_known_all_rows_count_and_the_note_says_what_cannot_be_claimed() -> None:
    chosen = select_rows(["unknown", "unknown"], np.array([NAN, NAN]), weight_cap=100)
    assert chosen.honest_weight.tolist() == [1.0, 1.0]
    assert chosen.effective_size == 2
    assert not chosen.known
    assert "claim nothing about the rate of problems among those never inspected" in chosen.note[1]
    assert "不能推断未检查主体的问题率" in chosen.note[0]


@pytest.mark.parametrize("probability", [0.0, 1.5, -0.1, NAN])
def test_a_random_row_without_a_probability_is_refused(probability: float) -> None:
    with pytest.raises(SelectionRefused, match=r"in \(0, 1\].*got 1 of 2 without one \(first: row 1"):
        select_rows(["random_draw", "random_draw"], np.array([0.5, probability]), weight_cap=100)


def test_equal_weights_are_worth_all_their_rows_and_none_are_worth_none() -> None:
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_size(np.empty(0)) == 0.0
