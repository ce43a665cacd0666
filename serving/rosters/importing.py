"""Imports of items, inspectors and marks: files are read by a mapping, good rows kept, every bad one told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy.exc import IntegrityError

from data_contracts.file_digest import file_digest
from data_contracts.line_faults import FAULT, FIELDS, LINE
from data_contracts.mapping.binding import column_called, listed
from data_contracts.near_names import near
from data_contracts.raw import RawFile, text_to_parquet
from data_contracts.refusal import Refusal
from serving.ledger.database import Ledger
from serving.ledger.schema import RosterImportRow
from serving.rosters.cells import ROSTERS, Unreadable
from serving.rosters.inspector import Inspector, inspector_faults
from serving.rosters.inspectors import add_inspectors
from serving.rosters.item import Item, concerns_of, item_faults
from serving.rosters.items import add_items
from serving.rosters.marks import Mark, mark_faults
from serving.rosters.roster_mapping import RosterColumn, RosterFeed
from serving.rosters.versions import Recorded, refuse_at_once, signed

PRESETS = Path(__file__).parent / "presets"
MAPPING_FILE = "rosters.toml"
ITEMS, INSPECTORS, MARKS = "items", "inspectors", "marks"
# What makes two rows the same; of marks an entity may bear several, and one again later.
_KEYS = {ITEMS: ("code",), INSPECTORS: ("inspector_id",), MARKS: ("entity_id", "mark", "from_day")}
_CONCERNS = ("entity_types", "industries", "licences", "tags")


class RosterFileRefused(Refusal):
    """A file of a roster that is missing, or lacks a column that its mapping names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that became nothing: where it stands, which field is wrong and why."""

    file: str
    line: int
    field: str
    reason: str

    @staticmethod
    def of_row(row: Mapping[str, str | int]) -> RejectedRow:
        """The record back from the ledger."""
        told = {name: str(row[name]) for name in ("file", "field", "reason")}
        return RejectedRow(line=int(row["line"]), **told)

    def as_row(self) -> dict[str, str | int]:
        """The record as the ledger keeps it."""
        return {"file": self.file, "line": self.line, "field": self.field, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What became of all rows: read = recorded rows + rejected ones."""

    roster: str
    read: int
    recorded: Recorded
    rejected: tuple[RejectedRow, ...]

    def counts(self) -> dict[str, int]:
        """The numbers of the import."""
        return {"read": self.read, **self.recorded.counts(), "rejected": self.read - self._taken()}

    def _taken(self) -> int:
        return sum(self.recorded.counts().values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row of a file as a record, or everything that is wrong with it."""

    file: str
    line: int
    record: Any
    faults: Mapping[str, str]


def preset_folder(name: str) -> Path:
    """The folder of a set of rosters that comes with the program."""
    names = sorted(path.name for path in PRESETS.iterdir() if (path / MAPPING_FILE).is_file())
    if name not in names:
        raise RosterFileRefused(
            expected=f"a preset ({', '.join(names)})",
            got=f"{name!r}{near(name, names)}",
            todo="correct --preset, or give your own --mapping FILE and --folder",
        )
    return PRESETS / name


def import_roster(
    ledger: Ledger,
    city: str,
    roster: str,
    feeds: Iterable[RosterFeed],
    *,
    folder: Path,
    by: str,
    now: datetime,
    reason: str,
) -> Import:
    """Records every good row of the files of one roster in one writing; the import itself is recorded too."""
    signature = signed(by, now, reason)
    rows, digests = read_all([feed for feed in feeds if feed.roster == roster], roster, folder)
    good, rejected = parted(rows, roster)
    add = add_items if roster == ITEMS else add_inspectors
    try:
        with ledger.writing() as session:
            recorded = add(session, city, good, signature)
            made = Import(roster=roster, read=len(rows), recorded=recorded, rejected=rejected)
            kept = RosterImportRow(city=city, roster=roster, files=digests, counts=made.counts())
            kept.rejected = [row.as_row() for row in rejected]
            kept.by, kept.at, kept.reason = signature.by, signature.at, signature.reason
            session.add(kept)
    except IntegrityError as cause:
        refuse_at_once(f"the roster of {roster}", cause)
    return made


def read_all(feeds: Sequence[RosterFeed], roster: str, folder: Path) -> tuple[list[ReadRow], dict[str, str]]:
    """The rows of every file, and the digest of each."""
    if not feeds:
        raise RosterFileRefused(
            expected=f"a [[feed]] with roster = {roster!r}", got="none", todo="add one to the mapping file"
        )
    missing = [feed.file for feed in feeds if not (folder / feed.file).is_file()]
    if missing:
        raise RosterFileRefused(
            expected=f"the files of the mapping in {folder}",
            got=f"none called {', '.join(missing)}",
            todo="put them there, correct 'file' of the feed, or --folder",
        )
    digests = {feed.file: file_digest(folder / feed.file) for feed in feeds}
    return [row for feed in feeds for row in _rows(feed, folder, digests[feed.file])], digests


def _rows(feed: RosterFeed, folder: Path, digest: str) -> Iterator[ReadRow]:
    """Every row of one file as a record, or with all its faults."""
    raw = RawFile(path=folder / feed.file, name=feed.file, digest=digest)
    with tempfile.TemporaryDirectory() as passing:
        target = Path(passing) / "rows.parquet"
        text_to_parquet(raw, feed.reading, target)
        table = pq.read_table(target)
    names = [name for name in table.column_names if name not in (FAULT, FIELDS, LINE)]
    columns = _found_columns(feed, names)
    for row in table.to_pylist():
        if row[FAULT]:
            yield ReadRow(file=feed.file, line=row[LINE], record=None, faults={row[FAULT]: row[FIELDS] or ""})
        elif any(row[name] for name in names):
            record, faults = _record(feed, columns, row)
            yield ReadRow(file=feed.file, line=row[LINE], record=record, faults=faults)


def _found_columns(feed: RosterFeed, names: Sequence[str]) -> dict[str, str]:
    """The column of the file for each field; refuses all that are missing at once."""
    found = {one.field: column_called(one.column, names) for one in feed.columns if one.column}
    asked = {one.field: one.column for one in feed.columns}
    missing = [f"{asked[name]!r}{near(asked[name], names)}" for name, column in found.items() if not column]
    if missing:
        raise RosterFileRefused(
            expected=f"every column that the mapping names in {feed.file}",
            got=f"no {', no '.join(missing)}",
            todo=f"correct the mapping file; the columns are {listed(names)}",
        )
    return {name: column for name, column in found.items() if column}


def _record(
    feed: RosterFeed, columns: Mapping[str, str], row: Mapping[str, Any]
) -> tuple[Any, dict[str, str]]:
    """The item or inspector of a row, or everything that is wrong with it."""
    readers, values, faults = ROSTERS[feed.roster], {}, {}
    for one in feed.columns:
        cell = row[columns[one.field]] or "" if one.field in columns else one.value
        try:
            values[one.field] = _translated(readers[one.field](cell), one)
        except Unreadable as fault:
            faults[one.field] = str(fault)
    if faults:
        return None, faults
    if feed.roster == MARKS:
        mark = _mark(values, feed.file)
        return mark, mark_faults(mark)
    record = _item(values) if feed.roster == ITEMS else _inspector(values)
    found = item_faults(record) if isinstance(record, Item) else inspector_faults(record)
    return record, found


def _translated(value: object, column: RosterColumn) -> object:
    """Words of the file as codes of ours; a word that the table does not know is a fault of the row."""
    if not column.words:
        return value
    foreign = value if isinstance(value, tuple) else (value,)
    unknown = [str(word) for word in foreign if word and word not in column.words]
    if unknown:
        told = ", ".join(f"{word!r}{near(word, column.words)}" for word in unknown)
        raise Unreadable(f"{told} is no word of the table of codes")
    ours = [column.words.get(str(word), "") for word in foreign]
    return tuple(sorted(set(ours))) if isinstance(value, tuple) else ours[0]


def _item(values: Mapping[str, Any]) -> Item:
    plain = {name: value for name, value in values.items() if name not in _CONCERNS}
    concerns = concerns_of({name: values.get(name, ()) for name in _CONCERNS})
    return Item(**{"name_en": "", "skills": (), **plain, "concerns": concerns})


def _inspector(values: Mapping[str, Any]) -> Inspector:
    kept = {name: frozenset(values.get(name, ())) for name in ("conflicts", "conflict_persons")}
    return Inspector(**{"station": "", "skills": (), **values, **kept})


def _mark(values: Mapping[str, Any], file: str) -> Mark:
    """A mark that does not tell the day of its decision was known on its first day."""
    known_on = values.get("known_on") or values["from_day"]
    return Mark(**{"until": None, **values, "known_on": known_on, "source": file})


def parted(rows: Sequence[ReadRow], roster: str) -> tuple[list[Any], tuple[RejectedRow, ...]]:
    """The records, and every fault of the other rows; a key that stands twice keeps its first row."""
    good: dict[tuple[object, ...], Any] = {}
    rejected = []
    for row in rows:
        faults = dict(row.faults)
        if not faults:
            key = tuple(getattr(row.record, field) for field in _KEYS[roster])
            if key not in good:
                good[key] = row.record
                continue
            told = " ".join(map(str, key))
            faults = {_KEYS[roster][0]: f"{told!r} stands in an earlier row"}
        rejected += [
            RejectedRow(file=row.file, line=row.line, field=name, reason=reason)
            for name, reason in faults.items()
        ]
    return list(good.values()), tuple(rejected)
