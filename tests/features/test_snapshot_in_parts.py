"""A snapshot in several files, as Spark writes it, is the same snapshot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.catalogue import by_name
from features.engines.on_duckdb import DuckEngine, open_engine
from features.refresh import refresh_snapshot
from features.snapshot import SnapshotDamaged, build_snapshot
from features.starting_point import Start

T = AsOf(on=date(2024, 7, 1), used_on=date(2024, 12, 1))
ENTITIES = [{"entity_id": name, "id_kind": "local", "known_on": date(2020, 1, 1)} for name in ("c", "a", "b")]
PENALTIES = [{"entity_id": "a", "kinds": "fine", "fine_fen": 100_00, "occurred_on": date(2024, 6, 1)}]
FEW = tuple(by_name()[name] for name in ("entity_region_now", "penalties_count_365d", "penalties_fine_1095d"))


class InParts:
    """An engine that writes a folder of files, as those of many machines do."""

    def __init__(self, engine: DuckEngine) -> None:
        self.engine = engine
        self.tables = engine.tables

    def write(self, expression: Any, path: Path) -> None:
        path.mkdir()
        rows = self.engine.frame(expression)
        pq.write_table(rows.slice(0, 2), path / "part-00000-b.parquet")
        pq.write_table(rows.slice(2), path / "part-00001-a.parquet")


def test_a_snapshot_in_parts_is_the_snapshot_in_one_file(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        whole = build_snapshot(engine, lake, T, tmp_path / "1", catalogue=FEW)
        parts = build_snapshot(InParts(engine), lake, T, tmp_path / "2", catalogue=FEW)
    assert (parts.digest, parts.rows, parts.columns) == (whole.digest, whole.rows, whole.columns)
    assert parts.read().to_pylist() == whole.read().to_pylist()
    assert parts.read(["entity_id"])["entity_id"].to_pylist() == ["a", "b", "c"]
    assert [batch.num_rows for batch in parts.batches(10)] == [2, 1]
    (parts.path / "part-00001-a.parquet").rename(parts.path / "part-00000-a.parquet")
    with pytest.raises(SnapshotDamaged, match=r"snapshot\.parquet to be that"):
        parts.read()


def test_a_snapshot_in_parts_can_be_refreshed(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    """Spark's are folders; reading one as a file failed."""
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    later = AsOf(on=T.on + timedelta(days=1), used_on=T.used_on)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        parts = build_snapshot(InParts(engine), lake, T, tmp_path / "1", catalogue=FEW)
        start = Start(snapshot=parts, lake=lake)
        refreshed = refresh_snapshot(engine, lake, later, tmp_path / "1", start=start, catalogue=FEW)
        built = build_snapshot(engine, lake, later, tmp_path / "2", catalogue=FEW)
    assert refreshed.touched == {"penalties": 0}
    assert refreshed.snapshot.digest == built.digest
