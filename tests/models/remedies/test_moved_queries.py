"""Queries written once for every day are those written for the day."""

from __future__ import annotations

import re
from datetime import date

import ibis
import pytest

from features.as_of import AsOf, Known
from features.assembly import aggregates, promised, sources_of
from features.catalogue import CATALOGUE
from features.engines.moving_days import ON, REFERENCE, USED_ON, at, moving
from models.remedies.replay import BY_YEAR

DAYS = AsOf(on=date(2027, 3, 1), used_on=date(2027, 3, 1))
TABLES = {name: promised(name) for name in ("entities", "relations", "listings", "penalties")}


def written(source: str, as_of: AsOf) -> str:
    tables = TABLES if source in ("relations", "parties") else {source: promised(source)}
    indicators = sources_of(CATALOGUE, ())[source]
    return str(
        ibis.to_sql(aggregates(source, Known(tables=tables, as_of=as_of), indicators), dialect="duckdb")
    )


def put_in(sql: str, as_of: AsOf) -> str:
    """The query with its parameters as the days that they stand for."""
    for name, day in ((ON, as_of.on), (USED_ON, as_of.used_on)):

        def told(match: re.Match[str], day: date = day) -> str:
            moved = date.fromordinal(day.toordinal() + int(match[1]))
            return f"MAKE_DATE({moved.year}, {moved.month}, {moved.day})"

        sql = re.sub(rf"\(CAST\(\${name} AS DATE\) \+ \((-?\d+)\)\)", told, sql)
    return sql


@pytest.mark.parametrize("source", [one for one in sources_of(CATALOGUE, ()) if one not in BY_YEAR])
def test_the_query_of_a_source_moves_to_any_day(source: str) -> None:
    assert put_in(moving(written(source, REFERENCE)), DAYS) == written(source, DAYS)


def test_constants_stay_and_only_days_that_occur_are_given() -> None:
    sql = "MAKE_DATE(1900, 1, 1), MAKE_DATE(5000, 3, 4), MAKE_DATE(4999, 3, 4)"
    moved = moving(sql)
    assert (
        moved
        == "MAKE_DATE(1900, 1, 1), (CAST($known_day AS DATE) + (0)), (CAST($known_day AS DATE) + (-365))"
    )
    assert at(moved, DAYS) == "(known_day := DATE '2027-03-01')"
    assert at("SELECT 1", DAYS) == ""
