"""How a feed wants its file read: what may be said in a mapping, and what each word means."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

FORMATS = ("csv", "parquet", "xlsx", "json", "jsonl")
MOST_HEADER_ROWS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one file is read; None means find out."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int = 1
    header_rows: int = 1
    multiline: bool = False
    sheet: str | None = None
    records: str | None = None


READING_KEYS = tuple(field.name for field in fields(Reading))


def reading_of(entry: Mapping[str, Any]) -> Reading:
    """The reading that a feed declares, once reading_complaints finds nothing wrong with it."""
    return Reading(**{key: entry[key] for key in READING_KEYS if key in entry})


def reading_complaints(entry: Mapping[str, Any]) -> list[str]:
    """What is wrong with the reading keys of a feed, each with the value that came."""
    return [
        f"{key!r} is {words}, got {entry[key]!r}"
        for key, (words, fits) in _WANTED.items()
        if key in entry and not fits(entry[key])
    ]


def _is_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(codecs.lookup(value))
    except LookupError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


_WANTED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "format": (f"one of {', '.join(FORMATS)}", lambda value: value in FORMATS),
    "encoding": ("the name of an encoding", _is_encoding),
    "delimiter": ("one character", lambda value: isinstance(value, str) and len(value) == 1),
    "header_line": ("a line number from 1", lambda value: type(value) is int and value >= 1),
    "header_rows": (
        f"the number of lines that hold column names, 1 to {MOST_HEADER_ROWS}",
        lambda value: type(value) is int and 1 <= value <= MOST_HEADER_ROWS,
    ),
    "multiline": ("true or false", lambda value: isinstance(value, bool)),
    "sheet": ("the name of a sheet", _is_text),
    "records": ("the place of the records in a JSON file, such as 'data.items'", _is_text),
}
