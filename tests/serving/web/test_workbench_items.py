"""Items on the workbench: rates by grade and item, checks and minutes by whom they concern, joint plans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from fastapi.testclient import TestClient

from serving.inspections.plans.steps import list_plans
from serving.inspections.policies.versions import list_policies
from serving.rosters.item import Concerns
from serving.rosters.items import record_items
from serving.rosters.objects import concerned, find_objects
from serving.sampling.policy import Policy, Ratios
from serving.web.desk import Desk
from serving.web.draws_before import city_draws_of
from serving.web.hit_rates import evidence_of
from serving.web.workbench import concerned as concerned_sets
from serving.web.workbench import drawable
from serving.web.workbench.concerned import item_sets
from serving.web.workbench.drawable import chosen_items, drawable_under, objects_folder
from serving.web.workbench.expected import expected_of, item_rates_of
from tests.serving.conftest import NOW
from tests.serving.web.test_workbench import FOOD, HTML, RATIOS, WINDOW, frontier, preview, rostered

__all__ = ["rostered"]
SHOPS = Concerns(industries=("F", "H"))
REP = Concerns(entity_types=("company", "partnership"))
ITEMS = (
    FOOD,
    replace(FOOD, code="REP-01", kind="general", minutes=60, concerns=REP),
    replace(FOOD, code="NEW-01", kind="general", minutes=20, concerns=SHOPS),
    replace(FOOD, code="FIRE-01", department="消防救援支队", minutes=40, concerns=SHOPS),
)
POLICY = Policy(ratios=Ratios(a="0.1", b="0.2", c="0.4", d="1"))


@pytest.fixture
def listed(desk: Desk) -> None:
    """Items of two departments, one of which no past draw ever checked."""
    record_items(desk.ledger, desk.city, ITEMS, by="李敏", now=NOW, reason="list of 2026")


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Another test's roster of the same register has the same digest."""
    yield
    drawable._KEPT.clear()


