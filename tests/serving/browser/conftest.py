"""Debian's Chromium before a real server of the tiny city; every request and console line is written down."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.web.app import create_app
from serving.web.desk import Desk

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The served city and a planner's token."""

    address: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page, what it asked for, and what it complained of."""

    page: Page
    site: Site
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def log_in(self, path: str = "/") -> Page:
        """Opens a page through the login form."""
        self.page.goto(f"{self.site.address}/login?next={path}")
        self.page.fill("input[name=token]", self.site.token)
        self.page.click("main button")
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("no chromium: install it with `apt-get install chromium fonts-noto-cjk`")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    ledger = open_ledger(city.ledger_url)
    now = datetime.now(UTC)
    token = create_token(
        ledger, person="李敏", role="planner", expires_on=now.date() + timedelta(days=1), now=now
    )
    desk = Desk(
        city="sandbox", ledger=ledger, register=city.register, release=city.release, lake=city.lake,
        plans_folder=tmp_path_factory.mktemp("plans"), now=lambda: datetime.now(UTC),
    )  # fmt: skip
    port = free_port()
    settings = uvicorn.Config(
        create_app(lambda: desk), host="127.0.0.1", port=port, log_level="warning", ws="none"
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.05)
    yield Site(address=f"http://127.0.0.1:{port}", token=token)
    server.should_exit = True
    thread.join(10)
    ledger.close()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=[1440, 390], ids=["wide", "narrow"])
def visit(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visit at a width; afterwards nothing foreign was asked for and nothing was complained of."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, locale="zh-CN")
    visit = Visit(page=context.new_page(), site=site)
    visit.page.on("request", lambda asked: visit.asked.append(asked.url))
    visit.page.on(
        "console",
        lambda line: visit.complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    yield visit
    foreign = [url for url in visit.asked if not url.startswith((site.address, "data:", "blob:"))]
    context.close()
    assert foreign == []
    assert visit.complaints == []
