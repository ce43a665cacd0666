"""Commitments, key persons, products and opinion, by hand: the days from which they count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

T = date(2024, 7, 1)
Told = Callable[..., dict[str, Any]]


def days_before(days: int) -> date:
    return T - timedelta(days=days)


@pytest.mark.parametrize(("known_on", "broken", "overdue"), [(T, 1, 0), (date(2024, 7, 2), 0, 1)])
def test_a_commitment_is_broken_from_the_day_its_check_is_known(
    of_one: Told, known_on: date, broken: int, overdue: int
) -> None:
    told = of_one(
        T,
        commitments=[
            {"kind": "repair", "occurred_on": date(2024, 1, 1), "due_on": date(2024, 6, 1),
             "ended_on": date(2024, 6, 20), "end_known_on": known_on, "outcome": "broken"},
        ],
    )  # fmt: skip
    assert (told["commitments_broken_1095d"], told["commitments_overdue_now"]) == (broken, overdue)
    assert told["commitments_share_1095d"] == (100.0 if broken else None)


@pytest.mark.parametrize(("due", "overdue"), [(date(2024, 6, 30), 1), (T, 0)])
def test_a_commitment_may_be_kept_through_its_last_day(of_one: Told, due: date, overdue: int) -> None:
    commitment = {"kind": "repair", "occurred_on": date(2024, 1, 1), "due_on": due}
    assert of_one(T, commitments=[commitment])["commitments_overdue_now"] == overdue


@pytest.mark.parametrize(("due", "overdue"), [(date(2024, 6, 30), 1), (T, 0)])
def test_a_lift_is_overdue_from_the_day_after_that_of_its_inspection(
    of_one: Told, due: date, overdue: int
) -> None:
    lift = {"kind": "lift", "occurred_on": date(2023, 1, 1), "next_due_on": due, "result": "qualified"}
    assert of_one(T, products=[lift])["devices_overdue_now"] == overdue
    gone = {"ended_on": date(2024, 6, 1), "end_known_on": date(2024, 6, 1)}
    assert of_one(T, products=[lift | gone])["devices_overdue_now"] == 0


def test_a_result_counts_from_the_day_it_was_told_however_old_the_device(of_one: Told) -> None:
    boiler = {"kind": "boiler", "occurred_on": date(2010, 1, 1), "result": "unqualified"}
    told = of_one(
        T, products=[boiler | {"known_on": days_before(364)}, boiler | {"known_on": days_before(365)}]
    )
    assert (told["products_unqualified_365d"], told["products_unqualified_1095d"]) == (1, 2)


@pytest.mark.parametrize(
    ("last_day", "expired", "expiring"),
    [(-1, 1, 0), (0, 0, 1), (60, 0, 1), (61, 0, 0)],
)
def test_a_qualification_holds_through_its_last_day(
    of_one: Told, last_day: int, expired: int, expiring: int
) -> None:
    officer = {"person": "p", "group": "food_safety_officer", "occurred_on": date(2022, 1, 1)}
    told = of_one(T, key_persons=[officer | {"qualified_until": T + timedelta(days=last_day)}])
    found = (told["qualifications_expired_now"], told["qualifications_expiring_now"])
    assert found == (expired, expiring)
    assert told["safety_officers_now"] == 1


def test_a_bar_from_posts_is_no_post(of_one: Told) -> None:
    bar = {"person": "p", "group": "barred_person", "occurred_on": date(2022, 1, 1)}
    over = {"ended_on": date(2024, 6, 1), "end_known_on": date(2024, 6, 1)}
    told = of_one(T, key_persons=[bar, bar | over])
    assert (told["persons_barred_now"], told["persons_left_365d"]) == (1, 0)


def test_one_person_in_two_posts_is_one_person(of_one: Told) -> None:
    food, quality = "food_safety_officer", "quality_safety_director"
    began, lapses = date(2022, 1, 1), date(2024, 6, 1)
    posts = [("p", food), ("p", quality), ("q", food)]
    held = [
        {"person": person, "group": group, "occurred_on": began, "qualified_until": lapses}
        for person, group in posts
    ]
    told = of_one(T, key_persons=held)
    assert (told["safety_officers_now"], told["qualifications_expired_now"]) == (2, 2)
    told = of_one(T, key_persons=[post | {"ended_on": lapses, "end_known_on": lapses} for post in held])
    assert (told["safety_officers_now"], told["persons_left_365d"]) == (0, 2)


def test_negative_opinion_is_counted_weighed_and_compared(of_one: Told) -> None:
    said = [("negative", 5, 100), ("neutral", 6, 900), ("negative", 89, None), ("negative", 90, 50)]
    told = of_one(
        T,
        public_opinion=[
            {"tone": tone, "occurred_on": days_before(days), "reach": reach} for tone, days, reach in said
        ],
    )
    names = ("negative_30d", "negative_90d", "share_30d", "growth_90d", "reach_90d")
    assert [told[f"opinion_{name}"] for name in names] == [1, 2, 50.0, 100.0, 100]


def test_large_capital_without_tax_is_told_as_the_offices_know_it(of_one: Told) -> None:
    entity = {"id_kind": "local", "known_on": date(2020, 1, 1), "registered_capital_fen": 10**10}
    year = {"period": "2023", "occurred_on": date(2023, 12, 31), "insured_employees": 3}
    for tax, idle in ((0, 1), (1, 0), (None, None)):
        told = of_one(T, entities=[entity], tax_social=[year | {"tax_paid_fen": tax}])
        assert told["capital_untaxed_last"] == idle
