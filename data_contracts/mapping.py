"""A mapping file (TOML): which foreign file feeds which table, and how each of its columns is made.

Parsing collects every mistake and refuses once. Nothing here touches data; SQL is only text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, contract_names, load_contract
from data_contracts.mapped_column import Complaints, MappedColumn, mapped_column
from data_contracts.near_names import near
from data_contracts.refusal import Refusal

MAPPINGS_FOLDER = Path(__file__).parent / "mappings"
TOP_KEYS = ("city", "title", "provenance", "exported_on", "ignored", "codes", "feed")
READING_KEYS = ("header_line", "delimiter", "encoding")
FEED_KEYS = ("name", "table", "file", "format", "undated", "reject_limit", "columns", *READING_KEYS)
FORMATS = ("csv", "parquet")


class MappingError(Refusal):
    """A mapping file that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One file pattern read into one table."""

    name: str
    table: str
    file: str
    format: str | None
    undated: tuple[str, ...]
    reject_limit: float
    header_line: int
    delimiter: str | None
    encoding: str | None
    columns: tuple[MappedColumn, ...]
    uses_pseudonyms: bool

    @property
    def contract(self) -> Contract:
        """The contract of its table."""
        return load_contract(self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMapping:
    """All feeds of a city, and the files it leaves aside with the reason."""

    city: str
    title: str
    provenance: str
    exported_on: date | None
    ignored: Mapping[str, str]
    feeds: tuple[Feed, ...]
    text: str

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that some feed fills, in alphabetical order."""
        return tuple(sorted({feed.table for feed in self.feeds}))


def mapping_path(city: str) -> Path:
    """The mapping file that comes with a city; refuses a city that has none."""
    path = MAPPINGS_FOLDER / f"{city}.toml"
    if not path.is_file():
        cities = sorted(entry.stem for entry in MAPPINGS_FOLDER.glob("*.toml"))
        raise MappingError(
            expected=f"a city with a mapping file ({', '.join(cities)})",
            got=f"{city!r}{near(city, cities)}",
            todo="correct --city, or give your own file with --mapping FILE",
        )
    return path


def read_mapping(path: Path) -> CityMapping:
    """The mapping in a file, or one refusal that lists everything wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError as cause:
        raise MappingError(
            expected="a mapping file", got=f"no file {path}", todo="correct --mapping"
        ) from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise MappingError(
            expected=f"{path.name} to be TOML in UTF-8", got=str(cause), todo="correct the line it names"
        ) from cause
    complaints = Complaints()
    mapping = _city(document, text, complaints)
    if complaints.found:
        raise MappingError(
            expected=f"a mapping file that only uses known words ({path.name})",
            got="; ".join(complaints.found),
            todo=f"correct the mapping file in {len(complaints.found)} place(s)",
        )
    return mapping


def _city(document: Mapping[str, Any], text: str, complaints: Complaints) -> CityMapping:
    complaints.unknown("the top of the file", document, TOP_KEYS)
    exported_on = document.get("exported_on")
    if exported_on is not None and (not isinstance(exported_on, date) or isinstance(exported_on, datetime)):
        complaints.add("exported_on", f"expected a date such as 2026-06-30, got {exported_on!r}")
        exported_on = None
    codes = document.get("codes", {})
    entries = document.get("feed", [])
    if not entries:
        complaints.add("the file", "has no [[feed]]")
    feeds = [_feed(entry, codes, number, complaints) for number, entry in enumerate(entries, start=1)]
    names = [feed.name for feed in feeds if feed]
    for name in sorted({name for name in names if names.count(name) > 1}):
        complaints.add(f"feed {name!r}", "the name is used twice; give each feed a name of its own")
    return CityMapping(
        city=str(document.get("city", "")),
        title=str(document.get("title", "")),
        provenance=str(document.get("provenance", "")),
        exported_on=exported_on,
        ignored={str(key): str(value) for key, value in document.get("ignored", {}).items()},
        feeds=tuple(feed for feed in feeds if feed),
        text=text,
    )


def _feed(
    entry: Mapping[str, Any], codes: Mapping[str, Any], number: int, complaints: Complaints
) -> Feed | None:
    name = str(entry.get("name") or f"{entry.get('table')} from {entry.get('file')}")
    place = f"feed {number} ({name})"
    complaints.unknown(place, entry, FEED_KEYS)
    table = str(entry.get("table"))
    if table not in contract_names():
        complaints.unknown(f"{place}, table", [table], contract_names())
        return None
    contract = load_contract(table)
    undated = tuple(entry.get("undated", ()))
    columns = entry.get("columns", {})
    names = [column.name for column in contract.columns]
    complaints.unknown(f"{place}, columns", columns, names)
    complaints.unknown(
        f"{place}, undated", undated, [name for name in names if name not in (*contract.key, "known_on")]
    )
    if not isinstance(entry.get("file"), str):
        complaints.add(place, "'file' is missing; give a file name or a pattern such as '*.csv'")
    if entry.get("format") not in (None, *FORMATS):
        complaints.unknown(f"{place}, format", [str(entry["format"])], FORMATS)
    limit = entry.get("reject_limit", 0.05)
    if not isinstance(limit, (int, float)) or not 0 <= limit <= 1:
        complaints.add(place, f"reject_limit is a share from 0 to 1, got {limit!r}")
    for column in contract.columns:
        optional = not column.required or (column.undatable and column.name in undated)
        if not optional and column.name not in columns:
            complaints.add(
                place, f"column {column.name!r} is required by the contract {table} and not mapped"
            )
    mapped = [
        mapped_column(
            contract.column(target),
            source,
            codes=codes,
            place=f"{place}, column {target!r}",
            complaints=complaints,
        )
        for target, source in columns.items()
        if target in names
    ]
    return Feed(
        name=name,
        table=table,
        file=str(entry.get("file")),
        format=entry.get("format"),
        undated=undated,
        reject_limit=float(limit) if isinstance(limit, (int, float)) else 0.0,
        header_line=int(entry.get("header_line", 1)),
        delimiter=entry.get("delimiter"),
        encoding=entry.get("encoding"),
        columns=tuple(column for column in mapped if column),
        uses_pseudonyms=any(
            isinstance(source, dict) and "pseudonym" in source for source in columns.values()
        ),
    )
