"""Rows for the tests as a lake holds them: the columns and types of the contracts, clocks included.

A test names what it is about; what a lake never leaves empty is filled in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.contract import load_contract
from data_contracts.lake import FORMAT, Lake, open_lake

ARROW = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "date": pa.date32(),
    "boolean": pa.bool_(),
}  # fmt: skip
Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]


def schema_of(table: str) -> pa.Schema:
    """The columns of a table of the lake."""
    return pa.schema([(column.name, ARROW[column.kind]) for column in load_contract(table).columns])


def arrow_of(table: str, rows: Sequence[Row]) -> pa.Table:
    """The rows as the contract's columns: known when they occurred and not retracted, unless they say so."""
    schema, key = schema_of(table), load_contract(table).key[0]
    whole = []
    for number, given in enumerate(rows):
        assert set(given) <= set(schema.names), sorted(set(given) - set(schema.names))
        usual = {
            key: f"{table}-{number:04d}",
            "known_on": given.get("occurred_on"),
            **({"retracted": False} if "retracted" in schema.names else {}),
        }
        whole.append(usual | given)
    return pa.Table.from_pylist(whole, schema=schema)


def chained(*versions: Row) -> list[Row]:
    """Versions of one row, the oldest first: each is superseded on the day the next became known."""
    following = [version["known_on"] for version in versions[1:]]
    return [
        {**version, "superseded_on": later}
        for version, later in zip(versions, [*following, None], strict=True)
    ]


def write_lake(
    root: Path,
    rows: Rows,
    *,
    exported_on: date | None = date(2026, 6, 30),
    undated: Mapping[str, Sequence[str]] | None = None,
    digest: str = "first",
) -> Lake:
    """Writes rows as a lake on disk, as admission would, and opens it."""
    folder = root / "versions" / digest / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {}
    for table, some in rows.items():
        pq.write_table(arrow_of(table, some), folder / f"{table}.parquet")
        facts[table] = {"rows": len(some), "digest": digest, "undated": list((undated or {}).get(table, []))}
    card = {
        "format": FORMAT,
        "city": "small",
        "digest": digest,
        "exported_on": exported_on.isoformat() if exported_on else None,
        "tables": facts,
    }
    (folder.parent / "lake.json").write_text(json.dumps(card), "utf-8")
    (root / "CURRENT").write_text(digest, "utf-8")
    return open_lake(root)
