"""The account of an admission: rows by feed, month of knowledge and outcome; every row read is in one line.

report.json shows its sums for people; account.parquet keeps it whole for those who measure quality.
A duplicate whose reason is `completes` is the first row to state an end, a repair or an outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ADMITTED, REJECTED, DUPLICATE = "admitted", "rejected", "duplicate"
COMPLETES = "completes"
SCHEMA = pa.schema(
    [
        ("feed", pa.string()),
        ("table", pa.string()),
        ("provider", pa.string()),
        ("month", pa.date32()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("rows", pa.int64()),
    ]
)
Place = tuple[int, date | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """Rows of one feed that were known in one month and had one outcome; reason if rejected or completing."""

    feed: int
    month: date | None
    outcome: str
    reason: str | None
    rows: int


def balance(
    read: Mapping[Place, int],
    admitted: Mapping[Place, int],
    rejected: Mapping[tuple[int, date | None, str], int],
    completing: Mapping[Place, int],
) -> tuple[AccountLine, ...]:
    """The account from what was counted; what was neither admitted nor rejected is a duplicate."""
    left = Counter(read)
    left.subtract(admitted)
    for (feed, month, _), rows in rejected.items():
        left[feed, month] -= rows
    left.subtract(completing)
    counted: list[tuple[int, date | None, str, str | None, int]]
    counted = [(feed, month, ADMITTED, None, rows) for (feed, month), rows in admitted.items()]
    counted += [(feed, month, REJECTED, reason, rows) for (feed, month, reason), rows in rejected.items()]
    counted += [(feed, month, DUPLICATE, None, rows) for (feed, month), rows in left.items()]
    counted += [(feed, month, DUPLICATE, COMPLETES, rows) for (feed, month), rows in completing.items()]
    lines = (
        AccountLine(feed=feed, month=month, outcome=outcome, reason=reason, rows=rows)
        for feed, month, outcome, reason, rows in counted
        if rows
    )
    return tuple(sorted(lines, key=_order))


def rows_of(lines: Iterable[AccountLine], outcome: str) -> int:
    """The rows that had an outcome."""
    return sum(line.rows for line in lines if line.outcome == outcome)


def reasons_of(lines: Iterable[AccountLine]) -> dict[str, int]:
    """Rejected rows by reason."""
    found: Counter[str] = Counter()
    for line in lines:
        if line.outcome == REJECTED and line.reason is not None:
            found[line.reason] += line.rows
    return dict(sorted(found.items()))


def write_account(
    path: Path, lines: Sequence[AccountLine], feeds: Mapping[int, tuple[str, str, str]]
) -> None:
    """Writes the account of all feeds; `feeds` gives name, table and provider of each number."""
    rows = [
        (*feeds[line.feed], line.month, line.outcome, line.reason, line.rows)
        for line in sorted(lines, key=_order)
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    pq.write_table(pa.table(arrays, schema=SCHEMA), path, compression="zstd")


def _order(line: AccountLine) -> tuple[int, date, str, str]:
    return (line.feed, line.month or date.min, line.outcome, line.reason or "")
