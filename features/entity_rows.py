"""The rows of one entity as they were known on a day and may be used on another, read without an engine.

The rule is that of as_of.py, applied to the tables of a lake, which are sorted by entity: a look-up reads one
row group a table. Nothing is read of a column that tells of a person.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.contract import Column, Contract, load_contract
from data_contracts.lake import Lake
from features.as_of import AsOf

# Told in words of their own, or not at all: whose record it is, and what decides whether it is seen.
UNTOLD = frozenset({"entity_id", "retracted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRow:
    """One record as known: `values` by column, with a null end while an interval was open.

    `first_known_on` is the day of its first version, `corrected_on` that of the version seen if it is another
    one, and `superseded_on` that of a later one, not seen.
    """

    table: str
    record_id: str
    values: Mapping[str, Any]
    first_known_on: date
    corrected_on: date | None
    superseded_on: date | None


def rows_of(lake: Lake, name: str, entity_id: str, as_of: AsOf) -> Iterator[EntityRow]:
    """The entity's rows of one table known on the one day and not forgotten by the other, in file order.

    A lake without the table has none.
    """
    if name not in lake.tables:
        return
    table, contract = lake.table(name), load_contract(name)
    rows, key = _rows(table.path, entity_id, _read(contract)), contract.key[0]
    by_export = dict.fromkeys(table.undated, lake.exported_on)
    for row in rows:
        if not _may_be_seen(row, as_of):
            continue
        first_known = min(version["known_on"] for version in rows if version[key] == row[key])
        later = row["superseded_on"]
        yield EntityRow(
            table=name,
            record_id=str(row[key]),
            values=_as_known(contract, row, as_of, by_export),
            first_known_on=first_known,
            corrected_on=row["known_on"] if first_known < row["known_on"] else None,
            superseded_on=later if later is not None and later <= as_of.used_on else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A file as it was written at a moment: one that takes its place is another."""

    path: Path
    inode: int
    size: int
    at_ns: int

    @staticmethod
    def of(path: Path) -> _Written:
        """The file that lies there now."""
        found = path.stat()
        return _Written(path=path, inode=found.st_ino, size=found.st_size, at_ns=found.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Footer:
    """What a file says of itself: the least and greatest entity of each row group, if it says so of all."""

    metadata: pq.FileMetaData
    least: tuple[str, ...]
    greatest: tuple[str, ...]

    def groups_of(self, entity_id: str) -> range:
        """The groups in which the entity's rows can lie."""
        if not self.metadata.num_rows:  # pyarrow 25 crashes when it compares the ids of an empty group
            return range(0)
        if len(self.least) < self.metadata.num_row_groups:
            return range(self.metadata.num_row_groups)
        return range(bisect_left(self.greatest, entity_id), bisect_right(self.least, entity_id))


@lru_cache(maxsize=64)
def _footer(file: _Written) -> _Footer:
    """Parsed once for each file."""
    metadata = pq.read_metadata(file.path)
    column = metadata.schema.names.index("entity_id")
    groups = (metadata.row_group(group).column(column) for group in range(metadata.num_row_groups))
    told = [group.statistics for group in groups if group.statistics and group.statistics.has_min_max]
    return _Footer(
        metadata=metadata,
        least=tuple(statistics.min for statistics in told),
        greatest=tuple(statistics.max for statistics in told),
    )


def _rows(path: Path, entity_id: str, columns: list[str]) -> list[dict[str, Any]]:
    """All rows of one entity, every version of each."""
    footer = _footer(_Written.of(path))
    found: list[dict[str, Any]] = []
    # A fresh reader for each call: one is not safe in two threads, and the footer is already parsed.
    with pq.ParquetFile(path, metadata=footer.metadata, memory_map=True) as file:
        for group in footer.groups_of(entity_id):
            ids = file.read_row_group(group, columns=["entity_id"], use_threads=False)["entity_id"]
            places = pc.indices_nonzero(pc.equal(ids, entity_id))
            if len(places):
                found += _taken(
                    file.read_row_group(group, columns=columns, use_threads=False), places
                ).to_pylist()
    return found


def _read(contract: Contract) -> list[str]:
    """What is read of a table: nothing that is not told, but its key and all days."""
    dated = {column.dated_by for column in contract.columns}
    return [
        column.name
        for column in contract.columns
        if is_told(column) or column.clock or column.name in dated | UNTOLD | set(contract.key)
    ]


def _taken(table: pa.Table, places: pa.Array) -> pa.Table:
    """The rows of one entity, which lie together."""
    return table.slice(places[0].as_py(), len(places))


def _may_be_seen(row: dict[str, Any], as_of: AsOf) -> bool:
    """Whether this version was the one known on the date; one without a day counts from its known day."""
    happened, forgotten, later = (
        row["occurred_on"] or row["known_on"],
        row["forgotten_on"],
        row["superseded_on"],
    )
    known = happened <= as_of.on and row["known_on"] <= as_of.on and not row["retracted"]
    in_force = later is None or later > as_of.on
    return known and in_force and (forgotten is None or forgotten > as_of.used_on)


def _as_known(
    contract: Contract, row: dict[str, Any], as_of: AsOf, by_export: Mapping[str, date | None]
) -> dict[str, Any]:
    """The row without what became known later; an undated fact was known by the export."""
    told = _end_as_known(row, as_of)
    for column in contract.columns:
        if column.dated_by is None:
            continue
        own = row[column.dated_by] or (row["ended_on"] if column.dated_by == "end_known_on" else None)
        known_on = own or by_export.get(column.name)
        if known_on is None or known_on > as_of.on:
            told = told | {column.name: None, column.dated_by: None}
    return told


def _end_as_known(row: dict[str, Any], as_of: AsOf) -> dict[str, Any]:
    """An end that came or became known later was not known then: the interval was still open."""
    if "ended_on" not in row:
        return row
    ended = row["ended_on"] or row["end_known_on"]
    known = row["end_known_on"] or row["ended_on"]
    closed = ended is not None and ended <= as_of.on and known <= as_of.on
    return {**row, "ended_on": ended if closed else None}


def is_told(column: Column) -> bool:
    """Whether a column tells a fact about the entity; another record, or any person, is none."""
    clock = column.clock is not None and column.clock != "ended"
    personal, pointer = column.classification == "personal", column.refers_to is not None
    return not (clock or personal or pointer or column.name in UNTOLD)


def attributes_of(lake: Lake, entity_id: str, on: date, names: Sequence[str]) -> dict[str, Any]:
    """What was known of the entity itself on a day: per column its last known value, null where none was."""
    rows = _rows(lake.table("entities").path, entity_id, [*names, "known_on"])
    known = sorted((row for row in rows if row["known_on"] <= on), key=lambda row: row["known_on"])
    return {name: next((r[name] for r in reversed(known) if r[name] is not None), None) for name in names}
