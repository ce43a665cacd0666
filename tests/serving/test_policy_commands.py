"""The commands of policies, frontier and replay on a real city, with their words and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from serving.commands.policies import register_policy_commands
from serving.sampling.presets import preset
from tests.serving.conftest import City

Run = Callable[..., Result]
NEW = ("policy", "new", "--title", "T", "--reason", "year plan", "--by", "Li")


@pytest.fixture
def run(city: City, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the small city, whose ledger stands for the whole session."""
    app = typer.Typer()
    register_policy_commands(app)
    monkeypatch.setenv("XINHENG_HOME", str(city.home))
    monkeypatch.setenv("XINHENG_CITY", "sandbox")
    monkeypatch.setenv("XINHENG_LEDGER_URL", city.ledger_url)
    monkeypatch.delenv("XINHENG_PERSON", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_policy_is_written_changed_and_shown(run: Run, tmp_path: Path) -> None:
    made = run(*NEW, "--preset", "henan-2021")
    assert made.exit_code == 0, made.stderr
    policy_id = made.stdout.split("@")[0]
    file = tmp_path / "policy.json"
    file.write_text(
        json.dumps(json.loads(run("policy", "show", policy_id).stdout) | {"yearly_cap": 1}), "utf-8"
    )
    change = ("policy", "new", "--file", file, "--over", f"{policy_id}@1", "--reason", "fewer", "--by", "Wu")
    assert run(*change).stdout.startswith(f"{policy_id}@2  T  ")
    assert "another version that was written meanwhile" in run(*change).stderr
    shown = run("policy", "show", policy_id)
    assert json.loads(shown.stdout)["yearly_cap"] == 1
    assert "Wu: fewer" in shown.stderr
    assert f"{policy_id}@2" in run("policy", "list").stdout


def test_what_is_lacking_is_told(run: Run) -> None:
    assert "got neither. To do: give --file FILE or --preset NAME" in run(*NEW).stderr
    assert "add --by NAME, or set XINHENG_PERSON" in run(*NEW[:-2], "--preset", "flat-3").stderr
    assert "--over ID@VERSION" in run(*NEW, "--preset", "flat-3", "--over", "x").stderr
    assert "did you mean 'flat-3'" in run(*NEW, "--preset", "flat-4").stderr
    assert json.loads(run("policy", "show", "flat-3").stdout) == preset("flat-3").policy().as_document()


def test_the_replay_prints_every_grade_and_refuses_other_breakdowns(run: Run) -> None:
    result = run("replay", "--ratios", "A=0.02,B=0.05,C=0.2,D=1")
    assert result.exit_code == 0, result.stderr
    assert "Had A=0.02,B=0.05,C=0.2,D=1 been used" in result.stdout
    assert "and SJ-2026Q2, whose results are still coming in" in " ".join(result.stdout.split())
    assert "got 'month'" in run("replay", "--breakdown", "month").stderr


def test_the_frontier_prints_points_or_the_limits_that_conflict(run: Run) -> None:
    result = run("frontier", "--hours", 4000, "--policy", "henan-2021")
    assert result.exit_code == 0, result.stderr
    assert "Most expected findings for each standard error" in result.stdout
    short = run("frontier", "--hours", 1, "--policy", "henan-2021")
    assert (short.exit_code, "cannot hold together: at most 1 officer-hours" in short.stderr) == (2, True)
