"""The commands around a plan, with their words and exit codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from serving.commands.plans import register_plan_commands
from serving.inspections.plans.steps import find_plan
from serving.ledger.database import open_ledger
from serving.ledger.deployments import promote
from serving.ledger.registers import record_register
from tests.candidates import candidate

Run = Callable[..., Result]
RATIOS = ("--ratios", "A=0.02,B=0.05,C=0.2,D=1", "--title", "Third quarter")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a city of its own."""
    app = typer.Typer()
    register_plan_commands(app)
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("XINHENG_CITY", "sandbox")
    monkeypatch.delenv("XINHENG_LEDGER_URL", raising=False)
    monkeypatch.delenv("XINHENG_PERSON", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def graded(run: Run, tmp_path: Path) -> None:
    """A migrated ledger with a register recorded in it."""
    assert run("migrate").exit_code == 0
    ledger = open_ledger(f"sqlite:///{tmp_path}/sandbox/ledger.sqlite")
    now = datetime(2026, 6, 30, tzinfo=UTC)
    promote(ledger, candidate("r1"), by="Li", reason="gates", now=now)
    record_register(
        ledger, city="sandbox", as_of=date(2026, 6, 30), release_id="r1", digest="ab" * 32,
        folder=tmp_path / "none", counts={}, by="Li", now=now,
    )  # fmt: skip
    ledger.close()


def test_a_command_before_migrate_says_so(run: Run) -> None:
    result = run("token", "--person", "Li", "--role", "planner")
    assert (result.exit_code, "run `python -m serving migrate`" in result.stderr) == (2, True)


def test_a_token_is_printed_and_nothing_else(run: Run, graded: None) -> None:
    assert re.fullmatch(r"xh_[\w-]{43}\n", run("token", "--person", "Li", "--role", "planner").stdout)


def test_falling_ratios_are_refused_and_no_plan_is_made(run: Run, graded: None) -> None:
    result = run("plan", "--ratios", "A=0.5,B=0.2,C=0.2,D=1", "--title", "t", "--by", "Li")
    assert result.exit_code == 2
    assert "the ratio falls from A=0.5 to B=0.2" in result.stderr
    assert "-01  draft" in run("plan", *RATIOS, "--by", "Li").stdout


def test_a_plan_needs_a_name_and_a_register(run: Run, graded: None) -> None:
    assert "add --by NAME, or set XINHENG_PERSON" in run("plan", *RATIOS).stderr
    run("migrate", "--city", "chicago")
    result = run("plan", *RATIOS, "--by", "Li", "--city", "chicago")
    assert (
        result.exit_code,
        "a grade register of chicago by the live release, none; got none" in result.stderr,
    ) == (2, True)


def test_a_plan_under_a_policy_takes_its_ratios_and_cap(run: Run, graded: None, tmp_path: Path) -> None:
    days = ("--first-day", "2026-07-01", "--last-day", "2026-09-30")
    terms = ("--title", "T", "--by", "Li", "--department", "D", "--item", "MR-01", *days)
    made = run("plan", "--policy", "henan-2021", *terms)
    assert made.exit_code == 0, made.stderr
    assert "A=1/100,B=2/100,C=10/100,D=30/100" in made.stdout
    ledger = open_ledger(f"sqlite:///{tmp_path}/sandbox/ledger.sqlite")
    found = find_plan(ledger, made.stdout.split()[0]).terms
    ledger.close()
    assert found is not None
    assert (found.policy_id, found.policy_version, found.yearly_cap) == ("henan-2021", 0, 2)
    for words, told in (
        (("--policy", "henan-2021", *RATIOS, "--by", "Li"), "leave --ratios out"),
        (("--policy", "henan-2021", "--title", "T", "--by", "Li"), "got --policy henan-2021 alone"),
        (("--policy", "henan-2022", *terms), "henan-2022"),
    ):
        refused = run("plan", *words)
        assert (refused.exit_code, told in refused.stderr) == (2, True), refused.stderr


def test_the_ceremony_runs_from_the_command_line(
    run: Run, graded: None, ceremony: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame is frozen through the library, because the register of this test is not on disk."""
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    monkeypatch.setenv("XINHENG_LEDGER_URL", ceremony.ledger.engine.url.render_as_string())
    secrets = {}
    for official in ("Wu", "Li"):
        said = run("commit", plan_id, "--official", official, "--by", "Zhao").stdout
        secrets[official] = re.search(r"\(shown once\): ([0-9a-f]{64})", said)[1]  # type: ignore[index]
    wrong = run("reveal", plan_id, "--official", "Wu", "--secret", secrets["Li"], "--by", "Zhao")
    assert (wrong.exit_code, "does not open the commitment" in wrong.stderr) == (2, True)
    for official, secret in secrets.items():
        done = run("reveal", plan_id, "--official", official, "--secret", secret, "--by", "Zhao")
        assert done.exit_code == 0
    assert {one.by for one in find_plan(ceremony.ledger, plan_id).commitments} == {"Zhao"}
    ceremony.folder.rename(tmp_path / "sandbox" / "plans")
    drawn = run("draw", plan_id, "--by", "Li")
    assert "18 drawn, seed " in drawn.stdout
    verified = run("verify-draw", plan_id)
    assert (verified.exit_code, verified.stdout[:20]) == (0, "OK  draw.json sha256")
    assert run("draw", plan_id, "--by", "Li").exit_code == 2


def test_the_ceremony_records_who_types_and_refuses_nobody(run: Run, graded: None) -> None:
    plan_id = run("plan", *RATIOS, "--by", "Li").stdout.split()[0]
    for words in (
        ("commit", plan_id, "--official", "Wu"),
        ("reveal", plan_id, "--official", "Wu", "--secret", "a"),
    ):
        result = run(*words)
        assert (result.exit_code, "add --by NAME, or set XINHENG_PERSON" in result.stderr) == (2, True)


def test_a_changed_bundle_is_named_with_exit_code_1(run: Run, graded: None, ceremony: Any) -> None:
    bundle = ceremony.draw(ceremony.revealed()).bundle
    assert run("verify-draw", bundle).exit_code == 0
    (bundle / "frame.csv").write_bytes(b"")
    result = run("verify-draw", bundle)
    assert (result.exit_code, result.stderr) == (1, "frame.csv: is not the file that draw.json names\n")


def test_a_void_needs_its_reason(run: Run, graded: None) -> None:
    plan_id = run("plan", *RATIOS, "--by", "Li").stdout.split()[0]
    assert run("void", plan_id, "--by", "Wu").exit_code == 2
    assert f"{plan_id}  void" in run("void", plan_id, "--by", "Wu", "--reason", "wrong quarter").stdout


def test_plans_are_listed_by_state_or_told_one_by_one(run: Run, graded: None) -> None:
    made = run("plan", *RATIOS, "--by", "Li").stdout.split()[0]
    other = run("plan", *RATIOS, "--by", "Li").stdout.split()[0]
    run("void", other, "--reason", "twice", "--by", "Li")
    assert run("plans").stdout.count("Third quarter") == 2
    assert run("plans", "--state", "draft").stdout == f"{made}  draft  -  Third quarter\n"
    assert run("plans", other).stdout.startswith(f"{other}  void")
    assert (run("plans", "none").exit_code, run("plans", "--state", "lost").exit_code) == (2, 2)
