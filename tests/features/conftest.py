"""Small cities for the tests of indicators: rows in, indicator values out, on a real DuckDB or Spark."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.assembly import assemble, needed
from features.catalogue import CATALOGUE
from features.engines import on_spark
from features.indicator import Indicator
from tests.lake_rows import Rows, arrow_of, schema_of, write_lake

Values = dict[str, dict[str, Any]]
SOURCES = sorted({column.partition(".")[0] for indicator in CATALOGUE for column in indicator.reads})
# Nothing the size of a snapshot fits: whatever Spark would bring to the driver fails.
DRIVER_HOLDS = "256k"


def moved_by(tables: Collection[str]) -> tuple[Indicator, ...]:
    """The indicators that rows of some tables can move, and those that they combine: others see nothing."""
    reads = {i.name: {column.partition(".")[0] for column in i.reads} for i in CATALOGUE}
    some = [i for i in CATALOGUE if reads[i.name] & set(tables) or reads[i.name] == {"entities"}]
    names = {i.name for one in some for i in needed(one, CATALOGUE)}
    return tuple(i for i in CATALOGUE if i.name in names)


@pytest.fixture(scope="session")
def measure() -> Iterator[Callable[[Rows, AsOf], Values]]:
    """Values by entity and name of the indicators that rows of the tables given can move, of all without any.

    Planning the whole catalogue takes two seconds, and a test by hand is about one table.
    """
    connection = duckdb.connect(config={"threads": 1})
    tables = {table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table) for table in SOURCES}

    @cache
    def query(as_of: AsOf, given: frozenset[str]) -> str:
        expression = assemble(tables, as_of, moved_by(given), skipped=())
        return str(ibis.to_sql(expression, dialect="duckdb"))

    def values(rows: Rows, as_of: AsOf) -> Values:
        for table in tables:
            connection.register(table, arrow_of(table, rows.get(table, [])))
        given = frozenset(rows) - {"entities"} or frozenset(SOURCES)
        found = connection.sql(query(as_of, given)).to_arrow_table().to_pylist()
        return {row.pop("entity_id"): row for row in found}

    yield values
    connection.close()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The one Spark of a test run."""
    settings = {"spark.driver.maxResultSize": DRIVER_HOLDS, "spark.sql.shuffle.partitions": "2"}
    # Java's second compiler pays off after minutes: it was half of the work, and tests end before.
    settings["spark.driver.extraJavaOptions"] = "-XX:TieredStopAtLevel=1"
    session = on_spark.start(master="local[2]", memory="2g", settings=settings)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def measure_on_spark(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Rows, AsOf], Values]:
    """The same as `measure`, the whole way: Parquet of a lake in, Parquet of a snapshot out."""

    def values(rows: Rows, as_of: AsOf) -> Values:
        folder = tmp_path_factory.mktemp("city")
        lake = write_lake(folder / "lake", {table: rows.get(table, []) for table in SOURCES})
        engine = on_spark.open_engine(lake, running=spark)
        # Compiling Java for every stage of a query over 120 rows is most of the work; test_engines does it.
        engine.session.conf.set("spark.sql.codegen.wholeStage", "false")
        engine.session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        # So is planning what is left anew after every stage, and a task for every half of 120 rows.
        engine.session.conf.set("spark.sql.adaptive.enabled", "false")
        engine.session.conf.set("spark.sql.shuffle.partitions", "1")
        engine.write(assemble(engine.tables, as_of, CATALOGUE, skipped=()), folder / "snapshot.parquet")
        parts = sorted((folder / "snapshot.parquet").glob("part-*.parquet"))
        found = [row for part in parts for row in pq.read_table(part).to_pylist()]
        return {row.pop("entity_id"): row for row in found}

    return values


@pytest.fixture
def lake_of(tmp_path: Path) -> Callable[..., Lake]:
    """Writes rows as a lake on disk, as admission would, and opens it."""
    return partial(write_lake, tmp_path / "lake")
