"""The order of `python -m serving --help`: commands in panels, as the work of a city goes.

Typer lists commands as they were registered; who sees forty of them in a row learns nothing from it.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

ABOUT = (
    "From an admitted city to inspections that anyone can check, and to what they achieved.\n\n"
    "The panels stand in the order of the work. Every step that decides something takes --by NAME and is "
    "kept in the ledger; --city chooses the city. `COMMAND --help` tells the rest."
)

PANELS = {
    "Set up: ledger and access": ("migrate", "token"),
    "Releases: which model grades": ("promote", "rollback", "live", "shadow"),
    "City: grades, early warnings, pages": ("grade", "alerts", "run"),
    "Rosters: items, inspectors, objects": ("items", "inspectors", "marks", "objects"),
    "Policies: how much to inspect, and what it finds": ("policy", "frontier", "replay", "yearly-plan"),
    "Plans: from draft to a draw that anyone can check": (
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
    ),
    "Field: visits, teams, what is due": ("tasks", "staff", "recuse", "begin", "clocks"),
    "Results: entered, published, followed up, returned": (
        *("results", "publish", "withhold", "follow-up", "repair", "close-plan", "return-results", "effect"),
    ),
}


class InOrder(TyperGroup):
    """Lists commands as the panels do; Typer would list those with commands of their own last."""

    def __init__(self, **given: Any) -> None:
        """Takes what Typer gives; what is in no panel comes last."""
        super().__init__(**given)
        places = {name: place for place, name in enumerate(_panel_of())}
        self.commands = dict(sorted(self.commands.items(), key=lambda one: places.get(one[0], len(places))))


def arrange(app: typer.Typer) -> None:
    """Puts the registered commands into their panels; what is in none stays where Typer puts it."""
    panel_of = _panel_of()
    for command in app.registered_commands:
        command.rich_help_panel = panel_of.get(command.name or "", command.rich_help_panel)
    for group in app.registered_groups:
        group.rich_help_panel = panel_of.get(group.name or "", group.rich_help_panel)


def _panel_of() -> dict[str, str]:
    """The panel of each command, in their order."""
    return {name: panel for panel, names in PANELS.items() for name in names}
