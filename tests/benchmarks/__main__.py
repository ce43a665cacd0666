"""`make bench`: runs the subjects at their sizes, prints what they cost, and fails when a target is missed.

`python -m tests.benchmarks [--subjects NAME …] [--sizes N …] [--into FOLDER]`. A run over all sizes writes
docs/benchmarks and the README's block; a shorter one only prints, unless it is given a folder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.benchmarks import records
from tests.benchmarks.machine import machine
from tests.benchmarks.measuring import StepFailed, run
from tests.benchmarks.page import HEADINGS, cells, grown, markdown, plot, verdict, with_block
from tests.benchmarks.subject import Measurement, Subject

SUBJECTS: Mapping[str, Subject] = {subject.name: subject for subject in (records.SUBJECT,)}
HOUSE = Path(__file__).parents[2]
FIGURES = HOUSE / "docs" / "benchmarks"
LIBRARIES = ("duckdb", "pyarrow", "numpy")
MISSED, FAILED = 1, 2


def measurements(subject: Subject, sizes: Sequence[int]) -> Iterator[Measurement]:
    """Every step at every size, each size in a home of its own that is deleted afterwards."""
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="xinheng-bench-") as home:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("XINHENG_")}
            environment |= {"XINHENG_HOME": home, "NO_COLOR": "1"}
            for step in subject.steps:
                arguments = [word.format(size=size, home=home) for word in step.arguments]
                cost = run(arguments, environment)
                yield Measurement.of(step, size, cost, step.done(Path(home)))


def benched(subject: Subject, sizes: Sequence[int], into: Path | None, console: Console) -> bool:
    """Measures a subject, shows and writes the figures, and tells whether every target is met."""
    table = Table(title=subject.title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in (subject.size_word, *HEADINGS):
        table.add_column(heading, justify="left" if heading == "step" else "right", no_wrap=True)
    measured: list[Measurement] = []
    for one in measurements(subject, sizes):
        measured.append(one)
        table.add_row(*cells(one))
        # A long run that is ended from outside leaves what it measured on the terminal.
        console.print(*cells(one), style="dim")
    console.print(table)
    console.print(verdict(measured), grown(subject, measured))
    if into is not None:
        write(subject, measured, into)
        console.print(f"Written to {into}.")
    return not any(one.misses for one in measured)


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
    parser.add_argument("--into", type=Path, help="folder for the figures")
    asked = parser.parse_args()
    console = Console()
    met = True
    for subject in (SUBJECTS[name] for name in asked.subjects):
        sizes = asked.sizes or subject.sizes
        into = asked.into or (FIGURES if set(subject.sizes) <= set(sizes) else None)
        try:
            met &= benched(subject, sizes, into, console)
        except StepFailed as failure:
            sys.stderr.write(f"{failure}\n")
            return FAILED
    return 0 if met else MISSED


if __name__ == "__main__":
    sys.exit(main())
