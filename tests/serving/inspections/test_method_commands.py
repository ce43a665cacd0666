"""The commands method and public-value, with their words and exit codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from serving.commands.methods import register_method_commands
from serving.inspections.plans.methods import choose_method
from serving.inspections.plans.steps import find_plan
from serving.sampling.method import Design, DrawMethod, PublicSource
from serving.sampling.tickets import TicketHash

Run = Callable[..., Result]


@pytest.fixture
def run(ceremony: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the ledger of the ceremony."""
    app = typer.Typer()
    register_method_commands(app)
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("XINHENG_CITY", "sandbox")
    monkeypatch.setenv("XINHENG_PERSON", "Zhao")
    monkeypatch.setenv("XINHENG_LEDGER_URL", ceremony.ledger.engine.url.render_as_string())
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def refusal(result: Result) -> str:
    assert result.exit_code == 2
    return " ".join(result.stderr.split())


def test_a_method_is_chosen_once_and_told(run: Run, ceremony: Any) -> None:
    first, second, third = (ceremony.create() for _ in range(3))
    source = ("--public-source", "lottery 3D, issue 2099187", "--public-at", "2099-07-15T21:15+08:00")
    said = run("method", second, "--hash", "sm3", "--design", "pareto", *source, "--joint", first)
    assert said.exit_code == 0, said.stderr
    assert "sm3, pareto" in said.stdout
    assert f"joint draw {first}+{second}: {first}, {second}" in said.stdout
    assert f"its ceremony is held on {first}" in said.stdout
    method = find_plan(ceremony.ledger, second).method
    assert (method.ticket_hash, method.design) == (TicketHash.SM3, Design.PARETO)
    assert method.public == PublicSource(
        name="lottery 3D, issue 2099187", published_at=datetime(2099, 7, 15, 13, 15, tzinfo=UTC)
    )
    assert "a second one" in refusal(run("method", second))
    # A partner that names the others in any order has the same joint draw.
    run("method", first, "--hash", "sm3", "--design", "pareto", *source, "--joint", second, "--joint", first)
    assert find_plan(ceremony.ledger, first).method == method
    assert refusal(run("method", third, "--joint", "sandbox-none")).endswith("in the list of plans.")


def test_a_source_comes_with_its_moment_and_zone(run: Run, ceremony: Any) -> None:
    plan_id = ceremony.create()
    alone = refusal(run("method", plan_id, "--public-source", "lottery 3D"))
    assert "give both --public-source and --public-at" in alone
    unclear = refusal(run("method", plan_id, "--public-source", "3D", "--public-at", "tomorrow"))
    assert "moment 'tomorrow'" in unclear
    zoneless = run("method", plan_id, "--public-source", "3D", "--public-at", "2099-07-15T21:15")
    assert "a time with zone" in refusal(zoneless)
    past = run("method", plan_id, "--public-source", "3D", "--public-at", "2020-07-15T21:15+08:00")
    assert "a public value that nobody knows yet" in refusal(past)


def test_a_public_value_is_entered_by_two_and_told_with_their_names(run: Run, ceremony: Any) -> None:
    """The method was chosen and the frame frozen long ago, so that its value is public now."""
    plan_id = ceremony.create()
    source = PublicSource(name="lottery 3D", published_at=datetime(2026, 6, 30, 13, tzinfo=UTC))
    before = source.published_at - timedelta(hours=2)
    choose_method(ceremony.ledger, plan_id, DrawMethod(public=source), by="Li", now=before)
    assert "frozen" in refusal(run("public-value", plan_id, "--official", "Wu", "--value", "3 8 1"))
    ceremony.freeze(plan_id)
    said = run("public-value", plan_id, "--official", "Wu", "--value", "3  8 1")
    assert ("revealing" in said.stdout, "Wu: 3 8 1" in said.stdout) == (True, True)
    assert "revealed" in run("public-value", plan_id, "--official", "李", "--value", "3 8 1").stdout
    assert {event.by for event in find_plan(ceremony.ledger, plan_id).events[-2:]} == {"Zhao"}
