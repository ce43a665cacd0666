"""Rows of text as they are kept: Parquet of text columns, the fault of each row, its text and its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.line_faults import FAULT, FIELDS, LINE
from data_contracts.raw.rows import Row

BATCH_ROWS = 50_000


def schema_of(names: Sequence[str]) -> pa.Schema:
    """The foreign columns and the three of our own after them."""
    return pa.schema([(name, pa.string()) for name in (*names, FAULT, FIELDS)] + [(LINE, pa.int64())])


def tables_of(rows: Iterator[Row], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in batches, every one padded to the width of the schema."""
    padded = (row.padded(len(schema) - 3) for row in rows)
    while batch := list(islice(padded, BATCH_ROWS)):
        columns = zip(*batch, strict=True)
        yield pa.table(
            [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)],
            schema=schema,
        )


def write_tables(tables: Iterable[pa.Table], schema: pa.Schema, target: Path) -> int:
    """Writes the tables one after the other; returns the number of rows."""
    rows = 0
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for table in tables:
            writer.write_table(table)
            rows += table.num_rows
    return rows
