"""Change, alerts, comparison and life line as a reader meets them: from a May and a June of the tiny city."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.engines.on_duckdb import open_engine
from serving.alerting import made_alerts, write_alerts
from serving.earlier import register_before, registers_until
from serving.grading import write_register
from serving.ledger.registers import record_register
from serving.register import Register, open_register
from serving.web.changes import change_of
from serving.web.desk import Desk
from serving.web.life_line_section import life_line
from tests.serving.conftest import NOW, described

HTML = {"Accept": "text/html"}
MAY = date(2026, 5, 31)


@pytest.fixture(scope="module")
def may(city: Any) -> Register:
    snapshot, attributes = described(city.lake, city.home / "sandbox" / "snapshots", MAY)
    return write_register(city.release, snapshot, attributes, folder=city.home / "sandbox" / "register")


@pytest.fixture
def two_months(city: Any, desk: Desk, may: Register, tmp_path: Path) -> Desk:
    """A desk with a past: both registers in its ledger, alerts made into a copy of the later one's folder."""
    folder = Path(shutil.copytree(city.register.folder, tmp_path / "register"))
    june = open_register(folder)
    for register in (may, june):
        record_register(
            desk.ledger, city="sandbox", as_of=register.as_of, release_id=city.release.release_id,
            digest=register.digest, folder=register.folder, counts=register.card.counts, by="li", now=NOW,
        )  # fmt: skip
    return dataclasses.replace(desk, register=june, snapshots_folder=city.home / "sandbox" / "snapshots")


@pytest.fixture
def alerts(two_months: Desk) -> pa.Table:
    desk = two_months
    previous = register_before(desk.ledger, desk.register)
    assert desk.lake is not None
    with open_engine(desk.lake, memory_limit="1GB") as engine:
        made = made_alerts(engine, desk.register, previous, desk.release, snapshots=desk.snapshots_folder)
    path = write_alerts(made, desk.register, previous, desk.lake)
    assert path.with_suffix(".csv").read_text("utf-8-sig").count("\n") >= made.num_rows
    return pq.read_table(path)


def test_the_change_of_everybody_adds_up_to_the_two_registers(two_months: Desk, may: Register) -> None:
    moved = 0
    for line in two_months.register.page(limit=15).lines:
        change = change_of(two_months, line.entity_id)
        if change is None:
            continue
        before = may.find(line.entity_id).decision.score
        assert sum(part.points for part in change.parts) == change.points == line.score - before
        moved += change.points != 0
    assert moved > 2


def test_without_an_earlier_register_or_its_rows_no_change_is_told(desk: Desk, two_months: Desk) -> None:
    entity_id = two_months.register.page(limit=1).lines[0].entity_id
    assert change_of(dataclasses.replace(two_months, snapshots_folder=None), entity_id) is None
    assert next(iter(registers_until(desk.ledger, desk.register))).as_of == MAY


def test_alerts_are_of_the_population_and_every_rise_says_why(
    two_months: Desk, alerts: pa.Table, may: Register
) -> None:
    rises = alerts.filter(pc.equal(alerts["kind"], "grade_rise")).to_pylist()
    assert rises
    for row in rises:
        before, after = (register.find(row["entity_id"]).decision for register in (may, two_months.register))
        assert row["evidence"] == [f"grade:{before.grade.value}>{after.grade.value}"]
        assert "比上月" in row["sentence_zh"] or "与上月" in row["sentence_zh"]
    assert set(alerts["kind"].to_pylist()) >= {"grade_rise", "licence_expiry"}
    assert alerts["grade"].null_count == 0


def test_the_page_and_the_interface_show_the_alerts_of_the_callers_region(
    two_months: Desk, alerts: pa.Table, caller: Callable[..., TestClient], app: FastAPI
) -> None:
    app.state.desk_source = lambda: two_months
    region = next(code for code in alerts["region_code"].to_pylist() if code)
    with caller() as planner, caller(region_prefix=region) as local:
        whole = planner.get("/api/v1/alerts", params={"limit": 500}).json()
        own = local.get("/api/v1/alerts", params={"limit": 500}).json()
        kinds = planner.get("/api/v1/alerts", params={"kind": "licence_expiry", "limit": 500}).json()
        page = planner.get("/alerts?kind=licence_expiry", headers=HTML).text
        english = planner.get("/alerts?language=en", headers=HTML).text
        foreign = local.get("/api/v1/alerts", params={"region": "11"})
        wrong = planner.get("/api/v1/alerts", params={"kind": "weather"})
    assert (whole["matching"], whole["made"]) == (alerts.num_rows, True)
    assert 0 < own["matching"] < whole["matching"]
    assert {alert["region_code"][: len(region)] for alert in own["alerts"]} == {region}
    assert (
        kinds["matching"]
        == whole["counts"]["licence_expiry"]
        == own["counts"]["licence_expiry"]
        + sum(not (a["region_code"] or "").startswith(region) for a in kinds["alerts"])
    )
    assert kinds["alerts"][0]["sentence_zh"] in page
    assert "Alerts" in english
    assert (foreign.status_code, wrong.status_code) == (403, 422)


