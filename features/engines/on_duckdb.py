"""Indicators on DuckDB, the embedded engine: reads the lake's Parquet, writes Parquet.

Besides admission the only importer of duckdb (through ibis).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from data_contracts.lake import Lake

# Groups of the lake's own size: one entity is found by reading one of them.
ROWS_PER_GROUP = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckEngine:
    """A private in-memory DuckDB over the tables of one lake; leave it as a context to close it."""

    backend: Backend
    tables: Mapping[str, ir.Table]

    def write(self, expression: ir.Table, path: Path) -> None:
        """Writes the rows as one Parquet file, in their order."""
        self.backend.to_parquet(expression, path, row_group_size=ROWS_PER_GROUP, compression="zstd")

    def frame(self, expression: ir.Table) -> pa.Table:
        """The rows as an Arrow table."""
        return self.backend.to_pyarrow(expression)

    def sql(self, expression: ir.Table) -> str:
        """The query this engine runs for an expression."""
        return str(self.backend.compile(expression, pretty=True))

    def __enter__(self) -> Self:
        """Itself: it is open since open_engine."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection."""
        self.backend.disconnect()


def open_engine(lake: Lake, *, memory_limit: str = "8GB", threads: int = 2) -> DuckEngine:
    """DuckDB over a lake, within the memory and threads given.

    Ibis sets the zone to UTC where the zone extension is there; without it there are no zones at all.
    Extensions are never fetched: closed networks have none to fetch.
    """
    backend = ibis.duckdb.connect(
        ":memory:", threads=threads, memory_limit=memory_limit, autoinstall_known_extensions=False
    )
    tables = {name: backend.read_parquet(table.path, table_name=name) for name, table in lake.tables.items()}
    return DuckEngine(backend=backend, tables=tables)
