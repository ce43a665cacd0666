"""Foreign text to contract types, worked by hand on real DuckDB."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts import conversions


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
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
        ("2024-02-29T16:00:00Z", date(2024, 3, 1)),
        ("2024-02-29T15:59:59.999Z", date(2024, 2, 29)),
        ("2024-02-29 23:30+0800", date(2024, 2, 29)),
        ("2024-02-29 23:30:00 +07", date(2024, 3, 1)),
        ("2024-03-01T00:30:00+09:00", date(2024, 2, 29)),
        ("2024-02-29T10:00:00-06:00", date(2024, 3, 1)),
        ("2024年2月29日 16:00:00Z", date(2024, 3, 1)),
        ("２０２４－０２－２９Ｔ１６：００Ｚ", date(2024, 3, 1)),
        ("2024-02-29 10:00-12:00", date(2024, 2, 29)),  # hours of a visit, no zone
        ("2024-02-29 10:00-18:00", date(2024, 2, 29)),
        ("2024-02-29 10:00:00+99:00", None),
        ("2024-02-29 25:00:00Z", None),
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


@settings(max_examples=150, deadline=None)
@given(
    st.integers(694_224_000, 4_070_908_800),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["Asia/Shanghai", "America/Chicago"]),
)
def test_a_moment_falls_on_the_day_of_the_city(
    engine: duckdb.DuckDBPyConnection, moment: int, minutes: int, zone: str
) -> None:
    told = datetime.fromtimestamp(moment, timezone(timedelta(minutes=minutes)))
    engine.execute(f"SET TimeZone = '{zone}'")
    assert value(engine, "as_date(x)", told.isoformat()) == told.astimezone(ZoneInfo(zone)).date()
    engine.execute("SET TimeZone = 'Asia/Shanghai'")


@pytest.mark.parametrize("word", ["无", "暂无", "空", "不详", "未知", " 无 ", "---"])
def test_a_word_for_nothing_is_nothing_but_in_texts_and_codes(
    engine: duckdb.DuckDBPyConnection, word: str
) -> None:
    assert value(engine, "is_unsaid(x)", word) is True
    assert value(engine, "is_blank(x)", word) is False
    assert value(engine, "entity_code(x)", word) is None
    assert value(engine, "as_text(x)", word) == word.strip()
    assert value(engine, "is_unsaid(x)", f"甲{word}") is False


@pytest.mark.parametrize("text", ["", " ", "/", "-", "——", "NULL", "n/a", "NaT", "／", "\u3000", None])
def test_placeholders_are_nothing(engine: duckdb.DuckDBPyConnection, text: str | None) -> None:
    assert value(engine, "is_blank(x)", text) is True
    assert value(engine, "is_unsaid(x)", text) is True
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
        ("1000元", "yuan", 100_000),
        ("¥500", "yuan", 50_000),
        ("1000元", "wan_yuan", None),
        ("¥500", "wan_yuan", None),
        ("￥５００元", "fen", None),
        *(("500万元", unit, 500_000_000) for unit in conversions.FEN_PER),
        *(("3.5亿元", unit, 35_000_000_000) for unit in conversions.FEN_PER),
        ("¥ 1,000.5 万", "yuan", 1_000_500_000),
        ("-2万", "wan_yuan", -2_000_000),
        ("3.123456789亿", "yuan", 31_234_567_890),
        ("0.12345650万元", "yuan", 123_457),
        ("99999999999999999999999亿", "yuan", None),
        ("1万亿", "yuan", None),
        ("5千元", "yuan", None),
        ("500万美元", "yuan", None),
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


@settings(max_examples=200, deadline=None)
@given(
    st.decimals(0, 10**6, places=6, allow_nan=False, allow_infinity=False),
    st.sampled_from([("万", 10**6), ("亿", 10**10), ("万元", 10**6), ("亿元", 10**10)]),
    st.sampled_from(sorted(conversions.FEN_PER)),
)
def test_the_unit_of_the_cell_wins_and_no_fen_is_lost(
    engine: duckdb.DuckDBPyConnection, amount: Decimal, stated: tuple[str, int], unit: str
) -> None:
    word, factor = stated
    fen = (amount * factor).quantize(Decimal(1), ROUND_HALF_UP)
    assert value(engine, conversions.fen_sql("x", unit), f"{amount}{word}") == int(fen)


@pytest.mark.parametrize("text", ["12元", "¥12", "1万", "-¥3"])
def test_a_count_is_no_money(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert value(engine, "as_integer(x)", text) is None
    assert value(engine, "as_number(x)", text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("１２", 12), ("1,200", 1200), ("3.0", 3), ("3.5", None), ("x", None)]
)
def test_integers_are_whole(engine: duckdb.DuckDBPyConnection, text: str, number: int | None) -> None:
    assert value(engine, "as_integer(x)", text) == number


@pytest.mark.parametrize(("text", "number"), [("0.25", 0.25), ("1e-3", 0.001), ("inf", None), ("nan", None)])
def test_numbers_are_finite(engine: duckdb.DuckDBPyConnection, text: str, number: float | None) -> None:
    assert value(engine, "as_number(x)", text) == number


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("是", True),
        ("否", False),
        ("TRUE", True),
        ("0", False),
        ("无", False),
        ("有", True),
        ("不详", None),
        ("maybe", None),
    ],
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
    [
        ("91110000802100433B", "uscc"),
        (" 91110000802100433B ", "uscc"),
        (1932.0, "local"),
        (None, "local"),
        ("9.1E+17", "damaged_number"),
        (9.13301e17, "damaged_number"),
        ("９１１１００００ 802100433b", "uscc"),
    ],
)
def test_the_kind_of_an_id_is_told_of_text_and_of_numbers(
    engine: duckdb.DuckDBPyConnection, cell: object, kind: str
) -> None:
    assert engine.execute("SELECT id_kind(?)", [cell]).fetchall() == [(kind,)]
