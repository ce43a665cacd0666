"""A whole city on both engines, and what each promises besides the values."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import ibis
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from data_contracts.contract import contract_names
from data_contracts.lake import Lake, open_lake
from features.__main__ import app
from features.as_of import AsOf
from features.assembly import assemble, needed, promised, unavailable
from features.catalogue import CATALOGUE, find_indicator
from features.digest import content_digest, parts_of
from features.engines import on_duckdb, on_spark
from features.engines.java import JavaMissing, check_java

# pyspark drops the socket that it fetched rows through instead of closing it.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

T = AsOf(on=date(2025, 10, 1), used_on=date(2026, 7, 1))
ENTITIES = [{"entity_id": name, "id_kind": "local", "known_on": date(2020, 1, 1)} for name in "ba"]
GOLDEN = Path(__file__).parent / "golden"
FROZEN = (
    "entity_section_now",
    "penalties_fine_1095d",
    "inspections_problem_last",
    "abnormal_days_now",
    "report_missing_2y",
)
SPELLED = {"duckdb": lambda query: str(ibis.to_sql(query, dialect="duckdb")), "spark": on_spark.spark_sql}


@pytest.fixture(scope="module")
def sandbox(home_of_a_thousand: Path) -> Lake:
    """A sandbox city of 1,000 entities."""
    return open_lake(home_of_a_thousand / "sandbox" / "lake")


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.parquet"))


def test_a_city_of_a_thousand_has_one_snapshot_on_both_engines_and_no_row_meets_the_driver(
    sandbox: Lake, spark: SparkSession, tmp_path: Path
) -> None:
    skipped = unavailable(CATALOGUE, sandbox, T)
    with on_duckdb.open_engine(sandbox) as duck:
        duck.write(assemble(duck.tables, T, CATALOGUE, skipped=skipped), tmp_path / "duckdb.parquet")
    place = tmp_path / "spark.parquet"
    with on_spark.open_engine(sandbox, running=spark) as engine:
        whole = assemble(engine.tables, T, CATALOGUE, skipped=skipped)
        # To a URL, as on a cluster; the folder is the same.
        engine.write(whole, f"file://{place}")
        assert "Python" not in engine.session.sql("EXPLAIN " + engine.sql(whole)).first()[0]
    assert content_digest(place) == content_digest(tmp_path / "duckdb.parquet")
    found = [pq.read_table(part) for part in parts(place)]
    ids = [entity for table in found for entity in table["entity_id"].to_pylist()]
    assert ids == sorted(ids)
    assert len(ids) > 700
    of_duckdb = pq.read_schema(parts_of(tmp_path / "duckdb.parquet")[0])
    assert (found[0].column_names, found[0].schema.types) == (of_duckdb.names, of_duckdb.types)
    assert sorted(place.iterdir()) == parts(place), "the rows and nothing else"
    # This Spark's driver holds a quarter of a megabyte, and what is fetched counts against it.
    with pytest.raises(Exception, match="maxResultSize"):
        spark.read.parquet(str(place)).crossJoin(spark.range(20)).collect()


@pytest.mark.parametrize("engine", SPELLED)
@pytest.mark.parametrize("name", FROZEN)
def test_the_query_of_a_few_indicators_stays_as_it_was_read(name: str, engine: str) -> None:
    """Written anew with XINHENG_GOLDEN=1, to be read line by line before it is committed."""
    tables = {table: promised(table) for table in contract_names()}
    day = AsOf(on=date(2026, 1, 1), used_on=date(2026, 1, 1))
    query = assemble(tables, day, needed(find_indicator(name), CATALOGUE), skipped=())
    text, golden = SPELLED[engine](query) + "\n", GOLDEN / f"{name}.{engine}.sql"
    if os.environ.get("XINHENG_GOLDEN"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_spark_reads_the_tables_where_a_url_says(
    lake_of: Callable[..., Lake], spark: SparkSession, tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES})
    tables = (lake.folder / "tables").rename(tmp_path / "elsewhere with a space")
    engine = on_spark.open_engine(lake, running=spark, tables_at=f"file://{tables}/")
    assert engine.frame(engine.tables["entities"].order_by("entity_id"))["entity_id"].to_pylist() == [
        "a",
        "b",
    ]
    with pytest.raises(on_spark.SparkError, match=r"table 'entities' at file:///nowhere/entities\.parquet"):
        on_spark.open_engine(lake, running=spark, tables_at="file:///nowhere")


def test_a_population_of_nobody_is_a_file_with_every_column(
    lake_of: Callable[..., Lake], spark: SparkSession, tmp_path: Path
) -> None:
    engine = on_spark.open_engine(lake_of({"entities": []}), running=spark)
    few = [i for i in CATALOGUE if i.source == "entities"]
    engine.write(assemble(engine.tables, T, few, skipped=()), tmp_path / "none.parquet")
    table = pq.read_table(parts(tmp_path / "none.parquet")[0])
    assert (table.num_rows, table.column_names) == (0, ["entity_id", *(i.name for i in few)])


@pytest.mark.parametrize("told", ['openjdk version "25.0.1" 2025-10-21', 'java version "1.8.0_202"'])
def test_a_java_that_spark_cannot_run_on_is_refused(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaMissing, match=f"Java 17 to 23 .* got {re.escape(told)}.* apt-get install"):
        check_java()
    java.unlink()
    with pytest.raises(JavaMissing, match="No such file"):
        check_java()


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--spark-master", "yarn"], "add --engine spark"),
        (["--engine", "spark", "--memory-limit", "much"], "1.5GB or 800MB; got 'much'"),
        (["--memory-limit", "8"], "such as 8GB, 1.5GB or 800MB; got '8'"),
        (["--memory-limit", "1MB"], "from 100MB, such as 8GB, 1.5GB or 800MB; got '1MB'"),
        (["--engine", "spark", "--spark-conf", "spark.executor.cores"], "as NAME=VALUE; got"),
    ],
)
def test_options_that_no_engine_understands_are_refused(
    words: list[str],
    refusal: str,
    lake_of: Callable[..., Lake],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake_of({"entities": ENTITIES})
    (tmp_path / "small").mkdir()
    (tmp_path / "lake").rename(tmp_path / "small" / "lake")
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["build", "--city", "small", "--as-of", "2024-01-01", *words])
    assert done.exit_code != 0
    assert refusal in " ".join(done.output.split())
