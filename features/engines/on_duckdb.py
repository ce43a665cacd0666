"""Indicators on DuckDB, the embedded engine: reads the lake's Parquet, writes Parquet.

Ibis only writes the SQL; DuckDB runs it. Besides admission the only importer of duckdb.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.lake import Lake
from data_contracts.place import store_of, within_store
from features.as_of import AsOf, known_by_export
from features.digest import Digest, parts_of
from features.engines.memory import MemoryRefused, memory_bytes
from features.engines.moving_days import at, moving
from features.engines.ranges import (
    ENTITY,
    across_entities,
    by_entity,
    cuts,
    in_ranges,
    is_by_entity,
    range_of,
    replaced,
)

# Groups of the lake's own size: one entity is found by reading one of them.
ROWS_PER_GROUP = 20_000
INCOMING = "incoming_rows"
BY_STATISTICS = "statistics_propagation,compressed_materialization"
# It takes the entities, which come in order, for the side that is hashed where it guesses that they are few.
SIDES = "build_side_probe_side"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckEngine:
    """A private in-memory DuckDB over the tables of one lake; leave it as a context to close it."""

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, ir.Table]
    cuts: tuple[str, ...] = ()

    def write(self, expression: ir.Table, path: Path) -> str | None:
        """Writes the rows as one Parquet file, in their order; those of a whole city range by range.

        Of these it also tells the digest: reading them again would cost a sixth of the whole.
        """
        if self.cuts and is_by_entity(expression):
            return self._write_ranges(expression, path)
        _reach(self.connection, path)
        rows = self.connection.sql(self.sql(expression))
        rows.write_parquet(str(path), row_group_size=ROWS_PER_GROUP, compression="zstd")
        return None

    def _write_ranges(self, expression: ir.Table, path: Path) -> str:
        """One range is digested and written while the next is computed."""
        once = {f"made_once_{number}": node for number, node in enumerate(across_entities(expression))}
        made = {node: ibis.table(node.schema, name=name).op() for name, node in once.items()}
        # What one range has no null in, the next may.
        schema = pa.schema([field.with_nullable(True) for field in expression.schema().to_pyarrow()])
        # Numbers gain nothing by a dictionary, and nobody looks for rows by any column but the entity.
        texts = [field.name for field in schema if pa.types.is_string(field.type) and field.name != ENTITY]
        how: dict[str, Any] = {"compression": "zstd", "filesystem": store_of(path)}
        how |= {"use_dictionary": texts, "write_statistics": [ENTITY]}
        # Pages of the second kind leave levels out of the compression: a fifth of the time.
        how |= {"data_page_version": "2.0", "write_batch_size": ROWS_PER_GROUP}
        digest = Digest(schema)
        with pq.ParquetWriter(within_store(path), schema, **how) as file, ThreadPoolExecutor(2) as beside:

            def written(table: pa.Table) -> None:
                ordered = by_entity(table)
                digested = beside.submit(digest.add, ordered)
                file.write_table(ordered, row_group_size=ROWS_PER_GROUP)
                digested.result()

            first = {name: self.sql(node.to_expr()) for name, node in once.items()}
            # Written out while the engine makes what the ranges read.
            query = beside.submit(self.sql, range_of(replaced(expression, made)))
            for name, rows in first.items():
                self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {rows}")
            last: Future[None] | None = None
            self.connection.execute(f"SET disabled_optimizers = '{SIDES}'")
            for some in in_ranges(query.result(), self.cuts):
                table = self.connection.sql(some).to_arrow_table().cast(schema)
                # Two ranges at most are in memory, and they are digested in their order.
                if last is not None:
                    last.result()
                last = beside.submit(written, table)
                del table
            if last is not None:
                last.result()
            self.connection.execute("SET disabled_optimizers = ''")
        for name in once:
            self.connection.execute(f"DROP TABLE {name}")
        return digest.hexdigest()

    def file(self, name: str, path: Path) -> ir.Table:
        """A Parquet file or folder as a table of that name, beside those of the lake."""
        parts = parts_of(path)
        _reach(self.connection, path)
        self.connection.read_parquet([str(part) for part in parts]).create_view(name)
        return _table(name, parts[0])

    def frame(self, expression: ir.Table) -> pa.Table:
        """The rows as an Arrow table."""
        return self.connection.sql(self.sql(expression)).to_arrow_table()

    def hold(self, name: str, rows: pa.Table) -> ir.Table:
        """Rows in memory as a table of that name; later rows of the same columns take their place."""
        self.connection.register(INCOMING, rows)
        self.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS FROM {INCOMING} LIMIT 0")
        self.connection.execute(f"DELETE FROM {name}")
        self.connection.execute(f"INSERT INTO {name} FROM {INCOMING}")
        self.connection.unregister(INCOMING)
        columns = ibis.Schema.from_pyarrow(rows.schema).items()
        return ibis.table({column: kind(nullable=True) for column, kind in columns}, name=name)

    def question(self, expression: ir.Table) -> Callable[[], pa.Table]:
        """The rows whenever they are asked for: of what is held then, not of what was at first."""
        name = self._planned(self.sql(expression))
        return lambda: self.connection.sql(f"EXECUTE {name}").to_arrow_table()

    def question_of_days(self, expression: ir.Table) -> Callable[[AsOf], pa.Table]:
        """The same for any days: of an expression about the days of reference (see moving_days.py)."""
        query = moving(self.sql(expression))
        name = self._planned(query)
        return lambda days: self.connection.sql(f"EXECUTE {name}{at(query, days)}").to_arrow_table()

    def _planned(self, query: str) -> str:
        """The name of a prepared query. A plan may not lean on what the tables held when it was made."""
        name = f"question_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
        self.connection.execute(f"SET disabled_optimizers = '{BY_STATISTICS}'")
        self.connection.execute(f"PREPARE {name} AS {query}")
        self.connection.execute("SET disabled_optimizers = ''")
        return name

    def sql(self, expression: ir.Table) -> str:
        """The query this engine runs for an expression."""
        return _written(expression.op())

    def __enter__(self) -> Self:
        """Itself: it is open since open_engine."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection; of memory that did not suffice it tells which option gives more."""
        self.connection.close()
        if isinstance(error, duckdb.OutOfMemoryException):
            raise MemoryRefused(
                expected="memory, or room on the disk beside it, for the whole city",
                got=str(error).strip().splitlines()[0].rstrip("."),
                todo="set --memory-limit higher, or --threads lower",
            ) from error


