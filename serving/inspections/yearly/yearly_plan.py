"""The yearly plan (年度抽查工作计划) of a department: its lines, its files, its day of publication.

The columns are those that Chongqing publishes (DOMAIN 2b); it is published by 31 March and, once amended,
again (DOMAIN 1.35).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.inspections.clocks.clocks import AMBER_DAYS, Colour
from serving.inspections.clocks.working_days import working_days_left

CSV_FILE, JSON_FILE = "yearly-plan.csv", "yearly-plan.json"
# The heading of each column, as it is published and as it is read.
HEADINGS = {
    "name": "抽查计划名称",
    "item_codes": "抽查事项编码",
    "object_scope": "抽查对象范围",
    "kind": "事项类别",
    "count": "抽查数量",
    **{f"ratio_{letter}": f"{letter}级比例" for letter in LETTERS},
    "first_month": "起始月份",
    "last_month": "截止月份",
    "body": "实施单位",
    "note": "备注",
}
KINDS = {"general": "一般", "key": "重点"}
_SEPARATOR = ";"


class YearlyPlanRefused(Refusal):
    """A yearly plan whose lines lack something, or a step that it cannot take."""


class YearlyPlanNotFound(Refusal):
    """The id of a yearly plan that the ledger does not know."""


class YearlyState(StrEnum):
    """Where a yearly plan stands; it follows from versions and publications."""

    DRAFT = "draft"
    PUBLISHED = "published"
    AMENDED = "amended"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyLine:
    """One planned inspection of the year: a number of objects, or a share of each grade as exact text.

    `kind` is general (一般) or key (重点); months are 1 to 12, both included.
    """

    name: str
    item_codes: tuple[str, ...]
    object_scope: str
    kind: str
    first_month: int
    last_month: int
    body: str
    count: int | None = None
    ratios: Mapping[str, str] | None = None
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """The line in plain JSON."""
        return {
            "name": self.name,
            "item_codes": list(self.item_codes),
            "object_scope": self.object_scope,
            "kind": self.kind,
            "count": self.count,
            "ratios": dict(self.ratios) if self.ratios else None,
            "first_month": self.first_month,
            "last_month": self.last_month,
            "body": self.body,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> YearlyLine:
        """The line back from its record, or from what a caller sent."""
        values = dict(content)
        values["item_codes"] = tuple(values["item_codes"])  # type: ignore[arg-type]
        return cls(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyVersion:
    """The lines as they were from one day on; `published_on` is None until they are published."""

    version: int
    lines: tuple[YearlyLine, ...]
    digest: str
    by: str
    at: datetime
    reason: str
    published_on: date | None
    csv_digest: str
    json_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyPlan:
    """The plan of a department for a year, with all its versions, oldest first."""

    yearly_plan_id: str
    city: str
    year: int
    department: str
    versions: tuple[YearlyVersion, ...]

    @property
    def latest(self) -> YearlyVersion:
        """The version that counts."""
        return self.versions[-1]

    @property
    def state(self) -> YearlyState:
        """Draft until first published; amended once a version came after that."""
        published = [one for one in self.versions if one.published_on]
        if not published:
            return YearlyState.DRAFT
        first = published[0].version
        return YearlyState.AMENDED if self.latest.version > first else YearlyState.PUBLISHED

    @property
    def to_publish(self) -> bool:
        """Whether the version that counts is not published yet."""
        return self.latest.published_on is None

    @property
    def first_published_on(self) -> date | None:
        """The day the plan was first published."""
        return next((one.published_on for one in self.versions if one.published_on), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """How a yearly plan stands against 31 March, in words."""

    due: date
    colour: Colour
    words_zh: str
    words_en: str


def punctuality(plan: YearlyPlan, today: date) -> Punctuality:
    """Published in time is met, late is red for good; unpublished, amber from 3 working days before."""
    due, day = date(plan.year, 3, 31), plan.first_published_on
    if day is not None and day <= due:
        return Punctuality(
            due=due, colour=Colour.MET, words_zh=f"{day} 公布，按期", words_en=f"published in time on {day}"
        )
    if day is not None:
        late = (day - due).days
        zh, en = f"{day} 公布，逾期 {late} 天", f"published on {day}, {late} days late"
        return Punctuality(due=due, colour=Colour.RED, words_zh=zh, words_en=en)
    if today > due:
        zh, en = f"应于 {due} 前公布，尚未公布", f"due by {due} and not published"
        return Punctuality(due=due, colour=Colour.RED, words_zh=zh, words_en=en)
    left = working_days_left(today, due)
    zh, en = f"应于 {due} 前公布，剩余 {left} 个工作日", f"due by {due}, {left} working days left"
    colour = Colour.AMBER if left <= AMBER_DAYS else Colour.GREEN
    return Punctuality(due=due, colour=colour, words_zh=zh, words_en=en)


def digest_of_lines(lines: Iterable[YearlyLine]) -> str:
    """SHA-256 over the lines as canonical JSON."""
    content = [line.as_json() for line in lines]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def checked_lines(lines: Sequence[YearlyLine]) -> tuple[YearlyLine, ...]:
    """The lines, if there are any and all are whole; refuses every fault at once."""
    faults = [f"line {number}: {fault}" for number, line in enumerate(lines, 1) for fault in _faults(line)]
    if faults or not lines:
        raise YearlyPlanRefused(
            expected="lines with name, items, scope, general or key, a count or a ratio for each grade, "
            "months and executing body",
            got="; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
            or "no lines",
            todo="correct these lines",
        )
    return tuple(lines)


def read_lines(data: bytes) -> tuple[YearlyLine, ...]:
    """The lines of a CSV file under the published headings (UTF-8, with or without byte order mark)."""
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(f"a file that is none ({error})") from error
    if missing := [one for one in HEADINGS.values() if not rows or one not in rows[0]]:
        raise _unreadable(f"no column {', '.join(missing)}")
    return checked_lines([_line_of_row(row, number) for number, row in enumerate(rows, 1)])


def csv_text(lines: Iterable[YearlyLine]) -> bytes:
    """The lines as published for people; a byte order mark lets spreadsheets read the Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADINGS.values())
    for line in lines:
        ratios = [(line.ratios or {}).get(letter, "") for letter in LETTERS]
        codes, count = _SEPARATOR.join(line.item_codes), "" if line.count is None else line.count
        months = (line.first_month, line.last_month)
        facts = (line.name, codes, line.object_scope, KINDS[line.kind], count)
        writer.writerow([*facts, *ratios, *months, line.body, line.note])
    return out.getvalue().encode("utf-8-sig")


