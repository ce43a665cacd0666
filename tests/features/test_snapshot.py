from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.assembly import PopulationError
from features.catalogue import CATALOGUE, by_name
from features.engines.on_duckdb import open_engine
from features.indicator import Indicator
from features.portable import count, within
from features.snapshot import (
    Engine,
    Snapshot,
    SnapshotDamaged,
    SnapshotError,
    SnapshotNotFound,
    SnapshotStale,
    build_snapshot,
    cards_of,
    days_of,
    open_snapshot,
)

T = AsOf(on=date(2024, 7, 1), used_on=date(2024, 12, 1))
Row = dict[str, Any]
ENTITIES = [{"entity_id": name, "id_kind": "local", "known_on": date(2020, 1, 1)} for name in ("c", "a", "b")]
PENALTIES = [
    {"entity_id": "a", "kinds": "fine", "fine_fen": 100_00, "occurred_on": date(2024, 6, 1)},
    {"entity_id": "c", "kinds": "warning", "occurred_on": date(2024, 6, 2)},
    {"entity_id": "not in the city", "kinds": "warning", "occurred_on": date(2024, 6, 2)},
]
READ = sorted({column.partition(".")[0] for indicator in CATALOGUE for column in indicator.reads})
EMPTY: dict[str, list[Row]] = {table: [] for table in READ if table not in ("entities", "penalties")}
# Enough to show what a snapshot does; the whole catalogue is computed in the other tests.
FEW = tuple(by_name()[name] for name in ("entity_region_now", "penalties_count_365d", "penalties_fine_1095d"))


def build(lake: Lake, folder: Path, catalogue: Sequence[Indicator] = FEW, as_of: AsOf = T) -> Snapshot:
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        return build_snapshot(engine, lake, as_of, folder, catalogue=catalogue)


def test_the_file_holds_the_population_sorted_and_every_indicator_in_order(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES, **EMPTY})
    snapshot = build(lake, tmp_path / "snapshots", CATALOGUE)
    table = snapshot.read()
    assert snapshot.path.parents[1] == tmp_path / "snapshots" / "2024-07-01"
    key = f"2024-12-01-{lake.digest[:8]}-{snapshot.definitions_digest[:8]}"
    assert (snapshot.folder.name, snapshot.path.name) == (key, "snapshot.parquet")
    assert table["entity_id"].to_pylist() == ["a", "b", "c"]
    assert tuple(table.column_names) == ("entity_id", *(i.name for i in CATALOGUE))
    types = {"integer": "int64", "number": "double", "category": "string"}
    assert [str(f.type) for f in table.schema][1:] == [types[i.kind] for i in CATALOGUE]
    assert table["penalties_count_365d"].to_pylist() == [1, 0, 1]
    assert snapshot.unavailable == {}
    assert (snapshot.rows, snapshot.as_of, snapshot.city) == (3, T, "small")


