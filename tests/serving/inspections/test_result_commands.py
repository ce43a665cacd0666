"""The commands of results, with their words and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from serving.commands.results import register_result_commands
from serving.ledger.database import open_ledger
from serving.ledger.moments import day_in_china
from tests.serving.inspections.staffed_plans import PLAN, staffed_plan

Run = Callable[..., Result]
TASK = f"{PLAN}/E1"


@pytest.fixture
def run(empty_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a city with a plan that was drawn and staffed ten days ago."""
    folder = tmp_path / "sandbox"
    folder.mkdir()
    (folder / "ledger.sqlite").write_bytes(empty_ledger.read_bytes())
    ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite")
    start = datetime.now(UTC) - timedelta(days=10)
    first = day_in_china(start)
    staffed_plan(ledger, drawn_at=start, window=(first, first + timedelta(days=30)))
    ledger.close()
    app = typer.Typer()
    register_result_commands(app)
    for name, value in (("HOME", str(tmp_path)), ("CITY", "sandbox"), ("PERSON", "Wu")):
        monkeypatch.setenv(f"XINHENG_{name}", value)
    monkeypatch.delenv("XINHENG_LEDGER_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def told(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_results_are_entered_listed_published_handled_returned_and_measured(run: Run, tmp_path: Path) -> None:
    codes = ("--codes", "责令改正;other", "--counts", "0,1,2")
    assert "entered" in told(run("results", "enter", TASK, "food_safety", *codes))
    assert "nothing changed" in told(run("results", "enter", TASK, "food_safety", *codes))
    assert "ordered_to_correct; other" in told(run("results", "list", PLAN))
    assert "1 results published" in told(run("publish", PLAN))
    assert "handled" in told(run("follow-up", TASK, "food_safety", "--how", "mended"))
    refused = run("return-results")
    assert (refused.exit_code, "return-results --raw FOLDER" in refused.stderr) == (2, True)
    raw = tmp_path / "sandbox" / "raw"
    raw.mkdir()
    returned = told(run("return-results"))
    assert f"{PLAN}: 1 rows, new" in returned
    today = day_in_china(datetime.now(UTC))
    assert f"Next: python -m data_contracts admit --city sandbox --exported-on {today}" in returned
    assert (tmp_path / "sandbox/raw/returned" / f"{PLAN}.parquet").is_file()
    again = told(run("return-results", "--raw", raw))
    assert (f"{PLAN}: 1 rows, as before" in again, f"--raw {raw}" in again) == (True, True)
    assert "problems handled" in told(run("effect", "--by", "plan"))
    (whole,) = json.loads(told(run("effect", "--json")))
    assert {one["name"]: one["numerator"] for one in whole["measures"]}["problems_handled"] == 1


def test_a_form_is_filled_in_and_imported_once(run: Run, tmp_path: Path) -> None:
    form = tmp_path / "form.csv"
    told(run("results", "form", PLAN, "--to", form))
    today = day_in_china(datetime.now(UTC))
    text = form.read_text("utf-8-sig").replace(",,,,,,,", f",{today},no_problem,,,,,")
    form.write_text(text.replace("no_problem", "no_problme", 1), "utf-8-sig")
    imported = told(run("results", "import", form))
    assert "8 rows: 7 taken, 0 as they stood, 1 rejected" in imported
    assert "rejected rows with their reasons: " in imported
    assert "was imported before (import 1); nothing changed" in told(run("results", "import", form))


def test_refusals_exit_with_2_and_say_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = run("results", "enter", TASK, "food_safety", "--codes", "no_problme")
    assert (wrong.exit_code, "did you mean 'no_problem'" in wrong.stderr) == (2, True)
    assert (
        "three counts such as --counts 0,1,2"
        in run("results", "enter", TASK, "food_safety", "--codes", "other", "--counts", "1").stderr
    )
    assert "--by whole, plan, department, month, grade" in run("effect", "--by", "colour").stderr
    monkeypatch.delenv("XINHENG_PERSON")
    assert "set XINHENG_PERSON" in run("publish", PLAN).stderr
