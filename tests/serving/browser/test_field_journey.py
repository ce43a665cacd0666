"""From a drawn plan to its effect in a real browser, at a desk and on a phone: staff, begin, enter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from serving.ledger.database import migrate, open_ledger
from serving.ledger.tokens import create_token
from serving.rosters.importing import INSPECTORS, ITEMS, MAPPING_FILE, import_roster, preset_folder
from serving.rosters.roster_mapping import read_roster_mapping
from serving.web.desk import Desk
from tests.serving.browser.conftest import Site, Visit, served, visited
from tests.serving.browser.test_journey import assert_fits
from tests.serving.conftest import NOW
from tests.serving.inspections.staffed_plans import PLAN, staffed_plan

pytestmark = pytest.mark.browser
DEPARTMENT = "市场监管局"


@pytest.fixture
def field_site(city: Any, tmp_path: Path) -> Iterator[Site]:
    """A city with its rosters and a plan that was drawn this morning."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    migrate(url)
    ledger = open_ledger(url)
    preset = preset_folder("sandbox")
    mapping = read_roster_mapping(preset / MAPPING_FILE)
    for roster in (ITEMS, INSPECTORS):
        import_roster(ledger, "sandbox", roster, mapping, folder=preset, by="李敏", now=NOW, reason="rosters")
    lines = city.register.page(limit=3).lines
    staffed_plan(
        ledger, entities=tuple((one.entity_id, "D", "3/9") for one in lines), items=("FOOD-01", "PRICE-01"),
        strata=[{"stratum": "D", "grade": "D", "size": 9, "count": 3}], department=DEPARTMENT, team=(),
    )  # fmt: skip
    desk = Desk(
        city="sandbox", ledger=ledger, register=city.register, release=city.release,
        lake=city.lake, plans_folder=tmp_path / "plans", now=lambda: NOW,
    )  # fmt: skip
    token = create_token(ledger, person="李敏", role="planner", expires_on=date(2026, 12, 31), now=NOW)
    with served(lambda: desk) as address:
        yield Site(address=address, token=token, witness_token=token)
    ledger.close()


@pytest.fixture
def field(browser: Browser, field_site: Site, width: int) -> Iterator[Visit]:
    with visited(browser, field_site, token=field_site.token, width=width) as made:
        yield made


def test_from_staffing_to_effect(field: Visit) -> None:
    page = field.log_in(f"/plans/{PLAN}/staffing")
    staffed(page)
    begun(page)
    entered(page)
    published(page)
    page.click("text=English")
    expect(page.locator("h1")).to_have_text("What inspections came to")
    for address in ("/rosters", "/rosters?tab=inspectors", "/yearly-plans"):
        page.goto(f"{field.site.address}{address}")
        assert_fits(page)


def staffed(page: Page) -> None:
    """Inspectors for three visits."""
    page.get_by_role("button", name="随机选派").click()
    expect(page.locator(".figures .met dd")).to_have_text("3")
    expect(page.locator("#teams .member")).to_have_count(6)
    assert_fits(page)


def begun(page: Page) -> None:
    """The first visit, once one inspector stayed away."""
    page.get_by_role("link", name="任务", exact=True).first.click()
    expect(page.locator(".visit-list > li")).to_have_count(3)
    assert_fits(page)
    page.locator(".visit-list a").first.click()
    first = page.locator(".team li").first.inner_text()
    page.locator("#recuse summary").click()
    page.fill("#recuse input[name=reason]", "与负责人是亲属")
    page.get_by_role("button", name="回避并重抽这一席").click()
    expect(page.locator("#team .timeline li")).to_have_count(2)
    assert first not in page.locator(".team").inner_text()
    page.get_by_role("button", name="开始检查").click()
    expect(page.locator("#act")).to_contain_text("已于 2026-07-01 开始检查")
    assert_fits(page)


def entered(page: Page) -> None:
    """A result, its correction, and what was done about the problem."""
    page.get_by_role("link", name="录入结果").first.click()
    page.get_by_label("责令改正").check()
    page.get_by_label("较重问题数").fill("2")
    page.get_by_role("button", name="保存结果").click()
    expect(page.locator("#versions li")).to_have_count(1)
    page.get_by_label("更正理由").fill("漏记备注")
    page.get_by_label("备注").fill("后厨无健康证")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("#versions li")).to_have_count(2)
    page.get_by_label("如何处理").fill("当场改正")
    page.get_by_role("button", name="记录处理情况").click()
    expect(page.locator("#follow-up .due")).to_contain_text("已处理")
    assert_fits(page)


def published(page: Page) -> None:
    """The result before the public, and what it came to."""
    page.get_by_role("link", name="计划的结果").click()
    page.get_by_role("button", name="标记 1 项为已公示").click()
    expect(page.locator("#results")).to_contain_text("已公示 2026-07-01")
    assert_fits(page)
    page.get_by_role("link", name="成效").first.click()
    page.get_by_role("link", name="按部门").click()
    page.get_by_role("link", name="问题处理率").first.click()
    expect(page.locator("[data-intervals][data-drawn] svg")).to_be_visible()
    assert_fits(page)
