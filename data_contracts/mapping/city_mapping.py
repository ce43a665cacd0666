"""A mapping file (TOML): which foreign file feeds which table, and how each of its columns is made.

Parsing collects every mistake and refuses once. Nothing here touches data; SQL is only text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, contract_names, load_contract
from data_contracts.mapping.complaints import Complaint, Complaints, Place
from data_contracts.mapping.mapped_column import MappedColumn, mapped_column
from data_contracts.mapping.reading import READING_KEYS, Reading, reading_complaints, reading_of
from data_contracts.mapping.toml_places import line_of, toml_places
from data_contracts.near_names import near
from data_contracts.refusal import Refusal

MAPPINGS_FOLDER = Path(__file__).parents[1] / "mappings"
TOP_KEYS = ("city", "title", "provenance", "exported_on", "time_zone", "ignored", "codes", "feed")
FEED_KEYS = (
    "name", "table", "file", "provider", "persons", "not_persons", "undated", "reject_limit", "set_aside",
    "columns",
    *READING_KEYS,
)  # fmt: skip
DEFAULT_REJECT_LIMIT = 0.05
DEFAULT_TIME_ZONE = "Asia/Shanghai"
NO_EXPORT_DAY = "say the day of the export at the top of the file, such as exported_on = 2026-06-30"
_EXPORT_DAY = re.compile(r"(?<![\w'])exported_on(?![\w'])", re.IGNORECASE)


class MappingError(Refusal):
    """A mapping file that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Rows that a feed leaves to another: where `when` (SQL over foreign columns) is true, and the reason."""

    when: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One file pattern read into one table; `number` counts the feeds of the file from one."""

    number: int
    name: str
    table: str
    file: str
    provider: str
    undated: tuple[str, ...]
    reject_limit: float
    set_aside: SetAside | None
    reading: Reading
    columns: tuple[MappedColumn, ...]
    declared_persons: tuple[str, ...]
    not_persons: tuple[str, ...] = ()

    @property
    def uses_pseudonyms(self) -> bool:
        """True if a column or a rejected row of this feed may hold a pseudonym."""
        return bool(self.persons)

    @property
    def contract(self) -> Contract:
        """The contract of its table."""
        return load_contract(self.table)

    @property
    def persons(self) -> tuple[str, ...]:
        """The foreign columns that name persons, as the mapping spells them: mapped, or only declared."""
        made = (column.expression.strip().strip('"') for column in self.columns if column.way == "pseudonym")
        return tuple(dict.fromkeys((*made, *self.declared_persons)))

    @property
    def harmless(self) -> tuple[str, ...]:
        """The foreign columns that name nobody whatever their headings say: declared so, or shown."""
        shown = (column.expression.strip().strip('"') for column in self.columns if column.way == "shown")
        return (*shown, *self.not_persons)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMapping:
    """All feeds of a city, and the files it leaves aside with the reason."""

    city: str
    title: str
    provenance: str
    exported_on: date | None
    time_zone: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFile:
    """A mapping file as far as it can be followed, and everything wrong with it."""

    path: Path
    mapping: CityMapping
    complaints: tuple[Complaint, ...]
    unsound: frozenset[int]  # the numbers of feeds that have a mistake
    places: Mapping[tuple[str | int, ...], int]

    def line(self, *path: str | int) -> int | None:
        """The line of a key, or of the nearest thing around it."""
        return line_of(self.places, path)


def open_mapping(path: Path) -> MappingFile:
    """A mapping file with all its mistakes; refuses only what is no TOML."""
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
    complaints, unsound = Complaints(), set[int]()
    mapping = _city(document, text, complaints, unsound)
    return MappingFile(
        path=path,
        mapping=mapping,
        complaints=tuple(complaints.found),
        unsound=frozenset(unsound),
        places=toml_places(text),
    )


def read_mapping(path: Path) -> CityMapping:
    """The mapping in a file, or one refusal that lists everything wrong with it, line by line."""
    opened = open_mapping(path)
    if not opened.complaints:
        return opened.mapping
    lines = [opened.line(*complaint.place.path) for complaint in opened.complaints]
    told = zip(lines, opened.complaints, strict=True)
    raise MappingError(
        expected=f"a mapping file that only uses known words ({path.name})",
        got="; ".join(f"line {line}, {complaint}" if line else str(complaint) for line, complaint in told),
        todo=f"correct the mapping file in {len(lines)} place(s)",
    )


