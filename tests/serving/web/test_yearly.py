"""Yearly plans on their page: created and amended line by line or from a file, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from serving.inspections.yearly.yearly_plan import read_lines
from serving.inspections.yearly.yearly_plans import list_yearly_plans
from serving.web.desk import Desk
from serving.web.field.yearly_form import fields_of
from tests.serving.inspections.test_yearly_plan import CONTACT, LIFTS

HTML = {"Accept": "text/html"}
PATH = "/yearly-plans"
LINE = {
    "name": ["餐饮抽查", ""], "item_codes": ["SC-01；SC-02", ""], "object_scope": ["全部餐饮", ""],
    "kind": ["key", "general"], "count": ["", ""], "percents": ["3/4/5/6", ""], "first_month": ["4", ""],
    "last_month": ["11", ""], "body": ["各所", ""], "note": ["", ""],
}  # fmt: skip
NEW = {**LINE, "department": "市场监管局", "year": "2026"}


def post(client: TestClient, path: str, form: dict[str, Any], status: int = 303, file: bytes = b"") -> str:
    files = {"file": ("lines.csv" if file else "", file, "text/csv")}
    answer = client.post(path, data=form, files=files, headers=HTML, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer.text


def test_a_plan_is_created_amended_and_published_on_its_page(client: TestClient, desk: Desk) -> None:
    text = client.get(f"{PATH}?year=2026", headers=HTML).text
    assert ("这一年还没有年度计划" in text, "新建 2026 年度计划" in text) == (True, True)
    post(client, PATH, NEW)
    (plan,) = list_yearly_plans(desk.ledger, "sandbox", 2026)
    (line,) = plan.latest.lines
    assert (line.item_codes, line.ratios) == (
        ("SC-01", "SC-02"),
        {"A": "0.03", "B": "0.04", "C": "0.05", "D": "0.06"},
    )
    address = f"{PATH}/{plan.yearly_plan_id}"
    shown = client.get(f"{PATH}?year=2026", headers=HTML).text
    assert re.search(r'name="percents" value="3/4/5/6"', shown)
    post(client, f"{address}/publication", {})
    fewer = {**LINE, "year": "2026", "count": ["60", ""], "percents": ["", ""]}
    assert "调整须写明理由" in post(client, f"{address}/amendments", {**fewer, "reason": " "}, 422)
    post(client, f"{address}/amendments", {**fewer, "reason": "专项部署"})
    (plan,) = list_yearly_plans(desk.ledger, "sandbox", 2026)
    assert (plan.state, plan.latest.lines[0].count, plan.to_publish) == ("amended", 60, True)


def test_what_is_wrong_is_told_and_what_was_typed_stays(client: TestClient, desk: Desk) -> None:
    wrong = {**NEW, "first_month": ["十二", ""], "percents": ["3/4/5", ""]}
    text = post(client, PATH, wrong, 422)
    assert ("年度计划不符合要求" in text, 'value="餐饮抽查"' in text, 'value="3/4/5"' in text) == (True,) * 3
    assert "年度计划不符合要求" in post(client, PATH, {**NEW, "body": ["各所"]}, 422)
    assert "年度计划不符合要求" in post(client, PATH, {"department": "市场监管局", "year": "2026"}, 422)
    assert post(client, PATH, {**NEW, "year": "1999"}, 422)
    assert list_yearly_plans(desk.ledger, "sandbox", 2026) == ()


def test_a_file_counts_instead_of_the_lines_and_its_table_is_there_to_take(
    client: TestClient, desk: Desk
) -> None:
    blank = client.get(f"{PATH}/lines.csv").content.decode("utf-8-sig")
    row = "食品抽查,SC-01,全市食品生产企业,一般,40,,,,,3,11,市局,\n"
    post(client, PATH, NEW, file=(blank + row).encode())
    (plan,) = list_yearly_plans(desk.ledger, "sandbox", 2026)
    assert [(line.name, line.count) for line in plan.latest.lines] == [("食品抽查", 40)]
    again = client.get(f"{PATH}/lines.csv", params={"plan": plan.yearly_plan_id})
    assert read_lines(again.content) == plan.latest.lines
    assert client.get(f"{PATH}/lines.csv", params={"plan": "none"}, headers=HTML).status_code == 404
    assert "年度计划不符合要求" in post(client, PATH, {**NEW, "department": "x"}, 422, file=b"a,b\n1,2\n")


def test_only_planners_write(caller: Callable[..., TestClient]) -> None:
    supervisor = caller("supervisor", person="吴平")
    assert 'id="new"' not in supervisor.get(PATH, headers=HTML).text
    post(supervisor, PATH, NEW, 403)


def test_the_form_shows_lines_so_that_they_come_back_the_same() -> None:
    contact, lifts = fields_of([CONTACT, LIFTS])
    assert (contact.percents, contact.count, contact.item_codes) == ("3/4/5/6", "", "SC-01; SC-02")
    assert (lifts.percents, lifts.count, lifts.kind) == ("", "120", "key")
