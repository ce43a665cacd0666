from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)


def right(kind: str, day: date, **end: date) -> dict[str, Any]:
    return {"kind": kind, "occurred_on": day, **end}


def test_rights_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        intellectual_property=[
            right("trademark", date(2010, 1, 1)),
            right("trademark", date(2012, 1, 1), ended_on=date(2022, 1, 1), end_known_on=date(2022, 1, 9)),
            right("invention_patent", date(2021, 7, 3)),  # 1094 days before
            right("design_patent", date(2021, 7, 2)),  # 1095: held, but not new
            right(
                "utility_patent", date(2023, 1, 1), ended_on=date(2024, 6, 1), end_known_on=date(2024, 7, 2)
            ),
            right("software_copyright", date(2024, 1, 1)),
            right("pledge", date(2024, 1, 1)),
        ],
    )
    assert told["trademarks_held_now"] == 1
    assert told["patents_held_now"] == 3  # nobody knew yet that one of them had ended
    assert (told["inventions_held_now"], told["software_held_now"]) == (1, 1)
    assert told["rights_granted_1095d"] == 3
    assert told["rights_pledged_now"] == 1