def test_an_alert_about_a_repaired_record_is_shown_no_more(
    two_months: Desk, alerts: pa.Table, caller: Callable[..., TestClient], app: FastAPI, tmp_path: Path
) -> None:
    about = alerts.filter(pc.equal(alerts["kind"], "licence_expiry")).to_pylist()[0]
    (key,) = about["evidence"]
    assert two_months.lake is not None
    table = two_months.lake.table("licences")
    rows = pq.read_table(table.path)
    repaired = [
        row | {"forgotten_on": NOW.date()} if f"licences:{row['licence_id']}" == key else row
        for row in rows.to_pylist()
    ]
    path = tmp_path / "licences.parquet"
    pq.write_table(pa.Table.from_pylist(repaired, schema=rows.schema), path)
    tables = {**two_months.lake.tables, "licences": dataclasses.replace(table, path=path)}
    later = dataclasses.replace(two_months, lake=dataclasses.replace(two_months.lake, tables=tables))
    with caller() as client:
        app.state.desk_source = lambda: two_months
        before = client.get("/api/v1/alerts", params={"limit": 500}).json()
        app.state.desk_source = lambda: later
        after = client.get("/api/v1/alerts", params={"limit": 500}).json()
        page = client.get(f"/entities/{about['entity_id']}/course", headers=HTML).text
    assert before["matching"] - after["matching"] == 1
    assert about["sentence_zh"] not in page


def test_before_any_are_made_the_page_says_how(client: TestClient, desk: Desk, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(desk.register.folder, tmp_path / "bare"))
    for kept in folder.glob("alerts-*"):
        kept.unlink()
    client.app.state.desk_source = lambda: dataclasses.replace(desk, register=open_register(folder))  # type: ignore[attr-defined]
    assert "python -m serving alerts --as-of 2026-06-30" in client.get("/alerts", headers=HTML).text
    assert client.get("/api/v1/alerts").json()["made"] is False


def test_the_course_is_a_part_of_the_entity_page_and_a_page_of_its_own(
    two_months: Desk, alerts: pa.Table, caller: Callable[..., TestClient], app: FastAPI
) -> None:
    app.state.desk_source = lambda: two_months
    row = alerts.to_pylist()[0]
    entity_id = row["entity_id"]
    with caller() as client:
        host = client.get(f"/entities/{entity_id}", headers=HTML).text
        whole = client.get(f"/entities/{entity_id}/course", headers=HTML).text
        part = client.get(f"/entities/{entity_id}/course", headers={**HTML, "HX-Request": "true"}).text
        answer = client.get(f"/api/v1/entities/{entity_id}/course").json()
    assert f'hx-get="/entities/{entity_id}/course"' in host
    assert "<!doctype html>" in whole
    assert "<!doctype html>" not in part
    change = answer["change"]
    for text in (whole, part):
        assert row["sentence_zh"] in text
        assert change["sentence_zh"] in text
        assert "与同类比较" in text
    assert sum(one["points"] for one in change["parts"]) == change["points"]
    assert answer["alerts"][0]["evidence"] == row["evidence"]


def test_peers_outside_the_readers_region_are_only_counted(
    two_months: Desk, caller: Callable[..., TestClient], app: FastAPI
) -> None:
    app.state.desk_source = lambda: two_months
    line = next(one for one in two_months.register.page(limit=50).lines if one.region_code)
    with caller() as planner, caller(region_prefix=line.region_code) as local:
        whole = planner.get(f"/api/v1/entities/{line.entity_id}/course").json()["comparison"]
        own = local.get(f"/api/v1/entities/{line.entity_id}/course").json()["comparison"]
    assert own["sentence_zh"] == whole["sentence_zh"]
    assert len(whole["peers"]) == len(own["peers"]) + own["unnamed"] > 0
    for peer in own["peers"]:
        assert two_months.register.find(peer["entity_id"]).region_code == line.region_code


def test_the_life_line_has_a_point_a_register_and_its_bands_are_kept(
    two_months: Desk,
    caller: Callable[..., TestClient],
    app: FastAPI,
    may: Register,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.life_line.LEAST", 2)  # nobody of 300 has twenty like it of its age
    register = two_months.register
    for earlier in register.folder.glob("bands-*.parquet"):
        earlier.unlink()  # made by other tests, where twenty were asked
    for line in register.page(limit=100).lines:
        entry = register.find(line.entity_id)
        life = life_line(two_months, entry, "zh")
        if life and life.tables and len(life.points) == 2:
            break
    assert [(p.on, p.score) for p in life.points] == [
        (MAY, may.find(line.entity_id).decision.score), (register.as_of, line.score),
    ]  # fmt: skip
    assert life.events[0].kind == "registered"
    (kept,) = register.folder.glob("bands-*.parquet")
    assert kept.name == f"bands-{register.digest[:16]}.parquet"
    app.state.desk_source = lambda: two_months
    with caller() as client:
        page = client.get(f"/entities/{line.entity_id}/course", headers=HTML).text
    key = life.tables[0].key
    chart = json.loads(re.search(rf'id="life-{key}">(.*?)</script>', page, re.S).group(1))  # type: ignore[union-attr]
    assert chart["own"][-1]["score"] == line.score
    assert "以表格查看" in page
