from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.lake import Lake
from features.engines.on_duckdb import open_engine


def test_rows_of_a_lake_and_of_a_file_beside_it_make_one_set(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    """Admission writes columns that are never null as such; a refresh of an admitted city was refused."""
    lake = lake_of({"entities": [{"entity_id": "a", "id_kind": "local", "known_on": date(2024, 1, 1)}]})
    path = lake.tables["entities"].path
    table = pq.read_table(path)
    required = table.schema.set(
        table.schema.get_field_index("entity_id"), pa.field("entity_id", pa.string(), nullable=False)
    )
    pq.write_table(table.cast(required), path)
    beside = tmp_path / "beside.parquet"
    pq.write_table(pa.table({"entity_id": ["b"]}), beside)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        own = engine.tables["entities"].select("entity_id")
        both = engine.frame(own.union(engine.file("beside", beside), distinct=True).order_by("entity_id"))
    assert both["entity_id"].to_pylist() == ["a", "b"]
