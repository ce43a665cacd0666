"""A rehearsal as people read it on a terminal of 100 columns: what is wrong, line by line, and some rows."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from data_contracts.rehearsal.findings import Finding
from data_contracts.rehearsal.rehearsing import Preview, Rehearsal
from data_contracts.report import as_table

MOST_COLUMNS = 6  # more stand below each other
ROWS_BESIDE = 5
LONGEST_CELL = 60


def show(rehearsal: Rehearsal, console: Console) -> None:
    """Prints everything; what a person may copy stands in lines that are never wrapped."""
    for preview in rehearsal.previews:
        for block in _preview(preview):
            console.print(block)
    if rehearsal.report:
        console.print(as_table(rehearsal.report))
    for finding in rehearsal.findings:
        console.print(_finding(finding, rehearsal.mapping), soft_wrap=True)
    stopped = len(rehearsal.stopped)
    if stopped:
        noun = "thing" if stopped == 1 else "things"
        console.print(
            f"Admission would refuse: {stopped} {noun} to correct. Nothing was written.", style="red"
        )
    else:
        console.print("Admission would succeed. Nothing was written. To admit: the same command with admit.")


def place_of(finding: Finding, mapping: str) -> str:
    """Reads as `town.toml, line 14, feed 'lists', column kind`."""
    line = f"{mapping}, line {finding.line}, " if finding.line else ""
    return line + finding.where


def _finding(finding: Finding, mapping: str) -> Text:
    mark, style = ("✗", "red") if finding.stops else ("•", "yellow")
    lines = [
        *(f"    {example}" for example in finding.examples),
        *([f"    To do: {finding.todo}"] if finding.todo else []),
        *(f"    {line}" for line in finding.paste.splitlines()),
    ]
    told = Text(f"{mark} {place_of(finding, mapping)}: ", style=style)
    told.append(f"{finding.what}\n", style="default")
    told.append("".join(f"{line}\n" for line in lines), style="default")
    return told


def _preview(preview: Preview) -> Iterator[RenderableType]:
    title = f"{preview.feed} → {preview.table}"
    rows = [tuple(_cell(value) for value in row) for row in preview.rows]
    if not rows:
        yield Text(f"{title}: no row would be admitted\n", style="yellow")
    elif len(preview.columns) <= MOST_COLUMNS:
        yield _table(title, preview.columns, rows)
    else:
        for start in range(0, len(rows), ROWS_BESIDE):
            some = rows[start : start + ROWS_BESIDE]
            heads = ("column", *(f"row {start + number}" for number in range(1, len(some) + 1)))
            turned = [
                (name, *cells) for name, cells in zip(preview.columns, zip(*some, strict=True), strict=True)
            ]
            yield _table(title, heads, turned)


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=SIMPLE, title=title, title_justify="left", padding=(0, 1))
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