def json_text(plan: YearlyPlan, *, published_on: date, csv_digest: str) -> bytes:
    """The version as published for programs, with the digest of the table and the reason of the change."""
    latest = plan.latest
    content = {
        "format": "xinheng-yearly-plan-v1",
        "yearly_plan_id": plan.yearly_plan_id,
        "city": plan.city,
        "year": plan.year,
        "department": plan.department,
        "version": latest.version,
        "reason": latest.reason,
        "published_on": published_on.isoformat(),
        "lines": [line.as_json() for line in latest.lines],
        "lines_digest": latest.digest,
        "csv_digest": csv_digest,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _line_of_row(row: Mapping[str, str], number: int) -> YearlyLine:
    """A line of a file."""
    cells = {key: (row[heading] or "").strip() for key, heading in HEADINGS.items()}
    kinds = {zh: kind for kind, zh in KINDS.items()}
    ratios = {letter: cells[f"ratio_{letter}"] for letter in LETTERS if cells[f"ratio_{letter}"]}
    try:
        count = int(cells["count"]) if cells["count"] else None
        first, last = int(cells["first_month"]), int(cells["last_month"])
    except ValueError as error:
        raise _unreadable(f"line {number}: a count or month that is no whole number") from error
    return YearlyLine(
        name=cells["name"],
        item_codes=tuple(code.strip() for code in cells["item_codes"].split(_SEPARATOR) if code.strip()),
        object_scope=cells["object_scope"],
        kind=kinds.get(cells["kind"], cells["kind"]),
        count=count,
        ratios=ratios or None,
        first_month=first,
        last_month=last,
        body=cells["body"],
        note=cells["note"],
    )


def _faults(line: YearlyLine) -> list[str]:
    """What is wrong with a line, in words."""
    named = {"name": line.name, "scope": line.object_scope, "executing body": line.body}
    faults = [f"no {what}" for what, text in named.items() if not text.strip()]
    if not line.item_codes:
        faults.append("no items")
    if line.kind not in KINDS:
        faults.append(f"kind {line.kind!r}")
    if (line.count is None) == (line.ratios is None) or (line.count is not None and line.count < 1):
        faults.append("not one of a count from 1 and ratios")
    if line.ratios is not None and not _are_shares(line.ratios):
        faults.append(f"ratios {dict(line.ratios)}")
    if not 1 <= line.first_month <= line.last_month <= 12:
        faults.append(f"months {line.first_month} to {line.last_month}")
    return faults


def _are_shares(ratios: Mapping[str, str]) -> bool:
    """Whether every grade has a share from 0 to 1 as a short decimal or fraction."""
    if set(ratios) != set(LETTERS) or any(len(text) > 24 or "e" in text.lower() for text in ratios.values()):
        return False
    try:
        return all(0 <= Fraction(text) <= 1 for text in ratios.values())
    except (ValueError, ZeroDivisionError):
        return False


def _unreadable(got: str) -> YearlyPlanRefused:
    """The refusal of a file."""
    return YearlyPlanRefused(
        expected=f"a CSV file in UTF-8 with the columns {', '.join(HEADINGS.values())}",
        got=got,
        todo="save the table under these headings and hand it in again",
    )
