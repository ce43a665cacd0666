"""The later life of a plan over the API: terms, tasks, staffing, recusal, start, clocks, yearly plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.ledger.database import Ledger
from serving.rosters.inspector import Inspector
from serving.rosters.inspectors import record_inspectors
from serving.sampling.tickets import commitment_of
from tests.serving.conftest import NOW

RATIOS = {"a": "0.02", "b": "0.05", "c": "0.2", "d": "1"}
TERMS = {
    "department": "市场监管局",
    "item_codes": ["SC-01"],
    "first_day": "2026-07-02",
    "last_day": "2026-09-30",
    "yearly_cap": 2,
}
SECRETS = {"李敏": "1f" * 32, "吴平": "2e" * 32}
LINE = {
    "name": "食品抽查",
    "item_codes": ["SC-01"],
    "object_scope": "全市食品生产企业",
    "kind": "general",
    "ratios": {"A": "0.03", "B": "0.04", "C": "0.05", "D": "0.06"},
    "first_month": 3,
    "last_month": 11,
    "body": "市局",
}


@pytest.fixture
def drawn(client: TestClient, caller: Callable[..., TestClient], ledger: Ledger) -> str:
    """A drawn plan with terms, and three inspectors of its department."""
    inspectors = [
        Inspector(
            inspector_id=f"i{number}",
            name=f"检查员{number}",
            department="市场监管局",
            station="",
            skills=(),
            licence_number=str(number),
            licensed_from=date(2020, 1, 1),
            licensed_until=date(2030, 1, 1),
        )
        for number in range(3)
    ]
    record_inspectors(ledger, "sandbox", inspectors, by="Li", now=NOW, reason="test")
    answer = client.post("/api/v1/plans", json={"title": "七月抽查", "ratios": RATIOS, "terms": TERMS})
    assert answer.status_code == 200, answer.text
    plan_id = str(answer.json()["plan_id"])
    assert answer.json()["terms"]["department"] == "市场监管局"
    client.post(f"/api/v1/plans/{plan_id}/freeze")
    officials = {"李敏": client, "吴平": caller("supervisor", person="吴平")}
    for name, official in officials.items():
        promised = {"commitment": commitment_of(plan_id, name, SECRETS[name])}
        official.post(f"/api/v1/plans/{plan_id}/commitments", json=promised)
    for name, official in officials.items():
        official.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": SECRETS[name]})
    assert client.post(f"/api/v1/plans/{plan_id}/draw").json()["state"] == "drawn"
    return plan_id


def answered(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_plan_is_staffed_and_begun_over_the_api(client: TestClient, drawn: str) -> None:
    before = answered(client.get(f"/api/v1/plans/{drawn}/tasks"))
    assert (before["state"], before["staffed"]) == ("drawn", 0)
    assert before["total"] == len(before["visits"]) > 2
    staffed = answered(client.post(f"/api/v1/plans/{drawn}/staffing", json={}))
    assert (staffed["state"], staffed["staffed"], staffed["unstaffable"]) == ("staffed", before["total"], [])
    visit = answered(client.get(f"/api/v1/visits/{before['visits'][0]['visit_id']}"))
    assert (visit["staffed"], visit["round"], len(visit["inspectors"])) == (True, 1, 2)
    body = {"inspector_id": visit["inspectors"][0], "asked_by": "entity", "reason": "与当事人有亲属关系"}
    again = answered(client.post(f"/api/v1/visits/{visit['visit_id']}/recusals", json=body))
    assert (again["round"], body["inspector_id"] in again["inspectors"]) == (2, False)
    begun = answered(client.post(f"/api/v1/visits/{visit['visit_id']}/start", json={"on": "2026-07-02"}))
    assert begun["begun_on"] == "2026-07-02"
    assert answered(client.get(f"/api/v1/plans/{drawn}"))["state"] == "in the field"
    second = client.post(f"/api/v1/visits/{visit['visit_id']}/start", json={"on": "2026-07-03"})
    assert (second.status_code, "begun on 2026-07-02" in second.text) == (409, True)


def test_clocks_run_by_department_and_for_those_who_may_see_the_plan(
    client: TestClient, caller: Callable[..., TestClient], drawn: str
) -> None:
    found = answered(client.get("/api/v1/clocks"))
    kinds = {(one["department"], one["kind"], one["colour"]) for one in found["counts"]}
    assert kinds == {("市场监管局", "staffing", "amber"), ("市场监管局", "result", "green")}
    assert found["urgent"][0]["en"] == "staffing: due 2026-07-03, 2 working days left"
    assert answered(client.get("/api/v1/clocks", params={"department": "消防"}))["counts"] == []
    assert answered(caller("planner", "4403").get("/api/v1/clocks"))["counts"] == []


def test_who_may_not_plan_may_not_staff_and_nobody_sees_another_region(
    client: TestClient, caller: Callable[..., TestClient], drawn: str
) -> None:
    visit_id = answered(client.get(f"/api/v1/plans/{drawn}/tasks"))["visits"][0]["visit_id"]
    assert caller("analyst").post(f"/api/v1/plans/{drawn}/staffing", json={}).status_code == 403
    assert caller("planner", "4403").get(f"/api/v1/visits/{visit_id}").status_code == 404
    assert client.get("/api/v1/visits/nowhere").status_code == 404


def test_a_yearly_plan_is_published_late_and_amended(client: TestClient) -> None:
    body = {"department": "市场监管局", "year": 2026, "lines": [LINE]}
    plan = answered(client.post("/api/v1/yearly-plans", json=body))
    assert (plan["state"], plan["colour"], plan["to_publish"]) == ("draft", "red", True)
    assert client.post("/api/v1/yearly-plans", json=body).status_code == 422
    address = f"/api/v1/yearly-plans/{plan['yearly_plan_id']}"
    published = answered(client.post(f"{address}/publication"))
    assert (published["state"], published["en"]) == ("published", "published on 2026-07-01, 92 days late")
    change = {"lines": [LINE | {"last_month": 10}], "reason": "机构调整"}
    amended = answered(client.post(f"{address}/amendments", json=change))
    assert (amended["state"], amended["to_publish"], len(amended["versions"])) == ("amended", True, 2)
    assert answered(client.get(address)) == amended
    assert client.get("/api/v1/yearly-plans", params={"year": 2026}).json() == [amended]
    wrong = client.post(f"{address}/amendments", json={"lines": [LINE | {"kind": "urgent"}], "reason": "x"})
    assert (wrong.status_code, "kind 'urgent'" in wrong.text) == (422, True)
    assert client.get("/api/v1/yearly-plans/nowhere").status_code == 404
