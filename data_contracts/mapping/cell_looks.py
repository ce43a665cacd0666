"""What a cell looks like by itself: a value such as a date, a number, a code or a person, or a heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from data_contracts.reading_words import DAY, ENTITY_ENDINGS, HIDDEN_NAME, MONTH, NOTHING, SURNAMES, YEAR

_VALUE = re.compile(
    rf"[-+]?[0-9][0-9,.]*%?|.*[0-9]{{6}}.*|.*[0-9]{{4}}[-/.{YEAR}][0-9]{{1,2}}[-/.{MONTH}{DAY}].*"
    rf"|[0-9]{{1,2}}[-/][0-9]{{1,2}}[-/][0-9]{{2,4}}.*|[{{\[].*|\S*\"\s*:.*"
    rf"|(?=(?:.*[0-9]){{4}})[0-9A-Za-z]{{15,}}|.{{2,}}(?:{'|'.join(ENTITY_ENDINGS)})",
    re.DOTALL,
)
_PERSON = re.compile(
    rf"(?:{'|'.join(SURNAMES)})[\u4e00-\u9fff*×{HIDDEN_NAME}]{{1,2}}|1[3-9][0-9*]{{9}}|[0-9]{{17}}[0-9Xx]"
)
# Numbers of identity with a day of birth, and of mobile telephones, wherever they stand in a text.
_REACHES_PERSON = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
    r"|(?:[+]?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2})(?![0-9A-Za-z])"
)
LONGEST_MASKED = 16


def looks_like_value(cell: str) -> bool:
    """True for what stands below a heading: nobody heads a column by a date, a number or a long code."""
    return bool(_VALUE.fullmatch(cell.strip()))


def looks_like_persons(cells: Iterable[str]) -> bool:
    """True if most of the cells could be names, telephones or identity numbers of persons."""
    said = [cell.strip() for cell in cells if cell.strip() not in NOTHING]
    return bool(said) and sum(bool(_PERSON.fullmatch(cell)) for cell in said) * 2 > len(said)


def tells_of_person(cell: str) -> bool:
    """True for a text that holds a number of identity or of a mobile telephone."""
    return bool(_REACHES_PERSON.search(cell))


def looks_like_row(names: Sequence[str]) -> bool:
    """True if a header is most likely a row of values, which may name persons: it is never repeated."""
    return any(looks_like_value(name) for name in names)


def masked(cell: str) -> str:
    """The shape of a cell without what it says."""
    shape = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", cell.strip()))
    return shape if len(shape) <= LONGEST_MASKED else f"{shape[:LONGEST_MASKED]}…"
