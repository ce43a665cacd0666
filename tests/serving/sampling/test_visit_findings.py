"""Visits of several items: against every outcome written out, by hand, and with rates that are unknown."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.capacity import CapacityRefused
from serving.sampling.hit_rates import Shift, item_rates, moved, shift
from serving.sampling.visit_findings import Alike, visit_chances

ITEMS = ("FOOD", "FIRE", "SIGN")
shares = st.integers(0, 20).map(lambda n: n / 20)


@st.composite
def offices(draw: st.DrawFn) -> tuple[list[Alike], dict[tuple[str, str], tuple[float, float]]]:
    rates = {(grade, item): (draw(shares), draw(shares) / 10) for grade in "AB" for item in ITEMS}
    groups = [
        Alike(grade=grade, items=tuple(sorted(draw(st.sets(st.sampled_from(ITEMS))))), size=size)
        for grade in "AB"
        for size in draw(st.lists(st.integers(1, 50), min_size=1, max_size=3))
    ]
    return groups, rates


@given(offices())
def test_chances_are_those_of_every_outcome_written_out(
    office: tuple[list[Alike], dict[tuple[str, str], tuple[float, float]]],
) -> None:
    groups, rates = office
    total = sum(one.size for one in groups)
    something, problems = 0.0, dict.fromkeys(ITEMS, 0.0)
    for one in groups:
        for outcome in product((False, True), repeat=len(one.items)):
            pairs = list(zip(one.items, outcome, strict=True))
            chance = math.prod(
                rates[one.grade, item][0] if bad else 1 - rates[one.grade, item][0] for item, bad in pairs
            )
            something += one.size / total * chance * any(outcome)
            for item, bad in pairs:
                problems[item] += one.size / total * chance * bad
    told = visit_chances(groups, rates)
    assert told.rate == pytest.approx(something)
    assert {item: told.found.get(item, 0.0) for item in ITEMS} == pytest.approx(problems)
    assert told.together <= told.rate + 1e-12
    assert told.rate <= sum(problems.values()) + 1e-12


@given(offices())
def test_the_spread_is_that_of_each_rate_moved_by_itself(
    office: tuple[list[Alike], dict[tuple[str, str], tuple[float, float]]],
) -> None:
    """The chance is linear in every single rate, so a step of the whole error is exact."""
    groups, rates = office
    steps = []
    for key, (rate, error) in rates.items():
        low = visit_chances(groups, rates | {key: (0.0, 0.0)}).rate
        high = visit_chances(groups, rates | {key: (1.0, 0.0)}).rate
        assert low <= visit_chances(groups, rates).rate + 1e-12, rate
        steps.append((high - low) * error)
    assert visit_chances(groups, rates).rate_error == pytest.approx(math.hypot(*steps))


def test_minutes_and_items_follow_whom_they_concern() -> None:
    groups = [Alike(grade="A", items=("FOOD", "FIRE"), size=1), Alike(grade="A", items=("FIRE",), size=3)]
    rates = {("A", "FOOD"): (0.5, 0.0), ("A", "FIRE"): (0.2, 0.0)}
    told = visit_chances(groups, rates, {"FOOD": 60, "FIRE": 20})
    assert told.minutes == 60 / 4 + 20
    assert told.checked == {"FOOD": 0.25, "FIRE": 1.0}
    assert told.rate == pytest.approx((1 - 0.5 * 0.8) / 4 + 0.2 * 3 / 4)
    assert told.together == pytest.approx(0.5 / 4 + 0.2 * 3 / 4)


def test_a_whole_visit_has_the_rate_of_its_grade() -> None:
    told = visit_chances([Alike(grade="C", items=("",), size=7)], {("C", ""): (0.3, 0.05)})
    assert (told.rate, told.rate_error, told.together) == (pytest.approx(0.3), pytest.approx(0.05), 0.3)
    assert visit_chances([], {}).rate == 0.0


def test_every_rate_that_is_missing_is_named() -> None:
    groups = [Alike(grade="A", items=("FOOD",), size=1), Alike(grade="", items=("",), size=2)]
    with pytest.raises(CapacityRefused, match=r"got none for no grade, A FOOD") as refused:
        visit_chances(groups, {})
    assert "every grade and item" in refused.value.expected


def test_an_item_nobody_was_visited_for_has_the_rate_of_its_grade_and_is_less_sure() -> None:
    chance = np.random.default_rng(3)
    item = np.repeat([f"i{n}" for n in range(12)], 60)
    found = chance.random(720) < np.repeat(chance.beta(8, 72, size=12), 60)
    rates = item_rates(np.full(720, "B"), item, found, np.full(720, 0.1), wanted=("new", "i3"))
    by_name = {one.item: one for one in rates}
    assert len(rates) == 14, "the grade, twelve items and the new one"
    assert by_name["new"].rate == pytest.approx(by_name[""].rate, rel=0.02)
    assert by_name["new"].rate_error > 1.3 * by_name["i3"].rate_error
    assert (by_name["new"].inspected, by_name["new"].effective) == (0, 0.0)
    assert by_name["new"].low < by_name["new"].rate < by_name["new"].high


def test_a_grade_of_today_moves_the_odds_of_all_its_items() -> None:
    found = np.arange(400) % 5 == 0
    item = np.repeat(["x", "y"], 200)
    rates = item_rates(np.full(400, "A"), item, found, np.full(400, 0.1))
    whole = rates[0]
    same = moved(rates, {"A": shift(whole, whole.rate, 0.0)})
    for one, before in zip(same, rates, strict=True):
        assert one.rate == pytest.approx(before.rate)
        assert one.rate_error == pytest.approx(before.rate_error)
    halved = moved(rates, {"A": shift(whole, whole.rate / 2, 0.02)})
    assert halved[0].rate == pytest.approx(whole.rate / 2)
    odds = [one.rate / (1 - one.rate) for one in (*rates, *halved)]
    assert odds[4] / odds[1] == pytest.approx(odds[3] / odds[0])
    assert all(one.low < one.rate < one.high for one in halved)
    assert moved(rates, {"B": Shift(log_odds=0.0, error=0.0)}) == ()
    assert shift(whole, 0.0, 0.0).log_odds < -10, "no rate is so low that it has no odds"
