from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)


def test_listings_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        listings=[
            # open since 1 May: 61 days
            {"kind": "abnormal", "ground": "unreachable", "occurred_on": date(2024, 5, 1)},
            # removed, and the removal is known
            {"kind": "abnormal", "ground": "annual_report_missing", "occurred_on": date(2021, 7, 10),
             "ended_on": date(2021, 9, 1), "end_known_on": date(2021, 9, 1)},
            # 1094 days before T (a leap day lies between): the first day of the window of 1095
            {"kind": "abnormal", "ground": "disclosure_false", "occurred_on": date(2021, 7, 3),
             "ended_on": date(2022, 1, 1), "end_known_on": date(2022, 1, 1)},
            # the day before is outside
            {"kind": "abnormal", "ground": "other", "occurred_on": date(2021, 7, 2),
             "ended_on": date(2022, 1, 1), "end_known_on": date(2022, 1, 1)},
            # removed, but nobody knew on T
            {"kind": "serious", "occurred_on": date(2020, 1, 1), "ended_on": date(2024, 6, 1),
             "end_known_on": date(2024, 7, 2)},
            {"kind": "tax_arrears", "occurred_on": date(2024, 6, 30)},
        ],
    )  # fmt: skip
    assert told["abnormal_listed_now"] == 1
    assert told["abnormal_days_now"] == 61
    assert told["abnormal_unreachable_now"] == 1
    assert told["abnormal_report_now"] == 0  # that listing is over
    assert told["abnormal_disclosure_now"] == 0
    assert told["abnormal_count_1095d"] == 3
    assert told["serious_listed_now"] == 1
    assert told["serious_listed_ever"] == 1
    assert told["tax_arrears_now"] == 1
    assert told["debtor_listed_now"] == told["tax_abnormal_now"] == told["tax_violation_now"] == 0
    assert told["listings_count_1095d"] == 4  # three abnormal ones and the arrears
    assert told["lists_count_now"] == 3  # abnormal, serious, arrears


def test_a_removed_serious_listing_stays_in_memory_but_not_in_force(of_one: Told) -> None:
    over = {"kind": "serious", "occurred_on": date(2020, 1, 1), "ended_on": date(2023, 1, 1)}
    told = of_one(T, listings=[over])
    assert (told["serious_listed_now"], told["serious_listed_ever"]) == (0, 1)


def test_no_listing_is_zero_everywhere(of_one: Told) -> None:
    told = of_one(T)
    assert (told["abnormal_listed_now"], told["abnormal_days_now"], told["lists_count_now"]) == (0, 0, 0)


def test_only_listings_on_one_and_the_same_ground_are_repeated(of_one: Told) -> None:
    grounds = ["unreachable", "annual_report_missing", "unreachable", "other", "other", "other"]
    told = of_one(
        T, listings=[{"kind": "abnormal", "ground": g, "occurred_on": date(2024, 1, 1)} for g in grounds]
    )
    assert (told["abnormal_count_365d"], told["abnormal_repeated_1095d"]) == (6, 2)
