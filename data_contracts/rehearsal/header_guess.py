"""Which lines of a file hold its column names: known headings above values, the earliest if several fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data_contracts.mapping.cell_looks import looks_like_persons, looks_like_value, masked
from data_contracts.mapping.foreign_words import ends_like_heading, is_known_heading
from data_contracts.mapping.reading import Reading
from data_contracts.raw import RawFile, RawFileError, first_rows, names_of
from data_contracts.refusal import Refusal

LINES_LOOKED_AT, LAST_HEADER_LINE, MOST_LINES_OF_NAMES = 40, 15, 3
LINES_SHOWN, CELLS_SHOWN = 6, 8
_KNOWN, _ENDS_LIKE_ONE, _TEXT, _VALUE = 2.0, 1.0, 0.25, -2.0


class NoHeaderError(Refusal):
    """A file none of whose first lines can be taken for column names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    line: int
    rows: int
    score: float
    values: int
    names: int


def guess_header(raw: RawFile, reading: Reading) -> Reading:
    """The reading with the lines of column names, where the file has no names of its own."""
    rows = first_rows(raw, reading, LINES_LOOKED_AT)
    if not rows:
        return reading
    candidates = [
        found
        for line in rows
        if line <= LAST_HEADER_LINE
        for count in range(1, MOST_LINES_OF_NAMES + 1)
        if (found := _candidate(raw, rows, line, count))
    ]
    sound = [one for one in candidates if one.score > 0 and one.values * 4 <= one.names]
    if not sound:
        raise _no_header(raw, rows)
    best = max(sound, key=lambda one: (one.score, -one.line, -one.rows))
    return replace(reading, header_line=best.line, header_rows=best.rows)


def _candidate(raw: RawFile, rows: Mapping[int, Sequence[str]], line: int, count: int) -> _Candidate | None:
    """Some lines as names; None if they cannot be, or if nothing joins them into one header."""
    lines = [rows.get(number, ()) for number in range(line, line + count)]
    if not all(lines) or (count > 1 and not _joined_by_gaps(lines)):
        return None
    try:
        names = names_of(raw, lines)
    except RawFileError:
        return None
    width = max(map(len, lines))
    lowest = [
        next((row[place] for row in reversed(lines) if _cell(row, place)), "") for place in range(width)
    ]
    others = [row for number, row in rows.items() if not line <= number < line + count]
    scores = [
        _score(name, cell, [_cell(row, place) for row in others])
        for place, (name, cell) in enumerate(zip(names, lowest, strict=False))
        if cell
    ]
    upper = [cell for row in lines[:-1] for cell in row if looks_like_value(cell)]
    values = sum(score < 0 for score in scores) + len(upper)
    return _Candidate(line=line, rows=count, score=sum(scores), values=values, names=len(scores))


def _joined_by_gaps(lines: Sequence[Sequence[str]]) -> bool:
    """True if every line but the last leaves cells empty that a line below fills, as merged cells do.

    A line with one text alone is a title.
    """
    width = max(map(len, lines))
    return sum(map(bool, lines[0])) > 1 and all(
        any(
            not _cell(upper, place) and any(_cell(lower, place) for lower in lines[level + 1 :])
            for place in range(width)
        )
        for level, upper in enumerate(lines[:-1])
    )


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _score(name: str, cell: str, others: Sequence[str]) -> float:
    """What speaks for a cell being a heading, beside the other cells of its column."""
    if is_known_heading(name) or is_known_heading(cell):
        return _KNOWN
    if looks_like_value(cell) or cell in others:
        return _VALUE
    if looks_like_persons([cell]) and looks_like_persons(others):
        return _VALUE
    return _ENDS_LIKE_ONE if ends_like_heading(cell) else _TEXT


def _no_header(raw: RawFile, rows: Mapping[int, Sequence[str]]) -> NoHeaderError:
    shown = [
        f"line {number}: {' | '.join(masked(cell) for cell in row[:CELLS_SHOWN])}"
        for number, row in list(rows.items())[:LINES_SHOWN]
    ]
    return NoHeaderError(
        expected=f"a line of column names among the first {LAST_HEADER_LINE} lines of {raw.name}",
        got=f"none that can be told from values (letters shown as x, digits as 9): {'; '.join(shown)}",
        todo="say where the names stand: --header-line 3 (and --header-rows 2 where they take two lines); "
        "give a file without names a first line of them",
    )
