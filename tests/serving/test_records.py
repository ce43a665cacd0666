"""The records behind an entity: all of its rows, by the rule of features.as_of, from any row groups."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.contract import contract_names, load_contract
from data_contracts.lake import Lake
from features.as_of import AsOf, known_rows
from features.engines.on_duckdb import open_engine
from serving.records import EVENT_TABLES, EntityRecord, records_of
from tests.lake_rows import chained, write_lake

DAYS = AsOf(on=date(2025, 6, 30), used_on=date(2025, 9, 30))


@pytest.fixture
def lake_of(tmp_path: Path) -> Callable[..., Lake]:
    return partial(write_lake, tmp_path / "lake")


@pytest.fixture(scope="module")
def every_record(city: Any) -> list[tuple[str, EntityRecord]]:
    """What is shown of everybody whom the register of the city names."""
    ids = pq.read_table(city.lake.table("entities").path)["entity_id"].unique().to_pylist()
    return [(entity_id, record) for entity_id in ids for record in records_of(city.lake, entity_id, DAYS)]


def told(record: EntityRecord) -> dict[str, str]:
    return {fact.label_en: fact.value_en for fact in record.facts}


def regrouped(lake: Lake, folder: Path, **options: Any) -> Lake:
    """The same lake in other row groups."""
    tables = {}
    for name, table in lake.tables.items():
        pq.write_table(pq.read_table(table.path), folder / f"{name}.parquet", **options)
        tables[name] = replace(table, path=folder / f"{name}.parquet")
    return replace(lake, tables=tables)


def test_they_are_those_that_the_indicators_see(
    city: Any, every_record: list[tuple[str, EntityRecord]]
) -> None:
    expected = []
    with open_engine(city.lake, memory_limit="1GB", threads=1) as engine:
        for name in set(EVENT_TABLES) & set(engine.tables):
            known = known_rows(name, engine.tables[name], DAYS)
            frame = engine.frame(known.select("entity_id", load_contract(name).key[0]))
            expected += [(name, *row.values()) for row in frame.to_pylist()]
    ids = pq.read_table(city.lake.table("entities").path)["entity_id"].unique().to_pylist()
    found = [(record.table, entity_id, record.record_id) for entity_id, record in every_record]
    assert sorted(one for one in expected if one[1] in set(ids)) == sorted(found)
    assert len(set(found)) == len(found) > 300, "one version of each"


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
    lake_of: Callable[..., Lake], ended_on: date | None, end_known_on: date | None, shown: bool
) -> None:
    listing = {"entity_id": "a", "kind": "abnormal", "occurred_on": date(2024, 1, 1),
               "ended_on": ended_on, "end_known_on": end_known_on}  # fmt: skip
    (record,) = records_of(lake_of({"listings": [listing]}), "a", DAYS)
    assert ("ended on" in told(record)) is shown


COMPLAINT = {"entity_id": "a", "kind": "complaint", "occurred_on": date(2025, 5, 1), "outcome": "upheld"}


@pytest.mark.parametrize(
    ("outcome_known_on", "undated", "exported_on", "shown"),
    [
        (DAYS.on, [], date(2026, 6, 30), True),
        (date(2025, 7, 1), [], date(2026, 6, 30), False),
        (None, [], DAYS.on, False),
        (None, ["outcome"], DAYS.on, True),  # known by the export, nobody knows since when
        (None, ["outcome"], date(2026, 6, 30), False),
    ],
)
def test_an_outcome_is_told_from_the_day_it_was_known(
    lake_of: Callable[..., Lake],
    outcome_known_on: date | None,
    undated: list[str],
    exported_on: date,
    shown: bool,
) -> None:
    rows = {"complaints": [COMPLAINT | {"outcome_known_on": outcome_known_on}]}
    lake = lake_of(rows, undated={"complaints": undated}, exported_on=exported_on)
    (record,) = records_of(lake, "a", DAYS)
    assert ("outcome" in told(record)) is shown
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        known = engine.frame(known_rows("complaints", engine.tables["complaints"], DAYS))
    assert (known["outcome"][0].as_py() is not None) is shown, "the indicators see the same"


FINED = {"penalty_id": "p", "entity_id": "a", "kinds": "fine", "occurred_on": date(2025, 1, 1)}
VERSIONS = chained(
    FINED | {"known_on": date(2025, 1, 5), "fine_fen": 100_00},
    FINED | {"known_on": date(2025, 3, 1), "fine_fen": 900_00},
    FINED | {"known_on": date(2025, 9, 1), "fine_fen": 900_00, "retracted": True},
)


@pytest.mark.parametrize(
    ("on", "used_on", "fine", "corrected_on", "superseded_on"),
    [
        (date(2025, 2, 28), date(2025, 2, 28), "100 yuan", None, None),
        # corrected after the day that is described: said, but not shown
        (date(2025, 2, 28), date(2025, 3, 1), "100 yuan", None, date(2025, 3, 1)),
        (date(2025, 3, 1), date(2025, 8, 31), "900 yuan", date(2025, 3, 1), None),
        (date(2025, 6, 30), date(2025, 9, 1), "900 yuan", date(2025, 3, 1), date(2025, 9, 1)),
    ],
)
def test_a_corrected_record_is_shown_as_it_read_with_the_days_of_its_corrections(
    lake_of: Callable[..., Lake],
    on: date,
    used_on: date,
    fine: str,
    corrected_on: date | None,
    superseded_on: date | None,
) -> None:
    (record,) = records_of(lake_of({"penalties": VERSIONS[::-1]}), "a", AsOf(on=on, used_on=used_on))
    assert (told(record)["fine"], record.known_on) == (fine, date(2025, 1, 5))
    assert (record.corrected_on, record.superseded_on) == (corrected_on, superseded_on)


def test_a_withdrawn_record_is_no_longer_shown(lake_of: Callable[..., Lake]) -> None:
    day = date(2025, 9, 1)
    assert records_of(lake_of({"penalties": VERSIONS}), "a", AsOf(on=day, used_on=day)) == ()


def test_who_inspected_is_not_told(lake_of: Callable[..., Lake]) -> None:
    visit = {"entity_id": "a", "mechanism": "targeted", "inspector": "x", "occurred_on": date(2025, 1, 1)}
    (record,) = records_of(lake_of({"inspections": [visit]}), "a", DAYS)
    assert told(record) == {"mechanism": "targeted"}


def test_every_event_table_of_the_contracts_is_shown() -> None:
    events = {
        name
        for name in contract_names()
        if {"entity_id", "occurred_on", "known_on"} <= {column.name for column in load_contract(name).columns}
    }
    assert set(EVENT_TABLES) == events
    assert len(EVENT_TABLES) == len(events) == 17


def test_no_column_with_a_person_is_read_or_told(
    city: Any, every_record: list[tuple[str, EntityRecord]]
) -> None:
    told_of = {(record.table, fact.label_zh) for _, record in every_record for fact in record.facts}
    personal = {
        (name, column.label_zh)
        for name in EVENT_TABLES
        for column in load_contract(name).columns
        if column.classification == "personal"
    }
    assert len(personal) >= 5
    assert told_of & personal == set()
    shown = set(EVENT_TABLES) & city.lake.tables.keys()
    assert {table for table, _ in told_of} == shown, "each table has something to tell"
    assert len(shown) >= 16


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("tax_social", {"period": "2024", "sales_fen": 123_450, "insured_employees": 1_200},
         {"申报销售额": "1,234.50 元", "参保人数": "1,200 人", "所属期": "2024"}),
        ("judicial", {"kind": "equity_freeze", "equity_share": 0.125},
         {"种类": "股权冻结", "股权比例": "12.5%"}),
        ("public_opinion", {"tone": "negative", "reach": 12_000}, {"倾向": "负面", "传播量": "12,000 次"}),
        ("relations", {"kind": "shareholder", "related_kind": "person", "related_id": "Pxyz", "share": 0.5},
         {"关系种类": "股东", "关联方类型": "自然人", "出资比例": "50%"}),
        ("key_persons", {"person": "Pxyz", "group": "legal_representative", "role": "经理"},
         {"人员类别": "法定代表人、负责人", "职务": "经理"}),
        ("violations", {"inspection_id": "i1", "code": "FOOD-01", "severity": "critical"},
         {"违法行为代码": "FOOD-01", "严重程度": "严重"}),
        ("registry_changes", {"item": "address", "before_text": "某某家", "after_text": "别处"},
         {"变更事项": "住所、经营场所"}),
    ],
)  # fmt: skip
def test_values_are_told_in_words_and_with_their_units(
    lake_of: Callable[..., Lake], table: str, row: dict[str, Any], expected: dict[str, str]
) -> None:
    days = {"occurred_on": date(2025, 1, 1), "known_on": date(2025, 1, 1)}
    (record,) = records_of(lake_of({table: [{"entity_id": "a", **days, **row}]}), "a", DAYS)
    assert {fact.label_zh: fact.value_zh for fact in record.facts} == expected
    assert record.label_zh == load_contract(table).label_zh
