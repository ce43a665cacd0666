from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.lake_rows import chained

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)
ENTITY = {"id_kind": "local", "known_on": date(2015, 1, 1), "registered_on": date(2015, 1, 1),
          "registered_capital_fen": 100_000_000_00}  # fmt: skip


def test_reports_by_hand(of_one: Told) -> None:
    """On 1 July 2024 the report of 2023 has just become due; the one of 2022 was filed ten days late."""
    told = of_one(
        T,
        entities=[ENTITY],
        annual_reports=[
            {"report_year": 2021, "occurred_on": date(2022, 3, 1), "net_profit_fen": -500, "employees": 8},
            {"report_year": 2022, "occurred_on": date(2023, 7, 10), "revenue_fen": 1000_00,
             "net_profit_fen": -100, "employees": 10},
            {"report_year": 2023, "occurred_on": date(2024, 6, 20), "amended": False, "revenue_fen": 900_00},
            # filed again under another identifier: this one counts, the day of the first filing stays
            {"report_year": 2023, "occurred_on": date(2024, 6, 30), "amended": True, "revenue_fen": 1250_00,
             "net_profit_fen": 5000, "total_assets_fen": 400_00, "total_liabilities_fen": 300_00,
             "tax_paid_fen": 0, "employees": 5, "social_insured": 4, "contact_confirmed": False},
        ],
    )  # fmt: skip
    assert told["report_filed_last"] == 1  # 2023
    assert told["report_filed_previous"] == 1  # 2022
    assert told["report_missing_2y"] == 0
    assert told["report_late_last"] == 0  # 20 June is in time
    assert told["report_late_previous"] == 10
    assert told["report_amended_3y"] == 1  # 2023 of 2021, 2022, 2023
    assert told["contact_unconfirmed_last"] == 1
    assert told["report_zero_last"] == 0  # revenue is not zero
    assert told["revenue_amount_last"] == 1250.0
    assert told["revenue_change_last"] == 25.0  # (1250 - 1000) / 1000
    assert told["profit_loss_last"] == 0
    assert told["profit_losses_3y"] == 2  # 2021 and 2022
    assert told["debt_ratio_last"] == 75.0  # 300 / 400
    assert told["staff_count_last"] == 5
    assert told["staff_change_last"] == -50.0  # from 10 to 5
    assert told["staff_insured_last"] == 80.0  # 4 of 5
    assert told["tax_amount_last"] == 0.0
    assert told["tax_zero_last"] == 1
    assert told["capital_idle_last"] == 1  # 100 million of capital and no tax


@pytest.mark.parametrize(
    ("t", "revenue", "corrected"),
    [(date(2024, 7, 1), 900.0, 0), (date(2024, 8, 31), 900.0, 0), (date(2024, 9, 1), 1250.0, 1)],
)
def test_an_amended_report_counts_as_it_read_on_the_day(
    of_one: Told, t: date, revenue: float, corrected: int
) -> None:
    """The amendment is a new version of the same filing: known later, filed on the same day."""
    filed = {"report_id": "2023", "report_year": 2023, "occurred_on": date(2024, 6, 20),
             "known_on": date(2024, 6, 20), "revenue_fen": 900_00}  # fmt: skip
    amended = filed | {"known_on": date(2024, 9, 1), "amended": True, "revenue_fen": 1250_00}
    told = of_one(t, entities=[ENTITY], annual_reports=chained(filed, amended))
    assert (told["revenue_amount_last"], told["report_amended_3y"]) == (revenue, corrected)
    assert told["report_late_last"] == 0


@pytest.mark.parametrize(
    ("t", "filed_last", "missing"),
    [
        # 30 June 2024: 2022 is due (filed), 2021 is not filed; 2023 may still be filed today
        (date(2024, 6, 30), 1, 1),
        # 1 July 2024: 2023 is due and missing, 2022 is filed
        (date(2024, 7, 1), 0, 1),
    ],
)
def test_a_year_is_due_when_the_thirtieth_of_june_is_over(
    of_one: Told, t: date, filed_last: int, missing: int
) -> None:
    told = of_one(
        t, entities=[ENTITY], annual_reports=[{"report_year": 2022, "occurred_on": date(2023, 5, 1)}]
    )
    assert (told["report_filed_last"], told["report_missing_2y"]) == (filed_last, missing)


def test_days_late_count_from_the_thirtieth_of_june(of_one: Told) -> None:
    told = of_one(date(2024, 3, 1), annual_reports=[{"report_year": 2022, "occurred_on": date(2023, 7, 10)}])
    assert told["report_late_last"] == 10


def test_a_year_before_registration_cannot_be_missing(of_one: Told) -> None:
    """A firm of 2023 once read "the annual report of 2022 is not filed": nobody had asked it for one."""
    young = ENTITY | {"registered_on": date(2023, 12, 31)}
    told = of_one(T, entities=[young])
    assert told["report_missing_2y"] == 1  # 2023 only
    assert (told["report_filed_last"], told["report_filed_previous"]) == (0, None)


def test_an_all_zero_report_is_told_from_an_empty_one(of_one: Told) -> None:
    zeros = dict.fromkeys(("revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen"), 0)
    filing = {"report_year": 2023, "occurred_on": date(2024, 2, 1)}
    assert of_one(T, annual_reports=[filing | zeros])["report_zero_last"] == 1
    assert of_one(T, annual_reports=[filing])["report_zero_last"] is None
    assert of_one(T, annual_reports=[filing | zeros | {"tax_paid_fen": 1}])["report_zero_last"] == 0


def test_no_change_is_told_against_a_year_of_nothing(of_one: Told) -> None:
    told = of_one(
        T,
        annual_reports=[
            {"report_year": 2022, "occurred_on": date(2023, 2, 1), "revenue_fen": 0},
            {"report_year": 2023, "occurred_on": date(2024, 2, 1), "revenue_fen": 500},
        ],
    )
    assert told["revenue_change_last"] is None


@pytest.mark.parametrize(
    ("profit", "revenue", "deficit"),
    [(-50, 200, 25.0), (-50, 20, 250.0), (0, 200, 0.0), (70, 200, 0.0), (-50, 0, None), (None, 200, None)],
)
def test_a_loss_is_told_in_percent_of_the_revenue(
    of_one: Told, profit: int | None, revenue: int, deficit: float | None
) -> None:
    report = {"report_year": 2023, "occurred_on": date(2024, 6, 1), "net_profit_fen": profit}
    told = of_one(T, entities=[ENTITY], annual_reports=[report | {"revenue_fen": revenue}])
    assert told["profit_deficit_last"] == deficit
