"""The commands of a plan's later life: yearly plans by files, tasks, staffing, recusal, start, clocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from serving.commands.tasks import register_task_commands
from serving.inspections.field.visits import visits_of_plan
from serving.inspections.plans.terms import PlanTerms
from serving.ledger.database import migrate, open_ledger
from serving.rosters.inspector import Inspector
from serving.rosters.inspectors import record_inspectors
from tests.serving.inspections.conftest import NOON, Ceremony, SmallRegister
from tests.serving.inspections.planners import terms
from tests.serving.inspections.test_tasks import card
from tests.serving.inspections.test_yearly_plan import CONTACT, LIFTS, csv_text

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a city of its own, whose ledger is migrated."""
    app = typer.Typer()
    register_task_commands(app)
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("XINHENG_CITY", "sandbox")
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("XINHENG_LEDGER_URL", raising=False)
    monkeypatch.delenv("XINHENG_PERSON", raising=False)
    migrate(f"sqlite:///{tmp_path}/sandbox/ledger.sqlite")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_yearly_plan_by_commands(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_bytes(csv_text([CONTACT, LIFTS]))
    words = ("yearly-plan", "new", file, "--department", "market", "--year", 2100)
    assert "add --by NAME, or set XINHENG_PERSON" in run(*words).stderr
    made = run(*words, "--by", "Li")
    assert (made.exit_code, "sandbox-2100-y01  market  draft" in made.stdout) == (0, True)
    out = run("yearly-plan", "publish", "sandbox-2100-y01", "--by", "Li").stdout
    assert "published in time on" in out
    assert "JSON sha256:" in out
    file.write_bytes(csv_text([CONTACT]))
    change = ("yearly-plan", "amend", "sandbox-2100-y01", file, "--reason", "fewer", "--by", "Li")
    assert "amended, version 2 to be published" in run(*change).stdout
    assert "amended" in run("yearly-plan", "list", "--year", 2100).stdout
    assert CONTACT.body in run("yearly-plan", "show", "sandbox-2100-y01").stdout


def test_a_drawn_plan_is_staffed_recused_begun_and_its_clocks_shown(run: Run, tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/sandbox/ledger.sqlite")
    made: Any = Ceremony(ledger=ledger, folder=tmp_path / "sandbox" / "plans", register=SmallRegister())
    plan_terms: PlanTerms = terms()
    plan_id = made.draw(made.revealed(terms=plan_terms)).plan.plan_id
    assert run("clocks", "--on", "2026-06-30").stdout.startswith("market  result  green  18")
    assert "0 visits staffed, 18 not" in run("staff", plan_id, "--by", "Li").stdout
    record_inspectors(ledger, "sandbox", inspectors(), by="Li", now=NOON, reason="test")
    assert "18 visits staffed, 0 not" in run("staff", plan_id, "--by", "Li").stdout
    with ledger.reading() as session:
        visits = visits_of_plan(session, plan_id)
    visit = visits[0]
    ledger.close()
    gone = visit.team.inspectors[0]
    recusal = ("recuse", visit.visit_id, "--inspector", gone, "--asked-by", "entity", "--reason", "cousin")
    after = run(*recusal, "--by", "Li")
    assert (after.exit_code, gone in after.stdout) == (0, False)
    assert "2026-07-06" in run("begin", visit.visit_id, "--on", "2026-07-06", "--by", "Li").stdout
    shown = run("tasks", plan_id).stdout
    assert f"{plan_id}  in the field  Third quarter  market  2026-07-01 – 2026-09-30" in shown
    assert visit.entity_id in shown
    assert "visit that is still to come" in run("begin", visit.visit_id, "--by", "Li").stderr
    file = tmp_path / "visits.csv"
    file.write_text(f"visit_id\n{visits[2].visit_id}\nnowhere\n")
    ids = [one.visit_id for one in visits[:2]]
    many = run("begin", *ids, "--file", file, "--on", "2026-07-06", "--by", "Li").stdout
    assert "2 visits begun on 2026-07-06, 1 before, 1 not" in many
    assert "nowhere  no such visit" in many
    assert "the ids of 1 to 5,000 visits" in run("begin", "--by", "Li").stderr


def inspectors() -> list[Inspector]:
    """Three of the market department."""
    return [
        Inspector(
            inspector_id=one.inspector_id,
            name=one.inspector_id,
            department=one.department,
            station=one.station,
            skills=(),
            licence_number=one.inspector_id,
            licensed_from=one.licensed_from,
            licensed_until=one.licensed_until,
        )
        for one in (card(1), card(2), card(3))
    ]
