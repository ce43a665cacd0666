"""Method and public value over the API and on the page of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.inspections.plans.methods import choose_method
from serving.ledger.database import Ledger
from serving.sampling.method import DrawMethod, PublicSource
from serving.sampling.tickets import commitment_of
from serving.web.app import create_app
from serving.web.desk import Desk
from tests.serving.conftest import NOW

HTML = {"Accept": "text/html"}
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


def sent(client: TestClient, path: str, status: int = 303, **form: str) -> str:
    answer = client.post(path, data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer.text


def shown(client: TestClient, path: str) -> str:
    return client.get(path, headers=HTML).text


def test_the_page_of_a_draft_offers_design_and_hash_and_takes_one_choice(
    client: TestClient, caller: Callable[..., TestClient], plan_id: str
) -> None:
    path = f"/plans/{plan_id}"
    text = shown(client, path)
    assert (text.count('name="design"'), text.count('name="hash"')) == (3, 2)
    assert f'action="{path}/method"' not in shown(caller("supervisor", person="吴平"), path)
    sent(caller("supervisor", person="吴平"), f"{path}/method", 403, design="pareto", hash="sm3")
    assert "抽取方法不成立" in sent(client, f"{path}/method", 422, design="lottery", hash="sm3")
    sent(client, f"{path}/method", design="pareto", hash="sm3")
    text = shown(client, path)
    assert ("按风险，数量固定" in text, "SM3" in text, "承诺—揭示" in text) == (True, True, True)
    assert 'name="design"' not in text
    sent(client, f"{path}/method", 409, design="poisson", hash="sha256")


def test_a_public_value_is_named_with_its_hour_and_entered_by_two_once_it_is_known(
    client: TestClient, caller: Callable[..., TestClient], desk: Desk, plan_id: str
) -> None:
    path = f"/plans/{plan_id}"
    for source, at in (("福彩3D 2026187期", ""), ("", "2026-07-01T21:15"), ("福彩3D", "tomorrow")):
        assert "公开数值须写明名称" in sent(client, f"{path}/method", 422, source=source, published_at=at)
    known = sent(client, f"{path}/method", 409, source="福彩3D", published_at="2026-06-30T21:15")
    assert 'class="refusal"' in known
    sent(client, f"{path}/method", source="福彩3D 2026187期", published_at="2026-07-01T21:15")
    assert "须在公开数值公布之前（2026-07-01 21:15）冻结" in shown(client, path)
    sent(client, f"{path}/freeze")
    waiting = shown(client, path)
    assert ("尚未公布" in waiting, f'action="{path}/public-value"' in waiting) == (True, False)
    assert 'name="commitment"' not in waiting
    later = create_app(lambda: replace(desk, now=lambda: NOW + timedelta(hours=5)))
    officials = [
        TestClient(later, headers={"Authorization": one.headers["Authorization"]})
        for one in (client, caller("supervisor", person="吴平"), caller("auditor", person="赵"))
    ]
    for official, value in zip(officials, ("3 8 1", "3 8 7", "3  8 1"), strict=True):
        assert f'action="{path}/public-value"' in shown(official, path)
        sent(official, f"{path}/public-value", value=value)
    text = shown(officials[0], path)
    assert ("不一致，留存备查" in text, text.count("✓ 采用")) == (True, 2)
    assert "公开数值已由两人录入一致" in text
    sent(officials[0], f"{path}/draw")
    assert "抽取已完成" in shown(officials[0], path)


def test_a_partner_of_a_joint_draw_leads_to_the_ceremony_of_the_first(
    client: TestClient, caller: Callable[..., TestClient], plan_id: str
) -> None:
    other = client.post("/api/v1/plans", json={"title": "联合", "ratios": RATIOS}).json()["plan_id"]
    joint = {"label": "Q3", "plans": sorted([plan_id, other])}
    lead, partner = joint["plans"]
    for one in joint["plans"]:
        answered(client.post(f"/api/v1/plans/{one}/method", json={"joint": joint}))
        answered(client.post(f"/api/v1/plans/{one}/freeze"))
    text = shown(client, f"/plans/{partner}")
    assert (f'href="/plans/{lead}"' in text, 'name="commitment"' in text) == (True, False)
    officials = {"李敏": client, "吴平": caller("supervisor", person="吴平")}
    for name, one in officials.items():
        promised = commitment_of(lead, name, "1f" * 32)
        answered(one.post(f"/api/v1/plans/{lead}/commitments", json={"commitment": promised}))
    for one in officials.values():
        answered(one.post(f"/api/v1/plans/{lead}/reveals", json={"secret": "1f" * 32}))
    assert f'action="/plans/{partner}/draw"' in shown(client, f"/plans/{partner}")
    sent(client, f"/plans/{partner}/draw")
    assert "抽取已完成" in shown(client, f"/plans/{partner}")
