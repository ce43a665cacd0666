"""Names of columns as a foreign header gives them, made unlike each other and unlike ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from data_contracts.line_faults import FAULT, FIELDS, FILE, LINE, POSITION
from data_contracts.raw.files import RawFile, RawFileError

RESERVED = frozenset(
    {LINE, FAULT, FIELDS, FILE, POSITION, "exported_on", "row_problem", "row_value", "row_text"}
)
BETWEEN = "/"
MOST_COLUMNS = 4_096
_HEADER_BLANKS = " \t\r\n\"'\ufeff\u00a0\u3000"


def names_of(raw: RawFile, lines: Sequence[Sequence[str]]) -> list[str]:
    """Column names of one or several header lines, joined; refuses a header of none or of too many."""
    names = distinct_names(_joined(lines))
    if not names or any("\0" in name for name in names):
        raise RawFileError(
            expected=f"{raw.name} to begin with a line of column names",
            got="bytes of zero among its names" if names else "no name",
            todo="replace the file, set header_line in its feed, or list it under [ignored] with the reason",
        )
    refuse_too_many(raw, names)
    return names


def refuse_too_many(raw: RawFile, names: Collection[str]) -> None:
    """Refuses more columns than any table of records has."""
    if len(names) > MOST_COLUMNS:
        raise RawFileError(
            expected=f"{raw.name} to have at most {MOST_COLUMNS:,} columns",
            got=f"{len(names):,}",
            todo="replace the file, or correct how its feed says that it is read",
        )


def distinct_names(cells: Sequence[str]) -> list[str]:
    """Names without blanks and marks around them; empty ones are numbered, repeated ones counted."""
    names: list[str] = []
    taken = {name.lower() for name in RESERVED}
    counts: dict[str, int] = {}
    stripped = [cell.strip(_HEADER_BLANKS).replace("\n", "").replace("\r", "") for cell in cells]
    while stripped and not stripped[-1]:
        stripped.pop()
    for place, cell in enumerate(stripped, start=1):
        stem = name = cell or f"column_{place}"
        while name.lower() in taken:
            counts[stem] = counts.get(stem, 1) + 1
            name = f"{stem}_{counts[stem]}"
        taken.add(name.lower())
        names.append(name)
    return names


def _joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """One name for each column: what stands above each other, each text once."""
    width = max((len(line) for line in lines), default=0)
    rows = [[cell.strip(_HEADER_BLANKS) for cell in line] + [""] * (width - len(line)) for line in lines]
    for level in range(len(rows) - 1):
        _carry_right(rows, level)
    return [BETWEEN.join(dict.fromkeys(filter(None, column))) for column in zip(*rows, strict=True)]


def _carry_right(rows: Sequence[list[str]], level: int) -> None:
    """A merged cell holds its text on the left alone: it speaks for the empty ones beside it, up to the
    next text and within the merged cell above, as long as names stand below them.
    """
    row, above = rows[level], rows[level - 1] if level else None
    for place in range(1, len(row)):
        within = above is None or above[place] == above[place - 1]
        if not row[place] and within and any(lower[place] for lower in rows[level + 1 :]):
            row[place] = row[place - 1]
