"""`python -m serving --help` teaches: every command stands in one panel, in the order of the work."""

from __future__ import annotations

from collections import Counter

from typer.main import get_command
from typer.testing import CliRunner

from serving.__main__ import app
from serving.commands.panels import PANELS


def test_every_command_stands_in_one_panel_and_every_name_is_a_command() -> None:
    command = get_command(app)
    there = Counter(getattr(command, "commands", {}).keys())
    assert there == Counter(name for names in PANELS.values() for name in names)


def test_panels_and_commands_are_shown_in_the_order_of_the_work() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"}).stdout
    places = [shown.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)
    lines = [line.split()[1] for line in shown[places[0] :].splitlines() if line.startswith("│ ")]
    assert [
        word for word in lines if word in PANELS["Plans: from draft to a draw that anyone can check"]
    ] == [
        *(
            "preview",
            "plan",
            "plans",
            "method",
            "freeze",
            "commit",
            "reveal",
            "public-value",
            "draw",
            "verify-draw",
        ),
        "void",
    ]