def open_engine(lake: Lake, *, memory_limit: str = "7GB", threads: int = 2) -> DuckEngine:
    """DuckDB over a lake, within the memory and threads given.

    Records hold days, never moments, so no zone can matter. Extensions are never fetched.
    """
    memory = f"{memory_bytes(memory_limit)}B"
    connection = duckdb.connect(
        config={"threads": threads, "memory_limit": memory, "autoinstall_known_extensions": False}
    )
    tables = {}
    for name, table in lake.tables.items():
        _reach(connection, table.path)
        connection.read_parquet(str(table.path)).create_view(name)
        tables[name] = known_by_export(name, _table(name, table.path), table.undated, lake.exported_on)
    found = cuts(lake.tables["entities"].path) if "entities" in lake.tables else ()
    return DuckEngine(connection=connection, tables=tables, cuts=found)


@lru_cache(maxsize=256)
def _written(node: ops.Relation) -> str:
    """Kept: to write out the query of a whole city takes seconds, and the next lake is asked the same."""
    return str(ibis.to_sql(node.to_expr(), dialect="duckdb"))


def _reach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Makes the store of a path known to an engine, which reads and writes it through fsspec from then on."""
    store = store_of(path)
    if store is None:
        return
    names = (store.protocol,) if isinstance(store.protocol, str) else store.protocol
    if not any(connection.filesystem_is_registered(name) for name in names):
        connection.register_filesystem(store)


def _table(name: str, path: Path) -> ir.Table:
    """A table with the columns of a Parquet file; what that promises about nulls is forgotten.

    Sets are made only of rows that promise the same, and one file promises more than another.
    """
    schema = ibis.Schema.from_pyarrow(pq.read_schema(within_store(path), filesystem=store_of(path)))
    return ibis.table({column: kind(nullable=True) for column, kind in schema.items()}, name=name)
