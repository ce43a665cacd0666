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
    YearlyPlanRefused,
    YearlyState,
    YearlyVersion,
    punctuality,
)
from serving.inspections.yearly.yearly_plans import list_yearly_plans, published_folder
from serving.rosters.item import Item
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.yearly_form import MOST_LINES, LineFields, YearlyForm, fields_of
from serving.web.preview import percent_of

STATES = {
    YearlyState.DRAFT: ("草案", "draft"),
    YearlyState.PUBLISHED: ("已公布", "published"),
    YearlyState.AMENDED: ("已调整", "amended"),
}
FILES = (CSV_FILE, JSON_FILE)
# Lines of a new plan to begin with; a script adds more, and so does a file.
BLANK = (LineFields(), LineFields())


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
    fields: tuple[LineFields, ...]
    reason: str
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewYearly:
    """The form of a new plan, as first shown or as filled in; with the departments that have none yet."""

    departments: tuple[str, ...]
    department: str
    fields: tuple[LineFields, ...]
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyPage:
    """The plans of a year; `items` are codes with names, to choose from."""

    year: int
    years: tuple[int, ...]
    plans: tuple[YearlyCard, ...]
    may_plan: bool
    new: NewYearly
    items: tuple[tuple[str, str], ...]
    complaint: Complaint | None


def yearly_page(
    asking: Asking,
    year: int,
    *,
    refusal: Refusal | None = None,
    form: YearlyForm | None = None,
    amended: str = "",
) -> YearlyPage:
    """The yearly plans of the city for a year, by department; with a form that was refused as filled in."""
    items = asking.items()
    plans = list_yearly_plans(asking.desk.ledger, asking.desk.city, year)
    typed = _typed(form)
    planned = {plan.department for plan in plans}
    return YearlyPage(
        year=year,
        years=(asking.today.year + 1, asking.today.year, asking.today.year - 1),
        plans=tuple(
            _card(asking, plan, items, form=form if plan.yearly_plan_id == amended else None)
            for plan in plans
        ),
        may_plan=asking.may_plan,
        new=NewYearly(
            departments=tuple(sorted({item.department for item in items.values()} - planned)),
            department=form.department if form and not amended else "",
            fields=(*(typed if not amended else ()), *BLANK)[:MOST_LINES],
            opened=form is not None and not amended,
        ),
        items=tuple((code, asking.item_name(items, code)) for code in sorted(items)),
        complaint=asking.complaint(refusal),
    )


def yearly_file(asking: Asking, plan: YearlyPlan, version: int, name: str) -> Path | None:
    """A published file of a version; None if there is none of that name."""
    published = any(one.version == version and one.published_on for one in plan.versions)
    if not published or name not in FILES:
        return None
    path = published_folder(asking.desk.plans_folder, plan, version) / name
    return path if path.is_file() else None


def _typed(form: YearlyForm | None) -> tuple[LineFields, ...]:
    """The lines as typed; none where the form itself was broken."""
    try:
        return form.fields if form else ()
    except YearlyPlanRefused:
        return ()


def _card(
    asking: Asking, plan: YearlyPlan, items: dict[str, Item], *, form: YearlyForm | None = None
) -> YearlyCard:
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
        fields=(*(_typed(form) or fields_of(plan.latest.lines)), LineFields()),
        reason=form.reason if form else "",
        opened=form is not None,
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
