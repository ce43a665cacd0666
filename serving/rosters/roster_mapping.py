"""A mapping file (TOML) of the rosters: which file holds items or inspectors, and which column is what.

It reads like the mapping files of the lake: [[feed]] with `roster`, `file`, the reading keys (encoding,
sheet, header_line, …) and [feed.columns]; a column is "NAME", { value = "…" } or
{ codes = "NAME", table = "…" } with [codes.TABLE] of foreign = "ours". All mistakes are told at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.mapping.complaints import Complaints, Place
from data_contracts.mapping.reading import READING_KEYS, Reading, reading_complaints, reading_of
from data_contracts.mapping.toml_places import line_of, toml_places
from data_contracts.refusal import Refusal
from serving.rosters.cells import OPTIONAL, ROSTERS, WORDED

TOP_KEYS = ("title", "provenance", "codes", "feed")
FEED_KEYS = ("roster", "file", "columns", *READING_KEYS)
FORMATS = ("csv", "xlsx", "json", "jsonl")


class RosterMappingError(Refusal):
    """A mapping file of rosters that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterColumn:
    """How a field is made: of a foreign column, its words by a table of codes; or of one value for all."""

    field: str
    column: str
    value: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFeed:
    """One file that is read into one roster."""

    roster: str
    file: str
    reading: Reading
    columns: tuple[RosterColumn, ...]


def read_roster_mapping(path: Path) -> tuple[RosterFeed, ...]:
    """The feeds of a mapping file, or one refusal that lists everything wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise RosterMappingError(
            expected=f"{path.name} to be a mapping file, TOML in UTF-8",
            got=str(cause),
            todo="correct the line it names, or --mapping",
        ) from cause
    complaints = Complaints()
    feeds = _feeds(document, complaints)
    if complaints.found:
        places = toml_places(text)
        lines = [line_of(places, complaint.place.path) for complaint in complaints.found]
        told = zip(lines, complaints.found, strict=True)
        raise RosterMappingError(
            expected=f"a mapping file of rosters that only uses known words ({path.name})",
            got="; ".join(f"line {line}, {one}" if line else str(one) for line, one in told),
            todo=f"correct the mapping file in {len(lines)} place(s)",
        )
    return feeds


def _feeds(document: Mapping[str, Any], complaints: Complaints) -> tuple[RosterFeed, ...]:
    top = Place(path=(), words="the top of the file")
    complaints.unknown(top, document, TOP_KEYS)
    entries, codes = document.get("feed", []), document.get("codes", {})
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        complaints.add(top.inside("feed"), "the file has no [[feed]]")
        return ()
    if not isinstance(codes, dict) or not all(isinstance(table, dict) for table in codes.values()):
        complaints.add(top.inside("codes"), 'expected tables [codes.NAME] of foreign = "ours"')
        codes = {}
    feeds = [_feed(entry, codes, number, complaints) for number, entry in enumerate(entries)]
    return tuple(feed for feed in feeds if feed)


def _feed(
    entry: Mapping[str, Any], codes: Mapping[str, Mapping[str, Any]], number: int, complaints: Complaints
) -> RosterFeed | None:
    place = Place(path=("feed", number), words=f"feed {entry.get('file')!r}")
    complaints.unknown(place, entry, FEED_KEYS)
    roster, columns = str(entry.get("roster")), entry.get("columns")
    complaints.unknown(place.inside("roster", words="roster"), [roster], ROSTERS)
    for complaint in reading_complaints(entry):
        complaints.add(place, complaint)
    if entry.get("format") not in (None, *FORMATS):
        complaints.add(place.inside("format"), f"a roster is one of {', '.join(FORMATS)}")
    if not isinstance(entry.get("file"), str) or not isinstance(columns, dict) or roster not in ROSTERS:
        complaints.add(place, "a feed names its roster, its file and a table [feed.columns]")
        return None
    at = place.inside("columns", words="columns")
    complaints.unknown(at, columns, ROSTERS[roster])
    missing = [name for name in ROSTERS[roster] if name not in columns and name not in OPTIONAL]
    if missing:
        complaints.add(at, f"{', '.join(missing)} of {roster} are required and not mapped")
    made = [
        _column(name, columns[name], codes, at, complaints) for name in ROSTERS[roster] if name in columns
    ]
    sound = not any(complaint.place.path[:2] == place.path for complaint in complaints.found)
    return RosterFeed(
        roster=roster,
        file=entry["file"],
        reading=reading_of(entry) if sound else Reading(),
        columns=tuple(column for column in made if column),
    )


def _column(
    name: str, source: Any, codes: Mapping[str, Mapping[str, Any]], at: Place, complaints: Complaints
) -> RosterColumn | None:
    place = at.inside(name, words=f"column {name}")
    if isinstance(source, str) and source.strip():
        return RosterColumn(field=name, column=source, value="", words={})
    if isinstance(source, dict) and source.keys() == {"value"}:
        return RosterColumn(field=name, column="", value=str(source["value"]), words={})
    if isinstance(source, dict) and source.keys() == {"codes", "table"} and name in WORDED:
        complaints.unknown(place.inside("table", words="table"), [str(source["table"])], codes)
        words = {str(foreign): str(ours) for foreign, ours in codes.get(str(source["table"]), {}).items()}
        return RosterColumn(field=name, column=str(source["codes"]), value="", words=words)
    may = ', { codes = "COLUMN", table = "TABLE" }' if name in WORDED else ""
    complaints.add(place, f'expected "COLUMN"{may} or {{ value = "TEXT" }}, got {source!r}')
    return None
