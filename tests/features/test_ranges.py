"""A city computed in ranges of entities is the city computed at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.assembly import assemble
from features.catalogue import CATALOGUE
from features.digest import content_digest, table_digest
from features.engines.on_duckdb import open_engine
from features.engines.ranges import across_entities, by_entity, cuts, is_by_entity
from tests.features.oracle.cities import nasty_city
from tests.features.oracle.nasty import DATES

# A source of each kind: versions, windows over rows, plain sums, and what other entities enter into.
SOURCES = ("entities", "annual_reports", "penalties", "relations", "parties")
SOME = tuple(i for i in CATALOGUE if i.source in SOURCES)


@pytest.fixture(scope="module")
def city() -> tuple[dict[str, list[dict[str, object]]], AsOf]:
    return nasty_city(Random(3), DATES[0]), AsOf(on=DATES[0], used_on=DATES[0])


def test_ranges_give_the_same_rows_in_the_same_order(
    lake_of: Callable[..., Lake], tmp_path: Path, city: tuple[dict[str, list[dict[str, object]]], AsOf]
) -> None:
    rows, as_of = city
    names = sorted({str(row["entity_id"]) for row in rows["entities"]})
    lake = lake_of(rows)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        whole = assemble(engine.tables, as_of, SOME, skipped=())
        assert (engine.cuts, engine.write(whole, tmp_path / "whole.parquet")) == ((), None)
        # Ranges without any entity, of one entity and of many; a cut that is no entity's.
        places = ("", names[1], names[2], "~")
        in_ranges = replace(engine, cuts=places)
        digest = in_ranges.write(whole, tmp_path / "ranges.parquet")
    at_once, ranged = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("whole", "ranges"))
    assert at_once.num_rows > 20
    assert ranged.equals(at_once.cast(ranged.schema)), "but for what a file promises about nulls"
    assert digest == content_digest(tmp_path / "ranges.parquet") == table_digest(at_once)


def test_only_what_reads_several_tables_is_made_for_the_whole_city(
    lake_of: Callable[..., Lake], city: tuple[dict[str, list[dict[str, object]]], AsOf]
) -> None:
    rows, as_of = city
    with open_engine(lake_of(rows), memory_limit="1GB", threads=1) as engine:
        whole = assemble(engine.tables, as_of, SOME, skipped=())
        across = across_entities(whole)
    assert is_by_entity(whole)
    assert not is_by_entity(whole.select("entity_id"))
    made = {name for node in across for name in node.schema.names} - {"entity_id"}
    assert made == {i.name for i in SOME if i.source in ("relations", "parties")}


def test_cuts_lie_where_the_groups_of_the_file_begin(tmp_path: Path) -> None:
    path = tmp_path / "entities.parquet"
    pq.write_table(pa.table({"entity_id": [f"{n:03d}" for n in range(100)]}), path, row_group_size=10)
    assert cuts(path, 30) == ("030", "060", "080", "090"), "half of what is left, down to a quarter of 30"
    assert cuts(path) == ()
    pq.write_table(pa.table({"entity_id": ["c", "a", "b", "a"]}), path, row_group_size=1)
    assert cuts(path, 1) == ("a", "b"), "rows in disorder are cut too, each into one range"
    pq.write_table(pa.table({"entity_id": ["a", "b"]}), path, row_group_size=1, write_statistics=False)
    assert cuts(path, 1) == ()


def test_pieces_in_order_are_put_in_order_without_a_row_being_moved() -> None:
    rows = pa.table({"entity_id": [f"{n:05d}" for n in range(9_000)], "value": range(9_000)})
    cut = pa.concat_tables([rows.slice(at, 3_000) for at in (6_000, 0, 3_000)])
    ordered = by_entity(cut)
    assert ordered.equals(rows)
    there = {chunk.buffers()[1].address for chunk in cut["value"].chunks}
    assert {chunk.buffers()[1].address for chunk in ordered["value"].chunks} <= there


@pytest.mark.parametrize("rows", [0, 1, 5_000])
def test_rows_in_any_order_come_out_in_order(rows: int) -> None:
    table = pa.table(
        {"entity_id": pa.array([f"{n:05d}" for n in range(rows)], pa.string()), "value": range(rows)}
    )
    places = [*range(rows)]
    Random(1).shuffle(places)
    assert by_entity(table.take(pa.array(places, pa.int64()))).equals(table)
