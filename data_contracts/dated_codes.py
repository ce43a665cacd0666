"""Dated code tables: what a code meant on a day; ours in code_tables/, regions mostly from a library.

GB/T 2260 changes every year, so a code is asked for together with a day.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from stdnum import numdb

from data_contracts.near_names import near
from data_contracts.refusal import Refusal

CODE_TABLES_FOLDER = Path(__file__).parent / "code_tables"
# The library's dates are years, and it leaves out the first one of a code that is as old as the standard.
FIRST_DAY = date(1949, 10, 1)
_DATED_NAME = re.compile(r"\[(\d{4})?-(\d{4})?\]")


class CodeError(Refusal):
    """A code table or a code that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedCode:
    """A code with its name, from `valid_from` to `valid_until`, both days included; None goes on."""

    code: str
    valid_from: date
    valid_until: date | None
    zh: str
    en: str | None
    parent: str | None

    def holds_on(self, day: date) -> bool:
        """True if the code meant this on that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


def code_table_names() -> tuple[str, ...]:
    """Every dated code table, in alphabetical order."""
    return tuple(sorted(path.stem for path in CODE_TABLES_FOLDER.glob("*.csv")))


@cache
def code_table(name: str) -> tuple[DatedCode, ...]:
    """All codes of a table in order of code and day; refuses a table that is not there."""
    if name not in code_table_names():
        raise CodeError(
            expected="a dated code table",
            got=f"{name!r}{near(name, code_table_names())}",
            todo=f"use one of {', '.join(code_table_names())}",
        )
    with (CODE_TABLES_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        codes = [_from_line(line) for line in csv.DictReader(lines)]
    if name == "regions":
        codes.extend(_national_regions())
    return tuple(sorted(codes, key=lambda code: (code.code, code.valid_from)))


def code_on(name: str, code: str, day: date) -> DatedCode:
    """What a code of a table meant on a day; refuses one that meant nothing then."""
    known = _by_code(name)
    found = [entry for entry in known.get(code, ()) if entry.holds_on(day)]
    if found:
        # In the year of a change the library lets both names hold; the newer one is meant.
        return found[-1]
    at_other_times = [
        f"{entry.zh} from {entry.valid_from} to {entry.valid_until or 'now'}" for entry in known.get(code, ())
    ]
    told = f" (it meant {'; '.join(at_other_times)})" if at_other_times else near(code, known)
    raise CodeError(
        expected=f"a code of {name} that was valid on {day}",
        got=f"{code!r}{told}",
        todo=f"correct the code or the day, or add the code to data_contracts/code_tables/{name}.csv",
    )


@cache
def _by_code(name: str) -> dict[str, list[DatedCode]]:
    found: dict[str, list[DatedCode]] = {}
    for entry in code_table(name):
        found.setdefault(entry.code, []).append(entry)
    return found


def _from_line(line: dict[str, str]) -> DatedCode:
    until = line["valid_until"]
    return DatedCode(
        code=line["code"],
        valid_from=date.fromisoformat(line["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
        zh=line["zh"],
        en=line["en"] or None,
        parent=line["parent"] or None,
    )


def _national_regions() -> Iterator[DatedCode]:
    """GB/T 2260 as python-stdnum keeps it for resident identity cards."""
    for _, province, _, facts, below in numdb.get("cn/loc").prefixes:
        name = facts["province"]
        yield DatedCode(
            code=f"{province}0000", valid_from=FIRST_DAY, valid_until=None, zh=name, en=None, parent=None
        )
        for _, rest, _, county, _ in below:
            if rest != "0000":
                parent = f"{province}{rest[:2]}00" if rest[2:] != "00" else f"{province}0000"
                yield from _dated_names(f"{province}{rest}", county["county"], parent)


def _dated_names(code: str, names: str, parent: str) -> Iterator[DatedCode]:
    """The names a region code has had: `[1997-2001]A,[2001-]B`, or one name for all time."""
    for part in names.split(","):
        dated = _DATED_NAME.match(part)
        first, last = dated.groups() if dated else (None, None)
        if first and last and last < first:
            continue  # Fourteen names of 1982 that the library ends before they begin.
        yield DatedCode(
            code=code,
            valid_from=date(int(first), 1, 1) if first else FIRST_DAY,
            valid_until=date(int(last), 12, 31) if last else None,
            zh=_DATED_NAME.sub("", part),
            en=None,
            parent=parent,
        )
