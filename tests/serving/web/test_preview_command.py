"""`serving preview` counts what the API counts: by ratios, under a policy with items, and for a plan."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from data_contracts.environment import Environment
from serving.commands.preview import place_of, register_preview_command
from serving.ledger.database import Ledger
from serving.web.desk import Desk
from serving.web.opening import open_desk
from tests.serving.conftest import NOW, City
from tests.serving.web.test_workbench import rostered
from tests.serving.web.test_workbench_items import _nothing_kept, listed

__all__ = ["_nothing_kept", "listed", "rostered"]
RATIOS = {"a": "0.02", "b": "0.05", "c": "0.2", "d": "1"}
Run = Callable[..., Result]


@pytest.fixture
def desk(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk over a copy of the city's ledger, opened as the command opens its own."""
    home = tmp_path / "sandbox"
    home.mkdir()
    shutil.copy(city.home / "sandbox" / "ledger.sqlite", home)
    (home / "lake").symlink_to(city.home / "sandbox" / "lake")
    for name, value in (("HOME", tmp_path), ("RELEASES", city.releases), ("CITY", "sandbox")):
        monkeypatch.setenv(f"XINHENG_{name}", str(value))
    monkeypatch.delenv("XINHENG_LEDGER_URL", raising=False)
    return open_desk(place_of(Environment()), now=lambda: NOW)


@pytest.fixture
def ledger(desk: Desk) -> Ledger:
    """The ledger of the desk, for its tokens."""
    return desk.ledger


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on the same city."""
    app = typer.Typer()
    register_preview_command(app)
    monkeypatch.setattr("serving.commands.preview.console.width", 120, raising=False)
    return lambda *words: CliRunner().invoke(app, words)


def drawn_in(told: str) -> dict[str, tuple[int, int]]:
    """Size and drawn of each line that is told."""
    rows = [line.split() for line in told.splitlines() if "%" in line and "line" not in line]
    return {row[0]: (int(row[1].replace(",", "")), int(row[3].replace(",", ""))) for row in rows}


def test_ratios_draw_what_the_api_says(run: Run, client: TestClient) -> None:
    told = run("--ratios", "A=0.02,B=0.05,C=0.2,D=1")
    answer = client.post("/api/v1/plans/preview", json={"ratios": RATIOS}).json()
    assert told.exit_code == 0, told.output
    lines = {line["grade"]: (line["size"], line["drawn"]) for line in answer["lines"]}
    assert drawn_in(told.output) == lines | {"all": (answer["size"], answer["drawn"])}
    assert f"{answer['expected']:,.1f}" in told.output


def test_a_policy_with_items_tells_who_is_left_out_as_the_api_does(
    run: Run, client: TestClient, listed: None, rostered: None
) -> None:
    told = run(
        "--policy", "henan-2021", "--item", "FOOD-01", "--item", "FIRE-01", "--first-day", "2026-07-01"
    )
    assert told.exit_code == 0, told.output
    body = {"policy_id": "henan-2021", "items": ["FOOD-01", "FIRE-01"], "year": 2026}
    answer = client.post("/api/v1/plans/weighing", json=body).json()
    lines = {line: (answer["sizes"][line], count) for line, count in answer["drawn"].items()}
    found = drawn_in(told.output)
    found.pop("all")
    assert found == lines
    out = [line.split()[0] for line in told.output.splitlines() if " left out: " in line]
    assert out == [f"{count:,}" for count in answer["excluded"].values()]
    assert f"{answer['hours']:,.0f} officer-hours" in told.output
    assert ("short of it" in told.output) == (answer["short"] > 0)


def test_a_draft_is_previewed_by_its_id(run: Run, client: TestClient, listed: None, rostered: None) -> None:
    terms = {
        "department": "市场监管局", "item_codes": ["FOOD-01"], "policy_id": "henan-2021",
        "first_day": "2026-07-01", "last_day": "2026-09-30", "yearly_cap": 2,
    }  # fmt: skip
    ratios = {"a": "0.01", "b": "0.02", "c": "0.1", "d": "0.3"}
    made = client.post("/api/v1/plans", json={"title": "食品", "ratios": ratios, "terms": terms})
    assert made.status_code == 200, made.text
    plan_id = made.json()["plan_id"]
    told = run("--plan", plan_id)
    assert told.exit_code == 0, told.output
    same = run("--policy", "henan-2021", "--item", "FOOD-01", "--first-day", "2026-07-01")
    assert told.output.startswith(f"{plan_id}  draft  食品")
    assert told.output.split("\n", 1)[1] == same.output


def test_what_contradicts_itself_is_refused(run: Run) -> None:
    for words in ((), ("--ratios", "A=1,B=1,C=1,D=1", "--item", "X"), ("--plan", "p", "--policy", "flat-3")):
        refused = run(*words)
        assert (refused.exit_code, "give one of the three" in refused.stderr) == (2, True), refused.output
