"""The cells of a file of results: what its columns may be called, and what a cell says. Words live here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from data_contracts.near_names import near
from serving.inspections.results.rules import (
    SEVERITIES,
    Fault,
    ResultEntry,
    ResultRefused,
    read_codes,
    unknown_codes,
)

# Every column by our name: its Chinese heading first, then others that offices use.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "task_id": ("任务编号", "任务号"),
    "item_code": ("事项编码", "抽查事项", "事项代码"),
    "visited_on": ("检查日期", "检查时间"),
    "result_codes": ("检查结果", "结果"),
    "critical_count": ("严重问题数",),
    "serious_count": ("较重问题数",),
    "minor_count": ("轻微问题数",),
    "note": ("备注", "说明"),
    "reason": ("更正理由",),
}
# Columns that a file of rejected rows has beside those of its file; they are passed over when it comes back.
REJECTED_HEADINGS = ("原行号 line", "拒收原因 why rejected")
NEEDED = ("task_id", "item_code", "visited_on", "result_codes")

_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.0+)?)?)?"
)
# Signs that begin a formula, also in full width; a plain number is none.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20](?!\d*\.?\d*$)")
_COUNT = re.compile(r"(\d{1,9})(?:\.0+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The place of each of our columns in the rows of a file; columns that it lacks are not there."""

    places: Mapping[str, int]

    def cell(self, row: Sequence[str], name: str) -> str:
        """The cell of a row without blanks around it, empty where the file has no such column."""
        place = self.places.get(name)
        return "" if place is None else _as_typed(row[place].strip())


def heading(name: str) -> str:
    """The heading of a column in a form: in Chinese, then as programs know it."""
    return f"{COLUMNS[name][0]} {name}"


def columns_of(headings: Sequence[str], file: str) -> Columns:
    """Finds our columns among the headings of a file; refuses a file that lacks one it must have."""
    known = {_plain(word): name for name, words in COLUMNS.items() for word in (name, *words, heading(name))}
    places: dict[str, int] = {}
    for place, word in enumerate(headings):
        name = known.get(_plain(word))
        if name is not None:
            places.setdefault(name, place)
    missing = [name for name in NEEDED if name not in places]
    if missing:
        told = "; ".join(f"no {heading(name)}{_near(name, headings)}" for name in missing)
        raise ResultRefused(
            expected=f"the columns {', '.join(map(heading, NEEDED))} in {file}",
            got=told,
            todo="name the columns so in the first line, or fill in the form of the plan (results form)",
        )
    return Columns(places=places)


def entry_of(row: Sequence[str], columns: Columns) -> tuple[ResultEntry | None, list[Fault]]:
    """The entry that a row makes, or everything that keeps it from being one."""
    text = {name: columns.cell(row, name) for name in COLUMNS}
    day = day_of(text["visited_on"])
    codes, strange = read_codes(text["result_codes"])
    counts = {name: _count(text[name]) for name in SEVERITIES}
    faults = [
        Fault("empty_cell", f"a value in {heading(name)}", "none", "fill it in, or take the row out")
        for name in NEEDED
        if not text[name]
    ]
    if text["visited_on"] and day is None:
        expected = f"a day such as 2026-07-03 in {heading('visited_on')}"
        faults.append(Fault("not_a_date", expected, repr(text["visited_on"]), "correct the day"))
    faults.extend(unknown_codes(strange))
    for name, count in counts.items():
        if text[name] and count is None:
            expected = f"a whole number in {heading(name)}"
            faults.append(Fault("not_a_number", expected, repr(text[name]), "correct the number"))
    if faults or day is None:
        return None, faults
    return (
        ResultEntry(
            task_id=text["task_id"],
            item_code=text["item_code"],
            visited_on=day,
            codes=codes,
            note=text["note"],
            reason=text["reason"],
            **counts,
        ),
        [],
    )


def day_of(text: str) -> date | None:
    """The day that a text names in a form that offices and spreadsheets write; None if it names none."""
    found = _DAY.fullmatch(normalize("NFKC", text).strip())
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def harmless(cell: str) -> str:
    """The cell as a spreadsheet takes it for text: one that it might run stands behind an apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _as_typed(cell: str) -> str:
    """The cell without the apostrophe that `harmless` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _count(text: str) -> int | None:
    found = _COUNT.fullmatch(normalize("NFKC", text))
    return int(found[1]) if found else None


def _near(name: str, headings: Sequence[str]) -> str:
    """The heading that may have been meant."""
    return near(COLUMNS[name][0], headings) or near(name, headings)


def _plain(word: str) -> str:
    return "".join(normalize("NFKC", word).casefold().split())
