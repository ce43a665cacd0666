from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)


def test_penalties_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        penalties=[
            {"kinds": "fine;warning", "procedure": "simple", "field": "food", "fine_fen": 1_000_50,
             "occurred_on": date(2024, 6, 1)},
            {"kinds": "confiscation;fine", "procedure": "ordinary", "field": "adverts", "fine_fen": 20_000_00,
             "confiscated_fen": 333_33, "occurred_on": date(2023, 7, 3)},  # 364 days before
            {"kinds": "licence_suspended", "procedure": "ordinary", "field": "food",
             "occurred_on": date(2023, 7, 2)},  # 365 days before: out of the year, in the three years
            {"kinds": "detention;fine", "fine_fen": 5_00, "occurred_on": date(2021, 7, 3)},  # 1094 days
            {"kinds": "licence_revoked", "fine_fen": 9_00, "occurred_on": date(2021, 7, 2)},  # 1095: outside
        ],
    )  # fmt: skip
    assert told["penalties_count_365d"] == 2
    assert told["penalties_count_1095d"] == 4
    assert told["penalties_count_90d"] == 1
    assert told["penalties_fine_365d"] == 21_000.50
    assert told["penalties_fine_1095d"] == 21_005.50
    assert told["penalties_confiscated_1095d"] == 333.33
    assert told["penalties_severe_1095d"] == 2  # suspended licence, detention
    assert told["penalties_ordinary_1095d"] == 2
    assert told["penalties_fields_1095d"] == 2  # food and adverts
    assert told["penalties_kinds_1095d"] == 5  # fine, warning, confiscation, suspended licence, detention
    assert told["penalties_growth_365d"] is None  # no fine in the year before
    assert told["penalties_recency_last"] == 30  # 1 June to 1 July


def test_never_penalised_is_zero_times_and_no_recency(of_one: Told) -> None:
    told = of_one(T)
    assert (told["penalties_count_1095d"], told["penalties_fine_1095d"]) == (0, 0.0)
    assert told["penalties_recency_last"] is None
