from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)
COMPLAINT = {"channel": "12345", "kind": "complaint"}


def test_complaints_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        complaints=[
            COMPLAINT | {"occurred_on": date(2024, 7, 1)},
            COMPLAINT | {"occurred_on": date(2024, 4, 3), "kind": "report"},  # 89 days before: in the 90
            # upheld on the day itself, and upheld only the day after
            COMPLAINT | {"occurred_on": date(2024, 5, 2), "outcome": "upheld", "outcome_known_on": T},
            COMPLAINT  # 90 days: before the 90
            | {"occurred_on": date(2024, 4, 2), "outcome": "upheld", "outcome_known_on": date(2024, 7, 2)},
            COMPLAINT  # 179 days: still there
            | {"occurred_on": date(2024, 1, 4), "outcome": "rejected", "outcome_known_on": date(2024, 2, 1)},
            COMPLAINT  # 180 days
            | {"occurred_on": date(2024, 1, 3), "kind": "report", "outcome": "upheld",
               "outcome_known_on": date(2024, 3, 1)},
            COMPLAINT | {"occurred_on": date(2024, 6, 1), "suspected_professional": True},
            COMPLAINT | {"occurred_on": date(2024, 6, 2), "kind": "contact"},
        ],
    )  # fmt: skip
    assert told["complaints_count_90d"] == 3
    assert told["complaints_count_365d"] == 6  # without the professional one and the contact
    assert told["complaints_reports_365d"] == 2
    assert told["complaints_upheld_365d"] == 2
    assert told["complaints_growth_90d"] == 50.0  # three after two
    assert told["complaints_recency_last"] == 0
    assert told["contacts_count_365d"] == 1


def test_growth_from_nothing_is_unknown(of_one: Told) -> None:
    assert of_one(T, complaints=[COMPLAINT | {"occurred_on": T}])["complaints_growth_90d"] is None
