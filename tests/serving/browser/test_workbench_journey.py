"""A planner weighs a plan on the frontier, takes a point of it, draws it, and sees the draw run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from serving.ledger.database import open_ledger
from serving.rosters.item import Item
from serving.rosters.items import record_items
from tests.serving.browser.ceremony import drawn_by
from tests.serving.browser.test_journey import assert_fits

pytestmark = pytest.mark.browser

FOOD = Item(
    code="FOOD-01", name_zh="餐饮服务食品安全检查", name_en="Food safety", kind="key", methods=("site",),
    field="food", law="《食品安全法》", department="市场监管局", skills=(), minutes=90,
    valid_from=date(2024, 1, 1),
)  # fmt: skip


@pytest.fixture
def listed(city: Any) -> Iterator[None]:
    ledger = open_ledger(city.ledger_url)
    record_items(ledger, "sandbox", (FOOD,), by="李敏", now=datetime.now(UTC), reason="list of 2026")
    yield
    ledger.close()


def clicked_point(page: Page) -> str:
    """Clicks the last point of the curve in the picture; returns the ratios that it stands for."""
    place, percents = page.evaluate(
        """() => {
          const chart = echarts.getInstanceByDom(document.querySelector("[data-chart=frontier]"));
          const last = JSON.parse(document.getElementById("frontier-data").textContent).points.at(-1);
          const [x, y] = chart.convertToPixel({ seriesIndex: 2 }, [last.error, last.findings]);
          return [{ x, y }, last.percents];
        }"""
    )
    page.locator("[data-chart=frontier]").click(position=place)
    return str(percents)


def weighed(page: Page) -> None:
    """Fills the form in; limits that conflict are told, and a point of the curve is taken."""
    expect(page.locator("[data-chart=frontier][data-drawn] svg")).to_be_visible(timeout=60_000)
    page.fill("input[name=title]", "第三季度餐饮抽查")
    page.check("input[value='FOOD-01']")
    expect(page.locator("select[name=department]")).to_have_value("市场监管局")
    page.click("[data-policy='flat-3@0']")
    expect(page.locator("#preview")).to_contain_text("户 × 3 小时 · 按所选事项，两人")
    page.fill("input[name=hours]", "3")
    expect(page.locator("#frontier")).to_contain_text("各项要求不能同时满足")
    page.fill("input[name=hours]", "180")
    expect(page.locator("#frontier .prices")).to_contain_text("预计多发现")
    percents = clicked_point(page).split("/")
    expect(page.locator("input[name=d]")).to_have_value(percents[3])
    expect(page.locator("#frontier")).to_contain_text(re.compile("本计划已在曲线上|最多可发现"))


def test_a_plan_is_weighed_taken_from_the_curve_and_drawn(visit: Any, witness: Any, listed: None) -> None:
    page = visit.log_in("/plans")
    weighed(page)
    assert_fits(page)
    page.click("text=保存为草案")
    expect(page.locator(".terms").first).to_contain_text("餐饮服务食品安全检查")
    drawn_by(page, witness.log_in())
    expect(page.locator("[data-told]")).to_have_text("抽取演示完毕", timeout=15_000)
    assert page.evaluate("document.querySelectorAll('.strip [style]').length") > 0, "it ran"
    assert page.evaluate("document.querySelector('.code img').naturalWidth") > 0
    assert_fits(page)
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    expect(page.locator("[data-replay]")).to_be_hidden()
    expect(page.locator(".strip circle").first).to_be_visible()
