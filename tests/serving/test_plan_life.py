"""The whole life of plans: by HTTP over kill -9 of the server, and by commands alone; both end the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data_contracts.__main__ import app as data_contracts
from data_contracts.lake import open_lake
from tests.serving.conftest import City
from tests.serving.killable import Killable
from tests.serving.ledger_twins import bundles, copied, differences, ledger_rows, writer_of
from tests.serving.own_city import OFFICIALS, PLANNERS, Own
from tests.serving.plan_lives import FOUND, NOTHING, Lives, as_csv, rows_of, window

pytestmark = pytest.mark.slow

MARKET, FARMING = "市场监管局", "农业农村局"


@pytest.fixture
def own(city: City, tmp_path: Path) -> Own:
    made = Own(home=tmp_path / "var", releases=city.releases)
    made.copy(city)
    made.keep_rosters()
    return made


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
