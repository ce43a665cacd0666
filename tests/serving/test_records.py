"""The records behind an entity: all of its rows, by the rule of features.as_of, from any row groups."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import load_contract
from data_contracts.lake import Lake
from features.as_of import AsOf, known_events
from features.engines.on_duckdb import open_engine
from serving.records import EVENT_TABLES, records_of

DAYS = AsOf(on=date(2025, 6, 30), used_on=date(2025, 9, 30))


def regrouped(lake: Lake, folder: Path, **options: Any) -> Lake:
    """The same lake in other row groups."""
    tables = {}
    for name, table in lake.tables.items():
        pq.write_table(pq.read_table(table.path), folder / f"{name}.parquet", **options)
        tables[name] = replace(table, path=folder / f"{name}.parquet")
    return replace(lake, tables=tables)


def test_they_are_those_that_the_indicators_see(city: Any) -> None:
    expected = set()
    with open_engine(city.lake, memory_limit="1GB", threads=1) as engine:
        for name in set(EVENT_TABLES) & set(engine.tables):
            known = known_events(engine.tables[name], DAYS)
            frame = engine.frame(known.select("entity_id", load_contract(name).key[0]))
            expected |= {(name, *row.values()) for row in frame.to_pylist()}
    ids = pq.read_table(city.lake.table("entities").path)["entity_id"].unique().to_pylist()
    found = {
        (record.table, entity_id, record.record_id)
        for entity_id in ids
        for record in records_of(city.lake, entity_id, DAYS)
    }
    assert {one for one in expected if one[1] in set(ids)} == found
    assert len(found) > 300


@pytest.mark.parametrize("options", [{"row_group_size": 3}, {"row_group_size": 3, "write_statistics": False}])
def test_row_groups_make_no_difference(city: Any, tmp_path: Path, options: dict[str, Any]) -> None:
    other = regrouped(city.lake, tmp_path, **options)
    for line in city.register.page(limit=25).lines:
        assert records_of(other, line.entity_id, DAYS) == records_of(city.lake, line.entity_id, DAYS)


def test_a_file_in_the_place_of_another_is_read_anew(city: Any, tmp_path: Path) -> None:
    lake = regrouped(city.lake, tmp_path)
    line = next(line for line in city.register.page().lines if records_of(lake, line.entity_id, DAYS))
    for table in lake.tables.values():
        pq.write_table(pq.read_table(table.path).slice(0, 0), tmp_path / "new")
        os.replace(tmp_path / "new", table.path)
    assert records_of(lake, line.entity_id, DAYS) == ()


@pytest.mark.parametrize(
    ("ended_on", "end_known_on", "shown"),
    [
        (date(2025, 5, 1), date(2025, 5, 2), True),
        (date(2025, 5, 1), None, True),  # the one day stands for the other, as in the indicators
        (None, date(2025, 5, 2), True),
        (date(2025, 5, 1), date(2025, 7, 1), False),  # not known yet
        (date(2025, 8, 1), date(2025, 5, 2), False),  # not come yet
        (None, None, False),
    ],
)
def test_an_end_is_told_once_it_has_come_and_is_known(
    city: Any, tmp_path: Path, ended_on: date | None, end_known_on: date | None, shown: bool
) -> None:
    table = city.lake.table("listings")
    row = pq.read_table(table.path).slice(0, 1).to_pylist()[0] | {
        "occurred_on": date(2024, 1, 1), "known_on": date(2024, 1, 1), "forgotten_on": None,
        "ended_on": ended_on, "end_known_on": end_known_on,
    }  # fmt: skip
    path = tmp_path / "listings.parquet"
    pq.write_table(pa.Table.from_pylist([row], schema=pq.read_schema(table.path)), path)
    lake = replace(city.lake, tables={"listings": replace(table, path=path)})
    (record,) = records_of(lake, row["entity_id"], DAYS)
    assert ("ended on" in {fact.label_en for fact in record.facts}) is shown
