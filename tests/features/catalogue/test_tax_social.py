from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Told = Callable[..., dict[str, Any]]


def declared(period: str, known_on: date, **figures: Any) -> dict[str, Any]:
    year, month = int(period[:4]), int(period[5:] or 12)
    end = date(year, month, monthrange(year, month)[1])
    return {"period": period, "occurred_on": end, "known_on": known_on, **figures}


YEARS = [
    declared("2021", date(2022, 5, 31), tax_paid_fen=1_00, sales_fen=100_00, insured_employees=1),
    declared("2022", date(2023, 5, 31), tax_paid_fen=2_00, sales_fen=400_00, insured_employees=4,
             tax_owed_fen=5_00, zero_declared=False),
    declared("2023", date(2024, 5, 31), tax_paid_fen=6_00, sales_fen=300_00, insured_employees=5,
             tax_owed_fen=0, social_owed_fen=9_00, zero_declared=True),
]  # fmt: skip


def test_declarations_of_years_by_hand(of_one: Told) -> None:
    told = of_one(date(2024, 7, 1), tax_social=YEARS)
    assert (told["insured_count_last"], told["insured_change_last"]) == (5, 25.0)
    assert (told["tax_arrears_last"], told["social_arrears_last"]) == (0.0, 9.0)
    assert told["arrears_share_3y"] == 100.0  # of 2021 nothing is told
    assert (told["taxes_paid_1y"], told["taxes_burden_1y"]) == (6.0, 2.0)
    assert (told["sales_change_1y"], told["declarations_zero_1y"]) == (-25.0, 100.0)
    assert told["declarations_recency_last"] == 183  # 31 December to 1 July


def test_in_spring_the_latest_known_year_still_tells(of_one: Told) -> None:
    """The settlement of 2023 is not known before May; 2022 ended more than a year before the date."""
    told = of_one(date(2024, 4, 1), tax_social=YEARS)
    assert (told["taxes_paid_1y"], told["sales_change_1y"]) == (2.0, 300.0)
    assert told["declarations_recency_last"] == 457


def test_months_beside_a_year_are_not_counted_twice(of_one: Told) -> None:
    months = [
        declared(f"2023-{month:02d}", date(2024, 1, 15), tax_paid_fen=1_00, sales_fen=10_00)
        for month in range(1, 13)
    ]
    year = declared("2023", date(2024, 5, 31), tax_paid_fen=12_00, sales_fen=120_00)
    told = of_one(date(2024, 7, 1), tax_social=[*months, year])
    assert (told["taxes_paid_1y"], told["taxes_burden_1y"]) == (12.0, 10.0)


@pytest.mark.parametrize(("first_month", "change"), [("2022-03", 100.0), ("2022-04", None)])
def test_a_year_with_a_missing_month_is_not_compared(
    of_one: Told, first_month: str, change: float | None
) -> None:
    """The latest period ends on 29 February 2024, so the year before begins with March 2022."""
    periods = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    told = of_one(
        date(2024, 3, 1),
        tax_social=[
            declared(p, date(2024, 3, 1), sales_fen=2_00 if p >= "2023-03" else 1_00)
            for p in periods
            if first_month <= p <= "2024-02"
        ],
    )
    assert told["sales_change_1y"] == change


def test_of_two_records_of_a_period_the_one_known_last_counts(of_one: Told) -> None:
    first = declared("2023", date(2024, 5, 31), tax_paid_fen=6_00, sales_fen=300_00)
    again = declared("2023", date(2024, 6, 15), tax_paid_fen=7_00, sales_fen=350_00)
    assert of_one(date(2024, 6, 14), tax_social=[first, again])["taxes_paid_1y"] == 6.0
    assert of_one(date(2024, 6, 15), tax_social=[first, again])["taxes_paid_1y"] == 7.0


def test_who_never_declared_has_no_figures(of_one: Told) -> None:
    told = of_one(date(2024, 7, 1))
    assert (told["taxes_paid_1y"], told["insured_count_last"], told["declarations_recency_last"]) == (
        None,
    ) * 3
