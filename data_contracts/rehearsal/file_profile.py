"""What the columns of a foreign file hold: how full, how many values, and what they could be read as."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from data_contracts.conversions import named
from data_contracts.line_faults import FAULT, LINE
from data_contracts.mapping.cell_looks import looks_like_persons, tells_of_person
from data_contracts.mapping.foreign_words import names_persons

ROWS_LOOKED_AT, VALUES_KEPT, LONGEST_SHOWN = 50_000, 40, 40
Query = Callable[[str], Sequence[tuple[Any, ...]]]
# What share of the values a reading takes, by the SQL that is not null for those it takes.
READINGS = {
    "date": "as_date({})",
    "day_first": "as_date_day_first({})",
    "month_first": "as_date_month_first({})",
    "number": "as_number({})",
    "boolean": "as_boolean({})",
    "uscc": "valid_uscc({})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column: rows that say something, distinct values, the most frequent, shares of readings."""

    name: str
    filled: int
    distinct: int
    values: dict[str, int]
    shares: dict[str, float]

    @property
    def whole(self) -> bool:
        """True for floating numbers that are whole: a table program made them of numbers with gaps."""
        return bool(self.values) and all(re.fullmatch(r"-?[0-9]+[.]0", value) for value in self.values)

    @property
    def may_name_persons(self) -> bool:
        """True if its heading or its values speak of persons."""
        return names_persons(self.name) or looks_like_persons(self.values)

    @property
    def is_long(self) -> bool:
        """True for text that is written freely."""
        return max(map(len, self.values), default=0) > LONGEST_SHOWN

    @property
    def example(self) -> str:
        """The most frequent value, as it may be shown to anybody."""
        if not self.filled:
            return "empty"
        most = next(iter(self.values))
        if self.may_name_persons or tells_of_person(most) or looks_like_persons([most]):
            return "not shown, for it may name persons"
        if self.is_long:
            return "long text, not shown, for it may name persons"
        return f"for example {most!r}"

    def could_be(self, kind: str) -> bool:
        """True if half of what it says reads as that kind of value; an empty column could be anything."""
        if not self.filled:
            return True
        if kind == "string":
            return self.shares["date"] < 1
        if kind == "date":
            return max(self.shares[style] for style in ("date", "day_first", "month_first")) >= 0.5
        return self.shares["boolean" if kind == "boolean" else "number"] >= 0.5


def profile(relation: str, names: Sequence[str], query: Query) -> tuple[ColumnProfile, ...]:
    """The columns of a relation by its first rows that are rows."""
    rows = f"(SELECT * FROM {relation} WHERE {FAULT} IS NULL AND {LINE} <= {ROWS_LOOKED_AT})"
    return tuple(_column(rows, name, query) for name in names)


def _column(rows: str, name: str, query: Query) -> ColumnProfile:
    cell = named(name)
    counts = ", ".join(f"count({reading.format('cell')})" for reading in READINGS.values())
    said = f"(SELECT CAST({cell} AS VARCHAR) AS cell FROM {rows} WHERE NOT is_blank(CAST({cell} AS VARCHAR)))"
    filled, distinct, *found = query(f"SELECT count(*), count(DISTINCT cell), {counts} FROM {said}")[0]
    values = query(
        f"SELECT cell, count(*) AS rows FROM {said} GROUP BY 1 ORDER BY rows DESC, cell LIMIT {VALUES_KEPT}"
    )
    return ColumnProfile(
        name=name,
        filled=filled,
        distinct=distinct,
        values=dict(values),
        shares={name: count / filled if filled else 0.0 for name, count in zip(READINGS, found, strict=True)},
    )
