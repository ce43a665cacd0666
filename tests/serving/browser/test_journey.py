"""What a supervisor and a planner do, in a real browser at both widths, without a foreign request."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from serving.records import records_of

pytestmark = pytest.mark.browser


def assert_fits(page: Page) -> None:
    """Nothing is wider than the window."""
    inner, content = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
    assert content <= inner


def test_the_overview_draws_its_charts_and_fits(visit: Any) -> None:
    page = visit.log_in()
    expect(page.locator("h1")).to_have_text("信用风险分级总览")
    expect(page.locator("[data-drawn] svg")).to_have_count(2)
    expect(page.locator(".grade-card")).to_have_count(4)
    assert_fits(page)


def test_searching_filtering_and_paging_change_the_table_only(visit: Any, city: Any) -> None:
    page = visit.log_in()
    line = city.register.page(offset=30, limit=1).lines[0]
    rows = page.locator("#register-table tbody tr")
    expect(rows).to_have_count(20)
    page.fill("input[name=text]", line.entity_id)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(line.entity_id)
    page.fill("input[name=text]", "")
    page.select_option("select[name=grade]", "A")
    expect(page.locator("#register-table .badge.A")).to_have_count(20)
    page.get_by_text("下一页").click()
    expect(page.locator(".pager")).to_contain_text("第 21 –")
    expect(page.locator("#register-table .badge.A")).to_have_count(20)
    page.fill("input[name=text]", "没有这个名称")
    expect(page.locator("#register-table")).to_contain_text("没有符合条件的经营主体")
    assert_fits(page)


def test_base_and_score_are_marked_and_only_points_are_bars(visit: Any) -> None:
    """The axis does not begin at 0: a bar up to the base would be cut, and its length would mislead."""
    page = visit.log_in()
    page.click("#register-table a.primary >> nth=0")
    expect(page.locator("[data-chart=waterfall][data-drawn] svg")).to_be_visible()
    option = page.evaluate(
        "echarts.getInstanceByDom(document.querySelector('[data-chart=waterfall]')).getOption()"
    )
    data = page.evaluate("JSON.parse(document.getElementById('waterfall-data').textContent)")
    assert option["animation"] is False
    lengths = [point["value"] for point in option["series"][1]["data"]]
    assert lengths == [None, *(abs(step["points"]) for step in data["steps"]), None]
    marks = next(series["data"] for series in option["series"] if series["type"] == "scatter")
    assert [mark["value"] for mark in marks] == [[data["base"], 0], [data["score"], len(lengths) - 1]]
    axis = option["xAxis"][0]
    assert axis["min"] < min(data["base"], data["score"])
    assert (axis["max"] - axis["min"]) % axis["interval"] == 0


def longest_past(city: Any) -> str:
    """The entity of the register with most records of one table: those that a page folds away."""
    as_of = city.snapshot.as_of

    def most(entity_id: str) -> int:
        tables = Counter(record.table for record in records_of(city.lake, entity_id, as_of))
        return max(tables.values(), default=0)

    return max((line.entity_id for line in city.register.page(offset=0, limit=50).lines), key=most)


def test_the_entity_page_tells_and_draws_why(visit: Any, city: Any) -> None:
    page = visit.log_in(f"/entities/{longest_past(city)}")
    expect(page.locator("[data-chart=waterfall][data-drawn] svg")).to_be_visible()
    expect(page.locator(".reasons li").first).to_be_visible()
    expect(page.locator(".timeline li").first).to_be_visible()
    assert page.locator(".group").count() == page.locator(".tables a").count() > 3
    assert_fits(page)
    page.locator(".group details summary").first.click()
    expect(page.locator(".group details li").first).to_be_visible()
    assert_fits(page)
    page.click("text=English")
    expect(page.locator("h2").first).to_have_text("Why this grade")
    assert_fits(page)
    page.click("text=中文")
    expect(page.locator("h2").first).to_have_text("为什么是这个等级")


def test_the_preview_follows_the_ratios_and_refuses_falling_ones(visit: Any) -> None:
    page = visit.log_in("/plans")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("总体抽查比例")
    page.click("[data-ratios='2/5/100/100']")
    expect(preview.locator("tbody tr").nth(3)).to_contain_text("100%")
    page.fill("input[name=a]", "50")
    expect(preview).to_contain_text("抽查比例不成立")
    assert_fits(page)


def commits(page: Page, name: str) -> str:
    """One official's commitment; returns the secret that only this browser has seen."""
    expect(page.locator("#part")).to_contain_text(f"您以 {name} 的身份参加")
    posted: list[str] = []
    page.on("request", lambda asked: posted.append(asked.post_data or ""))
    page.click("text=生成我的秘密")
    expect(page.locator("[name=commitment]")).to_have_value(re.compile("^[0-9a-f]{64}$"))
    expect(page.locator("[data-once]")).to_contain_text("遗失了")
    secret = page.input_value("[data-secret]")
    button = page.get_by_role("button", name="提交承诺")
    button.click()
    assert not page.evaluate("document.querySelector('[data-kept]').validity.valid"), "not before it is kept"
    page.check("[data-kept]")
    assert_fits(page)
    button.click()
    expect(page.locator("#part")).to_contain_text("已提交承诺")
    assert posted != []
    assert not any(secret in data for data in posted), "the secret stays in the browser"
    assert secret not in page.content(), "shown once"
    return secret


