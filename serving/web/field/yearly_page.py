"""The yearly plans (年度抽查工作计划): lines, versions with reasons, published by 31 March or late, files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_contracts.refusal import Refusal
from serving.inspections.yearly.yearly_plan import (
    CSV_FILE,
    JSON_FILE,
    KINDS,
    YearlyLine,
    YearlyPlan,
    YearlyState,
    YearlyVersion,
    punctuality,
)
from serving.inspections.yearly.yearly_plans import list_yearly_plans, published_folder
from serving.rosters.item import Item
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.preview import percent_of

STATES = {
    YearlyState.DRAFT: ("草案", "draft"),
    YearlyState.PUBLISHED: ("已公布", "published"),
    YearlyState.AMENDED: ("已调整", "amended"),
}
FILES = (CSV_FILE, JSON_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """One planned inspection."""

    name: str
    kind: str
    is_key: bool
    items: str
    scope: str
    number: str
    months: str
    body: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version with its reason, publication and files."""

    number: int
    at: str
    by: str
    reason: str
    published: str
    files: tuple[tuple[str, str], ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyCard:
    """The plan of a department."""

    yearly_plan_id: str
    department: str
    state: str
    colour: str
    words: str
    to_publish: bool
    version: int
    lines: tuple[PlannedLine, ...]
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyPage:
    """The plans of a year."""

    year: int
    years: tuple[int, ...]
    plans: tuple[YearlyCard, ...]
    may_plan: bool
    complaint: Complaint | None


def yearly_page(asking: Asking, year: int, *, refusal: Refusal | None = None) -> YearlyPage:
    """The yearly plans of the city for a year, by department."""
    items = asking.items()
    return YearlyPage(
        year=year,
        years=(asking.today.year + 1, asking.today.year, asking.today.year - 1),
        plans=tuple(
            _card(asking, plan, items)
            for plan in list_yearly_plans(asking.desk.ledger, asking.desk.city, year)
        ),
        may_plan=asking.may_plan,
        complaint=asking.complaint(refusal),
    )


def yearly_file(asking: Asking, plan: YearlyPlan, version: int, name: str) -> Path | None:
    """A published file of a version; None if there is none of that name."""
    published = any(one.version == version and one.published_on for one in plan.versions)
    if not published or name not in FILES:
        return None
    path = published_folder(asking.desk.plans_folder, plan, version) / name
    return path if path.is_file() else None


def _card(asking: Asking, plan: YearlyPlan, items: dict[str, Item]) -> YearlyCard:
    stands = punctuality(plan, asking.today)
    return YearlyCard(
        yearly_plan_id=plan.yearly_plan_id,
        department=plan.department,
        state=asking.say(*STATES[plan.state]),
        colour=stands.colour.value,
        words=asking.say(stands.words_zh, stands.words_en),
        to_publish=plan.to_publish,
        version=plan.latest.version,
        lines=tuple(_line(asking, one, items) for one in plan.latest.lines),
        versions=tuple(_version(asking, plan, one) for one in reversed(plan.versions)),
    )


def _line(asking: Asking, line: YearlyLine, items: dict[str, Item]) -> PlannedLine:
    english = {"general": "general", "key": "key"}
    names = asking.say("、", ", ").join(asking.item_name(items, code) for code in line.item_codes)
    if line.ratios is not None:
        number = " / ".join(f"{grade} {percent_of(text)}%" for grade, text in line.ratios.items())
    else:
        number = asking.say(f"{line.count} 户", f"{line.count} entities")
    return PlannedLine(
        name=line.name,
        kind=asking.say(KINDS[line.kind], english[line.kind]),
        is_key=line.kind == "key",
        items=names,
        scope=line.object_scope,
        number=number,
        months=asking.say(
            f"{line.first_month}–{line.last_month} 月", f"months {line.first_month}–{line.last_month}"
        ),
        body=line.body,
        note=line.note,
    )


def _version(asking: Asking, plan: YearlyPlan, one: YearlyVersion) -> VersionLine:
    base = f"/yearly-plans/{plan.yearly_plan_id}/versions/{one.version}"
    return VersionLine(
        number=one.version,
        at=f"{one.at.astimezone():%Y-%m-%d}",
        by=one.by,
        reason=asking.say("建立", "created") if one.reason == "created" else one.reason,
        published=one.published_on.isoformat() if one.published_on else "",
        files=tuple((name, f"{base}/{name}") for name in FILES) if one.published_on else (),
        digest=one.csv_digest,
    )
