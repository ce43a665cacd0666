"""docs/life-of-a-plan.md is true: each step's page, API and command exist, and no step is left out."""

from __future__ import annotations

import re
from pathlib import Path

from serving.commands.panels import PANELS
from serving.web.app import API_ROUTES, PAGE_ROUTES

TABLE = Path(__file__).parents[2] / "docs" / "life-of-a-plan.md"
ROWS = [line.split("|")[1:-1] for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")][2:]
# Writing that is no step of a plan's life: access, scoring of rows that a caller sends.
BESIDE = {"POST /login", "POST /logout", "POST /api/v1/score"}


def told(column: int) -> set[str]:
    """Everything that a column of the table names."""
    return {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[column])}


def test_every_page_and_endpoint_of_the_table_is_there() -> None:
    pages = {f"{route.method} {route.path}" for route in PAGE_ROUTES}
    endpoints = {f"{route.method} {route.path}" for route in API_ROUTES}
    assert len(ROWS) > 30
    assert (told(1) - pages, told(2) - endpoints) == (set(), set())


def test_every_step_that_writes_stands_in_the_table() -> None:
    writing = {
        f"{one.method} {one.path}" for one in (*PAGE_ROUTES, *API_ROUTES) if one.method not in ("GET", "HEAD")
    }
    assert writing - told(1) - told(2) == BESIDE


def test_every_command_of_plans_field_and_results_stands_in_the_table() -> None:
    of_plans = [names for panel, names in PANELS.items() if panel.startswith(("Plans", "Field", "Results"))]
    known = {name for names in PANELS.values() for name in names}
    assert told(3) <= known
    assert {name for names in of_plans for name in names} <= told(3)