def _city(document: Mapping[str, Any], text: str, complaints: Complaints, unsound: set[int]) -> CityMapping:
    top = Place(path=(), words="the top of the file")
    complaints.unknown(top, document, TOP_KEYS)
    exported_on = document.get("exported_on")
    if exported_on is not None and (not isinstance(exported_on, date) or isinstance(exported_on, datetime)):
        at = Place(path=("exported_on",), words="exported_on")
        complaints.add(at, f"expected a date such as 2026-06-30, got {exported_on!r}")
        exported_on = None
    if not isinstance(document.get("city"), str) or not document["city"]:
        complaints.add(top.inside("city"), 'city = "NAME" is missing: letters, digits, - or _')
    codes, entries, ignored = document.get("codes", {}), document.get("feed", []), document.get("ignored", {})
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        complaints.add(Place(path=("feed",), words="the file"), "has no [[feed]]")
        entries = []
    if not isinstance(ignored, dict) or not all(isinstance(reason, str) for reason in ignored.values()):
        complaints.add(Place(path=("ignored",), words="[ignored]"), 'expected file = "reason"')
        ignored = {}
    if not isinstance(codes, dict) or not all(isinstance(table, dict) for table in codes.values()):
        words = 'expected tables [codes.NAME] of foreign = "ours"'
        complaints.add(Place(path=("codes",), words="[codes]"), words)
        codes = {}
    feeds = []
    for number, entry in enumerate(entries, start=1):
        before = len(complaints.found)
        feeds.append(_feed(entry, codes, number, complaints))
        # A code that is missing in a code table stops admission, and no other row of the feed.
        if any(complaint.place.path[0] != "codes" for complaint in complaints.found[before:]):
            unsound.add(number)
    _complain_of_names([feed for feed in feeds if feed], complaints)
    if exported_on is None:
        _complain_of_no_export([feed for feed in feeds if feed], complaints)
    return CityMapping(
        city=str(document.get("city", "")),
        title=str(document.get("title", "")),
        provenance=str(document.get("provenance", "")),
        exported_on=exported_on,
        time_zone=_time_zone(document, complaints),
        ignored=dict(ignored),
        feeds=tuple(feed for feed in feeds if feed),
        text=text,
    )


def _time_zone(document: Mapping[str, Any], complaints: Complaints) -> str:
    zone = document.get("time_zone", DEFAULT_TIME_ZONE)
    if _is_text(zone):
        return str(zone)
    words = f"expected the name of a zone such as {DEFAULT_TIME_ZONE}, got {zone!r}"
    complaints.add(Place(path=("time_zone",), words="time_zone"), words)
    return DEFAULT_TIME_ZONE


def _complain_of_names(feeds: list[Feed], complaints: Complaints) -> None:
    taken: set[str] = set()
    for feed in feeds:
        if feed.name in taken:
            at = Place(path=("feed", feed.number - 1, "name"), words=f"feed {feed.name!r}")
            complaints.add(at, "the name is used twice; give each feed a name of its own")
        taken.add(feed.name)


def _complain_of_no_export(feeds: list[Feed], complaints: Complaints) -> None:
    """Expressions over the day of the export, where nobody says which day that is."""
    for feed in feeds:
        place = Place(path=("feed", feed.number - 1), words=f"feed {feed.name!r}")
        made = [
            (place.inside("columns", column.target, words=f"column {column.target}"), column.expression)
            for column in feed.columns
            if column.way != "value"
        ]
        aside = [(place.inside("set_aside"), feed.set_aside.when)] if feed.set_aside else []
        for at, expression in (*made, *aside):
            if _EXPORT_DAY.search(expression):
                complaints.add(at, f"asks for exported_on: {NO_EXPORT_DAY}")


