"""Items, inspectors and objects over the API: who may write, who may know names, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from features.as_of import AsOf
from serving.rosters.from_lake import objects_of_city
from serving.rosters.importing import INSPECTORS, ITEMS, PRESETS, import_roster
from serving.rosters.roster_mapping import read_roster_mapping
from serving.rosters.tag_rules import read_tag_rules
from serving.web.desk import Desk

Caller = Callable[..., TestClient]
SANDBOX = PRESETS / "sandbox"
ITEM = {
    "code": "FIRE-01", "name_zh": "消防通道检查", "kind": "key", "methods": ["site"], "field": "消防",
    "law": "《消防法》第五十三条", "department": "消防救援局", "minutes": 50, "valid_from": "2026-01-01",
    "concerns": {"industries": ["H"]}, "reason": "联合抽查",
}  # fmt: skip


@pytest.fixture
def rosters(desk: Desk) -> Desk:
    """The sandbox preset in the ledger of the desk."""
    feeds = read_roster_mapping(SANDBOX / "rosters.toml")
    for roster in (ITEMS, INSPECTORS):
        import_roster(
            desk.ledger, desk.city, roster, feeds, folder=SANDBOX, by="li", now=desk.now(), reason="x"
        )
    return desk


def test_items_are_read_by_all_and_written_by_planners(rosters: Desk, caller: Caller) -> None:
    planner, analyst = caller(), caller("analyst", person="吴平")
    assert len(analyst.get("/api/v1/items").json()) == 21
    assert analyst.post("/api/v1/items", json=ITEM).status_code == 403
    made = planner.post("/api/v1/items", json=ITEM).json()
    assert (made["version"], made["concerns"]["industries"]) == (1, ["H"])
    assert planner.post("/api/v1/items", json={**ITEM, "minutes": 70}).json()["version"] == 2
    (first, second) = analyst.get("/api/v1/items/FIRE-01").json()
    assert (first["minutes"], second["minutes"], second["by"], second["reason"]) == (
        50,
        70,
        "李敏",
        "联合抽查",
    )
    assert "FIRE-01" not in {row["code"] for row in analyst.get("/api/v1/items?on=2025-12-31").json()}


def test_what_is_wrong_with_an_item_is_said(rosters: Desk, client: TestClient) -> None:
    answer = client.post("/api/v1/items", json={**ITEM, "kind": "often", "methods": ["walk"]})
    assert answer.status_code == 422
    assert "kind 'often' is none of general, key" in answer.json()["got"]
    assert client.get("/api/v1/items/FOOD-99").status_code == 404
    assert client.post("/api/v1/items", json={**ITEM, "colour": "red"}).status_code == 422


def test_names_of_inspectors_are_for_those_who_plan_and_supervise(rosters: Desk, caller: Caller) -> None:
    for role, known in (("planner", True), ("supervisor", True), ("analyst", False), ("auditor", False)):
        row = caller(role, person=f"person {role}").get("/api/v1/inspectors").json()[0]
        assert row["inspector_id"] == "J001"
        hidden = ("name", "licence_number", "conflicts", "conflict_persons")
        assert [row[name] is not None for name in hidden] == [known] * 4


def test_leave_and_conflicts_are_recorded_by_planners(rosters: Desk, caller: Caller) -> None:
    planner, supervisor = caller(), caller("supervisor", person="吴平")
    days = {"first_day": "2026-07-01", "last_day": "2026-07-03"}
    body = {**days, "reason": "年假"}
    assert supervisor.post("/api/v1/inspectors/J001/leave", json=body).status_code == 403
    assert planner.post("/api/v1/inspectors/J001/leave", json=body).json()["leave"] == [days]
    kept = {"entity_id": "E1", "reason": "亲属"}
    assert planner.post("/api/v1/inspectors/J001/conflicts", json=kept).json()["conflicts"] == ["E1"]
    again = planner.post("/api/v1/inspectors/J001/conflicts", json=kept)
    assert again.status_code == 422
    assert "a conflict that is new" in again.json()["expected"]
    assert planner.post("/api/v1/inspectors/J999/leave", json=body).status_code == 404
    ended = planner.post("/api/v1/inspectors/J001/conflicts", json={**kept, "holds": False}).json()
    assert ended["conflicts"] == []


def test_objects_tell_tags_and_whom_items_concern(rosters: Desk, client: TestClient) -> None:
    missing = client.get("/api/v1/objects")
    assert missing.status_code == 404
    assert "serving objects build" in missing.json()["todo"]
    as_of = AsOf(on=rosters.register.as_of, used_on=rosters.register.used_on)
    rules, folder = read_tag_rules(SANDBOX / "tags.toml"), rosters.plans_folder.parent / "objects"
    assert rosters.lake is not None
    objects_of_city(rosters.register, rosters.lake, as_of, rules, folder=folder, memory_limit="1GB")
    told = client.get("/api/v1/objects").json()
    assert told["rows"] == rosters.register.card.rows
    assert told["register_digest"] == rosters.register.digest
    (one,) = client.get("/api/v1/objects/concerned?code=REG-01").json()
    assert (one["entities"], one["grades"]) == (told["rows"], dict(rosters.register.card.counts))
    assert len(client.get("/api/v1/objects/concerned").json()) == 21
