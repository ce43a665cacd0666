"""Identifiers of entities as they are compared: one entity however its code is typed, none if damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.conversions import macros
from data_contracts.identifiers import (
    ALPHABET,
    entity_code,
    id_kind,
    is_damaged_number,
    is_uscc,
    uscc_of,
)
from data_contracts.reading_words import FULL_WIDTH, HALF_WIDTH

Rows = Callable[..., list[dict[str, Any]]]
CODE = "91110000802100433B"
BLANKS = " \t\n\r\v\f\u00a0\u2003\u200b\u200c\u200d\u200e\u2060\u3000\ufeff"
WIDE = dict(zip(HALF_WIDTH, FULL_WIDTH, strict=True))
STRANGE = "09AZaz.,+Ee-甲无／－" + BLANKS + "".join(WIDE[one] for one in "09AZaz")
FIRM = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "firms"
table = "entities"
file = "firms.*"
reject_limit = 1.0
[feed.columns]
entity_id = "code"
id_kind = "id_kind(code)"
name = "name"
uscc = "uscc"
known_on = "day"
"""
RELATED = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "related"
table = "relations"
file = "related.csv"
reject_limit = 1.0
[feed.columns]
relation_id = "id"
entity_id = "code"
kind = { value = "investment" }
related_kind = "kind"
related_id = { shown = "other", because = "codes, and keys of addresses" }
occurred_on = "day"
known_on = "day"
"""


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in macros():
        connection.execute(macro)
    return connection


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (CODE, CODE),
        (CODE.lower(), CODE),
        ("９１１１００００８０２１００４３３Ｂ", CODE),
        ("９１１１００００８０２１００４３３ｂ", CODE),
        (" 9111 0000\u200b8021\u00a00043\u30003B\ufeff", CODE),
        ("\t110108000000016 ", "110108000000016"),
        ("１１０１０８００００００ 016", "110108000000016"),
        ("E0123456789ab", "E0123456789ab"),
        (" Ward 12 \u200b", "Ward 12"),
        ("\ufeff甲 乙\u3000", "甲 乙"),
        ("１２３", "１２３"),  # no possible code: not rewritten
        ("9111000080210O433b", "9111000080210O433b"),  # O is in no code
        ("9.1e+17", "9.1E+17"),
        ("无", None), ("／", None), ("N/A", None), (" \u200b", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_only_a_possible_code_is_rewritten(
    engine: duckdb.DuckDBPyConnection, text: str | None, code: str | None
) -> None:
    assert entity_code(text) == code
    assert engine.execute("SELECT entity_code(?)", [text]).fetchall() == [(code,)]


@pytest.mark.parametrize(
    "text",
    ["9.1E+17", "9.13301E+17", "9E+17", "9,13E+17", "9.1e17", "９.１Ｅ＋１７", " 9.1E+17 ",
     "913301001234567000", "110108000000016.0", "9.13301001234567E+17"],
)  # fmt: skip
def test_what_a_spreadsheet_destroyed_is_no_identifier(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert is_damaged_number(entity_code(text))
    assert id_kind(text) == "damaged_number"
    assert asked(engine, [text])[text][1:] == ("damaged_number", True)
    assert engine.execute("SELECT valid_uscc(?)", [text]).fetchall() == [(None,)]


@pytest.mark.parametrize(
    "text", ["1E5", "E05", "12345", "123456789012000", "12345678901234000", "A33010012345670000", "1.5", None]
)
def test_what_may_be_a_local_id_stays_one(text: str | None) -> None:
    assert not is_damaged_number(entity_code(text))
    assert id_kind(text) == "local"


def test_a_code_that_ends_in_zeros_is_one_if_it_keeps_its_check() -> None:
    codes = [uscc_of(f"91330100{number:07}00") for number in range(2_000)]
    right = [code for code in codes if code.endswith("000")]
    assert right
    assert all(is_uscc(code) and not is_damaged_number(code) for code in right)
    wrong = [f"{code[:15]}000" for code in codes if not is_uscc(f"{code[:15]}000")]
    assert wrong
    assert all(is_damaged_number(code) for code in wrong)


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str]:
    """A code and the same as somebody may have typed it."""
    code = draw(st.text(ALPHABET, min_size=18, max_size=18) | st.text("0123456789", min_size=15, max_size=15))
    made = ""
    for character in code:
        ways = [character, character.lower(), WIDE[character], WIDE[character.lower()]]
        made += draw(st.text(BLANKS, max_size=1)) + draw(st.sampled_from(ways))
    return code, made + draw(st.text(BLANKS, max_size=2))


@settings(max_examples=10, deadline=None)
@given(st.lists(typed(), min_size=1, max_size=10))
def test_a_code_is_the_same_however_it_is_typed(
    engine: duckdb.DuckDBPyConnection, pairs: list[tuple[str, str]]
) -> None:
    told = asked(engine, [text for _, text in pairs])
    for code, text in pairs:
        assert entity_code(text) == told[text][0] == code


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(STRANGE, max_size=20), min_size=1, max_size=30))
def test_sql_and_python_agree_and_once_is_enough(engine: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    told = asked(engine, texts)
    for text in texts:
        code = entity_code(text)
        assert told[text] == (code, id_kind(text), is_damaged_number(code))
        assert entity_code(code) == code


def asked(engine: duckdb.DuckDBPyConnection, texts: list[str]) -> dict[str, tuple[object, ...]]:
    codes = "SELECT x, entity_code(x) AS code FROM (SELECT unnest(?) AS x)"
    rows = engine.execute(f"SELECT x, code, id_kind(x), is_damaged_number(code) FROM ({codes})", [texts])
    return {text: tuple(told) for text, *told in rows.fetchall()}


def test_one_firm_typed_in_five_ways_is_one_entity(town: Any, rows_of: Rows) -> None:
    ways = [
        CODE,
        CODE.lower(),
        "９１１１００００８０２１００４３３Ｂ",
        "9111 0000 8021 0043 3B",
        f"\u200b{CODE}\u00a0",
    ]
    rows = [f"{way},A,{way},2024-01-0{day}" for day, way in enumerate(ways, start=1)]
    town.write("firms.csv", "\n".join(["code,name,uscc,day", *rows]) + "\n")
    firms = rows_of(town.admit(town.mapping(FIRM)), "entities")
    assert {(row["entity_id"], row["id_kind"], row["uscc"]) for row in firms} == {(CODE, "uscc", CODE)}


def test_a_destroyed_number_is_rejected_wherever_it_would_identify(
    town: Any, rows_of: Rows, rejected_of: Rows
) -> None:
    rows = [
        "9.1E+17,A,,2024-01-01",
        "甲,B,9.13301E+17,2024-01-01",
        "913301001234567000,C,,soon",
        f"{CODE},无,无,2024-01-01",
    ]
    town.write("firms.csv", "\n".join(["code,name,uscc,day", *rows]) + "\n")
    outcome = town.admit(town.mapping(FIRM))
    (firm,) = rows_of(outcome, "entities")
    assert (firm["entity_id"], firm["name"], firm["uscc"]) == (CODE, "无", None)
    rejected = rejected_of(outcome, "entities")
    assert {(row["column"], row["reason"], row["value"]) for row in rejected} == {
        ("entity_id", "damaged_number", "9.1E+17"),
        ("uscc", "damaged_number", "9.13301E+17"),
        ("entity_id", "damaged_number", "913301001234567000"),
    }
    assert {row["todo"] for row in rejected} == {
        "a spreadsheet took the code for a number and destroyed it: ask the office for a new file in which "
        "the column is exported as text"
    }
    assert outcome.report.strangers == ()  # nor is anything near to them


def test_numbers_of_a_parquet_file_are_damaged_as_well(
    town: Any, rejected_of: Rows, parquet: Callable[..., None]
) -> None:
    columns = {"code": [913301001234567000.0], "name": ["A"], "uscc": [None], "day": ["2024-01-01"]}
    parquet(town.raw / "firms.parquet", columns)
    (row,) = rejected_of(town.admit(town.mapping(FIRM)), "entities")
    assert (row["reason"], row["value"]) == ("damaged_number", "9.13301001234567e+17")


def test_a_related_entity_is_held_to_it_and_a_related_address_is_not(
    town: Any, rows_of: Rows, rejected_of: Rows
) -> None:
    rows = [
        f"1,{CODE},entity,9.1E+17,2024-01-01",
        f"2,{CODE.lower()},entity,110108 000000016,2024-01-01",
        f"3,{CODE},address,9.1E+17,2024-01-01",
        f"4,{CODE},address,abcdef012345678901,2024-01-01",
    ]
    town.write("related.csv", "\n".join(["id,code,kind,other,day", *rows]) + "\n")
    outcome = town.admit(town.mapping(RELATED))
    assert {(row["entity_id"], row["related_id"]) for row in rows_of(outcome, "relations")} == {
        (CODE, "110108000000016"),
        (CODE, "9.1E+17"),
        (CODE, "abcdef012345678901"),
    }
    (row,) = rejected_of(outcome, "relations")
    assert (row["column"], row["reason"], row["line"]) == ("related_id", "damaged_number", 2)
