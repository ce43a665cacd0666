"""Names of columns as a foreign header gives them, made unlike each other and unlike ours."""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.checks import FAULT, FIELDS, FILE, LINE, POSITION

RESERVED = frozenset(
    {LINE, FAULT, FIELDS, FILE, POSITION, "exported_on", "row_problem", "row_value", "row_text"}
)
_HEADER_BLANKS = " \t\r\n\"'\ufeff\u00a0\u3000"


def header_names(cells: Sequence[str]) -> list[str]:
    """Column names without blanks and marks around them; empty ones are numbered, repeated ones counted."""
    names: list[str] = []
    taken = {name.lower() for name in RESERVED}
    while cells and not cells[-1].strip(_HEADER_BLANKS):
        cells = cells[:-1]
    for place, cell in enumerate(cells, start=1):
        stem = name = cell.strip(_HEADER_BLANKS).replace("\n", "").replace("\r", "") or f"column_{place}"
        count = 2
        while name.lower() in taken:
            name, count = f"{stem}_{count}", count + 1
        taken.add(name.lower())
        names.append(name)
    return names
