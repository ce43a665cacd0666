"""A digest of a Parquet table's content: the same whatever wrote it, in whatever groups and compression."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SLICE = 65_536


def content_digest(path: Path) -> str:
    """SHA-256 over names, types and values in the file's row order.

    Each column is hashed as three streams of its own (there or not, lengths, values), so that the
    borders of row groups leave no trace.
    """
    file = pq.ParquetFile(path)
    fields = list(file.schema_arrow)
    streams = [[hashlib.sha256() for _ in range(3)] for _ in fields]
    for batch in file.iter_batches(batch_size=SLICE):
        for of_column, column in zip(streams, batch.columns, strict=True):
            for stream, data in zip(of_column, _bytes(column), strict=True):
                stream.update(data)
    whole = hashlib.sha256(str(file.metadata.num_rows).encode())
    for field, of_column in zip(fields, streams, strict=True):
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
        yield "".join(texts.to_pylist()).encode()
        return
    yield b""
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    # Adding zero turns -0.0 into 0.0: they are equal, so their bytes must be.
    yield (values + 0).tobytes()
