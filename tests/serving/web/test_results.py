"""Results over the API: entered, imported, published, handled, measured; and who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.ledger.moments import day_in_china
from serving.web.desk import Desk
from tests.serving.inspections.staffed_plans import staffed_plan

Caller = Callable[..., TestClient]
PLAN = "sandbox-20260601-77"


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """A plan of four entities and two items, drawn and staffed ten days ago."""
    start = desk.now() - timedelta(days=10)
    first = day_in_china(start)
    staffed_plan(desk.ledger, PLAN, drawn_at=start, window=(first, first + timedelta(days=30)))
    return desk


def today(desk: Desk) -> str:
    return desk.today.isoformat()


def body(desk: Desk, entity: str = "E1", code: str = "no_problem", **more: object) -> dict[str, object]:
    return {
        "task_id": f"{PLAN}/{entity}", "item_code": "food_safety", "visited_on": today(desk), "codes": [code],
        **more,
    }  # fmt: skip


def test_a_result_is_entered_corrected_published_and_handled(staffed: Desk, client: TestClient) -> None:
    path = f"/api/v1/plans/{PLAN}"
    sent = {"results": [body(staffed), body(staffed, "E3", "ordered_to_correct", serious_count=2)]}
    assert client.post(f"{path}/results", json=sent).json() == {"taken": 2, "unchanged": 0}
    assert client.post(f"{path}/results", json=sent).json() == {"taken": 0, "unchanged": 2}
    changed = {"results": [body(staffed, code="other")]}
    refused = client.post(f"{path}/results", json=changed)
    assert (refused.status_code, "a reason beside a correction" in refused.json()["expected"]) == (422, True)
    changed["results"][0]["reason"] = "wrong line"
    assert client.post(f"{path}/results", json=changed).json()["taken"] == 1
    done = client.post(f"{path}/publication", json={"on": today(staffed)}).json()
    assert (done["results"], done["state"]) == (2, "results")
    problem = {"task_id": f"{PLAN}/E3", "item_code": "food_safety"}
    handled = {**problem, "handled_on": today(staffed), "how": "标签已更换"}
    assert client.post(f"{path}/follow-ups", json=handled).status_code == 200
    answer = client.get(f"{path}/results").json()
    first, second = answer["results"]
    assert (answer["total"], first["version"], first["codes"], first["reason"]) == (
        2,
        2,
        ["other"],
        "wrong line",
    )
    assert (second["publication"], second["how"], second["serious_count"]) == ("published", "标签已更换", 2)
    early = client.post(f"{path}/repairs", json={**problem, "on": today(staffed), "reason": "x"})
    assert "6 months ago" in early.json()["expected"]
    assert client.post(f"{path}/withholding", json={**problem, "reason": "x"}).status_code == 422
    assert "without all results" in client.post(f"{path}/close").json()["got"]


def test_a_file_goes_in_and_its_bad_rows_come_back(staffed: Desk, client: TestClient) -> None:
    form = client.get(f"/api/v1/plans/{PLAN}/results/form")
    assert form.headers["content-type"].startswith("text/csv")
    header, *rows = form.content.decode("utf-8-sig").splitlines()
    filled = [row.replace(",,,,,,,", f",{today(staffed)},未发现问题,,,,,") for row in rows]
    filled[0] = filled[0].replace("未发现问题", "没问题")
    data = "\r\n".join([header, *filled]).encode("gb18030")
    sent = client.post(
        "/api/v1/results/imports?name=july.csv", content=data, headers={"Content-Type": "text/csv"}
    )
    answer = sent.json()
    assert (answer["taken"], answer["rejected"], answer["fresh"]) == (7, 1, True)
    again = client.post("/api/v1/results/imports", content=data, headers={"Content-Type": "text/csv"}).json()
    assert (again["import_id"], again["fresh"]) == (answer["import_id"], False)
    kept = client.get(f"/api/v1/results/imports/{answer['import_id']}/rejected").content.decode("utf-8-sig")
    assert "没问题" in kept
    assert client.get("/api/v1/results/imports/999/rejected").status_code == 404


def test_only_planners_write_and_nobody_beyond_their_region(staffed: Desk, caller: Caller) -> None:
    analyst, elsewhere = caller("analyst", person="吴平"), caller(region_prefix="99", person="赵")
    sent = {"results": [body(staffed)]}
    assert analyst.post(f"/api/v1/plans/{PLAN}/results", json=sent).status_code == 403
    assert analyst.get(f"/api/v1/plans/{PLAN}/results").json()["total"] == 0
    assert elsewhere.get(f"/api/v1/plans/{PLAN}/results").status_code == 404
    line = f"task_id,item_code,visited_on,result_codes\n{PLAN}/E1,food_safety,{today(staffed)},no_problem\n"
    answer = elsewhere.post("/api/v1/results/imports", content=line, headers={"Content-Type": "text/csv"})
    assert answer.json()["rejected"] == 1
    assert elsewhere.get("/api/v1/effect").json() == []


def test_effect_tells_measures_with_meaning(staffed: Desk, client: TestClient) -> None:
    client.post(f"/api/v1/plans/{PLAN}/results", json={"results": [body(staffed)]})
    (whole,) = client.get("/api/v1/effect?by=plan").json()
    share = {one["name"]: one for one in whole["measures"]}["hit_rate"]
    assert (whole["group"], share["numerator"], share["definition"]["zh"]) == (PLAN, 0, "问题发现率")
    assert client.get("/api/v1/effect?by=colour").status_code == 422
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/effect" in paths


def test_results_are_returned_by_plan_or_all_once_and_await_admission(
    staffed: Desk, app: FastAPI, client: TestClient, caller: Caller, tmp_path: Path
) -> None:
    one, every = f"/api/v1/plans/{PLAN}/results/returns", "/api/v1/results/returns"
    absent = client.post(every)
    assert (absent.status_code, absent.json()["got"]) == (409, "none")
    assert "return-results --raw FOLDER" in absent.json()["todo"]
    raw = tmp_path / "raw"
    app.state.desk_source = lambda: replace(staffed, raw_folder=raw)
    assert client.post(every).json()["got"] == f"nothing at {raw}"
    raw.mkdir()
    assert client.post(every).json()["returned"] == []
    assert (client.post(one).status_code, client.post(one).json()["got"]) == (409, "none")
    client.post(f"/api/v1/plans/{PLAN}/results", json={"results": [body(staffed)]})
    answer = client.post(one).json()
    (first,) = answer["returned"]
    assert (first["file"], first["rows"], first["fresh"]) == (f"returned/{PLAN}.parquet", 1, True)
    assert answer["next"] == f"python -m data_contracts admit --city sandbox --exported-on {today(staffed)}"
    assert client.post(every).json()["returned"] == [first | {"fresh": False}]
    assert caller("supervisor", person="吴平").post(one).status_code == 403
    assert caller(region_prefix="99", person="赵").post(one).status_code == 404
    assert caller(region_prefix="99", person="钱").post(every).json()["returned"] == []


def test_a_raw_folder_that_cannot_be_written_into_is_told(
    staffed: Desk, app: FastAPI, client: TestClient, tmp_path: Path
) -> None:
    """A file where the folder should be stops anybody, also who may write everywhere."""
    (tmp_path / "returned").write_text("not a folder", "utf-8")
    app.state.desk_source = lambda: replace(staffed, raw_folder=tmp_path)
    client.post(f"/api/v1/plans/{PLAN}/results", json={"results": [body(staffed)]})
    refused = client.post("/api/v1/results/returns")
    assert (refused.status_code, refused.json()["got"]) == (409, "File exists")
    assert "let the service write there" in refused.json()["todo"]
