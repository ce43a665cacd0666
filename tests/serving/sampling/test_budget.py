"""The best counts within a budget equal those of trying everything."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.sampling.budget import BudgetTooSmall, Wanted, allocate_within


@st.composite
def grades(draw: st.DrawFn) -> list[Wanted]:
    made = []
    for letter in "ABCD"[: draw(st.integers(1, 4))]:
        size = draw(st.integers(1, 5))
        made.append(
            Wanted(
                grade=letter,
                size=size,
                rate=draw(st.integers(1, 9)) / 10,
                cost=draw(st.integers(1, 3)),
                least=draw(st.integers(0, 1)),
                most=draw(st.none() | st.integers(1, 5)),
            )
        )
    return made


def brute(wanted: list[Wanted], budget: float) -> float | None:
    """The most findings over every combination of counts."""
    best = None
    for counts in product(*(range(one.least, min(one.size, one.most or 9) + 1) for one in wanted)):
        falls = any(
            low * b.size > high * a.size for (a, low), (b, high) in pairwise(zip(wanted, counts, strict=True))
        )
        cost = sum(one.cost * count for one, count in zip(wanted, counts, strict=True))
        if not falls and cost <= budget:
            found = sum(one.rate * count for one, count in zip(wanted, counts, strict=True))
            best = found if best is None else max(best, found)
    return best


@settings(max_examples=60, deadline=None)
@given(grades(), st.integers(0, 25))
def test_the_best_counts_equal_those_of_trying_everything(wanted: list[Wanted], budget: int) -> None:
    expected = brute(wanted, budget)
    if expected is None:
        with pytest.raises(BudgetTooSmall, match="got a budget of"):
            allocate_within(wanted, budget=budget)
        return
    counts = allocate_within(wanted, budget=budget)
    assert sum(one.rate * count for one, count in zip(wanted, counts, strict=True)) == pytest.approx(expected)
    assert sum(one.cost * count for one, count in zip(wanted, counts, strict=True)) <= budget
    assert all(a * y.size <= b * x.size for (x, a), (y, b) in pairwise(zip(wanted, counts, strict=True)))
