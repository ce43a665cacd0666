"""Delimited text as it comes: encoding, delimiter, header; it becomes Parquet of plain text.

One streaming pass gives what no SQL reader offers offline: GB18030, true line numbers, what is no row kept.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from data_contracts.mapping.reading import Reading
from data_contracts.raw.bulk_rows import bulk_tables
from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.header import names_of
from data_contracts.raw.hopeless import Judge
from data_contracts.raw.lines import Line, LongLineError, evidence_of, is_wide, lines_of
from data_contracts.raw.rows import LONGEST_ROW, Layout, rows_of
from data_contracts.raw.text_table import schema_of, tables_of, write_tables

QUOTE = '"'
DELIMITERS = ",\t;|"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A file of text with its header read: where its rows begin and how they are laid out."""

    path: Path
    encoding: str
    mixed: bool
    names: tuple[str, ...]
    first_row: int
    layout: Layout


def delimited_to_parquet(raw: RawFile, reading: Reading, target: Path, judge: Judge) -> int:
    """Writes a CSV file as Parquet of text columns with line numbers; returns the number of rows."""
    try:
        text = _opened(raw, reading)
        schema = schema_of(text.names)
        return write_tables(judge.tables(_tables(text, schema)), schema, target)
    except (LongLineError, csv.Error) as cause:
        raise RawFileError(
            expected=f"{raw.name} to be a table of delimited text",
            got=str(cause),
            todo="replace the file, or list it under [ignored] with the reason",
        ) from cause
    except (UnicodeError, LookupError) as cause:
        raise RawFileError(
            expected=f"{raw.name} to be text in {reading.encoding or 'UTF-16'}",
            got=f"{cause}",
            todo="correct 'encoding' in its feed",
        ) from cause


def _tables(text: _Text, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in bulk where lines are rows, and one by one where they need not be."""
    layout, first = text.layout, text.first_row
    if not layout.multiline and layout.delimiter.isascii() and not is_wide(text.encoding):
        return bulk_tables(
            text.path,
            text.encoding,
            mixed=text.mixed,
            first_line=text.first_row,
            layout=layout,
            schema=schema,
        )
    below = islice(lines_of(text.path, text.encoding), first - 1, None)
    return tables_of(rows_of(below, layout), schema)


def _opened(raw: RawFile, reading: Reading) -> _Text:
    encoding, mixed = (reading.encoding, True) if reading.encoding else _evidence(raw)
    lines = lines_of(raw.path, encoding)
    header, last = _header(lines, raw, replace(reading, encoding=encoding))
    delimiter = reading.delimiter or max(DELIMITERS, key="\n".join(header).count)
    cells = [next(csv.reader([line], delimiter=delimiter), []) for line in header]
    names = names_of(raw, cells)
    layout = Layout(width=len(names), delimiter=delimiter, multiline=reading.multiline)
    return _Text(
        path=raw.path, encoding=encoding, mixed=mixed, names=tuple(names), first_row=last + 1, layout=layout
    )


def _header(lines: Iterator[Line], raw: RawFile, reading: Reading) -> tuple[list[str], int]:
    """The text of each line of column names, and the number of the last."""
    texts, last = [], 0
    skipped = reading.header_line - 1
    for _ in range(reading.header_rows):
        text, last = _header_line(islice(lines, skipped, None), last + skipped + 1, raw, reading)
        texts.append(text)
        skipped = 0
    return texts, last


def _header_line(lines: Iterator[Line], number: int, raw: RawFile, reading: Reading) -> tuple[str, int]:
    """One line of column names, or several where the feed declares `multiline`, and the last one's number."""
    first = next(lines, Line(number, ""))
    text, problem, last = first.text, first.problem, first.number
    more = islice(lines, LONGEST_ROW - 1 if reading.multiline else 0)
    while text.count('"') % 2 and not problem and (line := next(more, None)):
        text, problem, last = text + line.text, line.problem, line.number
    if problem:
        raise RawFileError(
            expected=f"the column names of {raw.name} (line {first.number}) to be text in {reading.encoding}",
            got=f"a line that is {problem}",
            todo="save the whole file in UTF-8, or correct 'encoding' in its feed",
        )
    if text.count('"') % 2:
        raise RawFileError(
            expected=f"the column names of {raw.name} (line {first.number}) to close their quotation marks",
            got=f"{text.count(QUOTE)} of them in {len(text):,} characters",
            todo="close the quotation mark there, or set multiline = true in its feed if names have lines",
        )
    return text, last


def _evidence(raw: RawFile) -> tuple[str, bool]:
    """What the lines of the file speak for; refuses an empty file and one that is no text."""
    with raw.path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        raise RawFileError(
            expected=f"{raw.name} to hold a table",
            got="an empty file",
            todo="replace the file, or list it under [ignored]",
        )
    encoding, mixed = evidence_of(raw.path)
    if encoding is None:
        raise RawFileError(
            expected=f"{raw.name} to be text in UTF-8, UTF-16 or GB18030, or to be named .parquet",
            got=f"bytes that are none of them (first: {head[:8].hex(' ')})",
            todo="save it as CSV in UTF-8, or list it under [ignored] with the reason",
        )
    return encoding, mixed
