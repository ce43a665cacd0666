"""The faults planted in each file; every one breaks exactly one check of its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city.days import written
from data_contracts.sandbox_city.dirt import (
    DUPLICATES,
    NEAR_MISSES,
    UNKNOWN_ENTITIES,
    Fault,
    changed,
    marked,
    of_nowhere,
    with_values,
    wrong_check,
)

LONG_AGO, ANCIENT = date(1985, 1, 2), date(1900, 1, 1)
FUTURE_DAYS = 45
TOO_LONG = 129
FORMULA = "=1+cmd|' /C calc'!A0"
WRONG_BYTE = b"\xff"  # of no character, in GB18030 as in UTF-8
EARLIER_VERSION_DAYS = 14_000  # no entity of the city is as old as a version moved back so far


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """The columns of a file of events by the part they play; `day` is how a text file writes days.

    `differing` is a column with a value, in which two rows of one key disagree. `wrong` has, for further
    reasons, the values of columns that bring them about.
    """

    key: str
    entity: str
    occurred: str
    known: str
    differing: tuple[str, Any]
    day: str | None = None
    ended: str | None = None
    end_known: str | None = None
    forgotten: str | None = None
    withdrawn: tuple[str, Any] | None = None
    wrong: tuple[tuple[str, Mapping[str, Any]], ...] = field(default_factory=tuple)


def event_faults(file: EventFile, last_day: date, mark: str) -> tuple[Fault, ...]:
    """All faults of a file of events; `mark` tells the keys of its faulty rows from those of another file."""
    return (
        Fault(kind=DUPLICATES, rows=lambda copies: copies),
        *_strangers(file, mark),
        *_wrong_cells(file),
        *_wrong_days(file, last_day),
        *_wrong_keys(file, mark),
        *(_wrong_lines() if file.day else ()),
    )


def _strangers(file: EventFile, mark: str) -> Iterator[Fault]:
    for kind, letter, change in ((NEAR_MISSES, "N", wrong_check), (UNKNOWN_ENTITIES, "U", of_nowhere)):
        values = {file.key: marked(f"-{letter}{mark}"), file.entity: change}
        yield with_values(kind, values, near=kind == NEAR_MISSES)


def _wrong_cells(file: EventFile) -> Iterator[Fault]:
    yield with_values("missing", {file.entity: None})
    yield with_values("too_long", {file.key: "9" * TOO_LONG})
    yield with_values("formula_cell", {file.entity: FORMULA})
    for reason, values in file.wrong:
        yield with_values(reason, values)


def _wrong_days(file: EventFile, last_day: date) -> Iterator[Fault]:
    def told(day: date) -> date | str:
        return written(day, file.day) if file.day else day

    later = told(last_day + timedelta(days=FUTURE_DAYS))
    yield with_values("known_before_it_happened", {file.known: told(LONG_AGO)})
    yield with_values("known_in_future", {file.known: later})
    yield with_values("implausibly_old", {file.occurred: told(ANCIENT)})
    if file.forgotten:
        yield with_values("forgotten_before_it_happened", {file.forgotten: told(LONG_AGO)})
    if file.ended and file.end_known:
        ended, end_known = file.ended, file.end_known
        yield with_values("ended_before_it_began", {ended: told(LONG_AGO), end_known: told(last_day)})
        yield with_values("end_without_knowledge", {ended: None, end_known: told(last_day)})
        yield with_values("end_known_in_future", {ended: told(last_day), end_known: later})


def _wrong_keys(file: EventFile, mark: str) -> Iterator[Fault]:
    """Rows that no check finds alone: two that disagree, and a withdrawal of nothing."""
    column, value = file.differing

    def disagreeing(copies: pa.Table) -> pa.Table:
        first = changed(copies, {file.key: marked(f"-K{mark}")})
        return pa.concat_tables([first, changed(first, {column: value})])

    yield Fault(kind="conflicting_key", rows=disagreeing, among=_other_than(column, value))
    if file.withdrawn:
        name, yes = file.withdrawn

        def of_nothing(copies: pa.Table) -> pa.Table:
            blank = dict.fromkeys(set(copies.column_names) - {file.key, file.known}, None)
            return changed(copies, {**blank, file.key: marked(f"-R{mark}"), name: yes})

        yield Fault(kind="nothing_to_retract", rows=of_nothing)


def _other_than(column: str, value: Any) -> Any:
    def among(table: pa.Table) -> pa.Array:
        cells = table.column(column)
        return pc.fill_null(pc.not_equal(cells, pa.scalar(value, cells.type)), True)

    return among


def _wrong_lines() -> Iterator[Fault]:
    """Lines of text that are no rows."""
    yield Fault(kind="wrong_field_count", line=lambda line: line + b",7")
    yield Fault(kind="misplaced_quote", line=lambda line: line.replace(b",", b',"', 1))
    yield Fault(kind="undecodable", line=lambda line: line[:6] + WRONG_BYTE + line[6:])


def registration_faults(last_day: date) -> tuple[Fault, ...]:
    """The faults of the registration file, whose rows are versions of entities."""
    later = last_day + timedelta(days=FUTURE_DAYS)
    return (
        Fault(kind=DUPLICATES, rows=lambda copies: copies),
        with_values("missing", {"entity_no": None}),
        with_values("too_long", {"entity_no": "9" * TOO_LONG}),
        with_values("formula_cell", {"name": FORMULA}),
        with_values("too_short", {"uscc": lambda codes: pc.utf8_slice_codeunits(codes, 0, 17)}),
        with_values("bad_uscc", {"uscc": wrong_check}),
        with_values("bad_uscc_id", {"entity_no": wrong_check}, near=True),
        with_values("unknown_code", {"entity_type": "外星企业"}),
        with_values("below_minimum", {"capital_fen": -100}),
        with_values("known_in_future", {"known_on": later}),
        with_values("deregistered_before_registered", {"deregistered_on": LONG_AGO}),
        Fault(kind="conflicting_key", rows=_disagreeing_versions),
    )


def _disagreeing_versions(copies: pa.Table) -> pa.Table:
    """Two versions of one day, on which no true version was known."""

    def earlier(days: pa.Array) -> pa.Array:
        return pc.cast(pc.subtract(days.view(pa.int32()), EARLIER_VERSION_DAYS), pa.int32()).view(pa.date32())

    first = changed(copies, {"known_on": earlier})
    return pa.concat_tables([first, changed(first, {"name": marked("（旧）")})])
