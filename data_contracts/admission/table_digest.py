"""SHA-256 of what the rows of a lake table say, read back from its file: equal rows, equal digest.

The rows of a table have one order (unique_rows.order_of), so values are hashed as they lie, column by
column. Neither compression nor row groups nor the library that wrote the file change the digest.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BATCH_ROWS = 65_536


def table_digest(path: Path) -> tuple[int, str]:
    """The number of rows and 64 hexadecimal digits."""
    rows = 0
    with pq.ParquetFile(path) as file:
        columns = [_ColumnDigest(field.name) for field in file.schema_arrow]
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            rows += batch.num_rows
            for digest, values in zip(columns, batch.columns, strict=True):
                digest.update(values)
    whole = hashlib.sha256(str(rows).encode())
    for digest in columns:
        whole.update(digest.digest())
    return rows, whole.hexdigest()


class _ColumnDigest:
    """Streams that do not show where one batch ends: which values are there, their lengths, their bytes."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()
        self._present, self._lengths, self._bytes = (hashlib.sha256() for _ in range(3))

    def update(self, values: Any) -> None:
        self._present.update(values.is_valid().cast(pa.uint8()).to_numpy())
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            texts = pc.fill_null(values, "").cast(pa.large_binary())
            _, offsets, content = texts.buffers()
            bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
            self._lengths.update(np.diff(bounds).data)
            if content is not None:
                self._bytes.update(memoryview(content)[bounds[0] : bounds[-1]])
        elif pa.types.is_boolean(values.type):
            self._bytes.update(pc.fill_null(values, False).cast(pa.uint8()).to_numpy())
        else:
            numbers = values.cast(pa.int32()) if pa.types.is_date(values.type) else values
            self._bytes.update(pc.fill_null(numbers, 0).to_numpy())

    def digest(self) -> bytes:
        whole = hashlib.sha256(len(self._name).to_bytes(4, "big") + self._name)
        for stream in (self._present, self._lengths, self._bytes):
            whole.update(stream.digest())
        return whole.digest()
