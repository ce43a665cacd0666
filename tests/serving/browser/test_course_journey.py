"""A supervisor follows an alert to its entity and sees what changed, in a real browser at both widths."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from features.engines.on_duckdb import open_engine
from serving.alerting import made_alerts, write_alerts
from serving.grading import write_register
from serving.ledger.database import migrate, open_ledger
from serving.ledger.registers import record_register
from serving.ledger.tokens import create_token
from serving.register import open_register
from serving.web.desk import Desk
from tests.serving.browser.conftest import Site, Visit, served, visited
from tests.serving.browser.test_journey import assert_fits
from tests.serving.conftest import NOW, described

pytestmark = pytest.mark.browser
MAY = date(2026, 5, 31)


@pytest.fixture(scope="module")
def two_months(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose ledger knows a May and a June, with the alerts of June."""
    folder, snapshots = tmp_path_factory.mktemp("months"), city.home / "sandbox" / "snapshots"
    snapshot, attributes = described(city.lake, snapshots, MAY)
    may = write_register(city.release, snapshot, attributes, folder=folder / "register")
    june = open_register(Path(shutil.copytree(city.register.folder, folder / "june")))
    url = f"sqlite:///{folder}/ledger.sqlite"
    migrate(url)
    ledger = open_ledger(url)
    for register in (may, june):
        record_register(
            ledger, city="sandbox", as_of=register.as_of, release_id=city.release.release_id,
            digest=register.digest, folder=register.folder, counts=register.card.counts, by="li", now=NOW,
        )  # fmt: skip
    with open_engine(city.lake, memory_limit="1GB") as engine:
        made = made_alerts(engine, june, may, city.release, snapshots=snapshots)
    write_alerts(made, june, may, city.lake)
    return Desk(
        city="sandbox", ledger=ledger, register=june, release=city.release, lake=city.lake,
        plans_folder=folder / "plans", now=lambda: datetime.now(UTC), snapshots_folder=snapshots,
    )  # fmt: skip


@pytest.fixture(scope="module")
def months_site(two_months: Desk) -> Iterator[Site]:
    now = datetime.now(UTC)
    token = create_token(
        two_months.ledger, person="李敏", role="planner", expires_on=now.date() + timedelta(days=1), now=now
    )
    with served(lambda: two_months) as address:
        yield Site(address=address, token=token, witness_token=token)


@pytest.fixture
def months(browser: Browser, months_site: Site, width: int) -> Iterator[Visit]:
    with visited(browser, months_site, token=months_site.token, width=width) as made:
        yield made


def test_from_an_alert_to_what_changed(
    months: Visit, two_months: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.life_line.LEAST", 2)  # nobody of 300 has twenty like it of its age
    page = months.log_in("/alerts")
    expect(page.locator("h1")).to_have_text("监测预警")
    every = page.locator(".alert").count()
    assert every > 0
    assert_fits(page)
    page.select_option("select[name=kind]", "grade_rise")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("a[aria-current=true]")).to_contain_text("等级上升")
    sentence = page.locator(".alert p").first.inner_text()
    page.locator(".alert a.primary").first.click()
    course = page.locator("#course")
    expect(course.locator("#change .told")).to_contain_text("月")
    expect(course.locator(".alert p").first).to_have_text(sentence)
    expect(course.locator("#comparison .told").first).to_contain_text("风险分高于")
    expect(course.locator("[data-chart=life][data-drawn] svg").first).to_be_visible()
    assert_fits(page)
    course.locator("#life details summary").click()
    expect(course.locator("#life table").first).to_be_visible()
    assert_fits(page)
    page.click("text=English")
    expect(page.locator("#course h2").first).to_have_text("Since the month before")
    assert_fits(page)


def test_without_script_the_course_is_a_page_of_its_own(browser: Browser, months_site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{months_site.address}/login?next=/alerts")
    page.fill("input[name=token]", months_site.token)
    page.click("main button")
    page.locator(".alert a.primary").first.click()
    page.get_by_role("link", name="与上月相比").click()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#change h2").first).to_have_text("与上月相比")
    context.close()
