"""Rows of delimited text in bulk: whole pieces are split at once where every line is plainly one row.

The answer is that of rows_of, row by row: any line with a quotation mark, of another width or encoding, or
without text goes there alone. Only for files whose lines are rows (no `multiline`) and narrow encodings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from data_contracts.raw.lines import UTF_8, byte_chunks, decoded, ends_in, is_chinese
from data_contracts.raw.rows import Layout, rows_of
from data_contracts.raw.text_table import BATCH_ROWS, tables_of

_MARK = "\ufeff".encode()


def bulk_tables(
    path: Path, encoding: str, *, mixed: bool, first_line: int, layout: Layout, schema: pa.Schema
) -> Iterator[pa.Table]:
    """The rows from a line on; `mixed` says that a line may be of another encoding than the file."""
    check = mixed and is_chinese(encoding)
    for first, chunk in _chunks_from(path, first_line):
        table = None if check and not chunk.isascii() else _plain(chunk, encoding, first, layout, schema)
        yield from [table] if table else _sorted_out(chunk, encoding, first, layout, schema)


def _chunks_from(path: Path, first_line: int) -> Iterator[tuple[int, bytes]]:
    """The pieces of a file from a line on, each with the number of its first line."""
    number = 1
    for chunk in byte_chunks(path):
        following = number + _lines_in(chunk)
        if number >= first_line:
            yield number, chunk
        elif following > first_line:
            yield first_line, b"".join(chunk.splitlines(keepends=True)[first_line - number :])
        number = following


def _lines_in(chunk: bytes) -> int:
    return ends_in(chunk) + (not chunk.endswith((b"\n", b"\r")))


def _plain(chunk: bytes, encoding: str, first: int, layout: Layout, schema: pa.Schema) -> pa.Table | None:
    """The table of a piece in which every line is plainly a row; None where one is not."""
    try:
        text = chunk if chunk.isascii() or encoding == UTF_8 else chunk.decode(encoding).encode()
    except UnicodeDecodeError:
        return None
    if b'"' in text or text.startswith(_MARK) or _has_blank_line(text):
        return None
    lines = _lines_in(text)
    try:
        table = _split(text, layout)
    except pa.ArrowInvalid:  # A line of another width, or bytes that are no UTF-8.
        return None
    if table.num_rows != lines:
        return None
    return _with_lines(table, np.arange(first, first + lines), schema)


def _has_blank_line(text: bytes) -> bool:
    if text.startswith((b"\n", b"\r")) or b"\n\n" in text:
        return True
    return b"\r" in text and any(blank in text for blank in (b"\n\r", b"\r\r"))


def _sorted_out(
    chunk: bytes, encoding: str, first: int, layout: Layout, schema: pa.Schema
) -> Iterator[pa.Table]:
    """The tables of a piece with odd lines: these are read one by one, the others at once, in order again."""
    lines = chunk.splitlines(keepends=True)
    for start in range(0, len(lines), BATCH_ROWS):
        yield from _batch(lines[start : start + BATCH_ROWS], encoding, first + start, layout, schema)


def _batch(
    lines: list[bytes], encoding: str, first: int, layout: Layout, schema: pa.Schema
) -> Iterator[pa.Table]:
    plain: list[str] = []
    numbers: list[int] = []
    odd = []
    for number, raw in enumerate(lines, start=first):
        line = decoded(number, raw, encoding)
        text = line.text.rstrip("\r\n")
        if line.problem or '"' in text or not text or text.count(layout.delimiter) != layout.width - 1:
            odd.append(line)
        else:
            plain.append(text)
            numbers.append(number)
    tables = list(tables_of(rows_of(iter(odd), layout), schema))
    if plain:
        # A first line of no row's text keeps a mark of UTF-8 in the second, which Arrow would drop.
        text = "\n".join([layout.delimiter * (layout.width - 1) + "-", *plain, ""])
        tables.append(_with_lines(_split(text.encode(), layout).slice(1), np.array(numbers), schema))
    if tables:
        yield pa.concat_tables(tables).sort_by(schema.names[-1])


def _split(text: bytes, layout: Layout) -> pa.Table:
    names = [f"f{place}" for place in range(layout.width)]
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=max(len(text) + 1, 1 << 20)
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=layout.delimiter, quote_char=False, double_quote=False, ignore_empty_lines=False
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
        ),
    )


def _with_lines(table: pa.Table, numbers: np.ndarray, schema: pa.Schema) -> pa.Table:
    nothing = pa.nulls(table.num_rows, pa.string())
    return pa.table([*table.columns, nothing, nothing, pa.array(numbers, pa.int64())], schema=schema)
