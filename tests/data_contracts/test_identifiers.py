"""Credit codes and registration numbers, in Python and in SQL."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.conversions import macros
from data_contracts.identifiers import ALPHABET, id_kind, is_registration_15, is_uscc, uscc_of

KNOWN = ("91110000802100433B", "91440300708461136T")  # two listed companies


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in macros():
        connection.execute(macro)
    return connection


@pytest.mark.parametrize("code", [*KNOWN, uscc_of("N2110108MA01ABCD1"), uscc_of("Y1110108MA01ABCD2")])
def test_a_right_code_passes_letters_in_front_included(code: str) -> None:
    assert is_uscc(code)
    assert id_kind(code) == "uscc"


@pytest.mark.parametrize(
    "code", [None, "", "91110000802100433C", "91110000802100433", "9111000080210O433B", KNOWN[0].lower()]
)
def test_a_wrong_code_fails(code: str | None) -> None:
    assert not is_uscc(code)


def test_a_registration_number_needs_its_check_digit() -> None:
    assert is_registration_15("110108000000016")
    assert not is_registration_15("110108000000017")
    assert id_kind("110108000000016") == "registration_15"
    assert id_kind("E0123456789ab") == "local"


@settings(max_examples=60, deadline=None)
@given(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=10, max_size=10),
)
def test_sql_and_python_agree_on_codes(
    engine: duckdb.DuckDBPyConnection, front: str, region: str, rest: str
) -> None:
    for code in (front + region + rest, uscc_of(front + region + rest[:9])):
        assert engine.execute("SELECT is_uscc(?)", [code]).fetchall() == [(is_uscc(code),)]


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789", min_size=15, max_size=15))
def test_sql_and_python_agree_on_kinds(engine: duckdb.DuckDBPyConnection, number: str) -> None:
    assert engine.execute("SELECT id_kind(?)", [number]).fetchall() == [(id_kind(number),)]
