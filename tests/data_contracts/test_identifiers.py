"""Credit codes and registration numbers, in Python and in SQL."""

from __future__ import annotations

from string import ascii_uppercase, digits

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc as library

from data_contracts.conversions import macros
from data_contracts.identifiers import (
    ALPHABET,
    has_inner_check,
    id_kind,
    identity,
    inner_check,
    is_registration_15,
    is_uscc,
    uscc_of,
)

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
    inner = rest[:8] + inner_check(rest[:8])
    for code in (
        front + region + rest,
        uscc_of(front + region + rest[:9]),
        uscc_of(front + region + inner),
        (front + region + rest)[:17],
    ):
        found = engine.execute("SELECT is_uscc($code), has_inner_check($code)", {"code": code}).fetchall()
        assert found == [(is_uscc(code), has_inner_check(code))]


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789", min_size=15, max_size=15))
def test_sql_and_python_agree_on_kinds(engine: duckdb.DuckDBPyConnection, number: str) -> None:
    assert engine.execute("SELECT id_kind(?)", [number]).fetchall() == [(id_kind(number),)]


# GB 11714 once more and in other words: letters count from ten on, the check character completes to eleven.
def inner_by_hand(body: str) -> str:
    values = {**{d: int(d) for d in digits}, **{a: 10 + n for n, a in enumerate(ascii_uppercase)}}
    total = sum(
        values[character] * weight for character, weight in zip(body, [3, 7, 9, 10, 5, 8, 4, 2], strict=True)
    )
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


@settings(max_examples=200, deadline=None)
@given(st.text(ALPHABET, min_size=8, max_size=8))
def test_the_inner_check_is_that_of_the_organisation_code(body: str) -> None:
    assert inner_check(body) == inner_by_hand(body)
    code = uscc_of("91110000" + body + inner_check(body))
    assert has_inner_check(code)
    assert identity(code).failed == ()


@settings(max_examples=200, deadline=None)
@given(st.text(digits, min_size=8, max_size=8), st.text(ALPHABET, min_size=10, max_size=10))
def test_where_the_library_speaks_it_agrees(front: str, rest: str) -> None:
    for code in (front + rest, uscc_of(front + rest[:9])):
        assert is_uscc(code) == library.is_valid(code)


@settings(max_examples=200, deadline=None)
@given(
    st.text(ALPHABET, min_size=8, max_size=8), st.integers(0, 17), st.sampled_from(ALPHABET + "IOSVZ"),
)  # fmt: skip
def test_one_wrong_character_never_passes_both_checks(body: str, place: int, wrong: str) -> None:
    code = uscc_of("91110000" + body + inner_check(body))
    assume(code[place] != wrong)
    damaged = code[:place] + wrong + code[place + 1 :]
    assert not is_uscc(damaged)
    assert identity(damaged).failed
    assert identity(damaged).kind == "local"


@pytest.mark.parametrize("code", KNOWN)
def test_codes_of_real_companies_keep_the_inner_check(code: str) -> None:
    assert has_inner_check(code)


def test_a_code_with_a_wrong_inner_digit_stays_a_code_with_a_finding() -> None:
    masked = uscc_of("91110000802100435")
    assert identity(masked).kind == "uscc"
    assert identity(masked).failed == (
        "check character of the organisation code (GB 11714) in place 17 is '5', should be '3'",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("91110000802100433C", "check character (GB 32100) in place 18 is 'C', should be 'B'"),
        ("9111000O802100433B", "place 8 is 'O', a credit code has a digit of the region there"),
        ("91110000802I00433B", "place 12 is 'I', a credit code has digits and capitals without I O S V Z"),
        ("110108000000017", "check digit (ISO 7064 MOD 11,10) in place 15 is '7', should be '6'"),
    ],
)  # fmt: skip
def test_a_failed_check_is_told_in_words(text: str, words: str) -> None:
    assert identity(text).failed == (words,)
    assert identity(text).kind == "local"


def test_a_local_id_fails_nothing() -> None:
    assert identity("Chicago-2093456").failed == ()
