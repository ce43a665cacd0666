"""The ceremony on the plan's page: real tickets in the picture, digests and QR code of what is published."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
import segno
from fastapi.testclient import TestClient

from serving.inspections.plans.steps import find_plan
from serving.sampling.tickets import commitment_of
from serving.web.ceremony.draw_picture import WIDTH, DrawPicture, draw_picture
from serving.web.ceremony.qr import code_text
from serving.web.desk import Desk

HTML = {"Accept": "text/html"}
RATIOS = {"a": "0.02", "b": "0.05", "c": "0.2", "d": "1"}
Caller = Callable[..., TestClient]


@pytest.fixture
def officials(client: TestClient, caller: Caller) -> dict[str, TestClient]:
    return {"李敏": client, "吴平": caller("supervisor", person="吴平")}


def committed(client: TestClient, officials: dict[str, TestClient]) -> str:
    plan_id = str(client.post("/api/v1/plans", json={"title": "抽查", "ratios": RATIOS}).json()["plan_id"])
    client.post(f"/api/v1/plans/{plan_id}/freeze")
    for name, official in officials.items():
        promise = {"commitment": commitment_of(plan_id, name, "1f" * 32)}
        assert official.post(f"/api/v1/plans/{plan_id}/commitments", json=promise).status_code == 200
    return plan_id


def drawn(client: TestClient, officials: dict[str, TestClient]) -> str:
    plan_id = committed(client, officials)
    for official in officials.values():
        official.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": "1f" * 32})
    answer = client.post(f"/plans/{plan_id}/draw", headers=HTML, follow_redirects=False)
    assert answer.headers["location"] == f"/plans/{plan_id}#draw-picture"
    return plan_id


def picture_of(desk: Desk, plan_id: str) -> DrawPicture:
    made = draw_picture(find_plan(desk.ledger, plan_id), desk.plans_folder / plan_id)
    assert made is not None
    return made


def test_the_drawn_are_those_left_of_the_cut_and_nobody_else(
    client: TestClient, officials: dict[str, TestClient], desk: Desk
) -> None:
    plan_id = drawn(client, officials)
    strips = picture_of(desk, plan_id).strips
    assert [strip.grade for strip in strips] == sorted((strip.grade for strip in strips), reverse=True)
    told = {one["entity_id"] for one in client.get(f"/api/v1/plans/{plan_id}").json()["drawn"]}
    for strip in strips:
        assert all(dot.drawn == (dot.x <= strip.cut) == (dot.entity_id in told) for dot in strip.dots)
        assert all(0 <= dot.x <= WIDTH for dot in strip.dots)
        if strip.size <= len(strip.dots):
            assert sum(dot.drawn for dot in strip.dots) == strip.count
    text = client.get(f"/plans/{plan_id}", headers=HTML).text
    assert text.count("<circle") == sum(len(strip.dots) for strip in strips)
    assert not re.search(r"<[a-z][^>]*\s(style|onclick)=", text)


def test_the_code_and_the_page_name_the_digests_of_what_is_published(
    client: TestClient, officials: dict[str, TestClient], desk: Desk
) -> None:
    plan_id = drawn(client, officials)
    folder = desk.plans_folder / plan_id
    text = client.get(f"/plans/{plan_id}", headers=HTML).text
    said = code_text(find_plan(desk.ledger, plan_id))
    for name in ("verify.py", "verify.sql"):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in text
    for name in ("verify.py", "draw.json"):
        assert f"{name} sha256 {hashlib.sha256((folder / name).read_bytes()).hexdigest()}" in said
    code = client.get(f"/plans/{plan_id}/qr.svg")
    assert code.headers["content-type"] == "image/svg+xml"
    side = segno.make(said, error="m", micro=False).symbol_size(border=2)[0]
    assert f'viewBox="0 0 {side} {side}"' in code.text


def test_before_the_draw_there_is_neither_picture_nor_code(
    client: TestClient, officials: dict[str, TestClient]
) -> None:
    plan_id = committed(client, officials)
    text = client.get(f"/plans/{plan_id}", headers=HTML).text
    assert "draw-picture" not in text
    assert "qr.svg" not in text
    answer = client.get(f"/plans/{plan_id}/qr.svg")
    assert (answer.status_code, answer.json()["got"]) == (409, f"plan {plan_id}, which is committed")


def test_the_code_stays_within_the_region(
    client: TestClient, officials: dict[str, TestClient], caller: Caller
) -> None:
    plan_id = drawn(client, officials)
    assert caller("auditor", "910000").get(f"/plans/{plan_id}/qr.svg").status_code == 404


def test_a_drawn_plan_is_drawn_again_on_its_page_and_over_the_api(
    client: TestClient, officials: dict[str, TestClient], desk: Desk
) -> None:
    draft = str(client.post("/api/v1/plans", json={"title": "草案", "ratios": RATIOS}).json()["plan_id"])
    assert client.get(f"/api/v1/plans/{draft}/verification").status_code == 409
    assert client.get(f"/plans/{draft}/verification", headers=HTML).status_code == 409
    plan_id = drawn(client, officials)
    answer = client.get(f"/api/v1/plans/{plan_id}/verification").json()
    assert (answer["ok"], answer["differences"]) == (True, [])
    assert answer["draw_digest"] == find_plan(desk.ledger, plan_id).draw_digest
    assert "完全一致" in client.get(f"/plans/{plan_id}/verification", headers=HTML).text
    frame = desk.plans_folder / plan_id / "frame.csv"
    frame.write_bytes(frame.read_bytes().replace(b",A,", b",B,", 1))
    assert not client.get(f"/api/v1/plans/{plan_id}/verification").json()["ok"]
    assert "与公布的文件不符" in client.get(f"/plans/{plan_id}/verification", headers=HTML).text


def test_plans_are_listed_over_the_api_by_state_and_region(client: TestClient, caller: Caller) -> None:
    ids = [
        client.post("/api/v1/plans", json={"title": title, "ratios": RATIOS}).json()["plan_id"]
        for title in ("一", "二")
    ]
    client.post(f"/api/v1/plans/{ids[0]}/freeze")
    found = client.get("/api/v1/plans").json()
    assert (found["total"], {one["plan_id"] for one in found["plans"]}) == (2, set(ids))
    frozen = client.get("/api/v1/plans", params={"state": "frozen"}).json()
    assert [one["plan_id"] for one in frozen["plans"]] == ids[:1]
    assert client.get("/api/v1/plans", params={"limit": 1}).json()["total"] == 2
    assert client.get("/api/v1/plans", params={"state": "lost"}).status_code == 422
    assert caller("planner", "4403").get("/api/v1/plans").json()["total"] == 0
