"""Debian's Chromium before a real server of the tiny city; every request and console line is written down."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.web.app import create_app
from serving.web.desk import Desk, DeskSource

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The served city, a planner's token, and a supervisor's, who is the second official of a draw."""

    address: str
    token: str
    witness_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page, what it asked for, and what it complained of; `token` is who visits."""

    page: Page
    site: Site
    token: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def log_in(self, path: str = "/") -> Page:
        """Opens a page through the login form."""
        self.page.goto(f"{self.site.address}/login?next={path}")
        self.page.fill("input[name=token]", self.token)
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
    last_day = now.date() + timedelta(days=1)
    token, witness_token = (
        create_token(ledger, person=person, role=role, expires_on=last_day, now=now)
        for person, role in (("李敏", "planner"), ("吴平", "supervisor"))
    )
    desk = Desk(
        city="sandbox", ledger=ledger, register=city.register, release=city.release, lake=city.lake,
        plans_folder=tmp_path_factory.mktemp("plans"), now=lambda: datetime.now(UTC),
    )  # fmt: skip
    with served(lambda: desk) as address:
        yield Site(address=address, token=token, witness_token=witness_token)
    ledger.close()


@contextmanager
def served(source: DeskSource) -> Iterator[str]:
    """The pages of the desk of the moment at a free port of this machine, and the address."""
    port = free_port()
    settings = uvicorn.Config(create_app(source), host="127.0.0.1", port=port, log_level="warning", ws="none")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=[1440, 390], ids=["wide", "narrow"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def visit(browser: Browser, site: Site, width: int) -> Iterator[Visit]:
    """The planner's visit."""
    with visited(browser, site, token=site.token, width=width) as made:
        yield made


@pytest.fixture
def witness(browser: Browser, site: Site, width: int) -> Iterator[Visit]:
    """The visit of the second official, in a browser profile of its own."""
    with visited(browser, site, token=site.witness_token, width=width) as made:
        yield made


@contextmanager
def visited(browser: Browser, site: Site, *, token: str, width: int) -> Iterator[Visit]:
    """A visit at a width; afterwards nothing foreign was asked for and nothing was complained of."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    visit = Visit(page=context.new_page(), site=site, token=token)
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
