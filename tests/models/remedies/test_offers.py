"""The acts that records make possible: what they change, from when, and when they are not open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from data_contracts.contract import load_contract
from features.as_of import AsOf
from features.catalogue import CATALOGUE
from models.remedies.acts import ACTS, offers_of
from models.remedies.offers import Offer
from models.remedies.records import Edit, Records, merged

TODAY = date(2026, 6, 30)
EVERY = {name for act in ACTS for name in act.moves}


def row(table: str, record_id: str, occurred_on: date, **values: object) -> dict[str, Any]:
    """A record known two days after it happened, all else unknown."""
    contract = load_contract(table)
    empty = dict.fromkeys(column.name for column in contract.columns)
    known_on = date.fromordinal(occurred_on.toordinal() + 2)
    given = {contract.key[0]: record_id, "entity_id": "e", "occurred_on": occurred_on, "known_on": known_on}
    return {**empty, **given, "retracted": False, **values}


def records(**rows: list[dict[str, Any]]) -> Records:
    columns = {name: [column.name for column in load_contract(name).columns] for name in rows}
    return Records(entity_id="e", days=AsOf(on=TODAY, used_on=TODAY), rows=rows, columns=columns)


def offered(code: str, **rows: list[dict[str, Any]]) -> list[Offer]:
    return [offer for offer in offers_of(records(**rows), EVERY) if offer.act.code == code]


def fresh(edits: tuple[Edit, ...] | list[Edit]) -> Mapping[str, Any]:
    """The one record that is written beside those there."""
    [new] = [edit.row for edit in edits if edit.replaces is None]
    return new


def device(**values: object) -> dict[str, Any]:
    told = {"kind": "lift", "result": "qualified", "next_due_on": date(2026, 5, 1)}
    return row("products", "p", date(2020, 5, 1), **{**told, **values})


def test_an_overdue_device_is_inspected_and_due_again_in_a_year() -> None:
    [offer] = offered("inspect_devices", products=[device()])
    new = fresh(list(offer.edits(date(2026, 7, 31))))
    assert offer.earliest == date(2026, 7, 1)
    assert (new["result"], new["next_due_on"]) == ("qualified", date(2027, 7, 31))
    assert offer.words(date(2026, 7, 31))[0] == "完成1台电梯、锅炉或压力容器的定期检验并取得合格结论"


def test_a_device_due_next_spring_is_not_inspected_this_summer() -> None:
    [offer] = offered("inspect_devices", products=[device(next_due_on=date(2027, 3, 1))])
    assert not offer.edits(date(2026, 7, 31))
    assert offer.edits(date(2027, 2, 28))


@pytest.mark.parametrize(
    "values",
    [
        {"next_due_on": date(2028, 1, 1)},
        {"kind": "rice", "next_due_on": None},
        {"ended_on": date(2026, 1, 1), "end_known_on": date(2026, 1, 1)},
    ],
)
def test_what_is_in_order_or_gone_needs_no_inspection(values: dict[str, object]) -> None:
    assert not offered("inspect_devices", products=[device(**values)])
    assert not offered("retest_products", products=[device(**values)])


def test_food_that_failed_is_tested_again() -> None:
    [offer] = offered("retest_products", products=[device(kind="rice", result="unqualified")])
    assert fresh(list(offer.edits(date(2026, 7, 31))))["result"] == "qualified"
    assert not offer.sure


def report(**values: object) -> dict[str, Any]:
    zero = dict.fromkeys(("revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen"), 0)
    told = {**zero, "report_year": 2025, "contact_confirmed": False}
    return row("annual_reports", "r", date(2026, 3, 1), **{**told, **values})


def year(period: str = "2025", **values: object) -> dict[str, Any]:
    return row("tax_social", f"t{period}", date(int(period[:4]), 12, 31), period=period, **values)


def test_an_all_zero_report_is_corrected_to_what_the_tax_office_knows() -> None:
    told = year(sales_fen=500_000, tax_paid_fen=None)
    [offer] = offered("correct_figures", annual_reports=[report()], tax_social=[told])
    new = fresh(list(offer.edits(date(2026, 7, 31))))
    assert (new["revenue_fen"], new["tax_paid_fen"], new["amended"]) == (500_000, 0, True)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, {"sales_fen": 0, "tax_paid_fen": 0}),
        ({}, {"period": "2024", "sales_fen": 500_000}),
        ({"revenue_fen": 1}, {"sales_fen": 500_000}),
    ],
)
def test_no_better_figures_are_invented(values: dict[str, object], told: dict[str, Any]) -> None:
    assert not offered("correct_figures", annual_reports=[report(**values)], tax_social=[year(**told)])


def test_two_acts_upon_one_report_leave_one_report_with_both() -> None:
    offers = offers_of(records(annual_reports=[report()], tax_social=[year(sales_fen=500_000)]), EVERY)
    both = [offer for offer in offers if offer.act.code in ("confirm_contact", "correct_figures")]
    edits = merged(edit for offer in both for edit in offer.edits(date(2026, 7, 31)))
    new = fresh(edits)
    assert len(both) == 2
    assert len(edits) == 2
    assert (new["contact_confirmed"], new["revenue_fen"]) == (True, 500_000)


def test_arrears_that_are_paid_are_gone_when_the_next_period_is_known() -> None:
    month = row(
        "tax_social", "t", date(2026, 4, 30), period="2026-04", tax_owed_fen=900, known_on=date(2026, 5, 20)
    )
    [offer] = offered("pay_arrears", tax_social=[month])
    assert offer.known_from == date(2026, 8, 20)
    assert not offer.in_time(date(2026, 8, 20))
    assert offer.in_time(date(2026, 9, 1))
    owed = {edit.row["period"]: edit.row["tax_owed_fen"] for edit in offer.edits(date(2026, 8, 31))}
    assert owed == {"2026-05": 900, "2026-06": 900, "2026-07": 0}


def test_a_year_with_arrears_is_followed_by_a_year_without() -> None:
    [offer] = offered("pay_arrears", tax_social=[year(social_owed_fen=5, sales_fen=7)])
    [edit] = offer.edits(date(2027, 1, 2))
    assert (edit.row["period"], edit.row["occurred_on"], edit.row["sales_fen"]) == (
        "2026",
        date(2026, 12, 31),
        7,
    )
    assert not offer.edits(date(2027, 1, 1))
    assert not offered("pay_arrears", tax_social=[year(tax_owed_fen=0)])


@pytest.mark.parametrize(
    ("listed", "earliest"), [(date(2026, 5, 10), date(2026, 11, 10)), (date(2025, 5, 10), date(2026, 7, 1))]
)
def test_a_major_tax_violation_is_taken_down_after_half_a_year(listed: date, earliest: date) -> None:
    [offer] = offered("leave_tax_serious", listings=[row("listings", "l", listed, kind="tax_serious")])
    [edit] = offer.edits(date(2026, 11, 30))
    assert offer.earliest == earliest
    assert edit.row["ended_on"] == date(2026, 11, 30)
    assert not offer.sure


def test_no_act_aims_at_what_nobody_can_change_or_at_nothing() -> None:
    changeable = {indicator.name: indicator.changeable for indicator in CATALOGUE}
    assert all(changeable[name] for act in ACTS for name in act.moves)
    assert len({act.code for act in ACTS}) == len(ACTS)
