"""A digest of a table's content: the same whatever wrote it, in whatever order of rows, files and groups.

SHA-256 over the sorted SHA-256 of the rows. Nothing but its strength is relied on: whoever wants another
table of the same digest, be it with rows repeated or left out, has to find two texts of one SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

# Rows that are laid out at once: their bytes stay near the processor.
SLICE = 8_192
BATCH = 65_536
WORD = 8
OF_ROW = 32
# The last byte of a text is its length; 255 marks one that is too long and stands as the digest of itself.
TEXT = 32
TOO_LONG = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The digests of some rows of a table; those of its parts are added. 32 bytes for each row."""

    columns: str
    rows: tuple[bytes, ...]

    def __add__(self, other: Digest) -> Digest:
        """That of the rows of both."""
        if self.columns != other.columns:
            raise ValueError("parts of one table have the same columns")
        return Digest(columns=self.columns, rows=self.rows + other.rows)

    def hexdigest(self) -> str:
        """64 hexadecimal digits over names, types and rows in the order of their digests."""
        whole = sha256(self.columns.encode())
        whole.update(_sorted(b"".join(self.rows)))
        return whole.hexdigest()


def content_digest(path: Path) -> str:
    """The digest of a Parquet file, or of all those in a folder."""
    return reduce(Digest.__add__, (file_part(part) for part in parts_of(path))).hexdigest()


def parts_of(path: Path) -> tuple[Path, ...]:
    """The Parquet file itself, or the files of a folder in the order of their names."""
    return tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)


def file_part(path: Path) -> Digest:
    """The digest of one Parquet file, to be added to those of its table's other files."""
    with path.open("rb") as opened, pq.ParquetFile(opened) as file:
        return _digest(file.schema_arrow, file.iter_batches(batch_size=BATCH))


def table_digest(table: pa.Table) -> str:
    """The same of a table in memory."""
    return table_part(table).hexdigest()


def table_part(table: pa.Table) -> Digest:
    """The digest of a table in memory, to be added to those of its table's other parts."""
    return _digest(table.schema, table.to_batches())


def _digest(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Digest:
    slices = (batch.slice(at, SLICE) for batch in batches for at in range(0, batch.num_rows, SLICE))
    columns = "".join(f"\x1e{field.name}\x1f{_type(field.type)}" for field in schema)
    return Digest(columns=columns, rows=tuple(map(_rows, slices)))


def _type(kind: pa.DataType) -> str:
    """The name of a type; how texts are kept in memory is no part of it."""
    return "string" if _is_text(kind) else str(kind)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _rows(batch: pa.RecordBatch) -> bytes:
    """The digests of the rows, one behind the other: of which values are there, then of the values."""
    columns = [_readable(column) for column in batch.columns]
    there = np.stack([_there(column) for column in columns])
    masks = np.packbits(there, axis=0).T
    values = [words for column, known in zip(columns, there, strict=True) for words in _words(column, known)]
    first = -(-masks.shape[1] // WORD)
    laid_out = np.zeros((batch.num_rows, first + len(values)), np.uint64)
    laid_out.view(np.uint8)[:, : masks.shape[1]] = masks
    for place, words in enumerate(values, start=first):
        laid_out[:, place] = words
    width, memory = laid_out.shape[1] * WORD, laid_out.data.cast("B")
    return b"".join([sha256(memory[at : at + width]).digest() for at in range(0, len(memory), width)])


def _readable(column: pa.Array) -> pa.Array:
    """The column; as plain texts where a null stands in the dictionary itself, or texts lie apart."""
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
        return column.dictionary.cast(pa.large_string()).take(column.indices)
    return column


def _there(column: pa.Array) -> Flags:
    if not column.null_count:
        return np.ones(len(column), np.bool_)
    there: Flags = column.is_valid().to_numpy(zero_copy_only=False)
    return there


def _words(column: pa.Array, there: Flags) -> tuple[Words, ...]:
    """A column as 64-bit words, zero for null: one of a number or a day, four of a text."""
    kind = column.type
    if _is_text(kind):
        return _text_words(column)
    if pa.types.is_null(kind):
        return (np.zeros(len(column), np.uint64),)
    if pa.types.is_floating(kind):
        floats = _plain(column if pa.types.is_float64(kind) else column.cast(pa.float64()), there, np.float64)
        # Adding zero turns -0.0 into 0.0: they are equal, so their bytes must be.
        return ((floats + 0.0).view(np.uint64),)
    if pa.types.is_date32(kind):
        column = column.cast(pa.int32())
    elif not (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise TypeError(f"no digest of a column of type {kind}")
    if not (pa.types.is_int64(kind) or pa.types.is_uint64(kind)):
        column = column.cast(pa.int64())
    return (_plain(column, there, np.uint64),)


def _plain(column: pa.Array, there: Flags, kind: type[Any]) -> npt.NDArray[Any]:
    """The array's own memory, of eight bytes for each value; what lies there for a null is anything."""
    values = np.frombuffer(column.buffers()[1] or b"", kind)[column.offset : column.offset + len(column)]
    return values if there.all() else np.where(there, values, kind(0))


def _text_words(column: pa.Array) -> tuple[Words, ...]:
    """Each different text is laid out once; null like no letters, told apart by the mask."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = _laid_out(coded.dictionary.cast(pa.large_string())).view(np.uint64)
    codes = pc.add(coded.indices.cast(pa.int64()), 1).fill_null(0).to_numpy(zero_copy_only=False)
    return tuple(words[codes, n] for n in range(TEXT // WORD))


def _laid_out(texts: pa.LargeStringArray) -> npt.NDArray[np.uint8]:
    """32 bytes for null and then for each text: the text and its length, or the digest of a long one."""
    _, offsets, letters = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(letters or b"", np.uint8)
    starts, lengths = bounds[:-1, None], np.diff(bounds)[:, None]
    places = np.arange(TEXT - 1)
    fixed = np.zeros((len(texts) + 1, TEXT), np.uint8)
    if len(data):
        found = data[np.minimum(starts + places, len(data) - 1)]
        fixed[1:, : TEXT - 1] = np.where(places < lengths, found, 0)
    fixed[1:, TEXT - 1 :] = np.minimum(lengths, TOO_LONG)
    for n in np.flatnonzero(lengths >= TEXT):
        whole = data[bounds[n] : bounds[n + 1]].tobytes()
        fixed[n + 1] = np.frombuffer(sha256(whole).digest()[: TEXT - 1] + bytes([TOO_LONG]), np.uint8)
    return fixed


def _sorted(rows: bytes) -> bytes:
    """The digests of rows, each 32 bytes, in ascending order."""
    keys: Any = np.frombuffer(rows, ">u8").reshape(-1, OF_ROW // WORD)
    native = keys.astype(np.uint64)
    order = np.argsort(native[:, 0])
    first = native[order, 0]
    if (first[1:] == first[:-1]).any():
        order = np.lexsort(native.T[::-1])
    return bytes(keys[order].tobytes())
