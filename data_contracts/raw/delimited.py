"""Delimited text as it comes: encoding, delimiter, header; it becomes Parquet of plain text.

One streaming pass gives what no SQL reader offers offline: GB18030, true line numbers, what is no row kept.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.checks import FAULT, FIELDS, LINE
from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.header import header_names
from data_contracts.raw.lines import Line, LongLineError, encoding_of, lines_of
from data_contracts.raw.rows import LONGEST_ROW, Layout, rows_of
from data_contracts.reading import Reading

BATCH_ROWS = 50_000
DELIMITERS = ",\t;|"


def text_to_parquet(raw: RawFile, reading: Reading, target: Path) -> int:
    """Writes a CSV file as Parquet of text columns with line numbers; returns the number of rows."""
    try:
        encoding = reading.encoding or _encoding(raw)
        return _convert(lines_of(raw.path, encoding), raw, replace(reading, encoding=encoding), target)
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


def _convert(lines: Iterator[Line], raw: RawFile, reading: Reading, target: Path) -> int:
    header = _header(lines, raw, reading)
    delimiter = reading.delimiter or max(DELIMITERS, key=header.count)
    names = header_names(next(csv.reader([header], delimiter=delimiter), []))
    if not names or "\0" in header:
        raise RawFileError(
            expected=f"{raw.name} to begin with a line of column names",
            got=f"{header[:60]!r}",
            todo="replace the file, set header_line in its feed, or list it under [ignored] with the reason",
        )
    schema = pa.schema([(name, pa.string()) for name in (*names, FAULT, FIELDS)] + [(LINE, pa.int64())])
    layout = Layout(width=len(names), delimiter=delimiter, multiline=reading.multiline)
    rows = 0
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        read = (row.padded(layout.width) for row in rows_of(lines, layout))
        while batch := list(islice(read, BATCH_ROWS)):
            columns = list(zip(*batch, strict=True))
            writer.write_table(
                pa.table(
                    [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)],
                    schema=schema,
                )
            )
            rows += len(batch)
    return rows


def _header(lines: Iterator[Line], raw: RawFile, reading: Reading) -> str:
    """The text of the column names: one line, or several where the feed declares `multiline`."""
    first = next(islice(lines, reading.header_line - 1, None), Line(reading.header_line, ""))
    text, problem = first.text, first.problem
    more = islice(lines, LONGEST_ROW - 1 if reading.multiline else 0)
    while text.count('"') % 2 and not problem and (line := next(more, None)):
        text, problem = text + line.text, line.problem
    if problem:
        raise RawFileError(
            expected=f"the column names of {raw.name} (line {first.number}) to be text in {reading.encoding}",
            got=f"a line that is {problem}",
            todo="save the whole file in UTF-8, or correct 'encoding' in its feed",
        )
    if text.count('"') % 2:
        raise RawFileError(
            expected=f"the column names of {raw.name} (line {first.number}) to close their quotation marks",
            got=f"{text[:60]!r}",
            todo="close the quotation mark there, or set multiline = true in its feed if names have lines",
        )
    return text


def _encoding(raw: RawFile) -> str:
    """What the lines of the file speak for; refuses an empty file and one that is no text."""
    with raw.path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        raise RawFileError(
            expected=f"{raw.name} to hold a table",
            got="an empty file",
            todo="replace the file, or list it under [ignored]",
        )
    encoding = encoding_of(raw.path)
    if encoding is None:
        raise RawFileError(
            expected=f"{raw.name} to be text in UTF-8, UTF-16 or GB18030, or to be named .parquet",
            got=f"bytes that are none of them (first: {head[:8].hex(' ')})",
            todo="save it as CSV in UTF-8, or list it under [ignored] with the reason",
        )
    return encoding
