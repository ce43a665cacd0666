"""A mapping file (TOML): which foreign file feeds which table, and how each of its columns is made.

Parsing collects every mistake and refuses once. Nothing here touches data; SQL is only text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_contracts import conversions
from data_contracts.contract import Column, Contract, contract_names, load_contract, near
from data_contracts.refusal import Refusal

MAPPINGS_FOLDER = Path(__file__).parent / "mappings"
TOP_KEYS = ("city", "title", "provenance", "exported_on", "ignored", "codes", "feed")
FEED_KEYS = (
    "name", "table", "file", "format", "undated", "reject_limit", "header_line", "delimiter", "encoding", "columns",
)  # fmt: skip
FORMATS = ("csv", "parquet")
# The word that says how a column is made, and the words that may stand beside it.
WAYS: Mapping[str, tuple[str, ...]] = {
    "date": ("day_first",),
    "code": ("table", "default"),
    "codes": ("table", "default", "split"),
    "fen": ("unit",),
    "value": (),
    "pseudonym": (),
}
SPLIT = "[;；,，、]"


class MappingError(Refusal):
    """A mapping file that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedColumn:
    """One target column: the foreign expression as given, and the SQL of its value."""

    target: str
    expression: str
    value: str
    reason: str | None  # of a row whose expression is not blank but gives no value; None if that cannot be


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


@dataclass(slots=True, kw_only=True)
class _Complaints:
    """Mistakes found so far; a person corrects them all at once."""

    found: list[str] = field(default_factory=list)

    def unknown(self, place: str, words: Iterable[str], known: Iterable[str]) -> None:
        known = list(known)
        self.found.extend(
            f"{place}: unknown {word!r}{near(word, known)}, known are {', '.join(known)}"
            for word in words
            if word not in known
        )

    def add(self, place: str, text: str) -> None:
        self.found.append(f"{place}: {text}")


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
    complaints = _Complaints()
    mapping = _city(document, text, complaints)
    if complaints.found:
        raise MappingError(
            expected=f"a mapping file that only uses known words ({path.name})",
            got="; ".join(complaints.found),
            todo=f"correct {'this place' if len(complaints.found) == 1 else f'these {len(complaints.found)} places'}",
        )
    return mapping


def _city(document: Mapping[str, Any], text: str, complaints: _Complaints) -> CityMapping:
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
    entry: Mapping[str, Any], codes: Mapping[str, Any], number: int, complaints: _Complaints
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
        _column(contract.column(target), source, codes, f"{place}, column {target!r}", complaints)
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


def _column(
    column: Column, source: Any, codes: Mapping[str, Any], place: str, complaints: _Complaints
) -> MappedColumn | None:
    if isinstance(source, str):
        source = {"codes": source} if column.multi else {"plain": source}
    ways = [way for way in ("plain", *WAYS) if isinstance(source, dict) and way in source]
    if len(ways) != 1:
        complaints.add(place, f"expected a SQL expression or one of {', '.join(WAYS)}, got {source!r}")
        return None
    way = ways[0]
    complaints.unknown(place, [word for word in source if word != way], WAYS.get(way, ()))
    wanted = {"date": "date", "fen": "integer", "pseudonym": "string", "code": "string", "codes": "string"}
    if way in wanted and wanted[way] != column.kind:
        complaints.add(place, f"{way!r} makes a {wanted[way]}, and the contract wants a {column.kind}")
        return None
    if way == "value":
        return _literal(column, source["value"], place, complaints)
    expression = str(source[way])
    if not expression.strip():
        complaints.add(place, "the expression is empty")
        return None
    wrapped = f"({expression}\n)"
    value = _value(way, source, (column, wrapped), codes, place, complaints)
    reasons = {
        "integer": "not_an_integer",
        "number": "not_a_number",
        "date": "not_a_date",
        "boolean": "not_true_or_false",
    }
    special = {"fen": "not_an_amount", "code": "unknown_code", "codes": "unknown_code", "pseudonym": None}
    reason = special.get(way, reasons.get(column.kind))
    return MappedColumn(target=column.name, expression=expression, value=value, reason=reason)


def _value(
    way: str,
    source: Mapping[str, Any],
    target: tuple[Column, str],
    codes: Mapping[str, Any],
    place: str,
    complaints: _Complaints,
) -> str:
    column, expression = target
    if way == "plain":
        return conversions.plain_sql(expression, column.kind)
    if way == "date":
        return conversions.date_sql(expression, day_first=source.get("day_first"))
    if way == "pseudonym":
        return conversions.pseudonym_sql(expression)
    if way == "fen":
        unit = source.get("unit", "yuan")
        complaints.unknown(f"{place}, unit", [unit], conversions.FEN_PER)
        return conversions.fen_sql(expression, unit if unit in conversions.FEN_PER else "yuan")
    table = _code_table(column, source, codes, place, complaints)
    if way == "codes":
        return conversions.codes_sql(expression, table, source.get("split", SPLIT), source.get("default"))
    return conversions.code_sql(expression, table or {}, source.get("default"))


def _code_table(
    column: Column, source: Mapping[str, Any], codes: Mapping[str, Any], place: str, complaints: _Complaints
) -> dict[str, str] | None:
    name = source.get("table")
    if name is None and "codes" in source:
        return None
    if name not in codes:
        complaints.unknown(f"{place}, code table", [str(name)], codes)
        return {}
    table = {str(key): str(value) for key, value in codes[name].items()}
    if column.codes:
        ours = [code.code for code in column.codes]
        used = {*table.values(), *([source["default"]] if "default" in source else [])}
        complaints.unknown(f"{place}, codes.{name}", sorted(used), ours)
    return table


def _literal(column: Column, value: Any, place: str, complaints: _Complaints) -> MappedColumn | None:
    types = {"string": str, "integer": int, "number": (int, float), "date": date, "boolean": bool}
    if not isinstance(value, types[column.kind]) or isinstance(value, bool) != (column.kind == "boolean"):  # type: ignore[arg-type]
        complaints.add(place, f"the contract wants a {column.kind}, got {value!r}")
        return None
    if column.codes and not column.multi:
        complaints.unknown(place, [str(value)], [code.code for code in column.codes])
    sql = conversions.literal_sql(value, column.sql_type)
    return MappedColumn(target=column.name, expression=sql, value=sql, reason=None)
