"""The 60 windowed aggregates and 5 recencies that the peers compute too: what they are, and ours.

As a command with `--lake FOLDER --into FILE` it computes them as indicators on DuckDB.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis.expr.types as ir

from data_contracts.lake import Lake, open_lake
from features.as_of import AsOf
from features.assembly import assemble
from features.engines.on_duckdb import open_engine
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, days_since, total, within

WINDOWS = (90, 365, 1095)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Counts the rows in which a column has a value (all rows without one), or sums a column."""

    name: str
    where: tuple[str, str] | None = None
    summed: str | None = None


TABLES = {
    "penalties": (
        Measure(name="all"),
        Measure(name="ordinary", where=("procedure", "ordinary")),
        Measure(name="fine", summed="fine_fen"),
        Measure(name="confiscated", summed="confiscated_fen"),
    ),
    "complaints": (
        Measure(name="all"),
        Measure(name="complaints", where=("kind", "complaint")),
        Measure(name="reports", where=("kind", "report")),
        Measure(name="hotline", where=("channel", "12345")),
    ),
    "inspections": (
        Measure(name="all"),
        Measure(name="drawn", where=("mechanism", "random_draw")),
        Measure(name="serious", summed="serious_count"),
        Measure(name="minor", summed="minor_count"),
    ),
    "violations": (
        Measure(name="all"),
        Measure(name="critical", where=("severity", "critical")),
        Measure(name="serious", where=("severity", "serious")),
        Measure(name="minor", where=("severity", "minor")),
    ),
    "listings": (
        Measure(name="all"),
        Measure(name="abnormal", where=("kind", "abnormal")),
        Measure(name="serious", where=("kind", "serious")),
        Measure(name="debtor", where=("kind", "judgment_debtor")),
    ),
}


def column(table: str, measure: Measure, days: int) -> str:
    """The name of an aggregate in all three results."""
    return f"{table}_{measure.name}_{days}d"


def recency(table: str) -> str:
    """The name of the days since the last row of a table."""
    return f"{table}_recency_last"


def columns() -> list[str]:
    """All 65 in one order: of each table the aggregates by window, then the recency."""
    return [
        name
        for table, measures in TABLES.items()
        for name in (*(column(table, one, days) for days in WINDOWS for one in measures), recency(table))
    ]


def arguments() -> tuple[Lake, AsOf, Path]:
    """What each of the three is asked: a lake, its last day, and the file to write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    asked = parser.parse_args()
    lake = open_lake(asked.lake)
    day = lake.exported_on or date(2026, 6, 30)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    return lake, AsOf(on=day, used_on=day), asked.into


def _expression(measure: Measure, days: int) -> Expression:
    def expression(events: ir.Table, as_of: AsOf) -> ir.Value:
        rows = within(events, as_of, days)
        if measure.summed:
            return total(events[measure.summed], rows)
        return count(events, rows & (events[measure.where[0]] == measure.where[1]) if measure.where else rows)

    return expression


def _since_last(events: ir.Table, as_of: AsOf) -> ir.Value:
    return days_since(events.happened_on.max(), as_of)


def _indicators() -> Iterator[Indicator]:
    for table, measures in TABLES.items():
        for days in WINDOWS:
            for one in measures:
                yield _indicator(table, column(table, one, days), _expression(one, days), days)
        yield _indicator(table, recency(table), _since_last, None)


def _indicator(table: str, name: str, expression: Expression, days: int | None) -> Indicator:
    return Indicator(
        name=name,
        source=table,
        expression=expression,
        window_days=days,
        missing=Missing.NULL if days is None else Missing.ZERO,
        dimension=Dimension.SUPERVISION,
        reads=(f"{table}.occurred_on",),
        direction=0,
        kind="integer",
        unit="",
        unit_en="",
        label_zh=f"指标 {name}",
        label_en=name,
        raises_zh=f"指标 {name}",
        raises_en=name,
        lowers_zh=f"指标 {name}",
        lowers_en=name,
        family=name,
    )


INDICATORS = tuple(_indicators())


def main() -> None:
    """Computes and writes them."""
    lake, as_of, into = arguments()
    with open_engine(lake) as engine:
        # At once, as the peers do: ranges would also be digested.
        at_once = replace(engine, cuts=())
        at_once.write(assemble(engine.tables, as_of, INDICATORS, skipped=()), into)


if __name__ == "__main__":
    main()
