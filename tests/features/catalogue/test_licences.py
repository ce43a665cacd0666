from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)
ISSUED = date(2019, 1, 1)


def licence(kind: str, valid_until: date | None, **end: Any) -> dict[str, Any]:
    if "ended_on" in end:
        end.setdefault("end_known_on", end["ended_on"])
    return {"kind": kind, "occurred_on": ISSUED, "valid_until": valid_until, **end}


def test_licences_held_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        licences=[
            licence("food_business", T),  # its last day is today: valid
            licence("food_business", date(2024, 8, 30)),  # 60 days ahead
            licence("drug", date(2024, 8, 31)),  # 61
            licence("other", None),  # without an end
            licence("publication", date(2030, 1, 1), ended_on=date(2024, 1, 1), end_reason="surrendered"),
        ],
    )
    assert (told["licences_held_now"], told["licences_kinds_now"]) == (4, 3)
    assert (told["licences_expiring_now"], told["licences_expiry_now"]) == (2, 0)
    assert (told["licences_overdue_now"], told["licences_lapsed_1095d"]) == (0, 0)


@pytest.mark.parametrize(
    ("first", "second", "overdue", "lapsed"),
    [
        (licence("drug", date(2024, 6, 30)), None, 1, 1),  # yesterday was the last day, nobody ended it
        (licence("drug", date(2024, 6, 30)), licence("drug", date(2029, 6, 30)), 0, 0),  # renewed
        (licence("drug", date(2024, 6, 30)), licence("other", date(2029, 6, 30)), 1, 1),  # another kind
        (licence("drug", date(2024, 6, 1), ended_on=date(2024, 6, 1), end_reason="expired"), None, 0, 1),
        (licence("drug", date(2024, 6, 1), ended_on=date(2023, 6, 1), end_reason="surrendered"), None, 0, 0),
        (licence("drug", date(2021, 7, 3)), None, 1, 1),  # 1094 days ago
        (licence("drug", date(2021, 7, 2)), None, 1, 0),  # 1095: still open, but no longer of the window
    ],
)
def test_a_licence_lapses_when_it_runs_out_and_none_of_its_kind_follows(
    of_one: Told, first: dict[str, Any], second: dict[str, Any] | None, overdue: int, lapsed: int
) -> None:
    told = of_one(T, licences=[first, *([second] if second else [])])
    assert (told["licences_overdue_now"], told["licences_lapsed_1095d"]) == (overdue, lapsed)


def test_a_revocation_counts_from_the_day_it_is_known(of_one: Told) -> None:
    revoked = licence(
        "drug", date(2030, 1, 1), ended_on=date(2024, 6, 1), end_known_on=T, end_reason="revoked"
    )
    before, after = (of_one(day, licences=[revoked]) for day in (date(2024, 6, 30), T))
    assert (before["licences_taken_1095d"], before["licences_held_now"]) == (0, 1)
    assert (after["licences_taken_1095d"], after["licences_held_now"]) == (1, 0)
