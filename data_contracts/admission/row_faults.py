"""What the rejected rows of a feed have in common: by column and reason, with values and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.admission.checks import PROBLEM, VALUE, Check, checks_of
from data_contracts.conversions import quoted
from data_contracts.line_faults import POSITION
from data_contracts.mapping.city_mapping import Feed

VALUES_KEPT, EXAMPLES_SHOWN = 40, 3
Query = Callable[[str], Sequence[tuple[Any, ...]]]
# How else a value may be read, by the macro that would read it.
READINGS = {
    "date": "as_date({})",
    "day_first": "as_date_day_first({})",
    "month_first": "as_date_month_first({})",
    "amount": "as_fen({}, 100)",
    "number": "as_number({})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyValue:
    """One value that is refused, how often, and the first row that has it."""

    value: str | None
    rows: int
    file: str
    line: int

    def __str__(self) -> str:
        """Reads as `lists.csv line 7: '2023-13-45'`."""
        return f"{self.file} line {self.line}: {'nothing' if self.value is None else repr(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """All rows of a feed that break one check first; `readable` counts what another reading would take."""

    column: str
    reason: str
    todo: str
    rows: int
    values: tuple[FaultyValue, ...]
    readable: dict[str, int]


def counted(rows: int) -> str:
    """Reads as `1 row` or `1,204 rows`."""
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def row_faults(
    parts: Iterable[tuple[Feed, str, Path]], query: Query, *, lines_below: int
) -> tuple[RowFault, ...]:
    """The faults of one feed over its files, the most frequent first; a line is `position % lines_below`."""
    found: dict[tuple[str, str, str], list[RowFault]] = {}
    for feed, file, path in parts:
        checks = checks_of(feed)
        values = _values(query, path, file, lines_below)
        for number, rows, *readable in query(_readings_sql(path, checks)):
            check: Check = checks[number]
            fault = RowFault(
                column=check.column,
                reason=check.reason,
                todo=check.todo,
                rows=rows,
                values=tuple(values.get(number, ())),
                readable=dict(zip(READINGS, readable, strict=True)),
            )
            found.setdefault((check.column, check.reason, check.todo), []).append(fault)
    merged = [_merged(faults) for faults in found.values()]
    return tuple(sorted(merged, key=lambda fault: (-fault.rows, fault.column, fault.reason)))


def _values(query: Query, path: Path, file: str, lines_below: int) -> dict[int, list[FaultyValue]]:
    """The most frequent values of each check that some row breaks."""
    grouped = (
        f"SELECT {PROBLEM} AS number, {VALUE} AS value, count(*) AS rows, min({POSITION}) AS first "
        f"FROM read_parquet({quoted(str(path))}) WHERE {PROBLEM} IS NOT NULL GROUP BY ALL"
    )
    found: dict[int, list[FaultyValue]] = {}
    for number, value, rows, first in query(
        f"SELECT number, value, rows, first FROM ({grouped}) QUALIFY row_number() OVER "
        f"(PARTITION BY number ORDER BY rows DESC, first) <= {VALUES_KEPT} ORDER BY rows DESC, first"
    ):
        kept = FaultyValue(value=value, rows=rows, file=file, line=first % lines_below)
        found.setdefault(number, []).append(kept)
    return found


def _readings_sql(path: Path, checks: Sequence[Check]) -> str:
    """Rows by check and reading; each value is tried once, and that of a line that is no row not at all."""
    lines = ", ".join(str(number) for number, check in enumerate(checks) if check.column == "*")
    value = f"CASE WHEN {PROBLEM} NOT IN ({lines}) THEN {VALUE} END"
    grouped = (
        f"SELECT {PROBLEM} AS number, {value} AS value, count(*) AS rows "
        f"FROM read_parquet({quoted(str(path))}) WHERE {PROBLEM} IS NOT NULL GROUP BY ALL"
    )
    counts = ", ".join(
        f"coalesce(sum(rows) FILTER ({reading.format('value')} IS NOT NULL), 0)::BIGINT"
        for reading in READINGS.values()
    )
    return f"SELECT number, sum(rows)::BIGINT, {counts} FROM ({grouped}) GROUP BY 1"


def _merged(faults: Sequence[RowFault]) -> RowFault:
    """One fault over several files."""
    values: dict[str | None, FaultyValue] = {}
    for value in (value for fault in faults for value in fault.values):
        seen = values.get(value.value)
        rows = value.rows + (seen.rows if seen else 0)
        first = seen or value
        values[value.value] = FaultyValue(value=value.value, rows=rows, file=first.file, line=first.line)
    ranked = sorted(values.values(), key=lambda value: (-value.rows, value.file, value.line))
    return RowFault(
        column=faults[0].column,
        reason=faults[0].reason,
        todo=faults[0].todo,
        rows=sum(fault.rows for fault in faults),
        values=tuple(ranked[:VALUES_KEPT]),
        readable={name: sum(fault.readable[name] for fault in faults) for name in READINGS},
    )
