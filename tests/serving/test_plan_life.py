"""The whole life of plans: by HTTP over kill -9 of the server, and by commands alone; both end the same."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import uvicorn

from data_contracts.__main__ import app as data_contracts
from data_contracts.lake import open_lake
from serving.__main__ import app as serving
from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.process import Address, _ready, free_address
from serving.web.app import create_app
from serving.web.opening import Place, open_desk
from tests.serving.conftest import City, with_ledger
from tests.serving.killable import Killable
from tests.serving.ledger_twins import bundles, copied, differences, ledger_rows, writer_of
from tests.serving.plan_lives import FOUND, NOTHING, Lives, People, as_csv, rows_of, window
from tests.typed import typed

pytestmark = pytest.mark.slow

FORK = multiprocessing.get_context("fork")
PLANNERS, OFFICIALS = ("陈晨", "林立"), ("吴平", "郑安")
MARKET, FARMING = "市场监管局", "农业农村局"


class Own:
    """A copy of the tiny city with a ledger, rosters and object tags of its own."""

    def __init__(self, city: City, home: Path) -> None:
        """Makes it."""
        self.home, self.folder, self.releases = home, home / "sandbox", city.releases
        shutil.copytree(
            city.home / "sandbox", self.folder, ignore=shutil.ignore_patterns("ledger.sqlite*", "plans")
        )
        with_ledger(replace(city, home=home))
        for roster in ("items", "inspectors"):
            self.command(roster, "import", "--preset", "sandbox", "--by", PLANNERS[0])
        self.command("objects", "build")

    @property
    def address(self) -> str:
        return f"sqlite:///{self.folder}/ledger.sqlite"

    def command(self, *words: str, home: Path | None = None, app: Any = serving) -> str:
        """A command of ours; what it says."""
        settings = {
            **os.environ, "XINHENG_HOME": str(home or self.home), "XINHENG_RELEASES": str(self.releases),
            "XINHENG_CITY": "sandbox", "COLUMNS": "200", "NO_COLOR": "1",
        }  # fmt: skip
        done = typed(app, *words, settings=settings)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def people(self) -> People:
        """Two planners and two officials with their tokens."""
        ledger, now = open_ledger(self.address), datetime.now(UTC)
        ends = now.date() + timedelta(days=2)
        made = [
            [(one, create_token(ledger, person=one, role=role, expires_on=ends, now=now)) for one in persons]
            for role, persons in (("planner", PLANNERS), ("supervisor", OFFICIALS))
        ]
        ledger.close()
        return People(planners=made[0], officials=made[1])

    @contextmanager
    def launched(self) -> Iterator[tuple[Address, int]]:
        """The web app over this city in a process of its own."""
        address = free_address("127.0.0.1", 18_800)
        process = FORK.Process(target=self.serve, args=(address,))
        process.start()
        while not _ready(address):
            assert process.is_alive()
            time.sleep(0.02)
        try:
            yield address, process.pid or 0
        finally:
            process.kill()
            process.join()

    def serve(self, address: Address) -> None:
        """What the process does."""
        place = Place(
            city="sandbox", ledger_address=self.address, releases_folder=self.releases / "sandbox",
            lake_folder=self.folder / "lake", plans_folder=self.folder / "plans",
        )  # fmt: skip
        desk = open_desk(place, now=lambda: datetime.now(UTC))
        uvicorn.run(create_app(lambda: desk), host=address.host, port=address.port, log_level="error")


@pytest.fixture
def own(city: City, tmp_path: Path) -> Own:
    return Own(city, tmp_path / "var")


@pytest.fixture
def lives(own: Own) -> Iterator[Lives]:
    service = Killable(launch=own.launched)
    service.start()
    yield Lives(service=service, people=own.people())
    service.stop()


def killed(
    own: Own, lives: Lives, step: Callable[[], object], sign: Callable[[], bool], *command: str
) -> None:
    """Takes a step over a kill, and by command on an undisturbed copy: rows and bundles are the same."""
    before, twin = ledger_rows(own.folder), own.home.parent / "twin"
    copied(own.folder, twin / "sandbox")
    own.command(*command, "--by", PLANNERS[0], home=twin)
    after = ledger_rows(twin / "sandbox")
    assert not lives.service.killed_in(step, sign=sign, held=writer_of(own.folder))
    assert ledger_rows(own.folder) == before
    step()
    assert differences(ledger_rows(own.folder), after) == []
    assert differences(bundles(own.folder), bundles(twin / "sandbox")) == []


def test_a_plan_lives_by_http_over_kills_of_the_server(own: Own, lives: Lives, tmp_path: Path) -> None:
    policy = lives.policy()
    first = lives.plan(0, "Registration", department=MARKET, items=["REG-01"], policy=policy)
    second = lives.plan(
        1, "Co-operatives", department=FARMING, items=["AGRI-04"], policy=policy, joint_with=[first]
    )
    for planner, plan in enumerate((first, second)):
        lives.step(plan, "freeze", planner=planner)
        lives.ceremony(plan)
    staged = lambda: any((own.folder / "plans").glob(".staged-*"))  # noqa: E731
    killed(own, lives, lambda: lives.step(first, "draw"), staged, "draw", first)
    lives.step(second, "draw", planner=1)
    for planner, plan in enumerate((first, second)):
        assert lives.step(plan, "staffing", {}, planner=planner)["unstaffable"] == []
    visits = lives.visits(first)
    assert lives.recuse(visits[0])["round"] == visits[0]["round"] + 1
    assert lives.begin(first) == len(visits)
    enter_and_publish(own, lives, first, tmp_path / "results.csv")
    year = window()[0].year
    groups = lives.service.json(lives.token, "GET", f"/api/v1/effect?by=plan&year={year}")
    assert [one["group"] for one in groups] == [first, second]
    for plan in (first, second):
        assert own.command("verify-draw", plan).startswith("OK")


def enter_and_publish(own: Own, lives: Lives, first: str, sheet: Path) -> None:
    """Results by file over a kill, by form and corrected; published, followed up, closed."""
    file = lives.filled_form(first, lambda entity: entity.endswith(("1", "2", "3")))
    rows = rows_of(file)
    sheet.write_bytes(
        as_csv([["任务编号", "事项编码", "检查日期", "检查结果"], *(row[:4] for row in rows[1:])])
    )
    looks = count()
    later = lambda: next(looks) > 400  # noqa: E731
    killed(own, lives, lambda: lives.send(sheet.read_bytes()), later, "results", "import", str(sheet))
    assert lives.send(sheet.read_bytes())["fresh"] is False
    assert lives.enter(first, rows[:1])["taken"] == 1
    other = [*rows[0][:3], FOUND if rows[0][3] == NOTHING else NOTHING]
    assert lives.enter(first, [other], "the neighbour's shop")["taken"] == 1
    assert lives.step(first, "publication", {"on": str(window()[0])})["results"] == len(rows)
    path = f"/api/v1/plans/{first}/results"
    for one in lives.service.json(lives.token, "GET", path)["results"]:
        if one["codes"] == [FOUND]:
            body = {name: one[name] for name in ("task_id", "item_code")}
            lives.step(first, "follow-ups", body | {"handled_on": str(window()[0]), "how": "mended"})
    assert lives.step(first, "close")["state"] == "closed"


def test_a_plan_lives_by_commands_alone(own: Own, tmp_path: Path) -> None:
    by = ("--by", PLANNERS[0])
    first_day, last_day = map(str, window())
    said = own.command(
        "plan", "--ratios", "A=0.03,B=0.06,C=0.2,D=1", "--title", "t", "--department", MARKET,
        "--item", "REG-01", "--first-day", first_day, "--last-day", last_day, "--yearly-cap", "2", *by,
    )  # fmt: skip
    plan = said.split()[0]
    own.command("freeze", plan, *by)
    secrets = {
        name: own.command("commit", plan, "--official", name, "--by", name).split()[-1] for name in OFFICIALS
    }
    for name, secret in secrets.items():
        own.command("reveal", plan, "--official", name, "--secret", secret, "--by", name)
    drawn = own.command("draw", plan, *by)
    assert ", 0 not" in own.command("staff", plan, *by)
    table = own.command("tasks", plan)
    visit, inspector = re.findall(r"sandbox-\d+-v\d+", table)[0], re.findall(r"J\d{3}", table)[0]
    own.command(
        "recuse", visit, "--inspector", inspector, "--asked-by", "entity", "--reason", "a cousin", *by
    )
    own.command("begin", visit, *by)
    entered(own, plan, tmp_path / "form.csv")
    assert own.command("verify-draw", plan).startswith("OK")
    own.command("return-results", *by)
    own.command("admit", "--new-key", "--exported-on", first_day, app=data_contracts)
    lake = open_lake(own.folder / "lake")
    kept = pq.read_table(lake.table("inspections").path, columns=["draw_id"])
    assert pc.sum(pc.equal(kept["draw_id"], plan)).as_py() == int(re.findall(r"(\d+) drawn", drawn)[0])
    assert plan in own.command("effect", "--by", "plan")


def entered(own: Own, plan: str, form: Path) -> None:
    """The form filled in and imported, one result corrected, all published and followed up, then closed."""
    by, first_day = ("--by", PLANNERS[0]), str(window()[0])
    own.command("results", "form", plan, "--to", str(form))
    lines = form.read_text("utf-8-sig").splitlines()
    filled = [lines[0], *(line.replace(",,,", f",{first_day},{FOUND},", 1) for line in lines[1:])]
    form.write_text("\n".join(filled), "utf-8")
    assert f"{len(lines) - 1} taken" in own.command("results", "import", str(form), *by)
    task = lines[1].split(",")[0]
    own.command("results", "enter", task, "REG-01", "--codes", NOTHING, "--reason", "another shop", *by)
    assert f"{len(lines) - 1} results published" in own.command("publish", plan, *by)
    for line in lines[2:]:
        own.command("follow-up", line.split(",")[0], "REG-01", "--how", "mended", *by)
    assert "closed" in own.command("close-plan", plan, *by)
