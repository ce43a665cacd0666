"""Dated code tables: what they hold, what a code meant on a day, and how an unknown one is refused."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.codes import CodeError, code_on, code_table, code_table_names
from data_contracts.contract import Column, contract_names, load_contract
from data_contracts.dated_codes import CODE_TABLES_FOLDER
from data_contracts.sandbox_city import places

TODAY = date(2026, 6, 30)
CODED = [
    (f"{table}.{column.name}", column)
    for table in contract_names()
    for column in load_contract(table).columns
    if column.code_table and column.codes
]


def test_five_tables_are_shipped_and_the_readme_says_where_each_comes_from() -> None:
    assert code_table_names() == ("grounds", "industries", "penalty_kinds", "regions", "result_codes")
    page = (CODE_TABLES_FOLDER / "README.md").read_text("utf-8")
    assert all(f"| `{name}` |" in page for name in code_table_names())


@pytest.mark.parametrize("name", code_table_names())
def test_a_table_keeps_the_contract_of_code_tables(name: str) -> None:
    with (CODE_TABLES_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    assert header == [column.name for column in load_contract("codes").columns if column.name != "table_name"]
    entries = code_table(name)
    assert len({(entry.code, entry.valid_from) for entry in entries}) == len(entries)
    assert {entry.parent for entry in entries if entry.parent} <= {entry.code for entry in entries}
    assert all(entry.valid_until is None or entry.valid_from <= entry.valid_until for entry in entries)
    assert all(entry.zh and entry.zh == entry.zh.strip() for entry in entries)


@pytest.mark.parametrize(("place", "column"), CODED, ids=[place for place, _ in CODED])
def test_the_codes_of_a_contract_are_those_of_its_dated_table(place: str, column: Column) -> None:
    assert column.code_table
    dated = {(entry.code, entry.zh, entry.en) for entry in code_table(column.code_table)}
    assert dated == {(code.code, code.zh, code.en) for code in column.codes}, place


def test_industries_are_the_twenty_sections_and_ninety_seven_divisions_of_2017() -> None:
    entries = code_table("industries")
    assert [entry.code for entry in entries if entry.parent is None] == list("ABCDEFGHIJKLMNOPQRST")
    divisions = [entry.code for entry in entries if entry.parent]
    assert divisions == [f"{number:02d}" for number in range(1, 98)]
    assert code_on("industries", "62", TODAY).parent == "H"


def test_the_sandbox_city_uses_codes_of_the_tables() -> None:
    districts = [str(code) for code in places.DISTRICT_CODES]
    names = [code_on("regions", code, TODAY).zh for code in districts]
    assert names == [f"{name}区" for name in places.DISTRICT_NAMES]
    assert all(code_on("industries", str(code), date(2020, 1, 1)) for code in places.INDUSTRY_CODES)


def test_a_region_has_the_name_of_the_day() -> None:
    assert code_on("regions", "120110", date(1985, 5, 1)).zh == "东郊区"
    assert code_on("regions", "120110", TODAY).zh == "东丽区"
    assert code_on("regions", "110108", TODAY).parent == "110100"
    assert code_on("regions", "110100", TODAY).parent == "110000"
    assert code_on("regions", "110000", TODAY).zh == "北京市"


def test_in_the_year_of_a_change_the_newer_name_is_told() -> None:
    assert code_on("regions", "232701", date(2018, 3, 1)).zh == "漠河市"


def test_a_code_of_another_time_is_refused_with_the_time_it_had() -> None:
    with pytest.raises(CodeError, match=r"'110103' \(it meant 崇文区 from 1949-10-01 to 2010-12-31\)"):
        code_on("regions", "110103", TODAY)
    with pytest.raises(
        CodeError, match=r"valid on 2025-03-17; got 'name_ruling_ignored' .+ 2025-03-18 to now"
    ):
        code_on("grounds", "name_ruling_ignored", date(2025, 3, 17))


def test_an_unknown_code_and_an_unknown_table_are_refused_with_the_nearest() -> None:
    with pytest.raises(CodeError, match=r"got 'unreachible' \(did you mean 'unreachable'"):
        code_on("grounds", "unreachible", TODAY)
    with pytest.raises(CodeError, match=r"got 'region' \(did you mean 'regions'"):
        code_table("region")


@given(st.dates(date(1980, 1, 1), date(2026, 12, 31)), st.integers(0, 10_000))
def test_a_code_is_found_exactly_on_the_days_it_holds(day: date, number: int) -> None:
    entries = code_table("regions")
    entry = entries[number % len(entries)]
    if any(other.holds_on(day) for other in entries if other.code == entry.code):
        assert code_on("regions", entry.code, day).holds_on(day)
    else:
        with pytest.raises(CodeError):
            code_on("regions", entry.code, day)
