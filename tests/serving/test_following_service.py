"""The running service follows its ledger: promote, grade and roll back by command, and the pages change."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.release import Release
from serving.__main__ import app
from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.process import Address, free_address, served
from tests.serving.conftest import with_lower_cuts
from tests.typed import typed

pytestmark = pytest.mark.slow
# Looks every two seconds; a rollback is promised within a minute.
PATIENCE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A running service, the settings of its commands, and the release that is to go live."""

    address: Address
    settings: dict[str, str]
    token: str
    challenger: Release
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/html"}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def command(self, *words: str) -> None:
        done = typed(app, *words, "--by", "li", settings=self.settings)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def office(city: Any, tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{shutil.copy(city.ledger_url[10:], tmp_path)}"
    releases = tmp_path / "releases"
    shutil.copytree(city.release.folder, releases / "sandbox" / city.release.release_id)
    challenger = with_lower_cuts(city.release, releases / "sandbox")
    ledger, now = open_ledger(url), datetime.now(UTC)
    token = create_token(
        ledger, person="李敏", role="administrator", expires_on=now.date() + timedelta(days=1), now=now
    )
    ledger.close()
    settings = {
        "XINHENG_CITY": "sandbox", "XINHENG_HOME": str(city.home), "XINHENG_RELEASES": str(releases),
        "XINHENG_LEDGER_URL": url, "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(tmp_path / "bentoml"),
    }  # fmt: skip
    address, log = free_address("127.0.0.1", 18_721), tmp_path / "service.log"
    with served(address, settings=settings, log=log):
        yield Office(
            address=address, settings={**os.environ, **settings, "COLUMNS": "200"}, token=token,
            challenger=challenger, log=log,
        )  # fmt: skip


@dataclass
class Visitor(threading.Thread):
    """Asks for one entity again and again; keeps every status and how long it took."""

    office: Office
    entity_id: str
    statuses: set[int] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.over.wait(0.02):
            start = time.perf_counter()
            self.statuses.add(self.office.get(f"/api/v1/entities/{self.entity_id}")[0])
            self.times.append(time.perf_counter() - start)


def soon(true: Callable[[], bool]) -> float:
    """The seconds until it is true."""
    start = time.monotonic()
    while time.monotonic() < start + PATIENCE:
        if true():
            return time.monotonic() - start
        time.sleep(0.1)
    pytest.fail(f"not true within {PATIENCE:.0f} s")


def test_promotion_and_rollback_show_within_seconds_and_nobody_is_turned_away(
    city: Any, office: Office
) -> None:
    visitor = Visitor(office=office, entity_id=city.register.page(limit=1).lines[0].entity_id)
    visitor.start()
    old, new = city.release.release_id, office.challenger.release_id
    assert old in office.get("/")[1]

    office.command("promote", new, "--reason", "lower cuts")
    soon(lambda: "behind the ledger" in office.get("/readyz")[1])
    assert old in office.get("/")[1]
    assert "暂不能启用" in office.get("/")[1]
    assert new in json.loads(office.get("/api/v1/live")[1])["behind"]["expected"]

    office.command("grade", "--as-of", "2026-06-30")
    soon(lambda: new in office.get("/")[1])
    assert "behind" not in office.get("/readyz")[1]

    start = time.monotonic()
    office.command("rollback", "--reason", "too strict")
    soon(lambda: old in office.get("/")[1])
    assert time.monotonic() - start < 60

    visitor.over.set()
    visitor.join(30)
    assert visitor.statuses == {200}
    assert len(visitor.times) > 50
    assert sorted(visitor.times)[int(len(visitor.times) * 0.99)] < 0.5
    assert "now serving release" in office.log.read_text("utf-8")
