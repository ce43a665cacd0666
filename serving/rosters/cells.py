"""What the text of a cell means: lists, days, intervals, numbers, yes or no; or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from unicodedata import normalize

BETWEEN = re.compile("[;；,，、]")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]00:00(?::00)?)?")
_TO = re.compile("[/~～至]|to")
_YES, _NO = ("", "1", "true", "yes", "是", "在岗"), ("0", "false", "no", "否", "离岗")


class Unreadable(ValueError):  # noqa: N818 - it names what happens to the cell
    """A cell whose text is none of its kind."""


def text(cell: str) -> str:
    """The text without blanks around it."""
    return " ".join(cell.split())


def listed(cell: str) -> tuple[str, ...]:
    """The words between ; , or 、, each once, sorted."""
    return tuple(sorted({text(word) for word in BETWEEN.split(cell) if word.strip()}))


def day(cell: str) -> date:
    """A day as 2026-06-30, 2026/6/30, 20260630 or 2026年6月30日."""
    found = _DAY.fullmatch(normalize("NFKC", cell).strip())
    try:
        if found is None:
            raise ValueError
        return date(*map(int, found.groups()))
    except ValueError:
        raise Unreadable(f"{cell!r} is no day such as 2026-06-30") from None


def day_or_none(cell: str) -> date | None:
    """A day, or none where nothing stands."""
    return day(cell) if cell.strip() else None


def number(cell: str) -> int:
    """A whole number."""
    plain = normalize("NFKC", cell).strip()
    if not re.fullmatch(r"\d{1,9}(\.0+)?", plain):
        raise Unreadable(f"{cell!r} is no whole number")
    return int(plain.partition(".")[0])


def yes(cell: str) -> bool:
    """Whether a person still serves; nothing means yes."""
    plain = cell.strip().lower()
    if plain not in (*_YES, *_NO):
        raise Unreadable(f"{cell!r} is neither yes nor no")
    return plain in _YES


def intervals(cell: str) -> tuple[tuple[date, date], ...]:
    """Intervals of days such as 2026-05-01/2026-05-07, between ; or 、; one day alone is an interval."""
    found = []
    for word in re.split("[;；,，、]", cell):
        if not word.strip():
            continue
        parts = [day(part) for part in _TO.split(word)] if not _is_day(word) else [day(word)]
        if len(parts) > 2:
            raise Unreadable(f"{word!r} is no interval such as 2026-05-01/2026-05-07")
        found.append((parts[0], parts[-1]))
    return tuple(sorted(set(found)))


def _is_day(word: str) -> bool:
    return _DAY.fullmatch(normalize("NFKC", word).strip()) is not None


Reader = Callable[[str], object]
ITEM_CELLS: Mapping[str, Reader] = {
    "code": text, "name_zh": text, "name_en": text, "kind": text, "methods": listed, "field": text,
    "law": text, "department": text, "skills": listed, "minutes": number, "valid_from": day,
    "valid_until": day_or_none, "entity_types": listed, "industries": listed, "licences": listed,
    "tags": listed,
}  # fmt: skip
INSPECTOR_CELLS: Mapping[str, Reader] = {
    "inspector_id": text, "name": text, "department": text, "station": text, "skills": listed,
    "licence_number": text, "licensed_from": day, "licensed_until": day, "active": yes,
    "conflicts": listed, "conflict_persons": listed, "leave": intervals,
}  # fmt: skip
MARK_CELLS: Mapping[str, Reader] = {
    "entity_id": text, "mark": text, "from_day": day, "until": day_or_none, "known_on": day_or_none,
    "reason": text,
}  # fmt: skip
ROSTERS: Mapping[str, Mapping[str, Reader]] = {
    "items": ITEM_CELLS, "inspectors": INSPECTOR_CELLS, "marks": MARK_CELLS,
}  # fmt: skip
OPTIONAL = frozenset(
    {"name_en", "skills", "valid_until", "entity_types", "industries", "licences", "tags", "station",
     "active", "conflicts", "conflict_persons", "leave", "until", "known_on"}
)  # fmt: skip
# In these a word of the file may stand for a code of ours.
WORDED = frozenset(
    {"kind", "methods", "skills", "entity_types", "licences", "tags", "department", "station", "mark"}
)
