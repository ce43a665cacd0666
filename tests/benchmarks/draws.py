"""Draws: a plan is frozen, drawn and verified twice; visits are staffed; a frontier point is solved."""

from __future__ import annotations

import json
from pathlib import Path

from serving.sampling.staffing import ScopeKind
from tests.benchmarks.frontier_point import POINT
from tests.benchmarks.staffing import STAFFED
from tests.benchmarks.subject import Step, Subject, Target, Work

FOLDER = "draws"
# The design's targets for a frame of 3.5 million: draw and verify in 20 s each; the others are ours.
DRAW = Target(seconds=20, gib=6)
STAFF, POINT_OF_FRONTIER = Target(seconds=30, gib=2), Target(seconds=10, gib=2)


def frame_rows(home: Path) -> int:
    """The rows of the frame, as the plan has them."""
    plan = json.loads((home / FOLDER / "plan.json").read_text("utf-8"))
    return int(plan["frame_rows"])


def frozen(home: Path) -> Work:
    """The frame of everybody."""
    return Work(rows=frame_rows(home), size_bytes=(home / FOLDER / "frame.csv").stat().st_size)


def drawn(home: Path) -> Work:
    """The published draw; verifying it leaves nothing more."""
    return Work(rows=frame_rows(home), size_bytes=(home / FOLDER / "draw.json").stat().st_size)


def staffed(home: Path) -> Work:
    """The visits that were staffed: as many at every size."""
    file = home / FOLDER / STAFFED
    return Work(rows=json.loads(file.read_text("utf-8"))["visits"], size_bytes=file.stat().st_size)


def solved(home: Path) -> Work:
    """The point over the strata."""
    return Work(rows=frame_rows(home), size_bytes=(home / FOLDER / POINT).stat().st_size)


def of_draw(step: str, *more: str) -> tuple[str, ...]:
    """A step of the draw in the folder."""
    return ("tests.benchmarks.drawing", step, f"{{home}}/{FOLDER}", *more)


SUBJECT = Subject(
    name="draws",
    title="Draws: frozen, drawn, verified twice; staffing and a frontier point",
    steps=(
        Step(name="freeze", arguments=of_draw("freeze", "{size}"), done=frozen, target=DRAW),
        Step(name="draw", arguments=of_draw("draw"), done=drawn, target=DRAW),
        Step(name="verify in Python", arguments=of_draw("verify"), done=drawn, target=DRAW),
        Step(name="verify in SQL", arguments=of_draw("verify_sql"), done=drawn, target=DRAW),
        Step(
            name="staff 20,000 visits",
            arguments=("tests.benchmarks.staffing", ScopeKind.WHOLE_BUREAU.value, f"{{home}}/{FOLDER}"),
            done=staffed,
            target=STAFF,
        ),
        Step(
            name="frontier point",
            arguments=("tests.benchmarks.frontier_point", f"{{home}}/{FOLDER}"),
            done=solved,
            target=POINT_OF_FRONTIER,
        ),
    ),
    sizes=(35_000, 350_000, 3_500_000),
    size_word="entities",
)
