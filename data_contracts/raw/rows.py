"""Rows of delimited text, read strictly: every line that is not blank is a row, part of one, or a fault.

Nothing is swallowed: where quotation marks do not fit, the first line is at fault and the next is read anew.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data_contracts.line_faults import MISPLACED_QUOTE, UNDECODABLE, WRONG_FIELD_COUNT
from data_contracts.raw.lines import Line

LONGEST_ROW = 1_000  # lines
SHOWN_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How many cells a row has, what stands between them, and whether a quoted cell may hold line ends."""

    width: int
    delimiter: str
    multiline: bool


class Row(NamedTuple):
    """Cells with their first line; of a fault, `told` is 'what is wrong: the text as it stands'."""

    line: int
    cells: Sequence[str]
    fault: str | None = None
    told: str | None = None

    def padded(self, width: int) -> tuple[str | int | None, ...]:
        """The row as it is stored: exactly `width` cells, the fault, its text, the line."""
        if self.fault is None:
            return (*self.cells, None, None, self.line)
        return (*self.cells[:width], *[""] * (width - len(self.cells)), self.fault, self.told, self.line)


def rows_of(lines: Iterator[Line], layout: Layout) -> Iterator[Row]:
    """Every row of a file below its header, in order; blank lines are none."""
    ahead: deque[Line] = deque()
    while line := ahead.popleft() if ahead else next(lines, None):
        if line.problem:
            yield _fault(line, UNDECODABLE, line.problem)
        elif '"' in line.text:
            taken = _taken(line, ahead, lines, layout)
            row = _quoted(taken, layout)
            yield row
            if row.fault:
                ahead.extendleft(reversed(taken[1:]))
        elif text := line.text.rstrip("\r\n"):
            yield shaped(line.number, text.split(layout.delimiter), layout)


def _taken(line: Line, ahead: deque[Line], lines: Iterator[Line], layout: Layout) -> list[Line]:
    """The lines of one row: the first, and in a multiline feed those up to the closing quotation mark."""
    taken, marks = [line], line.text.count('"')
    while layout.multiline and marks % 2 and len(taken) < LONGEST_ROW:
        more = ahead.popleft() if ahead else next(lines, None)
        if more is None:
            break
        taken.append(more)
        if more.problem:
            break
        marks += more.text.count('"')
    return taken


def _quoted(taken: Sequence[Line], layout: Layout) -> Row:
    """The row of these lines; if they are not exactly one, the fault of the first."""
    first, marks = taken[0], sum(line.text.count('"') for line in taken)
    if marks % 2 or taken[-1].problem:
        return _fault(first, MISPLACED_QUOTE, f"{first.text.count(chr(34))} quotation marks")
    try:
        rows = list(csv.reader([line.text for line in taken], delimiter=layout.delimiter, strict=True))
    except csv.Error as cause:
        return _fault(first, MISPLACED_QUOTE, str(cause).replace(":", ""))
    if len(rows) != 1:
        return _fault(first, MISPLACED_QUOTE, f"{first.text.count(chr(34))} quotation marks")
    row = shaped(first.number, rows[0], layout)
    if row.fault and len(taken) > 1:
        return _fault(first, MISPLACED_QUOTE, f"{first.text.count(chr(34))} quotation marks")
    return row


def shaped(line: int, cells: Sequence[str], layout: Layout) -> Row:
    """A row of the width of the header; empty cells beyond it do not count."""
    width = layout.width
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    if len(cells) == width:
        return Row(line, cells)
    told = f"{len(cells)} fields: {layout.delimiter.join(cells)}"[:SHOWN_CHARACTERS]
    return Row(line, cells, WRONG_FIELD_COUNT, told)


def _fault(line: Line, fault: str, told: str) -> Row:
    text = line.text.rstrip("\r\n")
    return Row(line.number, (), fault, f"{told}: {text}"[:SHOWN_CHARACTERS])
