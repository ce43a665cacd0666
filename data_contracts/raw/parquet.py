"""Parquet files as they come, read once to the end before the engine sees them: damage is told as damage.

A damaged page meets an assertion inside the engine in one file of some thousands, which ends its connection;
pyarrow, which is hardened against hostile files, finds these first, and checks what checksums there are.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.header import refuse_too_many

BATCH_ROWS = 1 << 14
LARGEST_COLUMN = 1 << 29  # bytes of one column in one row group, unpacked


def refuse_damaged_parquet(raw: RawFile) -> None:
    """Refuses a Parquet file that cannot be read to its end, or unpacks to more than memory should hold."""
    try:
        with pq.ParquetFile(raw.path, page_checksum_verification=True) as file:
            refuse_too_many(raw, file.schema_arrow.names)
            _refuse_large(raw, file.metadata)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                batch.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as cause:
        said = " ".join(str(cause).split())[:200]
        raise RawFileError(
            expected=f"{raw.name} to be a Parquet file that can be read to its end",
            got=f"damage ({said or type(cause).__name__})",
            todo="ask for the file again, or list it under [ignored] with the reason",
        ) from cause


def _refuse_large(raw: RawFile, metadata: pq.FileMetaData) -> None:
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            if column.total_uncompressed_size > LARGEST_COLUMN:
                raise RawFileError(
                    expected=f"row groups of {raw.name} of at most {LARGEST_COLUMN:,} bytes in a column",
                    got=f"{column.total_uncompressed_size:,} bytes in {column.path_in_schema!r}",
                    todo="write the file with smaller row groups",
                )
