"""`make bench`: runs the subjects at their sizes, prints what they cost, and fails when a target is missed.

`python -m tests.benchmarks [--subjects NAME …] [--sizes N …] [--without STEP …] [--cities FOLDER]
[--into FOLDER]`. A run of all steps over all sizes writes docs/benchmarks and the README's block; a shorter
one only prints, unless it has a folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.benchmarks import draws, indicators, learning, reasons, records
from tests.benchmarks.machine import machine
from tests.benchmarks.measuring import StepFailed, run
from tests.benchmarks.page import HEADINGS, cells, compared, grown, markdown, plot, verdict, with_block
from tests.benchmarks.subject import Measurement, Step, Subject, ratio

SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (records.SUBJECT, indicators.SUBJECT, learning.SUBJECT, reasons.SUBJECT, draws.SUBJECT)
}
HOUSE = Path(__file__).parents[2]
FIGURES = HOUSE / "docs" / "benchmarks"
LIBRARIES = ("duckdb", "lightgbm", "pyarrow", "numpy", "pandas", "polars", "pyspark")
MISSED, FAILED = 1, 2


def measurements(
    subjects: Sequence[Subject], size: int, cities: Path | None, without: Collection[str]
) -> Iterator[tuple[Subject, Measurement]]:
    """Every step of subjects at a size, one after the other in one home that is deleted afterwards.

    Steps that a subject needs and nobody asked for are run without being shown, or found done in `cities`.
    """
    with tempfile.TemporaryDirectory(prefix="xinheng-bench-", dir=cities) as home:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("XINHENG_")}
        environment |= {"XINHENG_HOME": home, "XINHENG_RELEASES": f"{home}/releases", "NO_COLOR": "1"}
        made = cities is not None and (cities / str(size)).is_dir()
        if cities is not None and made:
            shutil.copytree(cities / str(size), home, copy_function=os.link, dirs_exist_ok=True)
        for owner, step in steps_of(subjects, size, without=without):
            if made and owner not in subjects:
                continue
            arguments = [word.format(size=size, home=home) for word in step.arguments]
            cost = run(arguments, environment)
            if owner in subjects:
                yield owner, Measurement.of(step, size, cost, step.done(Path(home)))


def steps_of(
    subjects: Sequence[Subject], size: int, *, without: Collection[str] = ()
) -> Iterator[tuple[Subject, Step]]:
    """The steps at a size: those of the subjects, and before them those that they need; some left out."""
    needed = {name for subject in subjects for name in subject.needs}
    for subject in SUBJECTS.values():
        for step in subject.steps_at(size):
            if step.name not in without and (subject in subjects or step.name in needed):
                yield subject, step


def benched(
    subjects: Sequence[Subject],
    sizes: Sequence[int],
    cities: Path | None,
    console: Console,
    *,
    without: Collection[str] = (),
    own_only: bool = False,
) -> Mapping[str, Sequence[Measurement]]:
    """Measures subjects at sizes, each at its own only if asked so.

    A long run that is ended from outside leaves its lines on the terminal.
    """
    measured: dict[str, list[Measurement]] = {subject.name: [] for subject in subjects}
    for size in sizes:
        there = [subject for subject in subjects if size in subject.sizes or not own_only]
        for subject, one in measurements(there, size, cities, without):
            measured[subject.name].append(one)
            console.print(*cells(one), style="dim")
    return measured


def shown(subject: Subject, measured: Sequence[Measurement], console: Console) -> bool:
    """Shows the figures of a subject and tells whether every target is met."""
    table = Table(title=subject.title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in (subject.size_word, *HEADINGS):
        table.add_column(heading, justify="left" if heading == "step" else "right", no_wrap=True)
    for one in measured:
        table.add_row(*cells(one))
    console.print(table)
    console.print(verdict(measured), compared(subject, measured), grown(subject, measured))
    found = [(asked, ratio(measured, asked)) for asked in subject.ratios]
    slow = [asked for asked, there in found if there is not None and there[1] > asked.at_most]
    return not slow and not any(one.misses for one in measured)


def write(subject: Subject, measured: Sequence[Measurement], into: Path) -> None:
    """The figures as JSON, as Markdown and as a plot; the README's block, when they are the project's own."""
    into.mkdir(parents=True, exist_ok=True)
    on, today = machine(LIBRARIES), datetime.now(tz=UTC).date().isoformat()
    facts = {"subject": subject.name, "measured_on": today, "machine": on,
             "measurements": [asdict(one) for one in measured]}  # fmt: skip
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    (into / f"{subject.name}.json").write_text(text, encoding="utf-8")
    page = markdown(subject, measured, on, today)
    (into / f"{subject.name}.md").write_text(page, encoding="utf-8")
    plot(subject, measured, into / f"{subject.name}.svg")
    if into == FIGURES:
        readme = HOUSE / "README.md"
        readme.write_text(with_block(readme.read_text("utf-8"), subject.name, page), encoding="utf-8")


def main() -> int:
    """Reads the command line; 1 when a target is missed, 2 when a command fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--subjects", nargs="*", choices=list(SUBJECTS), default=list(SUBJECTS))
    parser.add_argument("--sizes", nargs="*", type=int, help="instead of the subject's own")
    parser.add_argument("--without", nargs="*", metavar="STEP", default=[], help="steps to leave out")
    parser.add_argument(
        "--cities", type=Path, help="folder of homes named by size, where what subjects need is done already"
    )
    parser.add_argument("--into", type=Path, help="folder for the figures")
    asked = parser.parse_args()
    console = Console()
    subjects = [SUBJECTS[name] for name in asked.subjects]
    own = sorted({size for subject in subjects for size in subject.sizes})
    try:
        measured = benched(
            subjects, asked.sizes or own, asked.cities, console,
            without=asked.without, own_only=not asked.sizes,
        )  # fmt: skip
    except StepFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return FAILED
    whole = set(own) <= set(asked.sizes or own) and not asked.without
    into = asked.into or (FIGURES if whole else None)
    met = True
    for subject in subjects:
        met &= shown(subject, measured[subject.name], console)
        if into is not None:
            write(subject, measured[subject.name], into)
            console.print(f"Written to {into}.")
    return 0 if met else MISSED


if __name__ == "__main__":
    sys.exit(main())
