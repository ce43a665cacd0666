"""The rosters by command: one line loads the sandbox's, and everything after it says what it did."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from serving.commands.item_entry import register_item_entry
from serving.commands.marks import register_mark_commands
from serving.commands.rosters import items_app, register_roster_commands
from tests.serving.conftest import City

Run = Callable[..., Result]


@pytest.fixture
def run(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a copy of the city's ledger, beside its lake."""
    home = tmp_path / "sandbox"
    home.mkdir()
    shutil.copy(city.home / "sandbox" / "ledger.sqlite", home)
    (home / "lake").symlink_to(city.home / "sandbox" / "lake")
    app = typer.Typer()
    register_roster_commands(app)
    register_item_entry(items_app)
    register_mark_commands(app)
    for name, value in (("HOME", str(tmp_path)), ("PERSON", "Li"), ("CITY", "sandbox")):
        monkeypatch.setenv(f"XINHENG_{name}", value)
    monkeypatch.setattr("serving.commands.rosters.console.width", 160, raising=False)
    return lambda *words: CliRunner().invoke(app, words)


def test_the_rosters_are_loaded_listed_and_changed(run: Run) -> None:
    assert run("items", "import", "--preset", "sandbox").output.startswith(
        "items: 21 read, 21 added, 0 changed, 0 unchanged, 0 rejected"
    )
    assert "40 added" in run("inspectors", "import", "--preset", "sandbox").output
    assert "餐饮服务食品安全检查" in run("items", "list").output
    shown = run("items", "show", "FOOD-01").output
    assert "concerns licences food_business; tags 业态:餐饮" in shown
    assert "Li: imported on the command line" in shown
    leave = ("inspectors", "leave", "J001", "2026-07-01", "2026-07-03", "--reason", "年假")
    assert "2026-07-01" in run(*leave).output
    assert run(*leave, "--cancel").exit_code == 0
    assert "E1" in run("inspectors", "conflict", "J001", "--entity", "E1", "--reason", "亲属").output


def test_objects_are_built_and_counted(run: Run) -> None:
    run("items", "import", "--preset", "sandbox")
    built = run("objects", "build")
    assert built.exit_code == 0, built.output
    assert "entities as of 2026-06-30, sha256:" in built.output
    assert run("objects", "show").output == built.output
    assert "FOOD-01" in run("objects", "concerned").output
    assert "REG-01" not in run("objects", "concerned", "FOOD-01").output


def test_marks_are_brought_built_and_shown(run: Run, city: City, tmp_path: Path) -> None:
    entity = city.register.listed["entity_id"][0].as_py()
    (tmp_path / "list.csv").write_text(
        f"id,mark,from,until,why\n{entity},observation,2026-01-01,2026-12-31,order 7\n{entity},calm,,,\n",
        "utf-8",
    )
    mapping = tmp_path / "rosters.toml"
    mapping.write_text(
        "[[feed]]\nroster = 'marks'\nfile = 'list.csv'\n[feed.columns]\nentity_id = 'id'\nmark = 'mark'\n"
        "from_day = 'from'\nuntil = 'until'\nreason = 'why'\n",
        "utf-8",
    )
    (tmp_path / "tags.toml").write_text("title = 'none'\n", "utf-8")
    bare = run("objects", "build", "--rules", str(tmp_path / "tags.toml"))
    assert "no marks are on record: no policy shields anybody" in bare.output
    brought = run("marks", "import", "--mapping", str(mapping)).output
    assert brought.startswith("marks: 2 read, 1 added, 0 changed, 0 unchanged, 1 rejected")
    assert "'' is no day such as 2026-06-30" in brought
    built = run("objects", "build", "--preset", "sandbox").output
    assert "no visit without cause" in built
    shown = run("marks", "show").output
    assert shown.splitlines()[-1].endswith("2 read, 1 added, 0 changed, 0 unchanged, 1 rejected")
    of_one = run("marks", "show", entity).output
    assert "observation (observation period)  2026-01-01 – 2026-12-31  list.csv: order 7" in of_one


def test_what_cannot_be_done_is_said(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    neither = run("items", "import")
    assert neither.exit_code == 2
    assert "a preset or a mapping file; got neither" in neither.stderr
    unbuilt = run("objects", "show")
    assert unbuilt.exit_code == 2
    assert "build it with `python -m serving objects build`" in unbuilt.stderr


def test_one_item_is_recorded_from_a_file_and_from_fields(run: Run, tmp_path: Path) -> None:
    """The file is the body of POST /api/v1/items; a field on the command line goes before it."""
    file = tmp_path / "item.toml"
    file.write_text(
        "code = 'FIRE-01'\nname_zh = '消防通道检查'\nkind = 'key'\nmethods = ['site']\nfield = '消防'\n"
        "law = '《消防法》'\ndepartment = '消防救援局'\nminutes = 50\nvalid_from = 2026-01-01\n"
        "[concerns]\nindustries = ['H']\n",
        "utf-8",
    )
    record = ("items", "record", "--file", str(file), "--reason", "联合抽查")
    made = run(*record)
    assert made.output.startswith("1 added, 0 changed, 0 unchanged"), made.output
    assert run(*record).output.startswith("0 added, 0 changed, 1 unchanged")
    changed = run(*record, "minutes=70", "methods=site,paper", "concerns.industries=H,F")
    assert changed.output.startswith("0 added, 1 changed, 0 unchanged")
    shown = run("items", "show", "FIRE-01").output
    assert "concerns industries F, H" in shown
    assert "Li: 联合抽查" in shown
    for words, told in (
        (("minutes=soon",), "minutes: Input should be a valid integer"),
        (("colour=red",), "colour: Extra inputs are not permitted"),
        (("kind=often",), "kind 'often' is none of general, key"),
        (("minutes",), "fields as NAME=VALUE; got 'minutes'"),
    ):
        refused = run(*record, *words)
        assert (refused.exit_code, told in refused.stderr) == (2, True), refused.stderr
