"""Parquet in and Parquet out on a store of objects: the same snapshot as on the disk.

The store here is the one in memory that fsspec brings along; it is reached as every other is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from typer.testing import CliRunner

from data_contracts.lake import Lake, LakeNotFound, open_lake
from data_contracts.place import PlaceRefused, place_of, store_of
from features.__main__ import app
from features.as_of import AsOf
from features.catalogue import by_name
from features.engines.on_duckdb import DuckEngine, open_engine
from features.snapshot import (
    Snapshot,
    SnapshotDamaged,
    SnapshotNotFound,
    SnapshotStale,
    build_snapshot,
    open_snapshot,
)

T = AsOf(on=date(2024, 7, 1), used_on=date(2024, 12, 1))
ENTITIES = [{"entity_id": name, "id_kind": "local", "known_on": date(2020, 1, 1)} for name in ("c", "a", "b")]
PENALTIES = [
    {"entity_id": "a", "kinds": "fine", "fine_fen": 100_00, "occurred_on": date(2024, 6, 1)},
    {"entity_id": "c", "kinds": "warning", "occurred_on": date(2024, 6, 2)},
]
FEW = tuple(by_name()[name] for name in ("entity_region_now", "penalties_count_365d", "penalties_fine_1095d"))


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    """An empty store; its objects are those of the whole process."""
    found = MemoryFileSystem()
    found.rm("/", recursive=True)
    yield found
    found.rm("/", recursive=True)


@pytest.fixture
def lake(lake_of: Callable[..., Lake]) -> Lake:
    return lake_of({"entities": ENTITIES, "penalties": PENALTIES})


@pytest.fixture
def stored(lake: Lake, store: MemoryFileSystem) -> Lake:
    """The same lake in the store."""
    store.put(str(lake.root), "/bucket/lake", recursive=True)
    return open_lake(place_of("memory://bucket/lake"))


def build(lake: Lake, folder: Path, as_of: AsOf = T) -> Snapshot:
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        return build_snapshot(engine, lake, as_of, folder, catalogue=FEW)


def test_a_snapshot_from_and_to_a_store_is_the_one_on_the_disk(
    lake: Lake, stored: Lake, store: MemoryFileSystem, tmp_path: Path
) -> None:
    on_disk = build(lake, tmp_path / "s")
    there = build(stored, place_of("memory://bucket/snapshots"))
    assert (there.digest, there.rows, there.lake_digest) == (on_disk.digest, 3, on_disk.lake_digest)
    assert there.read().equals(on_disk.read())
    assert there.read(["entity_id"])["entity_id"].to_pylist() == ["a", "b", "c"]
    assert [batch.num_rows for batch in there.batches(2)] == [2, 1]
    names = [name.rsplit("/", 1)[1] for name in store.find("/bucket/snapshots")]
    assert names == ["snapshot.json", "snapshot.parquet"]
    assert not list(tmp_path.glob("memory*"))


def test_a_whole_city_is_written_to_a_store_range_by_range(
    lake: Lake, stored: Lake, store: MemoryFileSystem, tmp_path: Path
) -> None:
    digests = []
    for some, folder in ((lake, tmp_path), (stored, place_of("memory://bucket/s"))):
        with open_engine(some, memory_limit="1GB", threads=1) as engine:
            ranges = DuckEngine(connection=engine.connection, tables=engine.tables, cuts=("b", "c"))
            snapshot = build_snapshot(ranges, some, T, folder, catalogue=FEW)
            assert snapshot.read(["entity_id"])["entity_id"].to_pylist() == ["a", "b", "c"]
            digests.append((snapshot.digest, snapshot.file_digest))
    assert digests[0] == digests[1]


def test_what_is_in_a_store_is_found_there_and_not_made_again(stored: Lake, store: MemoryFileSystem) -> None:
    folder = place_of("memory://bucket/snapshots")
    first = build(stored, folder)
    written = store.modified(f"{first.path}")
    assert build(stored, folder) == first
    assert open_snapshot(folder, T, lake_digest=stored.digest, catalogue=FEW) == first
    assert store.modified(f"{first.path}") == written
    with pytest.raises(SnapshotStale, match="changed since: penalties_fine_1095d"):
        open_snapshot(folder, T, lake_digest=stored.digest, catalogue=FEW[:2])


class Killed(BaseException):
    """What ends a process in the middle of its work."""


class Dying:
    """An engine whose process ends after one file of a folder."""

    def __init__(self, engine: DuckEngine) -> None:
        self.tables = engine.tables

    def write(self, expression: Any, path: Path) -> None:
        path.mkdir()
        (path / "part-00007-half.parquet").write_bytes(b"PAR1 half of it")
        raise Killed(expression)


def test_a_snapshot_without_its_card_is_none_and_is_made_again(stored: Lake, store: MemoryFileSystem) -> None:
    folder = place_of("memory://bucket/snapshots")
    with open_engine(stored, memory_limit="1GB", threads=1) as engine, pytest.raises(Killed):
        build_snapshot(Dying(engine), stored, T, folder, catalogue=FEW)
    assert len(store.find("/bucket/snapshots")) == 1
    with pytest.raises(SnapshotNotFound, match="got none of that day"):
        open_snapshot(folder, T, lake_digest=stored.digest, catalogue=FEW)
    assert build(stored, folder).read().num_rows == 3
    assert len(store.find("/bucket/snapshots")) == 2


def test_an_object_that_was_changed_is_not_read(stored: Lake, store: MemoryFileSystem) -> None:
    snapshot = build(stored, place_of("memory://bucket/snapshots"))
    other = build(stored, place_of("memory://bucket/snapshots"), AsOf(on=T.on, used_on=T.on + timedelta(1)))
    snapshot.path.write_bytes(other.path.read_bytes() + b" ")
    with pytest.raises(SnapshotDamaged, match=r"memory://bucket/.*snapshot\.parquet to be that"):
        snapshot.read()


def test_the_command_builds_from_and_to_a_url(stored: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    words = ["build", "--as-of", "2024-07-01", "--used-on", "2024-12-01", "--lake", "memory://bucket/lake"]
    done = CliRunner().invoke(app, [*words, "--snapshots", "memory://bucket/out", "--memory-limit", "1GB"])
    assert done.exit_code == 0, done.output
    assert "2024-07-01: 3 entities" in done.output
    card = next(place_of("memory://bucket/out").glob("2024-07-01/*/snapshot.json"))
    assert json.loads(card.read_text("utf-8"))["lake_digest"] == stored.digest


def test_an_address_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    assert place_of(f"file://{tmp_path}") == place_of(str(tmp_path)) == tmp_path
    assert store_of(tmp_path) is None
    with pytest.raises(PlaceRefused, match="got foo://bucket: Unsupported filesystem: 'foo'"):
        place_of("foo://bucket")
    with pytest.raises(LakeNotFound, match="a lake in memory://nothing/here"):
        open_lake(place_of("memory://nothing/here"))
