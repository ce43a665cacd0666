"""Small cities for the tests of indicators: rows in, indicator values out, on a real DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.assembly import assemble
from features.catalogue import CATALOGUE
from tests.lake_rows import Rows, arrow_of, schema_of, write_lake

Values = dict[str, dict[str, Any]]
SOURCES = sorted({column.partition(".")[0] for indicator in CATALOGUE for column in indicator.reads})


@pytest.fixture(scope="session")
def measure() -> Iterator[Callable[[Rows, AsOf], Values]]:
    """Indicator values by entity and name for rows of any tables; tables not named are empty, not missing."""
    connection = duckdb.connect(config={"threads": 1})
    tables = {table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table) for table in SOURCES}
    queries: dict[AsOf, str] = {}

    def values(rows: Rows, as_of: AsOf) -> Values:
        for table in tables:
            connection.register(table, arrow_of(table, rows.get(table, [])))
        if as_of not in queries:
            queries[as_of] = str(
                ibis.to_sql(assemble(tables, as_of, CATALOGUE, skipped=()), dialect="duckdb")
            )
        found = connection.sql(queries[as_of]).to_arrow_table().to_pylist()
        return {row.pop("entity_id"): row for row in found}

    yield values
    connection.close()


@pytest.fixture
def lake_of(tmp_path: Path) -> Callable[..., Lake]:
    """Writes rows as a lake on disk, as admission would, and opens it."""
    return partial(write_lake, tmp_path / "lake")