def test_columns_are_read_in_the_order_asked_and_unknown_ones_refused(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    snapshot = build(lake_of({"entities": ENTITIES, "penalties": PENALTIES}), tmp_path)
    wanted = ["penalties_fine_1095d", "entity_id"]
    assert snapshot.read(wanted).column_names == wanted
    with pytest.raises(SnapshotError, match="columns of the snapshot of 2024-07-01; got penalties_count"):
        snapshot.read(["penalties_count"])


def test_what_was_written_is_opened_as_the_same_snapshot(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    built = build(lake_of({"entities": ENTITIES, "penalties": PENALTIES}), tmp_path)
    assert open_snapshot(tmp_path, T, lake_digest=built.lake_digest, catalogue=FEW) == built


def test_the_digest_does_not_depend_on_the_order_of_rows(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    first = build(lake_of({"entities": ENTITIES, "penalties": PENALTIES}, digest="one"), tmp_path / "1")
    turned = {"entities": ENTITIES[::-1], "penalties": PENALTIES[::-1]}
    second = build(lake_of(turned, digest="two"), tmp_path / "2")
    assert first.digest == second.digest
    other = {"entities": ENTITIES, "penalties": PENALTIES[1:]}
    assert build(lake_of(other, digest="three"), tmp_path / "3").digest != first.digest


def test_a_missing_source_is_null_and_changes_nothing_elsewhere(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    whole = build(
        lake_of({"entities": ENTITIES, "penalties": PENALTIES, **EMPTY}, digest="one"),
        tmp_path / "1",
        CATALOGUE,
    )
    without = {table: rows for table, rows in EMPTY.items() if table != "complaints"}
    part = build(
        lake_of({"entities": ENTITIES, "penalties": PENALTIES, **without}, digest="two"),
        tmp_path / "2",
        CATALOGUE,
    )
    gone = [i.name for i in CATALOGUE if any(column.startswith("complaints.") for column in i.reads)]
    assert part.unavailable == dict.fromkeys(gone, "the city has no table 'complaints'")
    assert all(part.read()[name].null_count == 3 for name in gone)
    assert part.read().drop_columns(gone).equals(whole.read().drop_columns(gone))


def test_a_combination_is_null_when_one_of_its_sources_is_missing(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    snapshot = build(lake_of({"entities": ENTITIES, "penalties": PENALTIES}), tmp_path, CATALOGUE)
    assert snapshot.unavailable["capital_idle_last"] == "the city has no table 'annual_reports'"
    assert snapshot.read(["report_missing_2y"])["report_missing_2y"].null_count == 3


@pytest.mark.parametrize(
    ("undated", "exported_on", "refused"),
    [
        ({"entities": ["region_code"]}, date(2024, 7, 2), ["entity_region_now"]),
        ({"entities": ["region_code"]}, date(2024, 7, 1), []),  # the day of the export is no past
        ({"entities": ["region_code"]}, None, ["entity_region_now"]),
        ({"entities": ["ownership"]}, date(2024, 7, 2), []),  # not read by these
        ({"penalties": ["fine_fen"]}, date(2024, 7, 2), ["penalties_fine_1095d"]),
        # undated events: no indicator of theirs can tell the past
        ({"penalties": ["occurred_on"]}, date(2024, 7, 2), ["penalties_count_365d", "penalties_fine_1095d"]),
    ],
)
def test_an_undated_column_is_no_indicator_of_the_past(
    lake_of: Callable[..., Lake],
    tmp_path: Path,
    undated: Mapping[str, Sequence[str]],
    exported_on: date | None,
    refused: list[str],
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES}, undated=undated, exported_on=exported_on)
    snapshot = build(lake, tmp_path)
    assert list(snapshot.unavailable) == refused
    assert all("is undated: known only as of the export" in why for why in snapshot.unavailable.values())
    assert all(snapshot.read()[name].null_count == 3 for name in refused)


def test_the_same_snapshot_is_kept_and_any_other_lies_beside_it(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    first = build(lake, tmp_path / "s")
    bytes_then, written_at = first.path.read_bytes(), first.path.stat().st_mtime_ns
    others = [
        build(lake, tmp_path / "s", FEW, AsOf(on=T.on, used_on=date(2024, 12, 2))),
        build(replace(lake, digest="another lake"), tmp_path / "s"),
        build(lake, tmp_path / "s", FEW[:2]),
    ]
    assert len({first.folder, *(other.folder for other in others)}) == 4
    assert build(lake, tmp_path / "s") == first
    assert (first.path.read_bytes(), first.path.stat().st_mtime_ns) == (bytes_then, written_at)
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["2024-07-01"]


def test_repair_between_two_days_of_use_makes_two_snapshots_and_spoils_none(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    repaired = [PENALTIES[0] | {"forgotten_on": date(2024, 12, 2)}, *PENALTIES[1:]]
    lake = lake_of({"entities": ENTITIES, "penalties": repaired})
    before = build(lake, tmp_path / "s")
    after = build(lake, tmp_path / "s", FEW, AsOf(on=T.on, used_on=date(2024, 12, 2)))
    assert before.digest != after.digest
    assert before.read(["penalties_count_365d"])["penalties_count_365d"].to_pylist() == [1, 0, 1]
    assert after.read(["penalties_count_365d"])["penalties_count_365d"].to_pylist() == [0, 0, 1]


def test_a_file_that_was_changed_is_not_read(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    mine, other = build(lake, tmp_path), build(lake, tmp_path, FEW, AsOf(on=T.on, used_on=T.on))
    mine.path.write_bytes(other.path.read_bytes() + b" ")
    for read in (mine.read, lambda: list(mine.batches(2)), build(lake, tmp_path).read):
        with pytest.raises(
            SnapshotDamaged, match=r"snapshot\.parquet to be that .* got SHA-256 .* delete the"
        ):
            read()
    mine.path.unlink()
    with pytest.raises(SnapshotDamaged, match="No such file"):
        mine.read()


def test_batches_are_the_table_in_order(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    snapshot = build(lake_of({"entities": ENTITIES, "penalties": PENALTIES}), tmp_path)
    batches = list(snapshot.batches(2))
    assert [batch.num_rows for batch in batches] == [2, 1]
    assert pa.concat_tables(batches).equals(snapshot.read())


class Killed(BaseException):
    """What ends a process in the middle of its work."""


class Dying:
    """An engine whose process ends after half a file."""

    def __init__(self, engine: Engine) -> None:
        self.tables = engine.tables

    def write(self, expression: Any, path: Path) -> None:
        path.write_bytes(b"PAR1 half of it")
        raise Killed(expression)


def test_a_build_that_dies_leaves_nothing_half_made(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    with open_engine(lake, memory_limit="1GB", threads=1) as engine, pytest.raises(Killed):
        build_snapshot(Dying(engine), lake, T, tmp_path / "s", catalogue=FEW)
    assert list((tmp_path / "s" / "2024-07-01").iterdir()) == []


def test_what_a_killed_build_left_is_cleared_by_the_next(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    left = tmp_path / "s" / "2024-07-01" / ".2024-12-01-gone.part"
    left.mkdir(parents=True)
    (left / "snapshot.parquet").write_bytes(b"PAR1 half of it")
    assert build(lake, tmp_path / "s").read().num_rows == 3
    assert not left.exists()


def test_two_builds_at_once_make_one_snapshot(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    made: list[Snapshot] = []
    builders = [Thread(target=lambda: made.append(build(lake, tmp_path / "s"))) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(60)
    assert len(made) == 3
    assert made[0] == made[1] == made[2]
    assert made[0].read().num_rows == 3
    assert list((tmp_path / "s" / "2024-07-01").iterdir()) == [made[0].folder]


def test_a_stale_snapshot_is_refused_naming_what_changed(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    build(lake, tmp_path)
    today = (
        FEW[0],
        replace(FEW[1], expression=lambda penalties, as_of: count(penalties, within(penalties, as_of, 366))),
    )
    with pytest.raises(SnapshotStale) as refused:
        open_snapshot(tmp_path, T, lake_digest=lake.digest, catalogue=today)
    assert "changed since: penalties_count_365d, penalties_fine_1095d;" in refused.value.got + ";"
    command = "python -m features build --as-of 2024-07-01 --used-on 2024-12-01 --city small"
    assert f"build it again: {command}" in str(refused.value)


def test_new_words_do_not_make_a_snapshot_stale(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    build(lake, tmp_path)
    told_better = (*FEW[:2], replace(FEW[2], label_en="Fines, in yuan"))
    assert open_snapshot(tmp_path, T, lake_digest=lake.digest, catalogue=told_better).rows == 3


def test_a_reordered_catalogue_is_another_one(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    build(lake, tmp_path)
    with pytest.raises(SnapshotStale, match="changed since: entity_region_now, penalties_fine_1095d"):
        open_snapshot(tmp_path, T, lake_digest=lake.digest, catalogue=FEW[::-1])


def test_no_snapshot_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(
        SnapshotNotFound, match=r"none of that day\. To do: build it: python -m features build .* --city CITY"
    ):
        open_snapshot(tmp_path, T, lake_digest="first")


def test_a_snapshot_that_is_not_there_is_refused_with_those_that_are(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES}, digest="0123456789abcdef")
    build(lake, tmp_path / "s")
    asked = AsOf(on=T.on, used_on=date(2025, 1, 1))
    with pytest.raises(
        SnapshotNotFound,
        match=r"got only used on 2024-12-01, lake 01234567\. .* --city small, or ask for one that",
    ):
        open_snapshot(tmp_path / "s", asked, lake_digest=lake.digest, catalogue=FEW)
    with pytest.raises(SnapshotNotFound, match="got only used on 2024-12-01, lake 01234567"):
        open_snapshot(tmp_path / "s", T, lake_digest="f" * 16, catalogue=FEW)
    other = AsOf(on=date(2024, 7, 2), used_on=T.used_on)
    with pytest.raises(SnapshotNotFound, match=r"none of that day.* --city small"):
        open_snapshot(tmp_path / "s", other, lake_digest=lake.digest, catalogue=FEW)
    assert open_snapshot(tmp_path / "s", T, lake_digest="01234567", catalogue=FEW).rows == 3


@pytest.mark.parametrize("card", ["{", "[]", json.dumps({"format": 99})])
def test_a_damaged_card_is_refused_until_its_folder_is_gone(
    lake_of: Callable[..., Lake], tmp_path: Path, card: str
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    folder = build(lake, tmp_path).folder
    (folder / "snapshot.json").write_text(card, "utf-8")
    for use in (
        lambda: open_snapshot(tmp_path, T, lake_digest=lake.digest, catalogue=FEW),
        lambda: build(lake, tmp_path),
    ):
        with pytest.raises(SnapshotDamaged, match=r"in format 2; got .* delete the folder and build"):
            use()
    shutil.rmtree(folder)
    assert build(lake, tmp_path).rows == 3


@pytest.mark.parametrize("name", ["digest", "file_digest", "rows", "definitions", "city", "used_on"])
def test_a_card_that_lacks_a_fact_is_damaged_and_no_start(
    lake_of: Callable[..., Lake], tmp_path: Path, name: str
) -> None:
    lake = lake_of({"entities": ENTITIES, "penalties": PENALTIES})
    folder = build(lake, tmp_path / "s").folder
    card = json.loads((folder / "snapshot.json").read_text("utf-8"))
    del card[name]
    (folder / "snapshot.json").write_text(json.dumps(card), "utf-8")
    with pytest.raises(SnapshotDamaged, match=rf"got no {name} on it\."):
        open_snapshot(tmp_path / "s", T, lake_digest=lake.digest, catalogue=FEW)
    assert cards_of(folder.parent) == []


def test_the_usual_days_are_the_exports_and_forgetting_is_honoured_up_to_it(
    lake_of: Callable[..., Lake],
) -> None:
    lake = lake_of({"entities": ENTITIES}, exported_on=date(2024, 12, 1))
    assert days_of(lake, T.on) == T
    assert days_of(lake, None) == AsOf(on=T.used_on, used_on=T.used_on)
    assert days_of(lake, date(2025, 1, 1)).used_on == date(2025, 1, 1)
    assert days_of(lake, T.on, date(2026, 1, 1)).used_on == date(2026, 1, 1)
    with pytest.raises(SnapshotError, match="the lake names no export date"):
        days_of(replace(lake, exported_on=None), None)


def test_a_day_after_the_export_has_no_snapshot(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    """A city graded years after its last record looked spotless, and its register was the newest."""
    lake = lake_of({"entities": ENTITIES}, exported_on=T.on - timedelta(days=1))
    with pytest.raises(SnapshotError, match=rf"exported on {lake.exported_on}\); got as of {T.on}"):
        build(lake, tmp_path, FEW[:1])
    assert list(tmp_path.rglob("snapshot.json")) == []


@pytest.mark.parametrize(
    ("entities", "why", "todo"),
    [
        (ENTITIES, "the first became known on 2020-01-01", "choose that day or a later one"),
        ([], "the lake has none", "admit the entities of the city first"),
    ],
)
def test_a_day_on_which_nobody_was_known_has_no_snapshot(
    lake_of: Callable[..., Lake], tmp_path: Path, entities: list[Row], why: str, todo: str
) -> None:
    """It was an empty file and a success, and the next refresh would have begun from it."""
    lake, eve = lake_of({"entities": entities}), AsOf(on=date(2019, 12, 31), used_on=T.used_on)
    with pytest.raises(SnapshotError, match=f"no entity was known by then: {why}. To do: {todo}"):
        build(lake, tmp_path / "s", FEW[:1], eve)
    assert not (tmp_path / "s").exists()
    first = AsOf(on=date(2020, 1, 1), used_on=T.used_on)
    assert build(lake_of({"entities": ENTITIES}), tmp_path / "s", FEW[:1], first).rows == 3


def test_a_city_without_entities_has_no_snapshot(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match="with the table 'entities'; got only penalties"):
        build(lake_of({"penalties": PENALTIES}), tmp_path, FEW[1:])


def test_the_file_is_sorted_in_groups_for_look_ups(lake_of: Callable[..., Lake], tmp_path: Path) -> None:
    many = [
        {"entity_id": f"{n:06d}", "id_kind": "local", "known_on": date(2020, 1, 1)} for n in range(50_000)
    ]
    snapshot = build(lake_of({"entities": many[::-1], "penalties": []}), tmp_path)
    statistics = [
        pq.ParquetFile(snapshot.path).metadata.row_group(n).column(0).statistics
        for n in range(pq.ParquetFile(snapshot.path).num_row_groups)
    ]
    assert len(statistics) > 1
    assert all(earlier.max < later.min for earlier, later in pairwise(statistics))