def test_sets_are_those_of_each_item_by_itself(
    desk: Desk, rostered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entity by entity, whether items are told apart all at once or one after the other."""
    items = chosen_items(desk, ["REP-01", "NEW-01", "FOOD-01", "FIRE-01"])
    roster = find_objects(objects_folder(desk), register_digest=desk.register.digest)
    ids = roster.table["entity_id"].to_pylist()
    by_item = {item.code: dict(zip(ids, concerned(roster, item), strict=True)) for item in items}
    for bits in (60, 1):
        monkeypatch.setattr(concerned_sets, "_BITS", bits)
        sets = item_sets(desk, items, objects_folder(desk))
        assert sets is not None
        for entity_id, number in zip(desk.register.listed["entity_id"].to_pylist(), sets.of_row, strict=True):
            meant = tuple(item.code for item in items if by_item[item.code][entity_id])
            assert sets.codes[number] == meant


def test_expected_findings_and_hours_are_those_summed_entity_by_entity(desk: Desk, rostered: None) -> None:
    codes = ("REP-01", "NEW-01", "FIRE-01")
    items = chosen_items(desk, codes)
    found = drawable_under(desk, POLICY, items=codes, region="", year=2026)
    told = expected_of(desk, found, items, hours_per_visit=None)
    rates = {(one.grade, one.item): one.rate for one in told.rates}
    sets = item_sets(desk, items, objects_folder(desk))
    assert sets is not None
    grades = desk.register.listed["grade"].to_pylist()
    for letter in "ABCD":
        own = [
            sets.codes[number]
            for grade, number in zip(grades, sets.of_row, strict=True)
            if grade == letter and sets.codes[number]
        ]
        if not own:
            continue
        chances = [1 - np.prod([1 - rates[letter, code] for code in one]) for one in own]
        minutes = [sum(item.minutes for item in items if item.code in one) for one in own]
        assert told.chances[letter].rate == pytest.approx(np.mean(chances))
        assert told.hours[letter] == pytest.approx(2 * np.mean(minutes) / 60)
        problems = dict.fromkeys(found.sizes, 0) | {letter: len(own)}
        assert told.checks(problems, "REP-01") == pytest.approx(sum("REP-01" in one for one in own))


def test_rates_of_items_hold_the_release_on_the_whole_and_lean_on_the_grade(desk: Desk, listed: None) -> None:
    rates = item_rates_of(desk, ("NEW-01", "FOOD-01"))
    assert {one.item for one in rates} == {"NEW-01", "FOOD-01"}
    drawn, now = city_draws_of(desk).rows, evidence_of(desk.release).rates
    for one in rates:
        if one.item == "NEW-01":
            assert one.inspected == 0
            assert one.rate == pytest.approx(now[one.grade].rate, rel=0.25), (
                "every visit here was of one item"
            )
        else:
            of_grade = drawn.filter(pc.equal(drawn["grade"], one.grade))
            assert one.inspected == pc.sum(pc.equal(of_grade["item_code"], "FOOD-01")).as_py()
        assert one.low < one.rate < one.high
    assert item_rates_of(replace(desk, lake=None), ("FOOD-01",)) == ()


def test_the_page_and_the_api_tell_items_one_by_one(client: TestClient, rostered: None) -> None:
    text = preview(client, items=["FOOD-01", "REP-01"])
    assert "按事项（问题发现率，95% 区间）" in text
    assert re.findall(r"second mono\">([A-Z]+-01)<", text) == ["FOOD-01", "REP-01"]
    body = {"policy_id": "henan-2021", "items": ["FOOD-01", "REP-01"], "year": 2026}
    told = client.post("/api/v1/plans/weighing", json=body).json()
    food, rep = told["items"]
    assert (food["code"], rep["code"], rep["minutes"]) == ("FOOD-01", "REP-01", 60)
    assert food["objects"] == sum(told["sizes"].values()) > rep["objects"] > 0
    assert food["checks"] == pytest.approx(sum(told["drawn"].values()))
    assert told["least"] <= told["expected"] <= food["findings"] + rep["findings"]
    assert all(0 < rate["low"] < rate["rate"] < rate["high"] < 1 for rate in food["rates"].values())
    assert told["own"]["findings"] == pytest.approx(told["expected"])
    assert told["own"]["hours"] == pytest.approx(told["hours"])


def test_without_records_visits_are_weighed_as_a_whole(client: TestClient, desk: Desk, app: Any) -> None:
    record_items(desk.ledger, desk.city, ITEMS, by="李敏", now=NOW, reason="list of 2026")
    assert "按事项" not in preview(client), "no item is chosen"
    found = drawable_under(desk, POLICY, items=("FOOD-01",), region="", year=2026)
    told = expected_of(replace(desk, lake=None), found, ITEMS[:1], hours_per_visit=None)
    assert told.rates == ()
    for letter, rate in evidence_of(desk.release).rates.items():
        assert told.chances[letter].rate == pytest.approx(rate.rate if found.sizes[letter] else 0.0)
    assert told.hours["A"] == 3.0


def test_ordinary_types_and_full_coverage_are_on_the_curve(client: TestClient, listed: None) -> None:
    body = {"policy": POLICY.as_document() | {"graded_types": ["company"], "ordinary_ratio": "0.1"}}
    told = client.post("/api/v1/plans/weighing", json=body | {"items": ["FOOD-01"], "year": 2026}).json()
    assert told["ordinary_drawn"] == told["drawn"]["-"] == -(-told["sizes"]["-"] // 10) > 0
    assert told["hours"] == pytest.approx(3 * sum(told["drawn"].values()))
    for point in (told["own"], told["best"], *told["points"]):
        assert point["counts"]["-"] == told["drawn"]["-"]
        assert point["hours"] <= told["hours"] + 1e-6
        assert point["visits"] == sum(point["counts"].values())


def test_a_drag_of_the_ratios_counts_nobody_again(
    client: TestClient, rostered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register is read once for a scope; every ratio after that is arithmetic over a few kinds."""
    judged: list[int] = []
    counting = drawable.judged_under

    def counted(*given: Any, **named: Any) -> Any:
        judged.append(1)
        return counting(*given, **named)

    monkeypatch.setattr(drawable, "judged_under", counted)
    for ratio in ("30", "31", "32"):
        preview(client, items=["REP-01"], c=ratio)
        frontier(client, items=["REP-01"], c=ratio)
    assert len(judged) == 1
    preview(client, items=["REP-01", "NEW-01"])
    assert len(judged) == 2


def joint_form(**fields: object) -> dict[str, object]:
    chosen = {"title": "联合抽查", "department": "*", "items": ["REP-01", "FIRE-01", "NEW-01"]}
    return RATIOS | WINDOW | chosen | fields


def test_several_departments_are_planned_in_one_step(client: TestClient, desk: Desk, rostered: None) -> None:
    shown = preview(client, **joint_form())
    assert "将建立 2 个联合计划" in shown
    answer = client.post("/plans", data=joint_form(), headers=HTML, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    lead = answer.headers["location"].removeprefix("/plans/")
    plans = sorted(list_plans(desk.ledger, desk.city), key=lambda plan: plan.plan_id)
    assert [plan.title for plan in plans] == ["联合抽查 · 市场监管局", "联合抽查 · 消防救援支队"]
    assert plans[0].plan_id == lead
    terms = [plan.terms for plan in plans]
    assert [one.item_codes for one in terms if one] == [("REP-01", "NEW-01"), ("FIRE-01",)]
    assert len({(one.policy_id, one.policy_version, one.first_day) for one in terms if one}) == 1
    assert len(list_policies(desk.ledger, desk.city)) == 1
    assert plans[0].method.joint == plans[1].method.joint is not None
    for plan in plans:
        assert client.post(f"/plans/{plan.plan_id}/freeze", headers=HTML).status_code == 200
    frozen = [client.get(f"/api/v1/plans/{plan.plan_id}").json() for plan in plans]
    drawn = [sum(one["counts"].values()) for one in frozen]
    assert re.findall(r"<b>(\d+)</b></td><td class=\"number\">\d+</td></tr>", shown)[:2] == [
        str(count) for count in drawn
    ]


def test_all_at_once_with_one_department_is_a_plan_like_any_other(
    client: TestClient, desk: Desk, rostered: None
) -> None:
    fields = joint_form(items=["REP-01"])
    assert "联合计划" not in preview(client, **fields)
    assert client.post("/plans", data=fields, headers=HTML, follow_redirects=False).status_code == 303
    (plan,) = list_plans(desk.ledger, desk.city)
    assert plan.terms is not None
    assert (plan.title, plan.terms.department, plan.method.joint) == ("联合抽查", "市场监管局", None)


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"items": []}, "计划内容不完整"),
        ({"items": ["REP-01", "NONE"]}, "没有这个抽查事项"),
        ({"first_day": "soon"}, "计划内容不完整"),
        ({"department": "消防救援支队"}, "计划内容不完整"),
        ({"region_prefix": "99999999"}, "辖区内没有经营主体"),
    ],
)
def test_a_joint_plan_that_cannot_be_leaves_nothing_behind(
    client: TestClient, desk: Desk, rostered: None, fields: dict[str, object], title: str
) -> None:
    answer = client.post("/plans", data=joint_form(**fields), headers=HTML, follow_redirects=False)
    assert answer.status_code in (404, 422)
    assert title in answer.text
    assert list_plans(desk.ledger, desk.city) == ()
    assert list_policies(desk.ledger, desk.city) == ()
