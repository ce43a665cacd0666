"""The workbench: what can be chosen, what it would draw, the frontier beside it, and what is saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.csv
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.environment import Environment
from features.as_of import AsOf
from serving.inspections.plans.bundle import verify_bundle
from serving.inspections.plans.tasks import tasks_of_plan
from serving.inspections.policies.versions import list_policies
from serving.rosters.from_lake import objects_of_city
from serving.rosters.importing import preset_folder
from serving.rosters.item import Concerns, Item
from serving.rosters.items import record_items
from serving.rosters.tag_rules import read_tag_rules
from serving.sampling.allocation import counts
from serving.sampling.policy import ENTITY_TYPES, Policy, Ratios
from serving.sampling.presets import PRESETS
from serving.sampling.tickets import commitment_of
from serving.web.desk import Desk
from serving.web.workbench.form import PlanForm, fields_of_policy, policy_in, same_policy
from serving.web.workbench.weighing import SOLVER, percents_of
from tests.serving.conftest import NOW

HTML = {"Accept": "text/html"}
RATIOS = {"a": "2", "b": "5", "c": "20", "d": "100"}
OFFICE = {"department": "市场监管局"}
WINDOW = {"first_day": "2026-07-06", "last_day": "2026-09-30"}
Caller = Callable[..., TestClient]

FOOD = Item(
    code="FOOD-01", name_zh="餐饮服务食品安全检查", name_en="Food safety", kind="key", methods=("site",),
    field="food",
    law="《食品安全法》", department="市场监管局", skills=(), minutes=90, valid_from=date(2024, 1, 1),
)  # fmt: skip
COMPANIES = replace(
    FOOD,
    code="REP-01",
    name_zh="年度报告检查",
    kind="general",
    minutes=30,
    concerns=Concerns(entity_types=("company",)),
)
FIRE = replace(FOOD, code="FIRE-01", name_zh="消防检查", department="消防救援支队")


@pytest.fixture
def listed(desk: Desk) -> None:
    """Items of two departments are on the list."""
    items = (FOOD, COMPANIES, FIRE)
    record_items(desk.ledger, desk.city, items, by="李敏", now=NOW, reason="list of 2026")


@pytest.fixture
def rostered(desk: Desk, city: Any, listed: None) -> None:
    """And the object roster of the register is built."""
    objects_of_city(
        city.register,
        city.lake,
        AsOf(on=city.register.as_of, used_on=city.register.used_on),
        read_tag_rules(preset_folder("sandbox") / "tags.toml"),
        folder=desk.plans_folder.parent / "objects",
        memory_limit=Environment().memory_limit,
    )


def frontier(client: TestClient, **fields: object) -> str:
    assert SOLVER.is_ready(60)
    answer = client.post("/plans/frontier", data=RATIOS | OFFICE | fields, headers=HTML)
    assert answer.status_code == 200
    return answer.text


def preview(client: TestClient, **fields: object) -> str:
    answer = client.post("/plans/preview", data=RATIOS | OFFICE | fields, headers=HTML)
    assert answer.status_code == 200
    return answer.text


def test_the_form_offers_items_policies_and_scope_to_planners_only(
    client: TestClient, caller: Caller, listed: None
) -> None:
    text = client.get("/plans", headers=HTML).text
    assert re.search(r"餐饮服务食品安全检查 <span class=\"kind key\">重点", text)
    assert re.search(r"年度报告检查 <span class=\"kind\">一般", text)
    assert all(f'data-policy="{one.name}@0"' in text for one in PRESETS)
    assert "个体工商户" in text
    assert "<style" not in text
    assert not re.search(r"<[a-z][^>]*\s(style|onclick)=", text)
    shown = caller("supervisor", person="吴平").get("/plans", headers=HTML).text
    assert "new-plan" not in shown
    assert "全部计划" in shown


def test_who_is_left_out_is_counted_with_the_reason(client: TestClient, city: Any, rostered: None) -> None:
    kinds = city.register.listed["entity_type"].to_pylist()
    others = sum((kind or "other") != "company" for kind in kinds)
    by_type = preview(client, types=["company"])
    assert f"其中不分级的 {others} 户，按普通比例抽 {-(-others * 3 // 100)} 户" in by_type
    by_item = preview(client, items=["REP-01"])
    assert f"不是所选事项的检查对象</span><b>{others}</b>" in by_item
    assert "没有：辖区内每一户都可能被抽到" in preview(client, items=["REP-01", "FOOD-01"])


def test_hours_follow_from_the_items_unless_they_are_given(client: TestClient, listed: None) -> None:
    drawn = int(re.findall(r"<td class=\"number\">([\d,]+)</td>", preview(client))[-2].replace(",", ""))
    assert f"{drawn} 户 × 3 小时 · 按所选事项，两人" in preview(client, items=["FOOD-01"])
    assert f"{drawn} 户 × 2.5 小时" in preview(client, items=["FOOD-01"], hours_per_visit="2.5")
    assert "比可用工时多" in preview(client, hours="1", hours_per_visit="2")


@pytest.mark.parametrize(
    ("fields", "title", "got"),
    [
        ({"c": "1"}, "抽查比例不成立", "B=0.05、C=0.01"),
        ({"yearly_cap": "0"}, "抽查政策不成立", "yearly_cap=0"),
        ({"legal_floor": "1"}, "抽查政策不成立", "legal_floor=0.01"),
        ({"exploration_floor": "3"}, "抽查政策不成立", "A=0.02"),
        ({"hours": "many"}, "抽查政策不成立", "many"),
        ({"items": ["NONE"]}, "没有这个抽查事项", "NONE"),
        ({"items": ["REP-01"]}, "尚无检查对象库", ""),
        ({"region_prefix": "99999999"}, "辖区内没有经营主体", "99999999"),
    ],
)
def test_what_cannot_be_is_told_in_place_of_numbers(
    client: TestClient, listed: None, fields: dict[str, object], title: str, got: str
) -> None:
    for text in (preview(client, **fields), frontier(client, **fields)):
        assert title in text
        assert got in text


def test_a_region_outside_the_holders_is_refused(caller: Caller, city: Any) -> None:
    own = city.register.listed["region_code"][0].as_py()[:6]
    other = caller("planner", own)
    assert "超出辖区" in preview(other, region_prefix="0")
    assert "超出辖区" in frontier(other, region_prefix="0")
    body = {"policy_id": "henan-2021", "region_prefix": "0"}
    assert other.post("/api/v1/plans/weighing", json=body).status_code == 403


def test_the_best_plan_of_the_same_precision_can_be_taken(client: TestClient) -> None:
    found = frontier(client, a="20", b="20", c="20", d="20")
    (best,) = re.findall(r'data-ratios="([^"]+)">取用', found)
    taken = dict(zip("abcd", best.split("/"), strict=True))
    assert "本计划已在曲线上" in frontier(client, **taken)
    assert "每增加1个执法工时" in found
    assert "所用的问题发现率" in found


def test_limits_that_conflict_are_told_in_words(client: TestClient) -> None:
    told = frontier(client, hours="2")
    assert "各项要求不能同时满足" in told
    assert "执法工时不超过2" in told
    assert "其余要求至少需要" in told


def test_programs_get_what_the_page_shows(client: TestClient, rostered: None) -> None:
    body = {"policy_id": "yuexiu-2021", "items": ["REP-01"], "hours": 400, "year": 2026}
    found = client.post("/api/v1/plans/weighing", json=body).json()
    form = {"a": "5", "b": "15", "c": "30", "d": "50", "yearly_cap": "1", "items": ["REP-01"], "hours": "400"}
    shown = frontier(client, **form)
    assert [point["percents"] for point in found["points"]] == re.findall(
        r'small" data-ratios="([^"]+)">\d', shown
    )
    assert found["hours_per_visit"] == 1.0
    assert found["hours"] == sum(found["drawn"].values())
    assert set(found["excluded"]) == {"not_concerned"}
    assert found["total"] == sum(found["sizes"].values()) + found["excluded"]["not_concerned"]


def saved(client: TestClient, **fields: object) -> str:
    body = RATIOS | WINDOW | {"title": "食品抽查", "department": "市场监管局", "items": ["FOOD-01"]} | fields
    answer = client.post("/plans", data=body, headers=HTML, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removeprefix("/plans/")


def test_a_plan_names_the_policy_that_it_was_filled_from(
    client: TestClient, desk: Desk, listed: None
) -> None:
    fields = fields_of_policy(PRESETS[0].policy())
    named = client.get(f"/api/v1/plans/{saved(client, policy='henan-2021@0', **fields)}").json()["terms"]
    assert (named["policy_id"], named["policy_version"], named["yearly_cap"]) == ("henan-2021", 0, 2)
    assert list_policies(desk.ledger, desk.city) == ()
    changed = fields | {"d": "31", "yearly_cap": "1"}
    again = saved(client, policy="henan-2021@0", **changed)
    own = client.get(f"/api/v1/plans/{saved(client, policy='henan-2021@0', **changed)}").json()["terms"]
    (written,) = list_policies(desk.ledger, desk.city)
    assert client.get(f"/api/v1/plans/{again}").json()["terms"] == own, "the same limits are one policy"
    assert (own["policy_id"], own["policy_version"], own["yearly_cap"]) == (written.policy_id, 1, 1)
    assert written.policy.ratios.d == "0.31"
    assert (written.title, written.by) == ("食品抽查", "李敏")


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"items": ["FIRE-01"]}, "计划内容不完整"),
        ({"items": []}, "计划内容不完整"),
        ({"last_day": "soon"}, "计划内容不完整"),
        ({"last_day": "2027-01-15"}, "计划内容不完整"),
        ({"policy": "nobody@3"}, "没有这项抽查政策"),
        ({"d": "101"}, "抽查比例不成立"),
    ],
)
def test_a_plan_that_cannot_be_is_shown_again_and_nothing_is_written(
    client: TestClient, desk: Desk, listed: None, fields: dict[str, object], title: str
) -> None:
    body = RATIOS | WINDOW | {"title": "食品抽查", "department": "市场监管局", "items": ["FOOD-01"]} | fields
    answer = client.post("/plans", data=body, headers=HTML, follow_redirects=False)
    assert answer.status_code in (404, 422)
    assert title in answer.text
    assert 'value="食品抽查"' in answer.text
    assert "还没有计划" in answer.text
    assert list_policies(desk.ledger, desk.city) == ()


def test_who_may_not_plan_saves_nothing(caller: Caller, listed: None) -> None:
    answer = caller("supervisor", person="吴平").post("/plans", data=RATIOS | {"title": "t"}, headers=HTML)
    assert answer.status_code == 403


def test_a_plan_is_frozen_under_its_policy_and_verified(
    client: TestClient, caller: Caller, desk: Desk, listed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = saved(client, types=["company", "partnership"], full=["D"])
    assert client.post(f"/plans/{plan_id}/freeze", headers=HTML).status_code == 200
    frame = pyarrow.csv.read_csv(desk.plans_folder / plan_id / "frame.csv").to_pylist()
    kinds = dict(
        zip(*(desk.register.listed[name].to_pylist() for name in ("entity_id", "entity_type")), strict=True)
    )
    others = [row for row in frame if kinds[row["entity_id"]] not in ("company", "partnership")]
    at_ordinary = f"{-(-3 * len(others) // 100)}/{len(others)}"
    told = ("stratum", "grade", "eligible", "inclusion_probability")
    assert {tuple(row[name] for name in told) for row in others} == {("-", "-", "yes", at_ordinary)}
    assert all(row["eligible"] == "yes" for row in frame)
    officials = {"李敏": (client, "1f" * 32), "吴平": (caller("supervisor", person="吴平"), "2e" * 32)}
    for name, (official, secret) in officials.items():
        promise = {"commitment": commitment_of(plan_id, name, secret)}
        assert official.post(f"/api/v1/plans/{plan_id}/commitments", json=promise).status_code == 200
    for official, secret in officials.values():
        assert official.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": secret}).status_code == 200
    drawn = client.post(f"/api/v1/plans/{plan_id}/draw").json()
    assert verify_bundle(desk.plans_folder / plan_id).ok
    monkeypatch.chdir(desk.plans_folder / plan_id)
    assert duckdb.sql(Path("verify.sql").read_text("utf-8")).fetchall() == [("OK",)]
    assert sum(one["grade"] == "-" for one in drawn["drawn"]) == int(at_ordinary.partition("/")[0])
    with desk.ledger.reading() as session:
        assert len(tasks_of_plan(session, plan_id)) == len(drawn["drawn"])


def test_other_ratios_than_the_policys_are_refused_over_the_api(client: TestClient, listed: None) -> None:
    terms = {
        "department": "市场监管局",
        "item_codes": ["FOOD-01"],
        "policy_id": "henan-2021",
        "yearly_cap": 2,
    }
    body = {
        "title": "t",
        "ratios": {"a": "0.01", "b": "0.02", "c": "0.1", "d": "0.3"},
        "terms": terms | WINDOW,
    }
    assert client.post("/api/v1/plans", json=body).status_code == 200
    for changed in ({"ratios": body["ratios"] | {"d": "0.4"}}, {"terms": body["terms"] | {"yearly_cap": 9}}):
        answer = client.post("/api/v1/plans", json=body | changed)
        assert answer.status_code == 422
        assert "A=1/100,B=2/100,C=10/100,D=30/100" in answer.json()["expected"]


@given(st.lists(st.integers(0, 4_000_000), min_size=4, max_size=4).filter(any), st.data())
def test_percents_of_a_point_draw_just_its_counts(sizes: list[int], data: st.DataObject) -> None:
    """Whatever the sizes: the fields are decimals, and rounding up gives the counts back."""
    held = dict(zip("ABCD", sizes, strict=True))
    shares = sorted(data.draw(st.lists(st.integers(6, 1000), min_size=4, max_size=4)))
    meant = {
        grade: -(-size * share // 1000) for (grade, size), share in zip(held.items(), shares, strict=True)
    }
    ordered = [meant[grade] / size for grade, size in held.items() if size]
    if ordered != sorted(ordered):
        return
    texts = percents_of(meant, held, "0.005").split("/")
    form = PlanForm(**dict(zip("abcd", texts, strict=True)))
    assert counts(policy_in(form).ratios, held) == meant


def test_a_policy_comes_back_from_its_fields() -> None:
    policy = Policy(
        ratios=Ratios(a="1/30", b="0.05", c="2/3", d="1"),
        full_grades=("D",),
        yearly_cap=3,
        graded_types=ENTITY_TYPES[:2],
        shields=("tolerance",),
        triggers=("red_line", "fire"),
    )
    fields = fields_of_policy(policy)
    assert same_policy(policy_in(PlanForm.model_validate(fields)), policy)
    assert not same_policy(replace(policy, yearly_cap=2), policy)


def test_the_legal_floor_is_of_the_year_and_a_narrow_plan_owes_its_own_share(
    client: TestClient, caller: Caller, desk: Desk, city: Any, listed: None
) -> None:
    enterprises = sum(
        kind in ("company", "sole_proprietorship", "partnership", "branch")
        for kind in city.register.listed["entity_type"].to_pylist()
    )
    low = {"a": "1", "b": "1", "c": "1", "d": "1"}
    short = preview(client, **low, legal_floor="50", types=["cooperative", "partnership"])
    assert re.search(r"尚差 \d+ 户", short)
    assert "各项要求不能同时满足" not in frontier(
        client, **low, types=["company"], legal_floor="3", hours="400"
    )
    plan_id = saved(client, a="100", b="100", c="100", d="100")
    assert "✓ 达到" not in preview(client, **low, legal_floor="50")
    client.post(f"/plans/{plan_id}/freeze", headers=HTML)
    for name, official in (("李敏", client), ("吴平", caller("supervisor", person="吴平"))):
        promise = {"commitment": commitment_of(plan_id, name, "1f" * 32)}
        official.post(f"/api/v1/plans/{plan_id}/commitments", json=promise)
    for official in (client, caller("supervisor", person="吴平")):
        official.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": "1f" * 32})
    assert len(client.post(f"/api/v1/plans/{plan_id}/draw").json()["drawn"]) >= enterprises
    assert "✓ 达到" in preview(client, **low, legal_floor="50", first_day="2026-09-01")
    assert "✓ 达到" not in preview(client, **low, legal_floor="50", first_day="2027-09-01")
    capped = preview(client, **low, yearly_cap="1", first_day="2026-09-01")
    assert "辖区内没有经营主体" in capped, "everybody had the one visit"
