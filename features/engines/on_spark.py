"""Indicators on Spark, the engine that scales out: the same expressions, on one machine or a cluster.

Ibis only writes the SQL; Spark reads the lake's Parquet, runs it and writes Parquet. No Python function of
ours travels and no row comes to the driver. The only importer of pyspark.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark.datatypes import PySparkType
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from data_contracts.lake import Lake
from data_contracts.place import store_of
from data_contracts.refusal import Refusal
from features.as_of import known_by_export
from features.engines.java import check_java

APP = "xinheng"
LOOPBACK = "127.0.0.1"
# What the values or the promises above depend on; a session of any cluster has them.
ALWAYS = MappingProxyType(
    {
        "spark.sql.session.timeZone": "UTC",
        # Overflows and wrong casts are errors, as on DuckDB, and not silently null.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.adaptive.enabled": "true",
        # A snapshot's folder holds the rows and nothing else: no mark of success, no file of a check sum.
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    }
)
# On one machine. Adaptive execution joins small partitions again; too few large ones it cannot split.
LOCAL = MappingProxyType(
    {
        "spark.sql.shuffle.partitions": "32",
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
    }
)
# May be overridden: nothing that is computed depends on them.
QUIET = MappingProxyType(
    {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        # The query of a whole catalogue is long; nobody reads its plan in a log.
        "spark.sql.maxMetadataStringLength": "10",
    }
)


class SparkError(Refusal):
    """A session that cannot be had, or records that Spark cannot reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkEngine:
    """A Spark session over the tables of one lake; leave it as a context to stop what it started."""

    session: SparkSession
    tables: Mapping[str, ir.Table]
    owned: bool

    def write(self, expression: ir.Table, path: Path | str) -> None:
        """Writes the rows as a Parquet folder: in the order of the names of its files, and within each."""
        rows = self.session.sql(self.sql(expression))
        rows.write.option("compression", "zstd").parquet(located(path))
        if not isinstance(path, str) and (store := store_of(path)) is not None:
            # It remembers what it listed, and this was written behind its back.
            store.invalidate_cache()

    def file(self, name: str, path: Path | str) -> ir.Table:
        """A Parquet file or folder as a table of that name, beside those of the lake."""
        return viewed(self.session, name, located(path))

    def frame(self, expression: ir.Table) -> pa.Table:
        """The rows as an Arrow table, on the driver: for looking at few."""
        return self.session.sql(self.sql(expression)).toArrow()

    def sql(self, expression: ir.Table) -> str:
        """The query this engine runs for an expression."""
        return spark_sql(expression)

    def __enter__(self) -> Self:
        """Itself: it is open since open_engine."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops Spark if this engine started it."""
        if self.owned:
            self.session.stop()


def open_engine(
    lake: Lake,
    *,
    master: str = "local[2]",
    memory: str = "8g",
    settings: Mapping[str, str] = MappingProxyType({}),
    tables_at: str | None = None,
    running: SparkSession | None = None,
) -> SparkEngine:
    """Spark over a lake: on this machine, on the cluster of a master's URL, or in a session that is running.

    `tables_at` is where the cluster finds the lake's tables (s3a://…, hdfs://…) if not in the lake's folder.
    """
    started = running or start(master=master, memory=memory, settings=settings)
    # Views are a session's own: two lakes in one Spark do not see each other's.
    session = started.newSession()
    try:
        tables = {}
        for name, table in lake.tables.items():
            place = located(table.path) if tables_at is None else f"{tables_at.rstrip('/')}/{table.path.name}"
            admitted = viewed(session, name, place)
            tables[name] = known_by_export(name, admitted, table.undated, lake.exported_on)
    except BaseException:
        if running is None:
            started.stop()
        raise
    return SparkEngine(session=session, tables=tables, owned=running is None)


def start(*, master: str, memory: str, settings: Mapping[str, str]) -> SparkSession:
    """A Spark session; its settings are those given, but for the few that values depend on."""
    check_java()
    local = master.startswith("local")
    if local:
        # Else the Java process asks a name server who this machine is.
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
        os.environ.setdefault("SPARK_LOCAL_HOSTNAME", LOOPBACK)
    # One process does all the work on one machine; on a cluster the executors do.
    size = {"spark.driver.memory" if local else "spark.executor.memory": memory}
    builder: Any = SparkSession.builder
    builder = builder.master(master).appName(APP)
    for name, value in {**QUIET, **(LOCAL if local else {}), **size, **settings, **ALWAYS}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as cause:
        raise SparkError(
            expected=f"a Spark session on {master} with {memory}",
            got=_first_line(cause),
            todo="correct --spark-master, --spark-conf or --memory-limit; Java's own words stand above",
        ) from cause


def _first_line(cause: Exception) -> str:
    """A refusal sets its own full stop."""
    return str(cause).strip().splitlines()[0].rstrip(".")


def spark_sql(expression: ir.Table) -> str:
    """The query in Spark's SQL; needs no session and no Java."""
    # Ibis reads options that exist only once its backend was named.
    _ = ibis.pyspark
    return str(ibis.to_sql(expression, dialect="pyspark"))


def viewed(session: SparkSession, name: str, place: str) -> ir.Table:
    """The Parquet file or folder at an address as a view, and as a table of ibis."""
    try:
        rows = session.read.parquet(place)
    except PySparkException as cause:
        raise SparkError(
            expected=f"the Parquet file of table {name!r} at {place}",
            got=_first_line(cause),
            todo="check the address, and that every machine of the cluster reaches it",
        ) from cause
    rows.createOrReplaceTempView(name)
    return ibis.table(dict(PySparkType.to_ibis(rows.schema).items()), name=name)


def located(path: Path | str) -> str:
    """An address that Hadoop's file systems read: a URL as it stands, a local path as file:///…."""
    # Not as_uri: Hadoop takes the signs of a URL as they are and would look for %20.
    return str(path) if "://" in str(path) else f"file://{Path(path).resolve()}"
