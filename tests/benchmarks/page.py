"""The figures for people: a table, the same as Markdown, a plot, and their block in the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from tests.benchmarks.subject import GIB, Measurement, Subject, Target, growth, ratio

HEADINGS = ("step", "rows", "time", "cpu", "memory", "rows/s", "on disk")
COLOURS = ("#1f5aa6", "#c2571a", "#2f7d4f", "#7a4fa3", "#8a6d1d", "#4d4d4d", "#b03060")


def cells(one: Measurement) -> tuple[str, ...]:
    """One measurement as it is read."""
    return (
        f"{one.size:,}",
        one.step,
        f"{one.rows:,}",
        f"{one.wall_seconds:,.1f} s",
        f"{one.cpu_seconds:,.1f} s",
        f"{one.peak_bytes / GIB:.2f} GiB",
        f"{one.rows_per_second:,.0f}",
        f"{one.size_bytes / GIB:,.2f} GiB",
    )


def verdict(measured: Sequence[Measurement]) -> str:
    """The targets, and which measurements miss them."""
    targets: dict[Target, list[str]] = {one.target: [] for one in measured}
    for one in measured:
        targets[one.target] += [one.step] if one.step not in targets[one.target] else []
    limits = [f"at most {target.seconds:,.0f} s and {target.gib:g} GiB" for target in targets]
    if len(limits) > 1:
        limits = [f"{limit} ({', '.join(of)})" for limit, of in zip(limits, targets.values(), strict=True)]
    told = f"Target of each step: {'; '.join(limits)}"
    missed = [f"{one.step} at {one.size:,} took {' and '.join(one.misses)}" for one in measured if one.misses]
    return f"{told}; missed: {'; '.join(missed)}." if missed else f"{told}; met by all."


def compared(subject: Subject, measured: Sequence[Measurement]) -> str:
    """How many times longer steps took than others, and which took too long."""
    told = []
    for asked in subject.ratios:
        found = ratio(measured, asked)
        if found is not None:
            size, times = found
            limit = f"at most {asked.at_most:.3g}{', missed' if times > asked.at_most else ''}"
            told.append(f"{asked.step} takes {times:.2f} times {asked.to} at {size:,} ({limit})")
    return f"{'; '.join(told)}." if told else ""


def grown(subject: Subject, measured: Sequence[Measurement]) -> str:
    """How time grows with rows: an exponent for each step."""
    exponents = {step.name: growth(measured, step.name) for step in subject.steps}
    told = ", ".join(f"{name} {value:.2f}" for name, value in exponents.items() if value is not None)
    return f"Time grows with rows to the power of (1 is linear): {told}." if told else ""


def markdown(
    subject: Subject, measured: Sequence[Measurement], machine: Mapping[str, str], measured_on: str
) -> str:
    """The figures as a Markdown block, as the README shows them."""
    headings = (subject.size_word, *HEADINGS)
    marks = ["---:" if name != "step" else "---" for name in headings]
    lines = [headings, marks, *(cells(one) for one in measured)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    on = ", ".join(f"{name} {value}" for name, value in machine.items())
    said = [
        verdict(measured),
        compared(subject, measured),
        grown(subject, measured),
        f"Measured on {measured_on} by `make bench`: {on}.",
    ]
    return table + "\n\n" + "\n".join(part for part in said if part) + "\n"


def plot(subject: Subject, measured: Sequence[Measurement], path: Path) -> None:
    """Time and memory against rows, both axes logarithmic, the targets as dashed lines."""
    # The same figures give the same file: fixed ids, no date.
    with mpl.rc_context({"svg.hashsalt": subject.name, "font.size": 9, "axes.spines.top": False,
                         "axes.spines.right": False}):  # fmt: skip
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        _curves(left, subject, measured, "wall_seconds", 1, "seconds")
        _curves(right, subject, measured, "peak_bytes", GIB, "GiB of memory")
        left.legend(frameon=False)
        figure.suptitle(subject.title)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _curves(
    axes: Axes, subject: Subject, measured: Sequence[Measurement], column: str, unit: float, words: str
) -> None:
    for step, colour in zip(subject.steps, COLOURS, strict=False):
        of_step = [one for one in measured if one.step == step.name]
        costs = [getattr(one, column) / unit for one in of_step]
        axes.plot([one.rows for one in of_step], costs, "o-", color=colour, label=step.name, markersize=4)
    limits = {one.target.seconds if unit == 1 else one.target.gib for one in measured}
    for limit in limits:
        axes.axhline(limit, color="#888888", linestyle="--", linewidth=1)
        axes.annotate(f"target {limit:g}", (0.01, limit), xycoords=("axes fraction", "data"), va="bottom")
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel=words)
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(visible=True, which="major", color="#e5e5e5", linewidth=0.6)


def with_block(document: str, name: str, block: str) -> str:
    """The document with the block between its marks; unchanged where it has no such marks."""
    begin, end = f"<!-- bench:{name} -->\n", f"<!-- /bench:{name} -->"
    before, found, rest = document.partition(begin)
    return before + begin + block + end + rest.partition(end)[2] if found else document
