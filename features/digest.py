"""A digest of a table with one row for each entity: the same whatever wrote it, in whatever order of rows,
files and groups.

SHA-256 over the SHA-256 of every column, read in ascending order of the first one, the key. Nothing but its
strength is relied on: whoever wants another table of the same digest has to find two texts of one SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Flags = npt.NDArray[np.bool_]

# Rows that are read at once: a column of them stays near the processor.
BATCH = 65_536


class DisorderError(ValueError):
    """Rows that do not follow those before in ascending order of their key, or repeat one."""


class Digest:
    """The digest of a table that is told of its rows bit by bit, in ascending order of the first column."""

    def __init__(self, schema: pa.Schema) -> None:
        """Of no rows yet. Raises TypeError for a type that no indicator has."""
        self._columns = "".join(f"\x1e{field.name}\x1f{_type(field.type)}" for field in schema)
        # Which values are there, the values or the lengths of the texts, and the letters of the texts.
        self._of_columns = [(sha256(), sha256(), sha256()) for _ in schema]
        self._last: str | None = None

    def add(self, table: pa.Table) -> None:
        """Takes the rows that follow. Raises DisorderError if their keys do not ascend."""
        for batch in table.to_batches(max_chunksize=BATCH):
            self._follow(batch.column(0))
            for (there, values, letters), column in zip(self._of_columns, batch.columns, strict=True):
                known = _there(column)
                there.update(known.data)
                if _is_text(column.type):
                    lengths, text = _texts(column)
                    values.update(lengths.data)
                    letters.update(text)
                else:
                    values.update(_numbers(column, known).data)

    def hexdigest(self) -> str:
        """64 hexadecimal digits over names, types and columns, in the order of the columns."""
        whole = sha256(self._columns.encode())
        for parts in self._of_columns:
            whole.update(b"".join(part.digest() for part in parts))
        return whole.hexdigest()

    def _follow(self, keys: pa.Array) -> None:
        if not len(keys):
            return
        first = keys[0].as_py()
        ascend = keys.null_count == 0 and (self._last is None or self._last < first)
        if not (ascend and pc.all(pc.less(keys[:-1], keys[1:]), min_count=0).as_py()):
            raise DisorderError("keys that are null, repeated or not in ascending order")
        self._last = keys[-1].as_py()


def content_digest(path: Path) -> str:
    """The digest of a Parquet file, or of all those in a folder; rows in disorder are read into memory."""
    parts = parts_of(path)
    with parts[0].open("rb") as opened:
        digest = Digest(pq.read_schema(opened))
    try:
        for part in parts:
            with part.open("rb") as opened, pq.ParquetFile(opened) as file:
                for batch in file.iter_batches(batch_size=BATCH):
                    digest.add(pa.Table.from_batches([batch]))
    except DisorderError:
        return table_digest(pa.concat_tables(_read(parts)))
    return digest.hexdigest()


def parts_of(path: Path) -> tuple[Path, ...]:
    """The Parquet file itself, or the files of a folder in the order of their names."""
    return tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)


def table_digest(table: pa.Table) -> str:
    """The same of a table in memory. Raises DisorderError for keys that are null or repeated."""
    try:
        return _digested(table)
    except DisorderError:
        return _digested(_by_key(table))


def _digested(table: pa.Table) -> str:
    digest = Digest(table.schema)
    digest.add(table)
    return digest.hexdigest()


def _by_key(table: pa.Table) -> pa.Table:
    """The rows in ascending order of the first column."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type):  # pyarrow 25 cannot move them
            table = table.set_column(place, field.name, table.column(place).cast(pa.large_string()))
    return table.take(pc.sort_indices(table.column(0)))


def _read(parts: Iterable[Path]) -> Iterable[pa.Table]:
    for part in parts:
        with part.open("rb") as opened:
            yield pq.read_table(opened)


def _type(kind: pa.DataType) -> str:
    """The name of a type; how texts are kept in memory is no part of it."""
    told = (
        pa.types.is_null,
        pa.types.is_floating,
        pa.types.is_date32,
        pa.types.is_integer,
        pa.types.is_boolean,
    )
    if not (_is_text(kind) or any(is_told(kind) for is_told in told)):
        raise TypeError(f"no digest of a column of type {kind}")
    return "string" if _is_text(kind) else str(kind)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _there(column: pa.Array) -> Flags:
    """Whether each value is no null. A null of the dictionary itself counts as one too."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.bool_)
    if pa.types.is_dictionary(column.type):
        column = _plain_texts(column)
    if not column.null_count:
        return np.ones(len(column), np.bool_)
    # Straight from the memory: pyarrow's own way imports pandas.
    bits = np.frombuffer(column.buffers()[0], np.uint8)
    flags = np.unpackbits(bits, bitorder="little", count=column.offset + len(column))
    return flags[column.offset :].view(np.bool_)


def _numbers(column: pa.Array, there: Flags) -> npt.NDArray[Any]:
    """A column as words of 64 bits, zero for null."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.uint64)
    if pa.types.is_floating(kind):
        floats = _plain(column if pa.types.is_float64(kind) else column.cast(pa.float64()), there, np.float64)
        # Adding zero turns -0.0 into 0.0: they are equal, so their bytes must be.
        return floats + 0.0
    if pa.types.is_date32(kind):
        column = column.cast(pa.int32())
    if not (pa.types.is_int64(kind) or pa.types.is_uint64(kind)):
        column = column.cast(pa.int64())
    return _plain(column, there, np.uint64)


def _plain(column: pa.Array, there: Flags, kind: type[Any]) -> npt.NDArray[Any]:
    """The array's own memory, of eight bytes for each value; what lies there for a null is anything."""
    values = np.frombuffer(column.buffers()[1] or b"", kind)[column.offset : column.offset + len(column)]
    return np.where(there, values, kind(0)) if column.null_count else values


def _texts(column: pa.Array) -> tuple[npt.NDArray[Any], memoryview]:
    """The lengths of the texts in bytes, 0 for null, and all their letters one behind the other."""
    texts = _plain_texts(column).fill_null("")
    _, offsets, letters = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.diff(bounds), memoryview(letters or b"")[bounds[0] : bounds[-1]]


def _plain_texts(column: pa.Array) -> pa.Array:
    """As plain texts, with a null where one stands in the dictionary itself."""
    if pa.types.is_dictionary(column.type):
        return column.dictionary.cast(pa.large_string()).take(column.indices)
    return column.cast(pa.large_string())