def _feed(
    entry: Mapping[str, Any], codes: Mapping[str, Any], number: int, complaints: Complaints
) -> Feed | None:
    name = str(entry.get("name") or f"{entry.get('table')} from {entry.get('file')}")
    place = Place(path=("feed", number - 1), words=f"feed {name!r}")
    table = str(entry.get("table"))
    entry = _sound_keys(entry, place, complaints)
    complaints.unknown(place.inside("table", words="table"), [table], contract_names())
    if table not in contract_names() or not {"file", "columns"} <= entry.keys():
        return None
    contract = load_contract(table)
    undated, columns = tuple(entry.get("undated", ())), entry["columns"]
    _check_columns(contract, columns, undated, place, complaints)
    mapped = [
        mapped_column(
            column,
            columns[column.name],
            codes=codes,
            place=place.inside("columns", column.name, words=f"column {column.name}"),
            complaints=complaints,
        )
        for column in contract.columns
        if column.name in columns and not column.computed
    ]
    return Feed(
        number=number,
        name=name,
        table=table,
        file=entry["file"],
        provider=entry.get("provider", contract.source.provided_by),
        undated=undated,
        reject_limit=float(entry.get("reject_limit", DEFAULT_REJECT_LIMIT)),
        set_aside=SetAside(**entry["set_aside"]) if "set_aside" in entry else None,
        reading=reading_of(entry),
        columns=tuple(column for column in mapped if column),
        declared_persons=tuple(entry.get("persons", ())),
        not_persons=tuple(entry.get("not_persons", ())),
    )


def _sound_keys(entry: Mapping[str, Any], place: Place, complaints: Complaints) -> dict[str, Any]:
    """The keys of a feed that are known and hold what they should; complains of each other one."""
    complaints.unknown(place, entry, FEED_KEYS)
    sound = {key: value for key, value in entry.items() if key in FEED_KEYS}
    wanted: dict[str, tuple[str, Callable[[Any], bool]]] = {
        "file": ("a file name or a pattern such as '*.csv'", lambda value: isinstance(value, str)),
        "columns": ("a table [feed.columns]", lambda value: isinstance(value, dict)),
        "provider": ("who hands the file over, in words", _is_text),
        "persons": ("a list of columns of the file that name persons", _is_list_of_text),
        "not_persons": ("a list of columns of the file that name nobody", _is_list_of_text),
        "undated": ("a list of column names", _is_list_of_text),
        "reject_limit": ("a share from 0 to 1", _is_share),
        "set_aside": ('{ when = "SQL condition", because = "reason" }', _is_set_aside),
    }
    for key, (words, fits) in wanted.items():
        if (key in entry or key in ("file", "columns")) and not fits(entry.get(key)):
            complaints.add(place.inside(key), f"{key!r} is {words}, got {entry.get(key)!r}")
            sound.pop(key, None)
    for key in READING_KEYS:
        for complaint in reading_complaints({key: entry[key]}) if key in entry else ():
            complaints.add(place.inside(key), complaint)
            sound.pop(key)
    return sound


def _check_columns(
    contract: Contract,
    columns: Mapping[str, Any],
    undated: tuple[str, ...],
    place: Place,
    complaints: Complaints,
) -> None:
    names = [column.name for column in contract.columns if not column.computed]
    datable = [name for name in names if name not in (*contract.key, "known_on")]
    computed = [column.name for column in contract.columns if column.computed and column.name in columns]
    for name in computed:
        at = place.inside("columns", name, words=f"column {name}")
        complaints.add(at, "admission writes it from the versions of a row; take it out")
    given = [name for name in columns if name not in computed]
    complaints.unknown(place.inside("columns", words="columns"), given, names)
    complaints.unknown(place.inside("undated", words="undated"), undated, datable)
    # A row that only withdraws another takes everything else from it.
    withdraws = columns.get("retracted") == {"value": True}
    wanted = (*contract.key, "known_on") if withdraws else names
    for column in contract.columns:
        optional = not column.required or (column.undatable and column.name in undated)
        if not optional and column.name in wanted and column.name not in columns:
            required = f"column {column.name!r} is required by the contract {contract.table} and not mapped"
            complaints.add(place.inside("columns", column.name), required)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list_of_text(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_share(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1  # type: ignore[operator]


def _is_set_aside(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"when", "because"}
        and all(isinstance(text, str) and text.strip() for text in value.values())
    )
