"""The embedded engine of quality: a DuckDB connection that can read one version of a lake and
write one folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data_contracts.conversions import macros, named, quoted
from data_contracts.lake import Lake, LakeError

Cell = str | int | date | None
TYPES = {str: pa.string(), int: pa.int64(), date: pa.date32()}


class Engine:
    """Runs the SQL of this package; bounded in memory, spilling to the scratch folder."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
        """Keeps the connection; see open_engine."""
        self._connection = connection
        self.lake = lake

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a statement with a small answer."""
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        except (duckdb.IOException, duckdb.InvalidInputException) as cause:
            raise LakeError(
                expected=f"version {self.lake.version} of the lake in {self.lake.root} to be whole",
                got=" ".join(str(cause).split())[:300],
                todo="admit the raw files again; the version is made anew",
            ) from cause
        return found

    def view(self, name: str, sql: str) -> None:
        """Gives a statement a name; it is run when it is read."""
        self.rows(f"CREATE OR REPLACE TEMP VIEW {named(name)} AS {sql}")

    def table(self, name: str, sql: str) -> None:
        """Keeps the answer of a statement."""
        self.rows(f"CREATE OR REPLACE TEMP TABLE {named(name)} AS {sql}")

    def literals(
        self, name: str, columns: Sequence[tuple[str, type]], rows: Sequence[Sequence[Cell]]
    ) -> None:
        """Makes a small table of values."""
        arrays = [
            pa.array([row[place] for row in rows], TYPES[kind]) for place, (_, kind) in enumerate(columns)
        ]
        self._connection.register("given_rows", pa.table(arrays, names=[column for column, _ in columns]))
        self.table(name, "SELECT * FROM given_rows")
        self._connection.unregister("given_rows")

    def columns(self, relation: str) -> tuple[str, ...]:
        """The names of a relation's columns."""
        return tuple(row[0] for row in self.rows(f"DESCRIBE {named(relation)}"))

    def parquet(self, path: Path) -> str:
        """The relation of one Parquet file."""
        return f"read_parquet({quoted(str(path))})"


@contextmanager
def open_engine(lake: Lake, folder: Path, *, memory_limit: str) -> Iterator[Engine]:
    """An engine for one version of a lake, writing into one folder only."""
    connection = duckdb.connect()
    run = connection.execute
    run("SET autoinstall_known_extensions = false")
    run("SET autoload_known_extensions = false")
    run("LOAD json")
    run("LOAD parquet")
    run(f"SET memory_limit = {quoted(memory_limit)}")
    run(f"SET temp_directory = {quoted(str(folder / 'spill'))}")
    run("SET preserve_insertion_order = false")
    reachable = ", ".join(quoted(str(place.resolve()) + "/") for place in (lake.folder, folder))
    run(f"SET allowed_directories = [{reachable}]")
    run("SET enable_external_access = false")
    for macro in macros():
        run(macro)
    run("SET lock_configuration = true")
    try:
        yield Engine(connection, lake)
    finally:
        connection.close()
