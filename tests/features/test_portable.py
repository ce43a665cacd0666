from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import duckdb
import ibis
import pytest
from pyspark.sql import SparkSession

from features.as_of import AsOf
from features.engines.on_spark import spark_sql
from features.portable import (
    day,
    days_between,
    days_since,
    flag,
    has_any,
    largest_on_last_day,
    percent,
    ratio,
    within,
    yuan,
)

# pyspark drops the socket that it fetched rows through instead of closing it.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

T = AsOf(on=date(2024, 2, 29), used_on=date(2024, 2, 29))


Shown = Callable[[ibis.Expr], Any]


@pytest.fixture(params=["duckdb", "spark"])
def shown(request: pytest.FixtureRequest) -> Shown:
    """The one value of an expression on an engine."""
    return on_duckdb if request.param == "duckdb" else partial(in_spark, request.getfixturevalue("spark"))


def on_duckdb(expression: ibis.Expr) -> Any:
    with duckdb.connect() as connection:
        for node in expression.op().find(ibis.expr.operations.InMemoryTable):
            connection.register(node.name, node.data.to_pyarrow(node.schema))
        return connection.sql(str(ibis.to_sql(named(expression), dialect="duckdb"))).fetchall()[0][0]


def in_spark(session: SparkSession, expression: ibis.Expr) -> Any:
    for node in expression.op().find(ibis.expr.operations.InMemoryTable):
        rows = session.createDataFrame(node.data.to_pyarrow(node.schema))
        rows.createOrReplaceTempView(node.name)
    return session.sql(spark_sql(named(expression))).first()[0]


def named(expression: ibis.Expr) -> ibis.Expr:
    return expression if isinstance(expression, ibis.Table) else expression.name("value").as_table()


def whole(number: int | None) -> ibis.Value:
    return ibis.literal(number, type="int64")


@pytest.mark.parametrize(
    ("above", "below", "expected"), [(1, 4, 0.25), (1, 0, None), (1, None, None), (None, 2, None)]
)
def test_a_ratio_is_null_for_a_zero_or_unknown_part(
    above: Any, below: Any, expected: float | None, shown: Shown
) -> None:
    assert shown(ratio(whole(above), whole(below))) == expected


def test_a_percentage_of_large_amounts_does_not_overflow(shown: Shown) -> None:
    assert shown(percent(whole(9 * 10**18), whole(9 * 10**18))) == 100.0


def test_yuan_come_from_fen(shown: Shown) -> None:
    assert shown(yuan(whole(12_345))) == 123.45


def test_the_leap_day_counts(shown: Shown) -> None:
    assert shown(days_since(day(date(2023, 2, 28)), T)) == 366
    assert shown(days_between(day(date(2024, 3, 1)), day(date(2024, 2, 28)))) == 2


@pytest.mark.parametrize(("truth", "expected"), [(True, 1), (False, 0), (None, None)])
def test_a_flag_keeps_the_unknown(truth: bool | None, expected: int | None, shown: Shown) -> None:
    assert shown(flag(ibis.literal(truth, type="boolean"))) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [("fine", True), ("fine;warning", True), ("fines", False), ("", False), (None, None)],
)
def test_a_code_is_found_whole_among_joined_codes(
    codes: str | None, expected: bool | None, shown: Shown
) -> None:
    assert shown(has_any(ibis.literal(codes, type="string"), ("fine", "detention"))) is expected


@pytest.mark.parametrize(("days_ago", "inside"), [(0, True), (89, True), (90, False), (91, False)])
def test_a_window_holds_its_last_day_and_not_its_first(days_ago: int, inside: bool, shown: Shown) -> None:
    happened = date.fromordinal(T.on.toordinal() - days_ago)
    events = ibis.memtable({"happened_on": [happened]}, schema={"happened_on": "date"})
    assert shown(events.select(value=within(events, T, 90))) is inside


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(date(2024, 1, 1), 5), (date(2024, 1, 2), 1)], 1),  # the later day wins
        ([(date(2024, 1, 2), 1), (date(2024, 1, 2), 3)], 3),  # on one day the larger value
        ([(date(2024, 1, 2), None), (date(2024, 1, 2), 0)], 0),
        ([(date(2024, 1, 1), 4), (date(2024, 1, 2), None)], None),  # unknown on the last day
        ([(date(2024, 1, 2), 500)], 99),  # cut at the ceiling
    ],
)
def test_the_last_day_speaks_and_ties_do_not_depend_on_row_order(
    rows: list[Any], expected: int | None, shown: Shown
) -> None:
    for ordered in (rows, rows[::-1]):
        events = ibis.memtable(
            {"happened_on": [d for d, _ in ordered], "found": [n for _, n in ordered]},
            schema={"happened_on": "date", "found": "int64"},
        )
        value = largest_on_last_day(events, events.found, ceiling=99, where=ibis.literal(True))
        assert shown(events.aggregate(value=value)) == expected


def test_the_last_day_is_that_of_the_rows_that_hold(shown: Shown) -> None:
    events = ibis.memtable(
        {"happened_on": [date(2024, 1, 1), date(2024, 1, 2)], "found": [4, None]},
        schema={"happened_on": "date", "found": "int64"},
    )
    value = largest_on_last_day(events, events.found, ceiling=99, where=events.found.notnull())
    assert shown(events.aggregate(value=value)) == 4
