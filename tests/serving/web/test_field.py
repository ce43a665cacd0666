"""The field pages: what they show, to whom, and what they refuse, over plans that lie in the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.inspections.yearly.yearly_plan import YearlyLine
from serving.inspections.yearly.yearly_plans import amend_yearly_plan, create_yearly_plan
from serving.rosters.inspector import Inspector
from serving.rosters.inspectors import record_inspectors
from serving.rosters.item import Item
from serving.rosters.items import record_items
from serving.sampling.staffing_check import verify_staffing
from serving.web.app import create_app
from serving.web.desk import Desk
from tests.serving.conftest import NOW
from tests.serving.inspections.staffed_plans import ITEMS, PLAN, staffed_plan

HTML = {"Accept": "text/html"}
Caller = Callable[..., TestClient]
CULTURE = "sandbox-20260701-02"
MARKET, OTHER = "market regulation", "文化和旅游局"


@pytest.fixture
def four(city: Any) -> list[str]:
    """Four entities of at least two districts, those of the first district first."""
    lines = city.register.page(limit=60).lines
    region = lines[0].region_code
    own = [line.entity_id for line in lines if line.region_code == region][:2]
    others = [line.entity_id for line in lines if line.region_code != region]
    return [*own, *others][:4]


@pytest.fixture
def rosters(desk: Desk) -> None:
    """Two items and six inspectors, two of whom fit the second department."""
    shared = {"city": "sandbox", "by": "李敏", "now": NOW, "reason": "names"}
    items = [
        Item(
            code=code, name_zh=name, name_en=code, kind=kind, methods=("site",), field="f",
            law="《食品安全法》", department=department, skills=(), minutes=60, valid_from=date(2024, 1, 1),
        )
        for code, name, kind, department in (
            ("food_safety", "餐饮服务食品安全检查", "key", MARKET),
            ("price_tags", "明码标价检查", "general", MARKET),
            ("stage", "娱乐场所检查", "key", OTHER),
        )
    ]  # fmt: skip
    record_items(desk.ledger, items=items, **shared)
    people = [
        Inspector(
            inspector_id=f"inspector-{number}", name=f"检查员{number}",
            department=MARKET if number < 5 else OTHER, station="", skills=(), licence_number=f"XN{number}",
            licensed_from=date(2020, 1, 1),
            licensed_until=date(2026, 7, 20) if number == 4 else date(2029, 1, 1),
        )
        for number in range(1, 7)
    ]  # fmt: skip
    record_inspectors(desk.ledger, inspectors=people, **shared)


@pytest.fixture
def plan(desk: Desk, four: list[str], rosters: None) -> str:
    """A staffed plan of one department, in two visits of which a second department takes part, unstaffed."""
    entities = tuple((one, grade, "2/10") for one, grade in zip(four, "AADD", strict=True))
    staffed_plan(desk.ledger, entities=entities)
    joined = tuple(f"{PLAN}-v{number}" for number in (0, 1))
    staffed_plan(
        desk.ledger, CULTURE, entities=entities[:2], items=("stage",), department=OTHER, visits=joined,
        strata=[{"stratum": "A", "grade": "A", "size": 10, "count": 2}],
    )  # fmt: skip
    return PLAN


def page(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    return answer.text


def post(client: TestClient, path: str, status: int = 303, **form: Any) -> str:
    answer = client.post(path, data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer.text


def entered(client: TestClient, entity: str, item: str = ITEMS[0], status: int = 303, **more: Any) -> str:
    form = {
        "task": f"{PLAN}/{entity}", "item": item, "visited_on": "2026-07-01", "codes": ["ordered_to_correct"],
        "counts": ["", "2", ""], **more,
    }  # fmt: skip
    return post(client, "/results/entry", status, **form)


def test_tasks_are_visits_by_urgency_with_words_beside_colours(
    client: TestClient, plan: str, city: Any, four: list[str]
) -> None:
    text = page(client, "/tasks")
    assert "共 4 次检查" in text
    assert text.index(f"{PLAN}-v0") < text.index(f"{PLAN}-v2")  # without its second department first
    assert re.search(r'class="clock \w+" title="[^"]*">\s*<b>选派检查人员</b> 剩 2 个工作日', text)
    assert all((city.register.find(one).name or one) in text for one in four)
    assert "共 2 次检查" in page(client, f"/tasks?department={OTHER}")
    assert "共 2 次检查" in page(client, "/tasks?state=unstaffed")
    assert "没有符合条件的检查" in page(client, "/tasks?state=done")
    assert "2 visits" in page(client, "/tasks?colour=amber&language=en")


def test_my_tasks_are_those_of_the_inspector_of_that_name(caller: Caller, plan: str) -> None:
    assert "共 4 次检查" in page(caller("supervisor", person="检查员1"), "/tasks?mine=1")
    assert "共 0 次检查" in page(caller("supervisor", person="检查员3"), "/tasks?mine=1")
    assert 'name="mine"' not in page(caller("supervisor", person="吴平"), "/tasks")


def test_a_region_sees_its_own_visits_only(caller: Caller, plan: str, city: Any, four: list[str]) -> None:
    region = city.register.find(four[0]).region_code
    own = sum(city.register.find(one).region_code == region for one in four)
    district = caller("supervisor", region_prefix=region)
    assert f"共 {own} 次检查" in page(district, "/tasks")
    assert page(district, f"/visits/{PLAN}-v0")
    outside = next(n for n, one in enumerate(four) if city.register.find(one).region_code != region)
    assert "没有这个任务" in page(district, f"/visits/{PLAN}-v{outside}", 404)
    assert "没有这个任务" in entered(district, four[outside], status=404)
    page(district, f"/plans/{PLAN}/results", 404)


def test_a_visit_shows_the_items_of_both_departments_and_names_only_to_some(
    caller: Caller, plan: str
) -> None:
    text = page(caller("supervisor", person="吴平"), f"/visits/{PLAN}-v0")
    for words in (
        "3 项 · 综合查一次",
        "餐饮服务食品安全检查",
        "娱乐场所检查",
        "《食品安全法》",
        MARKET,
        OTHER,
    ):
        assert words in text
    assert "检查员1" in text
    assert "尚未选派齐检查人员" in text
    assert "申请回避" not in text
    hidden = page(caller("auditor", person="陈析"), f"/visits/{PLAN}-v0")
    assert "检查员1" not in hidden
    assert "inspector-1" in hidden


def test_a_supervisor_begins_a_visit_and_an_analyst_does_not(caller: Caller, plan: str) -> None:
    address = f"/visits/{PLAN}-v2/begin"
    refused = post(caller("analyst", person="陈析"), address, 403)
    assert "监管员、计划员或管理员角色的令牌" in refused
    supervisor = caller("supervisor", person="吴平")
    post(supervisor, address)
    assert "已于 2026-07-01 开始检查" in page(supervisor, f"/visits/{PLAN}-v2")
    assert "任务不能走这一步" in post(supervisor, address, 409)


def test_inspectors_are_drawn_recused_and_drawn_again_with_a_trace(
    client: TestClient, caller: Caller, plan: str
) -> None:
    staffing = f"/plans/{CULTURE}/staffing"
    assert "将为 2 次尚无完整小组的检查抽取" in page(client, staffing)
    post(caller("supervisor", person="吴平"), staffing, 403, scope="whole_bureau")
    post(client, staffing, scope="whole_bureau", station=["东湖所"])
    text = page(client, staffing)
    assert "每次检查都已有完整小组" in text
    visit = f"/visits/{PLAN}-v0"
    drawn = page(client, visit)
    out = re.search(r'<option value="(inspector-[56])">', drawn)
    assert out is not None
    assert "理由" in post(client, f"{visit}/recusals", 422, inspector=out[1], asked_by="entity", reason=" ")
    post(client, f"{visit}/recusals", inspector=out[1], asked_by="entity", reason="与负责人是亲属")
    again = page(client, visit)
    assert "回避（检查对象申请）：与负责人是亲属" in again
    assert f'<option value="{out[1]}">' not in again
    published = client.get(f"{staffing}.json").content
    assert verify_staffing(published) == ()
    rounds = json.loads(published)["rounds"]
    assert [(one["round"], len(one["visits"])) for one in rounds] == [(2, 2), (3, 1)]
    assert rounds[1]["recusal"]["inspector_id"] == out[1]
    assert "检查员" not in published.decode()
    assert client.get(f"/plans/{PLAN}/staffing.json", headers=HTML).status_code == 409


def test_whom_nobody_can_be_sent_to_says_the_constraint(client: TestClient, desk: Desk, plan: str) -> None:
    post(client, f"/plans/{CULTURE}/staffing", scope="whole_bureau")
    for number in (5, 6):
        form = {"first_day": "2026-07-01", "last_day": "2026-07-31", "reason": "培训"}
        post(client, "/rosters/leave", inspector=f"inspector-{number}", **form)
    one = re.search(r'<option value="(inspector-[56])">', page(client, f"/visits/{PLAN}-v0"))
    assert one is not None
    post(client, f"/visits/{PLAN}-v0/recusals", inspector=one[1], asked_by="inspector", reason="请假")
    text = page(client, f"/plans/{CULTURE}/staffing?only=stuck")
    assert "无法选派" in text
    assert "若不计" in text
    assert "without" in page(client, f"/plans/{CULTURE}/staffing?only=stuck&language=en")


def test_a_result_is_entered_corrected_with_a_reason_and_followed_up(
    caller: Caller, plan: str, four: list[str]
) -> None:
    supervisor = caller("supervisor", person="吴平")
    form = f"/results/entry?task={PLAN}/{four[0]}&item={ITEMS[0]}"
    assert page(supervisor, form).count('name="codes"') == 10
    refused = entered(
        supervisor, four[0], codes=["no_problem", "ordered_to_correct"], note="后厨", status=422
    )
    assert "检查结果不符合要求" in refused
    assert "后厨" in refused
    assert refused.count("checked") == 2
    entered(supervisor, four[0], counts=["x"], status=422)
    entered(supervisor, four[0])
    assert "更正须写明理由" in entered(supervisor, four[0], codes=["no_problem"], counts=[], status=422)
    entered(supervisor, four[0], codes=["no_problem"], counts=[], reason="误录")
    text = page(supervisor, form)
    assert [text.index(f"第 {number} 版") for number in (2, 1)] == sorted(
        text.index(f"第 {number} 版") for number in (2, 1)
    )
    assert "理由：误录" in text
    assert "没有需要处理的问题" in text
    entered(supervisor, four[0], reason="复核", codes=["ordered_to_correct"])
    key = {"task": f"{PLAN}/{four[0]}", "item": ITEMS[0]}
    post(supervisor, "/results/follow-up", **key, on="2026-07-01", how="已整改")
    assert "2026-07-01 已处理" in page(supervisor, form)
    post(caller("analyst", person="陈析"), "/results/follow-up", 403, **key, on="2026-07-01", how="x")


def test_results_are_published_by_planners_or_withheld_with_a_reason(
    client: TestClient, caller: Caller, plan: str, four: list[str]
) -> None:
    for entity in four[:2]:
        entered(client, entity)
    key = {"task": f"{PLAN}/{four[0]}", "item": ITEMS[0]}
    post(caller("supervisor", person="吴平"), "/results/withholding", 403, **key, reason="在办案件")
    post(client, "/results/withholding", **key, reason="在办案件")
    assert "标记 1 项为已公示" in page(client, f"/plans/{PLAN}/results")
    assert "检查结果不符合要求" in post(client, f"/plans/{PLAN}/publication", 422, on="2026-07-09")
    post(client, f"/plans/{PLAN}/publication", on="2026-07-01")
    text = page(client, f"/plans/{PLAN}/results")
    assert "已公示 2026-07-01" in text
    assert "不予公示 2026-07-01" in text
    assert "检查结果不符合要求" in post(client, "/results/repair", 422, **key, on="2026-07-01", reason="x")


def test_results_are_returned_by_planners_once_there_are_some_and_a_folder_for_them(
    client: TestClient, caller: Caller, plan: str, four: list[str]
) -> None:
    step = f"/plans/{PLAN}/results/returns"
    supervisor = caller("supervisor", person="吴平")
    assert "回流结果" not in page(supervisor, f"/plans/{PLAN}/results")
    post(supervisor, step, 403)
    assert "<button disabled>回流结果" in page(client, f"/plans/{PLAN}/results")
    entered(client, four[0])
    assert "<button>回流结果" in page(client, f"/plans/{PLAN}/results")
    assert "或文件夹不存在、不可写" in post(client, step, 409)


def test_a_file_goes_in_and_its_bad_rows_come_back(client: TestClient, plan: str, four: list[str]) -> None:
    form = client.get(f"/api/v1/plans/{PLAN}/results/form").content.decode("utf-8-sig")
    assert form.count("\n") == 1 + 4 * len(ITEMS)
    head = form.splitlines()[0]
    rows = [
        f"{PLAN}/{four[0]},{ITEMS[0]},2026-07-01,未发现问题,,,,,",
        f"{PLAN}/{four[1]},{ITEMS[0]},2026-07-01,没有的结果,,,,,",
        f"{CULTURE}/{four[0]},stage,2026-07-01,未发现问题,,,,,",
    ]
    files = {"file": ("results.csv", "\n".join([head, *rows]).encode(), "text/csv")}
    answer = client.post(f"/plans/{PLAN}/results/imports", files=files, headers=HTML)
    assert "读入 3 行，录入 1，未变 0，拒收 2。" in answer.text
    link = re.search(r"/api/v1/results/imports/\d+/rejected", answer.text)
    assert link is not None
    assert "没有的结果" in client.get(link[0]).content.decode("utf-8-sig")
    broken = client.post(
        f"/plans/{PLAN}/results/imports", files={"file": ("a.csv", b"a,b\n1,2\n")}, headers=HTML
    )
    assert broken.status_code == 422


def test_what_is_not_entered_in_time_is_counted_as_not_done(
    client: TestClient, desk: Desk, plan: str, four: list[str], token_for: Callable[..., str]
) -> None:
    for item in ITEMS:
        entered(client, four[0], item, codes=["no_problem"], counts=[])
    later = replace(desk, now=lambda: datetime(2026, 9, 30, tzinfo=UTC))
    headers = {"Authorization": f"Bearer {token_for()}"}
    with TestClient(create_app(lambda: later), headers=headers) as autumn:
        assert "未检查" in page(autumn, "/tasks?state=not_done")
        results = page(autumn, f"/plans/{PLAN}/results?only=not_done")
        assert re.search(r"<b>3</b><span>逾期未录入的任务 = 视为未检查", results)
        effect = page(autumn, "/effect")
        assert re.search(r"<b>5</b><span>逾期未录入 = 未检查", effect)
        assert effect.count("定义与来源") == 10
        assert "Horvitz–Thompson" in effect
        assert re.search(r'id="tasks_done">.*?16\.7%', effect, re.DOTALL)
        chart = re.search(
            r'id="intervals-data">(.*?)</script>', page(autumn, "/effect?by=plan&measure=tasks_done")
        )
        assert chart is not None
        assert [one["value"] for one in json.loads(chart[1])["groups"]] == [0.25, 0.0]
        assert "画出" in page(autumn, "/effect?by=month&measure=population_rate")


def test_rosters_hide_names_and_take_leave_and_conflicts(
    client: TestClient, caller: Caller, plan: str, four: list[str]
) -> None:
    assert "3 项，其中重点 2 项" in page(client, "/rosters")
    people = page(client, "/rosters?tab=inspectors")
    assert "检查员1" in people
    assert "2026-07-20 到期，剩 19 天" in people
    hidden = page(caller("analyst", person="陈析"), "/rosters?tab=inspectors")
    assert "检查员1" not in hidden
    assert "登记请假" not in hidden
    form = {"inspector": "inspector-1", "reason": "年假"}
    assert "检查人员" in post(
        client, "/rosters/leave", 422, **form, first_day="2026-07-09", last_day="2026-07-01"
    )
    post(client, "/rosters/leave", **form, first_day="2026-07-06", last_day="2026-07-08")
    assert "2026-07-06 – 2026-07-08" in page(client, "/rosters?tab=inspectors")
    post(caller("supervisor", person="吴平"), "/rosters/conflicts", 403, **form, entity_id=four[0])
    assert "没有这户经营主体" in post(client, "/rosters/conflicts", 404, **form, entity_id="none")
    post(client, "/rosters/conflicts", **form, entity_id=four[0])
    assert four[0] in page(client, "/rosters?tab=inspectors")
    assert "还没有对象库" in page(client, "/rosters?tab=objects")


def test_yearly_plans_are_published_in_time_or_late_with_their_files(
    client: TestClient, caller: Caller, desk: Desk, rosters: None
) -> None:
    line = YearlyLine(
        name="餐饮抽查", item_codes=("food_safety",), object_scope="全部餐饮", kind="key", count=60,
        first_month=4, last_month=11, body="各所",
    )  # fmt: skip
    made = create_yearly_plan(
        desk.ledger, city="sandbox", year=2026, department=MARKET, lines=(line,), by="李敏", now=NOW
    )
    assert "应于 2026-03-31 前公布，尚未公布" in page(client, "/yearly-plans?year=2026")
    publication = f"/yearly-plans/{made.yearly_plan_id}/publication"
    post(caller("supervisor", person="吴平"), publication, 403)
    post(client, publication)
    more = (replace(line, count=80),)
    amend_yearly_plan(desk.ledger, made.yearly_plan_id, more, reason="专项部署", by="李敏", now=NOW)
    text = page(client, "/yearly-plans?year=2026")
    for words in (
        "2026-07-01 公布，逾期 92 天",
        "餐饮服务食品安全检查",
        "80 户",
        "专项部署",
        "第 2 版尚未公布",
    ):
        assert words in text
    files = f"/yearly-plans/{made.yearly_plan_id}/versions"
    assert "60" in client.get(f"{files}/1/yearly-plan.csv").content.decode("utf-8-sig")
    for wrong in (f"{files}/2/yearly-plan.csv", f"{files}/1/verify.py"):
        assert client.get(wrong, headers=HTML).status_code == 404
    assert "这一年还没有年度计划" in page(client, "/yearly-plans?year=2025")
