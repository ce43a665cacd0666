"""No explanation, on whatever page or route, shows a forgotten record or what the reader may not see.

The routes are read off the app: one that is added later is held to the same.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from models.sentences import account, spoken
from serving.ledger.tokens import ROLES
from serving.records import records_of
from serving.web.app import API_ROUTES, PAGE_ROUTES
from serving.web.desk import Desk

ROUTES = sorted(
    {r.path for r in (*API_ROUTES, *PAGE_ROUTES) if "{entity_id}" in r.path and r.method == "GET"}
)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def answer(client: TestClient, path: str, entity_id: str) -> tuple[int, str]:
    """What a person or a program is given."""
    html = {} if path.startswith("/api/") else {"Accept": "text/html"}
    got = client.get(path.replace("{entity_id}", entity_id), headers=html)
    return got.status_code, got.text


def test_there_are_routes_to_hold() -> None:
    assert {"/api/v1/entities/{entity_id}", "/entities/{entity_id}"} <= set(ROUTES)


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("path", ROUTES)
def test_an_entity_of_another_region_is_as_unknown_as_one_that_is_not(
    caller: Callable[..., TestClient], city: Any, path: str, role: str
) -> None:
    lines = city.register.page(limit=300).lines
    own = next(line.region_code for line in lines if line.region_code)
    other = next(line for line in lines if line.region_code and line.region_code != own)
    with caller(role, own) as inside:
        status, text = answer(inside, path, other.entity_id)
        no_status, no_text = answer(inside, path, "91310000MA1NOBODYX")
    assert status == no_status == 404
    assert text.replace(other.entity_id, "") == no_text.replace("91310000MA1NOBODYX", "")
    assert other.name is None or other.name not in text


# Remedies replay a year for half a minute and speak of the entity's own acts alone.
@pytest.mark.parametrize("path", [path for path in ROUTES if not path.endswith("/remedies")])
def test_the_explanation_of_an_own_entity_names_none_of_another_region(
    caller: Callable[..., TestClient], city: Any, path: str
) -> None:
    lines = city.register.page(limit=300).lines
    own = next(line.region_code for line in lines if line.region_code)
    outside = {line.entity_id for line in lines if line.region_code and not line.region_code.startswith(own)}
    assert outside
    with caller("supervisor", own) as inside:
        entity_id = next(line.entity_id for line in lines if line.region_code == own)
        status, text = answer(inside, path, entity_id)
    assert status == 200
    assert {one for one in outside if one in text} == set()


@pytest.mark.parametrize("path", ROUTES)
def test_no_record_that_was_forgotten_is_shown(
    desk: Desk, caller: Callable[..., TestClient], app: FastAPI, tmp_path: Path, path: str
) -> None:
    """Every penalty and listing of a penalised entity is repaired in a newer lake, then looked for."""
    repaired, entity_id, gone = all_repaired(desk, tmp_path)
    with caller() as client:
        app.state.desk_source = lambda: dataclasses.replace(repaired, now=lambda: LATER)
        status, text = answer(client, path, entity_id)
    assert status in (200, 422), "told, or refused because records and grade are of two lakes"
    assert gone
    assert {record_id for record_id in gone if record_id in text} == set()


def all_repaired(desk: Desk, folder: Path) -> tuple[Desk, str, set[str]]:
    """The desk with all penalties of one entity forgotten since the grade; who, and which they were."""
    assert desk.lake is not None
    entity_id = next(
        line.entity_id
        for line in desk.register.page(limit=300).lines
        if any(one.table == "penalties" for one in records_of(desk.lake, line.entity_id, desk.as_of))
    )
    gone = {one.record_id for one in records_of(desk.lake, entity_id, desk.as_of) if one.table == "penalties"}
    table = desk.lake.table("penalties")
    rows = pq.read_table(table.path)
    marked = [
        row | {"forgotten_on": date(2026, 7, 1)} if row["entity_id"] == entity_id else row
        for row in rows.to_pylist()
    ]
    path = folder / "penalties.parquet"
    pq.write_table(pa.Table.from_pylist(marked, schema=rows.schema), path)
    tables = {**desk.lake.tables, "penalties": dataclasses.replace(table, path=path)}
    lake = dataclasses.replace(desk.lake, digest="0123456789abcdef0", tables=tables)
    return dataclasses.replace(desk, lake=lake), entity_id, gone


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sentences_tell_counts_and_never_a_record_or_a_person(desk: Desk, city: Any, language: str) -> None:
    """A sentence rests on an indicator alone: no identifier of an entity, a record or a person is in it."""
    identifier = re.compile(r"[0-9A-Z]{15,}|[A-Z]{1,3}-?\d{4,}")
    for line in city.register.page(limit=300).lines:
        decision = city.register.find(line.entity_id).decision
        for told in account(desk.release.schema, decision, language):
            text = spoken(told, language)
            assert not identifier.search(text), text
            assert not line.name or line.name not in text


def test_the_points_of_the_dimensions_stand_on_the_page_and_in_the_answer(
    client: TestClient, city: Any
) -> None:
    entity_id = city.register.page(limit=1).lines[0].entity_id
    told = client.get(f"/api/v1/entities/{entity_id}").json()["decision"]
    assert [one["label_zh"] for one in told["dimensions"]] == ["基础属性", "动态", "监管", "关联", "社会评价"]
    whole = told["base_points"] + sum(one["points"] for one in told["dimensions"])
    assert whole == math.floor(told["unclipped"] + 0.5)
    page = client.get(f"/entities/{entity_id}", headers={"Accept": "text/html"}).text
    table = page[page.index('<table class="dimensions"') :]
    assert all(one["label_zh"] in table for one in told["dimensions"])
