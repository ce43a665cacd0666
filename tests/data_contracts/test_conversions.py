"""Foreign text to contract types, worked by hand on real DuckDB."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date

import duckdb
import pytest

from data_contracts import conversions


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in conversions.macros():
        connection.execute(macro)
    return connection


def value(engine: duckdb.DuckDBPyConnection, sql: str, text: object) -> object:
    return engine.execute(f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS x)", [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-02-29 23:59:59", date(2024, 2, 29)),
        ("2024-02-29T08:00:00.123Z", date(2024, 2, 29)),
        ("2024-02-29T08:00:00+08:00", date(2024, 2, 29)),
        ("2024/2/9", date(2024, 2, 9)),
        ("2024/2/9 7:05", date(2024, 2, 9)),
        ("2024/2/9 17:05:09", date(2024, 2, 9)),
        ("2024.02.09", date(2024, 2, 9)),
        ("2024年2月9日", date(2024, 2, 9)),
        ("2024年02月09日 10:00", date(2024, 2, 9)),
        ("20240209", date(2024, 2, 9)),
        ("45331", date(2024, 2, 9)),
        ("45331.5", date(2024, 2, 9)),
        ("２０２４－０２－０９", date(2024, 2, 9)),
        ("２０２４年２月９日", date(2024, 2, 9)),
        ("\ufeff 2024-02-09\u3000", date(2024, 2, 9)),
        ("2023-02-29", None),
        ("2024-13-01", None),
        ("13/02/2024", None),
        ("24-02-09", None),
        ("99999", None),
        ("1234", None),
        ("2024-02-09 about", None),
    ],
)
def test_dates_are_read_as_written(engine: duckdb.DuckDBPyConnection, text: str, day: date | None) -> None:
    assert value(engine, conversions.date_sql("x", day_first=None), text) == day


def test_a_local_date_is_read_only_as_the_mapping_says(engine: duckdb.DuckDBPyConnection) -> None:
    assert value(engine, conversions.date_sql("x", day_first=True), "3/4/2021 9:00") == date(2021, 4, 3)
    assert value(engine, conversions.date_sql("x", day_first=False), "3/4/2021") == date(2021, 3, 4)
    assert value(engine, conversions.date_sql("x", day_first=None), "3/4/2021") is None
    assert value(engine, conversions.date_sql("x", day_first=True), "2021-04-03") == date(2021, 4, 3)


@pytest.mark.parametrize("text", ["", " ", "/", "-", "——", "NULL", "n/a", "NaT", "／", "\u3000", None])
def test_placeholders_are_nothing(engine: duckdb.DuckDBPyConnection, text: str | None) -> None:
    assert value(engine, "is_blank(x)", text) is True
    assert value(engine, conversions.date_sql("x", day_first=None), text) is None
    assert value(engine, conversions.fen_sql("x", "yuan"), text) is None


@pytest.mark.parametrize(
    ("text", "unit", "fen"),
    [
        ("2000", "yuan", 200_000),
        ("0.29", "yuan", 29),
        ("1.15", "yuan", 115),
        ("1,234.50", "yuan", 123_450),
        ("￥１２３．４５元", "yuan", 12_345),
        ("0.228174", "wan_yuan", 228_174),
        ("11.876936", "wan_yuan", 11_876_936),
        ("1e-2", "wan_yuan", 10_000),
        ("17", "fen", 17),
        ("0.005", "yuan", 1),
        ("-3", "yuan", -300),
        ("9007199254740993", "yuan", 900_719_925_474_099_300),
        ("twelve", "yuan", None),
        ("1.2.3", "yuan", None),
        ("99999999999999999999", "yuan", None),
    ],
)
def test_money_is_exact(engine: duckdb.DuckDBPyConnection, text: str, unit: str, fen: int | None) -> None:
    assert value(engine, conversions.fen_sql("x", unit), text) == fen


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("１２", 12), ("1,200", 1200), ("3.0", 3), ("3.5", None), ("x", None)]
)
def test_integers_are_whole(engine: duckdb.DuckDBPyConnection, text: str, number: int | None) -> None:
    assert value(engine, "as_integer(x)", text) == number


@pytest.mark.parametrize(("text", "number"), [("0.25", 0.25), ("1e-3", 0.001), ("inf", None), ("nan", None)])
def test_numbers_are_finite(engine: duckdb.DuckDBPyConnection, text: str, number: float | None) -> None:
    assert value(engine, "as_number(x)", text) == number


@pytest.mark.parametrize(
    ("text", "truth"), [("是", True), ("否", False), ("TRUE", True), ("0", False), ("maybe", None)]
)
def test_yes_and_no_in_both_languages(
    engine: duckdb.DuckDBPyConnection, text: str, truth: bool | None
) -> None:
    assert value(engine, "as_boolean(x)", text) is truth


KINDS = {"警告": "warning", "罚款": "fine", "": "other"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("罚款", "fine"),
        ("警告;罚款", "fine;warning"),
        ("罚款；警告；罚款", "fine;warning"),
        (" 罚款 ， 警告 ", "fine;warning"),
        ("", "other"),
        ("罚款;拘役", None),
    ],
)
def test_several_codes_are_translated_and_sorted(
    engine: duckdb.DuckDBPyConnection, text: str, codes: str | None
) -> None:
    assert value(engine, conversions.codes_sql("x", KINDS, "[;；,，]", None), text) == codes


def test_an_unknown_code_takes_the_default_and_a_blank_does_not(engine: duckdb.DuckDBPyConnection) -> None:
    assert value(engine, conversions.code_sql("x", {"甲": "a"}, "other"), "乙") == "other"
    assert value(engine, conversions.code_sql("x", {"甲": "a"}, "other"), "") is None
    assert value(engine, conversions.code_sql("x", {"甲": "a"}, None), "乙") is None


def test_a_pseudonym_is_hmac_sha256_under_the_key(engine: duckdb.DuckDBPyConnection) -> None:
    key = b"secret of the city"
    for name, padded in zip(("inner", "outer"), conversions.pseudonym_variables(key), strict=True):
        engine.execute(f"SET VARIABLE pseudonym_{name} = unhex('{padded.hex()}')")
    expected = "P" + hmac.new(key, "张三".encode(), hashlib.sha256).hexdigest()[:24]
    assert value(engine, conversions.pseudonym_sql("x"), " 张三 ").lower() == expected.lower()  # type: ignore[attr-defined]
    assert value(engine, conversions.pseudonym_sql("x"), "") is None


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("91110000802100433B", "uscc"), (" 91110000802100433B ", "uscc"), (1932.0, "local"), (None, "local")],
)
def test_the_kind_of_an_id_is_told_of_text_and_of_numbers(
    engine: duckdb.DuckDBPyConnection, cell: object, kind: str
) -> None:
    assert engine.execute("SELECT id_kind(?)", [cell]).fetchall() == [(kind,)]
