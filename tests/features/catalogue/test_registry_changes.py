from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)


def change(item: str, day: date, before: int | None = None, after: int | None = None) -> dict[str, Any]:
    return {"item": item, "occurred_on": day, "capital_before_fen": before, "capital_after_fen": after}


def test_changes_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        registry_changes=[
            change("legal_representative", date(2024, 6, 1)),
            change("address", date(2023, 7, 3)),  # 364 days before
            change("legal_representative", date(2023, 7, 2)),  # 365: out of the year, in the three years
            change("name", date(2021, 7, 3)),  # 1094
            change("scope", date(2021, 7, 2)),  # 1095: outside
        ],
    )
    assert told["changes_items_365d"] == 2
    assert (told["changes_head_365d"], told["changes_head_1095d"]) == (1, 2)
    assert (told["changes_address_365d"], told["changes_address_1095d"]) == (1, 1)
    assert (told["changes_name_1095d"], told["changes_scope_1095d"]) == (1, 0)
    assert told["changes_recency_last"] == 30


def test_the_largest_single_move_of_the_capital_counts_each_way(of_one: Told) -> None:
    told = of_one(
        T,
        registry_changes=[
            change("capital", date(2022, 1, 1), 100, 150),
            change("capital", date(2023, 1, 1), 150, 600),  # four times as much: +300 %
            change("capital", date(2024, 1, 1), 600, 60),
            change("capital", date(2020, 1, 1), 1_000, 1),  # before the window
            change("capital", date(2024, 2, 1), 0, 500),  # from nothing: no percentage
        ],
    )
    assert (told["capital_raise_1095d"], told["capital_cut_1095d"]) == (300.0, 90.0)
    assert of_one(T)["capital_cut_1095d"] == 0.0
