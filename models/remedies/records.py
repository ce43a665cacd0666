"""The records of one entity as acts see them, and the edits by which an act changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from data_contracts.contract import load_contract
from features.as_of import AsOf

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A record written anew: in the place of a version, told by its id and its day, or beside all.

    `written` are the columns that the act gives a value; the others are those of the record before it.
    """

    table: str
    replaces: tuple[str, date] | None
    row: Row
    written: tuple[str, ...]

    @property
    def place(self) -> tuple[str, object, object]:
        """Which record it writes: two acts may write the same one."""
        fresh = None if self.replaces else (self.row[key_of(self.table)], self.row["known_on"])
        return self.table, self.replaces, fresh

    @property
    def told(self) -> tuple[object, ...]:
        """All that it changes, to be compared: of one entity, equal ones leave equal records."""
        return self.place, tuple((name, self.row[name]) for name in sorted(self.written))


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All rows of an entity by table, every version, as known on the days; `columns` of every table there."""

    entity_id: str
    days: AsOf
    rows: Mapping[str, Sequence[Row]]
    columns: Mapping[str, Sequence[str]]

    @property
    def registered_on(self) -> date | None:
        """The day of registration, by its latest version that tells one."""
        told = [row for row in self.rows.get("entities", ()) if row["registered_on"]]
        return max(told, key=lambda row: row["known_on"])["registered_on"] if told else None

    def live(self, table: str) -> list[Row]:
        """The versions in force: known, neither corrected, withdrawn nor forgotten; the latest first."""
        return sorted(
            (row for row in self.rows.get(table, ()) if self._is_live(row)), key=happened, reverse=True
        )

    def still_open(self, table: str) -> list[Row]:
        """Those of the live intervals whose end is not known."""
        return [row for row in self.live(table) if row["ended_on"] is None and row["end_known_on"] is None]

    def _is_live(self, row: Row) -> bool:
        on, used_on = self.days.on, self.days.used_on
        forgotten, later = row["forgotten_on"], row["superseded_on"]
        in_force = (later is None or later > on) and not row["retracted"] and row["known_on"] <= on
        return in_force and happened(row) <= on and (forgotten is None or forgotten > used_on)


def happened(row: Row) -> date:
    """The day of an event; one that nobody recorded counts from the day it was known."""
    day: date = row["occurred_on"] or row["known_on"]
    return day


def changed(table: str, row: Row, **values: object) -> Edit:
    """The row with other values in its place."""
    replaces = (row[key_of(table)], row["known_on"])
    return Edit(table=table, replaces=replaces, row={**row, **values}, written=tuple(values))


def corrected(table: str, row: Row, on: date, **values: object) -> tuple[Edit, Edit]:
    """A new version of the row, known on a day, and the old one superseded by it."""
    given = {**values, "known_on": on, "superseded_on": None}
    fresh = Edit(table=table, replaces=None, row={**row, **given}, written=tuple(given))
    return changed(table, row, superseded_on=on), fresh


def added(table: str, records: Records, record_id: str, on: date, **values: object) -> Edit:
    """A new record of the entity that happened, and was known, on a day."""
    empty = dict.fromkeys(records.columns[table])
    given = {"entity_id": records.entity_id, key_of(table): record_id, "occurred_on": on, "known_on": on}
    given |= {"retracted": False, **values}
    return Edit(table=table, replaces=None, row={**empty, **given}, written=tuple(given))


def ended(table: str, row: Row, on: date, **values: object) -> Edit:
    """The interval ended, and known to be, on a day."""
    return changed(table, row, ended_on=on, end_known_on=on, **values)


def forgotten(table: str, row: Row, on: date) -> Edit:
    """The record repaired on a day: from then on it is neither shown nor used."""
    return changed(table, row, forgotten_on=on)


def merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits, each record once: what two acts write into one record stands in it together."""
    found: dict[tuple[str, object, object], Edit] = {}
    for edit in edits:
        before = found.get(edit.place)
        found[edit.place] = edit if before is None else _together(before, edit)
    return tuple(found.values())


def _together(first: Edit, second: Edit) -> Edit:
    row = {**first.row, **{name: second.row[name] for name in second.written}}
    return replace(second, row=row, written=tuple(dict.fromkeys((*first.written, *second.written))))


def key_of(table: str) -> str:
    """The column that identifies a record of the table."""
    return load_contract(table).key[0]


def next_day(on: date) -> date:
    """The day after."""
    return on + timedelta(days=1)
