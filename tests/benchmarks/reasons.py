"""Reasons: a whole city is graded, every entity with score, points and its reasons."""

from __future__ import annotations

import json
from pathlib import Path

from tests.benchmarks.indicators import LAST
from tests.benchmarks.records import CITY
from tests.benchmarks.subject import Step, Subject, Target, Work

RELEASES = "releases"
ON = ("--as-of", str(LAST), "--used-on", str(LAST))
# The design's target: score, grade, points and reasons of 3.5 million entities written to the register.
GRADE = Target(seconds=120, gib=6)
# What comes before is measured elsewhere.
BEFORE = Target(seconds=900, gib=8)


def released(home: Path) -> Work:
    """The release that a city of 20,000 taught."""
    (manifest,) = home.glob(f"{RELEASES}/{CITY}/*/manifest.json")
    return Work(rows=1, size_bytes=sum(file.stat().st_size for file in manifest.parent.iterdir()))


def described(home: Path) -> Work:
    """The snapshot of everyone."""
    (path,) = home.glob(f"{CITY}/snapshots/{LAST}/*/snapshot.json")
    rows = json.loads(path.read_text("utf-8"))["rows"]
    return Work(rows=rows, size_bytes=(path.parent / "snapshot.parquet").stat().st_size)


def graded(home: Path) -> Work:
    """The register of everyone."""
    (path,) = home.glob(f"{CITY}/register/{LAST}/*/register.json")
    rows = json.loads(path.read_text("utf-8"))["rows"]
    return Work(rows=rows, size_bytes=(path.parent / "register.parquet").stat().st_size)


SUBJECT = Subject(
    name="reasons",
    title="Reasons: everyone graded, with points and reasons",
    needs=("generate", "admit"),
    steps=(
        Step(
            name="release",
            arguments=("tests.benchmarks.taught_release", f"{{home}}/{RELEASES}", "{home}"),
            done=released,
            target=BEFORE,
        ),
        Step(name="snapshot", arguments=("features", "build", *ON), done=described, target=BEFORE),
        Step(
            name="grade",
            arguments=("serving", "grade", *ON, "--by", "planner"),
            done=graded,
            target=GRADE,
        ),
    ),
    sizes=(35_000, 350_000, 3_500_000),
    size_word="entities",
)
