"""Policies, the frontier and the replay over the API, and every wrong request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.sampling.presets import preset
from serving.web.app import create_app
from serving.web.desk import Desk

Caller = Callable[..., TestClient]
POLICY = preset("henan-2021").policy().as_document()


def body(**changed: Any) -> dict[str, Any]:
    return {"title": "年度政策", "policy": POLICY, "reason": "年度计划", **changed}


def test_a_policy_is_written_changed_and_read_by_version(client: TestClient) -> None:
    made = client.post("/api/v1/policies", json=body()).json()
    assert (made["policy_id"], made["version"], made["by"]) == ("sandbox-policy-001", 1, "李敏")
    change = {"version": 1, "policy": POLICY | {"yearly_cap": 1}, "reason": "减少打扰"}
    address = f"/api/v1/policies/{made['policy_id']}"
    assert client.post(f"{address}/versions", json=change).json()["version"] == 2
    assert client.get(address).json()["policy"]["yearly_cap"] == 1
    assert client.get(address, params={"version": 1}).json()["policy"] == POLICY
    again = client.post(f"{address}/versions", json=change)
    assert (again.status_code, again.json()["got"]) == (
        409, "another version that was written meanwhile, or none such",
    )  # fmt: skip
    listed = client.get("/api/v1/policies").json()
    assert [one["version"] for one in listed["policies"]] == [2]
    assert {"henan-2021", "bayannur-2022"} < {one["name"] for one in listed["presets"]}


def test_a_policy_with_faults_is_refused_with_all_of_them(client: TestClient) -> None:
    answer = client.post("/api/v1/policies", json=body(policy=POLICY | {"yearly_cap": 0, "cups": 1}))
    assert answer.status_code == 422
    assert answer.json()["got"] == "unknown name 'cups'; yearly_cap=0 is not from 1 to 366 visits"


def test_who_may_not_plan_may_read_but_not_write(caller: Caller) -> None:
    reader = caller("supervisor")
    assert reader.get("/api/v1/policies").status_code == 200
    assert reader.post("/api/v1/policies", json=body()).status_code == 403
    assert reader.get("/api/v1/policies/none").status_code == 404


def test_the_frontier_rises_from_precision_to_findings(client: TestClient) -> None:
    asked = {"hours": 200, "policy_id": "henan-2021", "points": 5}
    answer = client.post("/api/v1/frontier", json=asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert sum(told["sizes"].values()) > 0
    errors = [point["standard_error"] for point in told["points"]]
    found = [point["findings"] for point in told["points"]]
    assert errors == sorted(errors)
    assert found == sorted(found)
    assert all(point["low"] <= point["findings"] <= point["high"] for point in told["points"])
    assert all(point["hours"] <= 200 for point in told["points"])
    one = client.post("/api/v1/frontier", json=asked | {"error": errors[2] * 1.01}).json()["points"]
    assert len(one) == 1
    assert {"hours", "error"} < {price["code"] for price in one[0]["prices"]}


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({"hours": 8}, 409, "limits that cannot hold together: at most 8 officer-hours"),
        ({"error": 1e-9}, 409, "a standard error of at most 0.0000"),
        ({"policy_id": "none"}, 404, "'none'"),
        ({"hours": -1}, 422, "hours"),
        ({"region_prefix": "77"}, 422, "'77', with none of"),
    ],
)
def test_a_frontier_that_cannot_be_says_why(
    client: TestClient, changed: dict[str, Any], status: int, told: str
) -> None:
    answer = client.post("/api/v1/frontier", json={"hours": 800, "policy_id": "henan-2021"} | changed)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["got"]


def test_the_replay_tells_past_years_with_intervals(client: TestClient) -> None:
    answer = client.post("/api/v1/policy-replay", json={"policy_id": "henan-2021"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["ratios"]["D"] == "30/100"
    assert told["unfinished"] == ["SJ-2026Q2"]
    lines = [line for line in told["lines"] if line["breakdown"] == "all" and line["visits"]]
    assert lines
    for line in lines:
        assert line["findings_low"] <= line["findings"] <= line["findings_high"]


def test_a_replay_stays_within_the_callers_region(client: TestClient, caller: Caller) -> None:
    asked = {"ratios": {"a": "0.1", "b": "0.1", "c": "0.1", "d": "0.1"}}
    regions = {
        line["group"]
        for line in client.post("/api/v1/policy-replay", json=asked).json()["lines"]
        if line["breakdown"] == "region"
    }
    own = sorted(regions)[0]
    lines = caller("planner", region_prefix=own).post("/api/v1/policy-replay", json=asked).json()["lines"]
    assert {line["group"] for line in lines if line["breakdown"] == "region"} == {own}


def test_without_records_a_replay_says_so(desk: Desk, token_for: Callable[..., str]) -> None:
    bare: FastAPI = create_app(lambda: replace(desk, lake=None))
    headers = {"Authorization": f"Bearer {token_for()}"}
    with TestClient(bare, headers=headers, raise_server_exceptions=False) as client:
        answer = client.post("/api/v1/policy-replay", json={"policy_id": "flat-3"})
    assert answer.json()["got"] == "a service without them"
