"""Foreign files as they come: encoding, delimiter, header; CSV becomes Parquet of plain text.

One streaming pass gives what no SQL reader offers offline: GB18030, true line numbers, ragged rows kept.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.checks import FIELDS, FILE, LINE, POSITION
from data_contracts.refusal import Refusal

RESERVED = frozenset({LINE, FIELDS, FILE, POSITION, "exported_on", "row_problem", "row_value", "row_text"})
BATCH_ROWS = 50_000
CHUNK_BYTES = 1 << 20
DELIMITERS = ",\t;|"
_HEADER_BLANKS = " \t\r\n\"'\ufeff\u00a0\u3000"


class RawFileError(Refusal):
    """A foreign file that cannot be read as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file of the raw folder; `name` is its path inside, in composed Unicode."""

    path: Path
    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a mapping wants a CSV file read; None means find out."""

    encoding: str | None = None
    delimiter: str | None = None
    header_line: int = 1


def list_raw_files(folder: Path) -> tuple[RawFile, ...]:
    """Every visible file below a folder with its SHA-256, by name."""
    if not folder.is_dir():
        raise RawFileError(
            expected="a folder of raw files",
            got=f"no folder {folder}",
            todo="correct --raw, or put the files there",
        )
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder))
    return tuple(
        RawFile(
            path=path,
            name=unicodedata.normalize("NFC", path.relative_to(folder).as_posix()),
            digest=_sha256(path),
        )
        for path in paths
    )


def text_to_parquet(raw: RawFile, reading: Reading, target: Path) -> int:
    """Writes a CSV file as Parquet of text columns with line numbers; returns the number of rows."""
    encoding = reading.encoding or _encoding(raw)
    try:
        with raw.path.open(encoding=encoding, newline="") as stream:
            return _convert(stream, raw, reading, target)
    except (UnicodeError, LookupError) as cause:
        raise RawFileError(
            expected=f"{raw.name} to be text in {encoding}",
            got=f"{cause}",
            todo="correct 'encoding' in its feed",
        ) from cause


def _convert(stream: TextIO, raw: RawFile, reading: Reading, target: Path) -> int:
    for _ in range(reading.header_line - 1):
        stream.readline()
    header_text = stream.readline()
    while header_text.count('"') % 2 and (more := stream.readline()):
        header_text += more
    delimiter = reading.delimiter or max(DELIMITERS, key=header_text.count)
    names = header_names(next(csv.reader([header_text], delimiter=delimiter), []))
    if not names or "\0" in header_text:
        raise RawFileError(
            expected=f"{raw.name} to begin with a line of column names",
            got=f"{header_text[:60]!r}",
            todo="replace the file, set header_line in its feed, or list it under [ignored] with the reason",
        )
    schema = pa.schema([(name, pa.string()) for name in (*names, FIELDS)] + [(LINE, pa.int64())])
    rows = 0
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for batch in _batches(
            stream, raw, delimiter, (len(names), reading.header_line - 1 + max(header_text.count(chr(10)), 1))
        ):
            columns = list(zip(*batch, strict=True))
            writer.write_table(
                pa.table(
                    [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)],
                    schema=schema,
                )
            )
            rows += len(batch)
    return rows


def header_names(cells: Sequence[str]) -> list[str]:
    """Column names without blanks and marks around them; empty ones are numbered, repeated ones counted."""
    names: list[str] = []
    taken = {name.lower() for name in RESERVED}
    while cells and not cells[-1].strip(_HEADER_BLANKS):
        cells = cells[:-1]
    for place, cell in enumerate(cells, start=1):
        stem = name = cell.strip(_HEADER_BLANKS).replace("\n", "").replace("\r", "") or f"column_{place}"
        count = 2
        while name.lower() in taken:
            name, count = f"{stem}_{count}", count + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _batches(
    stream: TextIO, raw: RawFile, delimiter: str, shape: tuple[int, int]
) -> Iterator[list[tuple[str | int | None, ...]]]:
    """Rows with their first line; a row of another width keeps its fields, joined, in the column FIELDS."""
    width, before = shape
    reader = csv.reader(stream, delimiter=delimiter)
    batch: list[tuple[str | int | None, ...]] = []
    line = before + 1
    try:
        for fields in reader:
            cells = fields
            first, line = line, before + reader.line_num + 1
            if not cells:
                continue
            if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
                cells = cells[:width]
            if len(cells) == width:
                batch.append((*cells, None, first))
            else:
                kept = (cells + [""] * width)[:width]
                batch.append((*kept, f"{len(cells)} fields: {delimiter.join(cells)}"[:500], first))
            if len(batch) >= BATCH_ROWS:
                yield batch
                batch = []
    except csv.Error as cause:
        raise RawFileError(
            expected=f"{raw.name} to be a table of delimited text",
            got=f"{cause}, near line {line}",
            todo="close the quotation mark there, or replace the file",
        ) from cause
    if batch:
        yield batch


def _encoding(raw: RawFile) -> str:
    """UTF-8 (with or without mark), UTF-16 with mark, else GB18030; refuses what is none of them."""
    with raw.path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        raise RawFileError(
            expected=f"{raw.name} to hold a table",
            got="an empty file",
            todo="replace the file, or list it under [ignored]",
        )
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" not in head:
        for encoding in ("utf-8-sig", "gb18030"):
            if _decodes(raw.path, encoding):
                return encoding
    raise RawFileError(
        expected=f"{raw.name} to be text in UTF-8, UTF-16 or GB18030, or to be named .parquet",
        got=f"bytes that are none of them (first: {head[:8].hex(' ')})",
        todo="save it as CSV in UTF-8, or list it under [ignored] with the reason",
    )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                if "\0" in decoder.decode(chunk):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
