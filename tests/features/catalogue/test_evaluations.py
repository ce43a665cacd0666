from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any


def test_evaluations_by_hand(of_one: Callable[..., dict[str, Any]]) -> None:
    told = of_one(
        date(2024, 7, 1),
        evaluations=[
            {"scheme": "fire", "grade": "poor", "occurred_on": date(2024, 1, 1)},
            {"scheme": "fire", "grade": "good", "occurred_on": date(2023, 1, 1)},
            {"scheme": "tax", "grade": "excellent", "occurred_on": date(2021, 7, 3)},  # 1094 days before
            {"scheme": "tax", "grade": "excellent", "occurred_on": date(2021, 7, 2)},  # outside
            {"scheme": "labour", "grade": "fair", "occurred_on": date(2024, 1, 1)},
            # without a day: it counts from the day it was known
            {"scheme": "labour", "grade": "poor", "occurred_on": None, "known_on": date(2024, 6, 30)},
        ],
    )
    assert told["evaluations_poor_1095d"] == 2
    assert told["evaluations_good_1095d"] == 2
