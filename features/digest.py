"""A digest of a table's content: the same whatever wrote it, in whatever groups, chunks and compression."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SLICE = 65_536


def content_digest(path: Path) -> str:
    """SHA-256 over names, types and values of a Parquet file, in its row order."""
    with pq.ParquetFile(path) as file:
        return _digest(file.schema_arrow, file.metadata.num_rows, file.iter_batches(batch_size=SLICE))


def table_digest(table: pa.Table) -> str:
    """The same of a table in memory."""
    return _digest(table.schema, table.num_rows, table.to_batches(max_chunksize=SLICE))


def _digest(schema: pa.Schema, rows: int, batches: Iterable[pa.RecordBatch]) -> str:
    """Each column is hashed as three streams of its own (there or not, lengths, values).

    So the borders of row groups and chunks leave no trace.
    """
    streams = [[hashlib.sha256() for _ in range(3)] for _ in schema]
    for batch in batches:
        for of_column, column in zip(streams, batch.columns, strict=True):
            for stream, data in zip(of_column, _bytes(column), strict=True):
                stream.update(data)
    whole = hashlib.sha256(str(rows).encode())
    for field, of_column in zip(schema, streams, strict=True):
        whole.update(f"\x1e{field.name}\x1f{field.type}\x1f".encode())
        for stream in of_column:
            whole.update(stream.digest())
    return whole.hexdigest()


def _bytes(column: pa.Array) -> Iterator[bytes]:
    """Which values are there, how long texts are, and the values with a plain zero for null."""
    yield pc.cast(column.is_valid(), pa.uint8()).to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = column.fill_null("")
        yield pc.binary_length(texts).cast(pa.int64()).to_numpy(zero_copy_only=False).tobytes()
        yield _letters(texts)
        return
    yield b""
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    # Adding zero turns -0.0 into 0.0: they are equal, so their bytes must be.
    yield (values + 0).tobytes()


def _letters(texts: pa.Array) -> bytes:
    """All texts one behind the other, out of the array's own memory."""
    if not len(texts):
        return b""
    _, offsets, letters = texts.buffers()
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    bounds = np.frombuffer(offsets, width)
    first, last = bounds[texts.offset], bounds[texts.offset + len(texts)]
    return b"" if letters is None else letters[int(first) : int(last)].to_pybytes()
