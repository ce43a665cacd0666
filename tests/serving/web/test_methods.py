"""Method and public value over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.inspections.plans.methods import choose_method
from serving.ledger.database import Ledger
from serving.sampling.method import DrawMethod, PublicSource
from serving.sampling.tickets import commitment_of
from tests.serving.conftest import NOW

RATIOS = {"a": "0.02", "b": "0.05", "c": "0.2", "d": "1"}
LATER = {"name": "福彩3D 2026187期", "published_at": "2026-07-03T21:15:00+08:00"}


@pytest.fixture
def plan_id(client: TestClient) -> str:
    answer = client.post("/api/v1/plans", json={"title": "按风险抽取", "ratios": RATIOS})
    return str(answer.json()["plan_id"])


def answered(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_plan_by_risk_is_frozen_and_drawn_over_the_api(
    client: TestClient, caller: Callable[..., TestClient], plan_id: str
) -> None:
    path = f"/api/v1/plans/{plan_id}"
    assert answered(client.get(path))["method"]["design"] == "stratified"
    chosen = answered(client.post(f"{path}/method", json={"hash": "sm3", "design": "pareto"}))
    assert (chosen["method"]["hash"], chosen["method"]["design"]) == ("sm3", "pareto")
    frozen = answered(client.post(f"{path}/freeze"))
    for person, official in (("李敏", client), ("吴平", caller("supervisor", person="吴平"))):
        promised = commitment_of(plan_id, person, "1f" * 32)
        answered(official.post(f"{path}/commitments", json={"commitment": promised}))
    for official in (client, caller("supervisor", person="吴平")):
        answered(official.post(f"{path}/reveals", json={"secret": "1f" * 32}))
    drawn = answered(client.post(f"{path}/draw"))["drawn"]
    assert len(drawn) == sum(frozen["counts"].values())
    chances = {one["inclusion_probability"] for one in drawn}
    assert len(chances) > 5
    assert all(Fraction(2, 100) - Fraction(1, 10**8) <= Fraction(chance) <= 1 for chance in chances)


def test_a_public_value_is_entered_in_the_name_of_the_token(
    client: TestClient, caller: Callable[..., TestClient], plan_id: str, ledger: Ledger
) -> None:
    path = f"/api/v1/plans/{plan_id}"
    assert answered(client.post(f"{path}/method", json={"public": LATER}))["method"]["public"] == {
        "name": LATER["name"],
        "published_at": "2026-07-03T13:15:00+00:00",
    }
    answered(client.post(f"{path}/freeze"))
    early = client.post(f"{path}/public-value", json={"value": "3 8 1"})
    assert (early.status_code, "it is not public yet" in early.text) == (409, True)
    assert caller("planner", "4403").post(f"{path}/public-value", json={"value": "3"}).status_code == 404
    assert client.post(f"{path}/public-value", json={"value": "9" * 65}).status_code == 422


def test_a_method_that_cannot_be_is_refused_in_the_words_of_its_kind(
    client: TestClient, caller: Callable[..., TestClient], plan_id: str, ledger: Ledger
) -> None:
    path = f"/api/v1/plans/{plan_id}/method"
    assert caller("analyst").post(path, json={}).status_code == 403
    known = {**LATER, "published_at": "2026-06-01T21:15:00+08:00"}
    past = client.post(path, json={"public": known})
    assert (past.status_code, "a public value that nobody knows yet" in past.text) == (409, True)
    assert (
        client.post(path, json={"public": {**LATER, "published_at": "2026-07-03T21:15"}}).status_code == 422
    )
    unsorted = client.post(path, json={"joint": {"label": "Q3", "plans": [plan_id, "a"]}})
    assert (unsorted.status_code, "each once, in order" in unsorted.text) == (422, True)
    other = client.post(path, json={"joint": {"label": "Q3", "plans": [plan_id, "sandbox-x"]}})
    assert (other.status_code, "look the id up" in other.text) == (404, True)
    source = PublicSource(name="3D", published_at=NOW + timedelta(days=1))
    choose_method(ledger, plan_id, DrawMethod(public=source), by="Li", now=NOW)
    assert client.post(path, json={}).status_code == 409
