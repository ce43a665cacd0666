"""Small cities for the tests of indicators: rows in, indicator values out, on a real DuckDB."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import contract_names, load_contract
from data_contracts.lake import Lake, open_lake
from features.as_of import AsOf
from features.assembly import assemble
from features.catalogue import CATALOGUE

ARROW = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "date": pa.date32(),
    "boolean": pa.bool_(),
}  # fmt: skip
Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
Values = dict[str, dict[str, Any]]


def schema_of(table: str) -> pa.Schema:
    return pa.schema([(column.name, ARROW[column.kind]) for column in load_contract(table).columns])


def arrow_of(table: str, rows: Sequence[Row]) -> pa.Table:
    """The rows as the contract's columns; what a row leaves out is filled where the contract needs it."""
    schema, key = schema_of(table), load_contract(table).key[0]
    whole = []
    for number, given in enumerate(rows):
        assert set(given) <= set(schema.names), sorted(set(given) - set(schema.names))
        row = {"known_on": given.get("occurred_on"), **given}
        row.setdefault(key, f"{table}-{number:04d}")
        whole.append(row)
    return pa.Table.from_pylist(whole, schema=schema)


@pytest.fixture(scope="session")
def measure() -> Iterator[Callable[[Rows, AsOf], Values]]:
    """Indicator values by entity and name for rows of any tables; tables not named are empty, not missing."""
    connection = duckdb.connect(config={"threads": 1})
    tables = {
        table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table)
        for table in contract_names()
    }
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

    def write(
        rows: Rows,
        *,
        exported_on: date | None = date(2026, 6, 30),
        undated: Mapping[str, Sequence[str]] | None = None,
        digest: str = "first",
    ) -> Lake:
        folder = tmp_path / "lake" / "versions" / digest / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        facts = {}
        for table, some in rows.items():
            pq.write_table(arrow_of(table, some), folder / f"{table}.parquet")
            facts[table] = {
                "rows": len(some),
                "digest": digest,
                "undated": list((undated or {}).get(table, [])),
            }
        card = {
            "format": 1,
            "city": "small",
            "digest": digest,
            "exported_on": exported_on.isoformat() if exported_on else None,
            "tables": facts,
        }
        (folder.parent / "lake.json").write_text(json.dumps(card), "utf-8")
        (tmp_path / "lake" / "CURRENT").write_text(digest, "utf-8")
        return open_lake(tmp_path / "lake")

    return write
