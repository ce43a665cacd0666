"""A mapping file (TOML): which foreign file feeds which table, and how each of its columns is made.

Parsing collects every mistake and refuses once. Nothing here touches data; SQL is only text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, contract_names, load_contract
from data_contracts.mapped_column import Complaints, MappedColumn, mapped_column
from data_contracts.near_names import near
from data_contracts.reading import READING_KEYS, Reading, reading_complaints, reading_of
from data_contracts.refusal import Refusal

MAPPINGS_FOLDER = Path(__file__).parent / "mappings"
TOP_KEYS = ("city", "title", "provenance", "exported_on", "ignored", "codes", "feed")
FEED_KEYS = ("name", "table", "file", "undated", "reject_limit", "set_aside", "columns", *READING_KEYS)
DEFAULT_REJECT_LIMIT = 0.05


class MappingError(Refusal):
    """A mapping file that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Rows that a feed leaves to another: where `when` (SQL over foreign columns) is true, and the reason."""

    when: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One file pattern read into one table."""

    name: str
    table: str
    file: str
    undated: tuple[str, ...]
    reject_limit: float
    set_aside: SetAside | None
    reading: Reading
    columns: tuple[MappedColumn, ...]
    uses_pseudonyms: bool

    @property
    def contract(self) -> Contract:
        """The contract of its table."""
        return load_contract(self.table)

    @property
    def persons(self) -> tuple[str, ...]:
        """The foreign columns that name persons, as the mapping spells them."""
        return tuple(
            column.expression.strip().strip('"') for column in self.columns if column.way == "pseudonym"
        )


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
    except OSError as cause:
        raise MappingError(
            expected="a mapping file", got=f"{path}, which cannot be read as one", todo="correct --mapping"
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
    codes, entries, ignored = document.get("codes", {}), document.get("feed", []), document.get("ignored", {})
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        complaints.add("the file", "has no [[feed]]")
        entries = []
    if not isinstance(ignored, dict) or not all(isinstance(reason, str) for reason in ignored.values()):
        complaints.add("[ignored]", 'expected file = "reason"')
        ignored = {}
    if not isinstance(codes, dict) or not all(isinstance(table, dict) for table in codes.values()):
        complaints.add("[codes]", 'expected tables [codes.NAME] of foreign = "ours"')
        codes = {}
    feeds = [_feed(entry, codes, number, complaints) for number, entry in enumerate(entries, start=1)]
    names = [feed.name for feed in feeds if feed]
    for name in sorted({name for name in names if names.count(name) > 1}):
        complaints.add(f"feed {name!r}", "the name is used twice; give each feed a name of its own")
    return CityMapping(
        city=str(document.get("city", "")),
        title=str(document.get("title", "")),
        provenance=str(document.get("provenance", "")),
        exported_on=exported_on,
        ignored=dict(ignored),
        feeds=tuple(feed for feed in feeds if feed),
        text=text,
    )


def _feed(
    entry: Mapping[str, Any], codes: Mapping[str, Any], number: int, complaints: Complaints
) -> Feed | None:
    name = str(entry.get("name") or f"{entry.get('table')} from {entry.get('file')}")
    place = f"feed {number} ({name})"
    table = str(entry.get("table"))
    if not _feed_is_shaped(entry, place, complaints) or table not in contract_names():
        complaints.unknown(f"{place}, table", [table], contract_names())
        return None
    contract = load_contract(table)
    undated, columns = tuple(entry.get("undated", ())), entry["columns"]
    _check_columns(contract, columns, undated, place, complaints)
    mapped = [
        mapped_column(
            column,
            columns[column.name],
            codes=codes,
            place=f"{place}, column {column.name!r}",
            complaints=complaints,
        )
        for column in contract.columns
        if column.name in columns
    ]
    return Feed(
        name=name,
        table=table,
        file=entry["file"],
        undated=undated,
        reject_limit=float(entry.get("reject_limit", DEFAULT_REJECT_LIMIT)),
        set_aside=SetAside(**entry["set_aside"]) if "set_aside" in entry else None,
        reading=reading_of(entry),
        columns=tuple(column for column in mapped if column),
        uses_pseudonyms=any("pseudonym" in source for source in columns.values() if isinstance(source, dict)),
    )


def _feed_is_shaped(entry: Mapping[str, Any], place: str, complaints: Complaints) -> bool:
    """True if every key of a feed is known and holds what it should; complains of each that does not."""
    before = len(complaints.found)
    complaints.unknown(place, entry, FEED_KEYS)
    wanted: dict[str, tuple[str, Callable[[Any], bool]]] = {
        "file": ("a file name or a pattern such as '*.csv'", lambda value: isinstance(value, str)),
        "columns": ("a table [feed.columns]", lambda value: isinstance(value, dict)),
        "undated": ("a list of column names", lambda value: isinstance(value, list)),
        "reject_limit": ("a share from 0 to 1", _is_share),
        "set_aside": ('{ when = "SQL condition", because = "reason" }', _is_set_aside),
    }
    for key, (words, fits) in wanted.items():
        if (key in entry or key in ("file", "columns")) and not fits(entry.get(key)):
            complaints.add(place, f"{key!r} is {words}, got {entry.get(key)!r}")
    for complaint in reading_complaints(entry):
        complaints.add(place, complaint)
    return len(complaints.found) == before


def _check_columns(
    contract: Contract,
    columns: Mapping[str, Any],
    undated: tuple[str, ...],
    place: str,
    complaints: Complaints,
) -> None:
    names = [column.name for column in contract.columns]
    datable = [name for name in names if name not in (*contract.key, "known_on")]
    complaints.unknown(f"{place}, columns", columns, names)
    complaints.unknown(f"{place}, undated", undated, datable)
    for column in contract.columns:
        optional = not column.required or (column.undatable and column.name in undated)
        if not optional and column.name not in columns:
            required = f"column {column.name!r} is required by the contract {contract.table} and not mapped"
            complaints.add(place, required)


def _is_share(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1  # type: ignore[operator]


def _is_set_aside(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"when", "because"}
        and all(isinstance(text, str) and text.strip() for text in value.values())
    )
