"""The pages: what they show, in both languages, whole and without inline code."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from data_contracts.contract import load_contract
from features.as_of import AsOf
from features.entity_rows import rows_of
from models.direct_rules import evidence_of, rule_by_code
from models.grades import GRADES
from models.verdict import Verdict
from serving.ledger.deployments import Exemption, candidate_of, promote
from serving.ledger.tokens import create_token
from serving.records import EVENT_TABLES, records_of
from serving.web import rendering
from serving.web.app import create_app
from serving.web.desk import Desk
from serving.web.entity_page import RECORDS_SHOWN, entity_page
from serving.web.language import speaker
from serving.web.overview import Search, open_gates, overview_page
from tests.candidates import gate

HTML = {"Accept": "text/html"}


def test_the_overview_shows_grades_rates_and_the_riskiest_first(client: TestClient, city: Any) -> None:
    page = client.get("/", headers=HTML).text
    assert "信用风险分级总览" in page
    for grade, rate in zip("ABCD", ("6.0%", "17.1%", "34.8%", "56.1%"), strict=True):
        assert f"grade-card {grade}" in page
        assert rate in page
    assert city.register.page(limit=1).lines[0].entity_id in page
    assert "只用有记录入样概率的随机抽查" in page


def test_a_search_narrows_the_table_and_an_empty_one_says_so(client: TestClient, city: Any) -> None:
    line = city.register.page(limit=1).lines[0]
    table = client.get("/register", params={"text": line.entity_id}, headers=HTML).text
    assert line.entity_id in table
    assert table.count("<tr>") == 2
    assert "没有符合条件的经营主体" in client.get("/register?text=无此名称", headers=HTML).text


def test_the_entity_page_tells_why_with_points_that_add_up(client: TestClient, city: Any) -> None:
    line = city.register.page(limit=1).lines[0]
    page = client.get(f"/entities/{line.entity_id}", headers=HTML).text
    chart = json.loads(re.search(r'id="waterfall-data">(.*?)</script>', page, re.S).group(1))  # type: ignore[union-attr]
    assert chart["base"] + sum(step["points"] for step in chart["steps"]) == chart["score"] == line.score
    assert "为什么是这个等级" in page
    assert city.snapshot.digest in page
    assert city.release.release_id in page


def test_every_rule_on_a_page_shows_its_law_and_the_records_that_prove_it(
    client: TestClient, city: Any
) -> None:
    entries = [city.register.find(line.entity_id) for line in city.register.page(limit=300).lines]
    decided = {hit.code: entry for entry in entries for hit in entry.decision.rules}
    assert decided, "no direct rule holds in the city"
    for code, entry in decided.items():
        page = client.get(f"/entities/{entry.entity_id}", headers=HTML).text
        rule = rule_by_code(code)
        assert rule.legal_basis_zh in page
        assert GRADES.index(entry.decision.grade) >= GRADES.index(rule.grade)
        days = AsOf(on=entry.decision.as_of, used_on=entry.decision.used_on)
        proofs = evidence_of(
            rule, lambda name, who=entry.entity_id, days=days: rows_of(city.lake, name, who, days), days.on
        )
        assert proofs
        assert all(one.record_id in page for one in proofs)


def test_records_behind_an_entity_were_known_and_are_not_forgotten(desk: Desk, city: Any) -> None:
    assert desk.lake is not None
    seen = 0
    for line in city.register.page(limit=60).lines:
        for record in records_of(desk.lake, line.entity_id, desk.as_of):
            seen += 1
            assert record.known_on <= desk.as_of.on
            assert {"forgotten_on", "inspector"}.isdisjoint(
                fact.label_en.replace(" ", "_") for fact in record.facts
            )
    assert seen > 50


def test_english_is_chosen_in_the_address_and_remembered(client: TestClient) -> None:
    page = client.get("/?language=en", headers=HTML)
    assert "Credit-risk grades" in page.text
    assert "language=en" in page.headers["set-cookie"]
    client.cookies.set("language", "en")
    assert "Random inspection plans" in client.get("/plans", headers=HTML).text


def test_an_unknown_entity_and_page_are_told_calmly(client: TestClient) -> None:
    page = client.get("/entities/nobody", headers=HTML)
    assert page.status_code == 404
    assert "没有这户经营主体" in page.text
    assert "No such entity" in client.get("/entities/nobody?language=en", headers=HTML).text
    assert client.get("/nothing", headers=HTML).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "got"),
    [
        ("GET", "/entities/nope", "登记册中没有的代码：nope"),
        ("GET", "/?grade=E", "风险等级“E”"),
        ("GET", "/?offset=-1&text=" + "x" * 121, "查询文字“" + "x" * 60 + "”；起始位置“-1”"),
        ("POST", "/login", "访问令牌未填"),
        ("GET", "/nope", "本站没有的地址：/nope"),
        ("DELETE", "/plans", "不支持的操作：DELETE /plans"),
        ("GET", "/plans/2026-nope", "没有的计划编号：2026-nope"),
    ],
)
def test_a_chinese_refusal_holds_the_offending_value_and_no_english(
    client: TestClient, method: str, path: str, got: str
) -> None:
    page = client.request(method, path, headers=HTML).text
    told = re.findall(r"<dd>(.*?)</dd>", page, re.S)
    assert len(told) == 3
    assert told[1] == got
    values = r"nope|/nope|/plans/?|2026-nope|DELETE|x{60}|[A-E]"
    assert re.findall(r"[A-Za-z]{2,}", re.sub(values, "", "".join(told))) == []


@pytest.mark.parametrize("offset", [20, 299, 300, 99999, 10**9])
def test_an_offset_past_the_end_shows_the_last_page(client: TestClient, city: Any, offset: int) -> None:
    rows = city.snapshot.rows
    table = client.get(f"/register?offset={offset}", headers=HTML).text
    last = (rows - 1) // 20 * 20
    first, end = (offset + 1, min(offset + 20, rows)) if offset < rows else (last + 1, rows)
    assert f"第 {first} – {end} 户，共 {rows} 户" in table
    assert table.count("<tr>") == 1 + end - first + 1
    assert "户，共" not in client.get("/register?text=无此名称&offset=40", headers=HTML).text


def test_rates_stand_under_one_name_with_dates_and_horizon(client: TestClient) -> None:
    page = client.get("/", headers=HTML).text
    assert "实测问题发现率" in page
    assert "检验基准日 2025-10-01、2026-01-01，结果观察期 180 天" in page
    assert not re.search("命中率|实测问题率|检验期", page)
    english = client.get("/?language=en", headers=HTML).text
    assert "Measured rate of problems found" in english
    assert "outcomes watched for 180 days" in english


@pytest.mark.parametrize("path", ["/", "/plans", "/login", "/nothing"])
def test_pages_hold_no_inline_code_and_no_foreign_address(client: TestClient, path: str) -> None:
    page = client.get(path, headers=HTML).text
    assert not re.search(r"\son\w+=|\sstyle=|<style", page)
    assert all("application/json" in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == []


def test_a_name_with_markup_stays_text(desk: Desk, city: Any) -> None:
    entry = city.register.find(city.register.page(limit=1).lines[0].entity_id)
    evil = dataclasses.replace(entry, name="<script>alert(1)</script>\"'")
    page = entity_page(desk, evil, language="zh")
    text = rendering.TEMPLATES.get_template("entity.html").render(
        page=page, table=page, preview=page, say=speaker("zh"), grade_label=str,
        frame=rendering.Frame(
            language="zh", other_language="", current="", person="p", role="", may_plan=False, city="",
            as_of="", release_id="",
        ),
    )  # fmt: skip
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.parametrize("template", ["overview.html", "entity.html"])
def test_templates_use_every_field_of_their_context(desk: Desk, city: Any, template: str) -> None:
    folder = Path(rendering.FOLDER) / "templates"
    text = (folder / template).read_text("utf-8")
    line = city.register.page(limit=1).lines[0]
    contexts = {
        "overview.html": overview_page(desk, Search(), own_region="", language="zh"),
        "entity.html": entity_page(desk, city.register.find(line.entity_id), language="zh"),
    }
    fields = {field.name for field in dataclasses.fields(contexts[template])}
    assert fields == set(re.findall(r"page\.(\w+)", text)) & fields


def test_records_stand_by_table_the_newest_first_and_never_more_than_a_page_can_hold(
    client: TestClient, desk: Desk, city: Any
) -> None:
    assert desk.lake is not None
    lines = city.register.page(limit=60).lines
    entity_id = max(
        lines, key=lambda line: len(records_of(desk.lake, line.entity_id, desk.shown_as_of))
    ).entity_id
    records = records_of(desk.lake, entity_id, desk.shown_as_of)
    groups = entity_page(desk, city.register.find(entity_id), language="zh").groups
    assert [group.table for group in groups] == [
        name for name in EVENT_TABLES if name in {r.table for r in records}
    ]
    page = client.get(f"/entities/{entity_id}", headers=HTML).text
    for group in groups:
        own = [record for record in records if record.table == group.table]
        shown = [*group.records, *group.earlier]
        days = [line.occurred_on for line in shown]
        assert group.count == len(own) == len(shown) + group.untold
        assert days == sorted(days, reverse=True)
        assert len(group.records) <= RECORDS_SHOWN
        assert f'id="{group.table}"' in page
        assert f"{load_contract(group.table).label_zh} <b>{len(own)}</b>" in page


def test_of_a_very_long_past_the_oldest_records_are_only_counted(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, city: Any, desk: Desk
) -> None:
    assert desk.lake is not None
    monkeypatch.setattr("serving.web.entity_page.RECORDS_SHOWN", 1)
    monkeypatch.setattr("serving.web.entity_page.RECORDS_FOLDED", 1)
    for line in city.register.page(limit=60).lines:
        groups = entity_page(desk, city.register.find(line.entity_id), language="zh").groups
        cut = next((group for group in groups if group.untold), None)
        if cut:
            break
    assert cut
    assert (len(cut.records), len(cut.earlier), cut.untold) == (1, 1, cut.count - 2)
    page = client.get(f"/entities/{line.entity_id}", headers=HTML).text
    assert f"更早的 {cut.count - 1} 条" in page
    assert f"另有 {cut.untold} 条更早的记录，可通过接口查询。" in page


def test_the_overview_tells_what_the_release_went_live_despite(desk: Desk) -> None:
    """Whoever reads grades sees which gate the model did not pass, and why that was thought all right."""
    failed = dataclasses.replace(
        gate("rates_rise", passed=False), reason_en="P is 0.83", reason_zh="概率 0.83"
    )
    release = dataclasses.replace(desk.release, verdict=Verdict(gates=(failed,)))
    shown = dataclasses.replace(desk, release=release)
    assert open_gates(shown, "zh") == ()
    exemption = Exemption(gate="rates_rise", because="few in D")
    promote(desk.ledger, candidate_of(release), by="li", reason="r", now=desk.now(), exemptions=[exemption])
    (told,) = open_gates(shown, "zh")
    assert (told.name, told.reason, told.because) == ("rates_rise", "概率 0.83", "few in D")
    with TestClient(create_app(lambda: shown)) as opened:
        token = create_token(
            desk.ledger, person="Li", role="planner", expires_on=date(2026, 12, 31), now=desk.now()
        )
        page = opened.get("/", headers={**HTML, "Authorization": f"Bearer {token}"}).text
    assert "放行理由：few in D" in page
