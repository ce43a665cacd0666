"""Unequal chances: targets add up, Pareto and Poisson draws keep them, and whole numbers decide."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from serving.sampling.allocation import Allocation
from serving.sampling.draw import draw
from serving.sampling.frame import Frame, build_frame, read_frame
from serving.sampling.method import Design, DrawMethod
from serving.sampling.unequal import (
    UNIT,
    UnequalRefused,
    in_poisson,
    pareto_key,
    pareto_truth,
    targets,
    text_of_target,
)

WEIGHTS = np.array([1, 2, 3, 4, 5, 6, 7, 8, 40, 1000])
ONE = (Allocation(stratum="C", grade="C", size=10, count=4),)


def weighted() -> Frame:
    return build_frame([(f"E{n}", "C", None) for n in range(10)]).with_targets(WEIGHTS, ONE)


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=30), st.integers(1, 30))
def test_targets_are_in_proportion_below_1_and_add_up(weights: list[int], count: int) -> None:
    found = targets(np.array(weights), count)
    assert min(count, len(weights)) * UNIT - len(weights) <= found.sum() <= count * UNIT + len(weights)
    assert ((found > 0) & (found <= UNIT)).all()
    open_ = [(w, int(t)) for w, t in zip(weights, found, strict=True) if t < UNIT]
    assert all(abs(a * y - b * x) <= max(a, b) for (a, x), (b, y) in combinations(open_, 2))


def test_who_weighs_nothing_is_refused() -> None:
    with pytest.raises(UnequalRefused, match="who can never be drawn is never learned from"):
        targets(np.array([1, 0]), 1)


@given(st.integers(0, 2**256 - 1), st.integers(1, UNIT - 1))
def test_keys_are_those_of_the_formula(ticket: int, target: int) -> None:
    u, pi = Fraction(ticket + 1, 2**256 + 1), Fraction(target, UNIT)
    assert pareto_key(ticket, target) == u * (1 - pi) / (pi * (1 - u)) * 2**256 // 1
    assert in_poisson(ticket, target) == (Fraction(ticket, 2**256) < pi)


def test_a_frame_with_unequal_chances_is_published_and_read_back() -> None:
    frame = weighted()
    text = frame.text(ONE)
    assert b"\nE9,C,C,yes,,1\n" in text
    assert b"\nE0,C,C,yes,," + text_of_target(int(frame.chances[0])).encode() in text  # type: ignore[index]
    again = read_frame(text)
    assert np.array_equal(again.chances, frame.chances)  # type: ignore[arg-type]
    assert again.text(ONE) == text


@pytest.mark.parametrize("design", [Design.PARETO, Design.POISSON])
def test_over_many_seeds_everybody_has_the_true_chance(design: Design) -> None:
    """That of Pareto is a little off its target; the integral says how much, and the seeds agree with it."""
    frame, method, seeds = weighted(), DrawMethod(design=design), 2_000
    seen, sizes = np.zeros(10), set()
    for number in range(seeds):
        ids = [
            int(one.entity_id[1:]) for one in draw(frame, ONE, seed=f"{number}", plan_id="p", method=method)
        ]
        seen[ids] += 1
        sizes.add(len(ids))
    wanted = np.asarray(frame.chances) / UNIT
    if design is Design.PARETO:
        assert sizes == {4}
        wanted = pareto_truth(wanted, 4).true
    certain = wanted == 1
    assert (seen[certain] == seeds).all()
    seen, wanted = seen[~certain], wanted[~certain]
    statistic = ((seen - seeds * wanted) ** 2 / (seeds * wanted * (1 - wanted))).sum()
    assert chi2.sf(statistic, len(seen)) > 0.001


def test_true_chances_of_a_pareto_draw() -> None:
    equal = pareto_truth(np.full(20, 0.25), 5)
    assert equal.true == pytest.approx(np.full(20, 0.25), abs=1e-10)
    unequal = pareto_truth(np.linspace(0.01, 0.29, 100), 15)
    assert unequal.true.sum() == pytest.approx(15, abs=1e-9)
    assert unequal.largest_relative_error < 0.01
    with pytest.raises(UnequalRefused, match="at most 300 entities"):
        pareto_truth(np.full(301, 0.5), 150)
