"""A record repaired since the grade was made is shown nowhere, a corrected one as the grade used it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.records import records_of
from serving.web.desk import Desk

HTML = {"Accept": "text/html"}


def changed(desk: Desk, folder: Path, **columns: Any) -> tuple[Desk, str, str]:
    """The desk with one shown penalty changed in a newer lake; its entity and its id."""
    assert desk.lake is not None
    entity_id, record = next(
        (line.entity_id, record)
        for line in desk.register.page(limit=300).lines
        for record in records_of(desk.lake, line.entity_id, desk.as_of)
        if record.table == "penalties" and record.superseded_on is None
    )
    table = desk.lake.table("penalties")
    rows = pq.read_table(table.path)
    marked = [
        row | columns if row["penalty_id"] == record.record_id and row["superseded_on"] is None else row
        for row in rows.to_pylist()
    ]
    path = folder / "penalties.parquet"
    pq.write_table(pa.Table.from_pylist(marked, schema=rows.schema), path)
    tables = {**desk.lake.tables, "penalties": dataclasses.replace(table, path=path)}
    lake = dataclasses.replace(desk.lake, digest="0123456789abcdef0", tables=tables)
    return dataclasses.replace(desk, lake=lake), entity_id, record.record_id


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2026, 6, 30, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 30, 16, 0, tzinfo=UTC), False),  # the day of the repair has begun in China
        (datetime(2027, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_record_repaired_since_the_grade_is_not_shown(
    desk: Desk, caller: Callable[..., TestClient], app: FastAPI, tmp_path: Path, now: datetime, shown: bool
) -> None:
    repaired, entity_id, record_id = changed(desk, tmp_path, forgotten_on=date(2026, 7, 1))
    later = dataclasses.replace(repaired, now=lambda: now)
    with caller() as client:
        app.state.desk_source = lambda: later
        answer = client.get(f"/api/v1/entities/{entity_id}").json()
        page = client.get(f"/entities/{entity_id}", headers=HTML).text
    assert (record_id in {record["record_id"] for record in answer["records"]}) is shown
    assert (answer["used_on"], answer["lake_digest"]) == ("2026-06-30", desk.register.card.lake_digest)
    assert answer["records_used_on"] == later.shown_as_of.used_on.isoformat()
    assert answer["records_lake_digest"] == "0123456789abcdef0"
    assert ("此后修复的记录" in page) is not shown
    assert "0123456789abcdef" in page, "the version of the lake that the records are of"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 7, 1, 15, 59, tzinfo=UTC), None),
        (datetime(2026, 7, 1, 16, 0, tzinfo=UTC), "2026-07-02"),
    ],
)
def test_a_record_corrected_since_the_grade_is_shown_as_the_grade_used_it_and_says_so(
    desk: Desk,
    caller: Callable[..., TestClient],
    app: FastAPI,
    tmp_path: Path,
    now: datetime,
    said: str | None,
) -> None:
    corrected, entity_id, record_id = changed(desk, tmp_path, superseded_on=date(2026, 7, 2))
    with caller() as client:
        app.state.desk_source = lambda: dataclasses.replace(corrected, now=lambda: now)
        answer = client.get(f"/api/v1/entities/{entity_id}").json()
        page = client.get(f"/entities/{entity_id}", headers=HTML).text
    (record,) = [one for one in answer["records"] if one["record_id"] == record_id]
    assert record["superseded_on"] == said
    assert ("此后已更正或撤销：2026-07-02" in page) is (said is not None)


def test_the_lake_of_the_grade_needs_no_word(client: TestClient, desk: Desk) -> None:
    line = desk.register.page(limit=1).lines[0]
    assert desk.lake is not None
    assert desk.lake.digest[:16] not in client.get(f"/entities/{line.entity_id}", headers=HTML).text