def reveals(page: Page, address: str, secret: str) -> None:
    page.goto(address)
    page.fill("input[name=secret]", secret)
    page.get_by_role("button", name="揭示").click()
    expect(page.locator("td", has_text=secret)).to_be_visible()


def frozen_plan(page: Page, title: str) -> str:
    """A plan made and frozen through the forms; returns its address."""
    page.fill("input[name=title]", title)
    page.click("text=保存为草案")
    page.click("text=冻结名录库 >> visible=true >> nth=-1")
    expect(page.locator("#part")).to_be_visible()
    return page.url


def test_a_plan_is_drawn_by_two_officials_and_verified_by_a_stranger(
    visit: Any, witness: Any, tmp_path: Path
) -> None:
    page = visit.log_in("/plans")
    address = frozen_plan(page, "第三季度双随机抽查")
    other = witness.log_in(address.removeprefix(visit.site.address))
    expect(other.locator("#void")).to_have_count(0)
    secrets = [commits(page, "李敏"), commits(other, "吴平")]
    assert_fits(page)
    for official, secret in zip((page, other), secrets, strict=True):
        reveals(official, address, secret)
    assert_fits(other)
    page.goto(address)
    page.get_by_role("button", name="抽取", exact=True).click()
    expect(page.locator("#drawn tbody tr").first).to_be_visible()
    assert_fits(page)
    with page.expect_download() as download:
        page.click("text=下载复核包")
    bundle = Path(download.value.path()).read_bytes()
    zipfile.ZipFile(io.BytesIO(bundle)).extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    verified = subprocess.run(
        [sys.executable, "-I", folder / "verify.py", folder], capture_output=True, check=False
    )
    assert verified.returncode == 0


def test_a_void_after_the_first_reveal_stays_in_sight(visit: Any, witness: Any) -> None:
    page = visit.log_in("/plans")
    address = frozen_plan(page, "要作废的计划")
    other = witness.log_in(address.removeprefix(visit.site.address))
    commits(page, "李敏")
    reveals(other, address, commits(other, "吴平"))
    page.goto(address)
    page.fill("#void input[name=reason]", "李敏遗失了秘密")
    page.locator("#void button").click()
    expect(page.locator("#next-step .refusal")).to_contain_text("作废于揭示之后")
    expect(page.locator(".timeline")).to_contain_text("李敏遗失了秘密")
    assert_fits(page)
    page.goto(f"{visit.site.address}/plans")
    expect(page.locator("#voids")).to_contain_text("李敏")
    assert_fits(page)


def test_an_unknown_entity_and_a_missing_token_are_told_calmly(visit: Any) -> None:
    page = visit.log_in()
    answer = page.goto(f"{visit.site.address}/entities/nobody")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator(".refusal")).to_contain_text("没有这户经营主体")
    assert_fits(page)
    page.click("text=退出")
    answer = page.goto(f"{visit.site.address}/plans")
    assert answer is not None
    assert answer.status == 401
    expect(page.locator("main h2")).to_have_text("登录信衡")
    # The browser itself writes every 401 and 404 to its console.
    visit.complaints[:] = [line for line in visit.complaints if "Failed to load resource" not in line]
