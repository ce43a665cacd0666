"""The start of visits: one team sets out, or many on one day; who cannot is told why, the others begin."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from serving.inspections.field.assignments import once, still_to_come
from serving.inspections.field.visits import Visit, find_visit, find_visits
from serving.inspections.plans.caps import are_joint, open_plans
from serving.inspections.plans.plan import Plan, refuse_no_name
from serving.inspections.plans.records import add_event, load_plan
from serving.inspections.plans.tasks import TaskRefused
from serving.inspections.plans.terms import PlanTerms
from serving.ledger.database import Ledger
from serving.ledger.schema import VisitStartRow

MOST_AT_ONCE = 5_000
# What the column of visit ids may be called in a file.
ID_HEADINGS = ("检查编号", "visit_id")
Words = tuple[str, str]  # in 中文, in English
# By city and year, the terms of the plans that are frozen and may still draw an entity for its visit.
OpenTerms = dict[tuple[str, int], dict[str, PlanTerms]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBegun:
    """A visit that could not begin, and why, in both languages."""

    visit_id: str
    why: str
    why_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What became of many visits: begun now, begun on that day before, and those that could not begin."""

    on: date
    begun: tuple[str, ...]
    already: tuple[str, ...]
    refused: tuple[NotBegun, ...]


def begin_visit(ledger: Ledger, visit_id: str, *, on: date, by: str, now: datetime) -> Visit:
    """The team sets out, on a day of the window; from then on no task joins the visit."""
    refuse_no_name(by, "the name of who begins the visit")
    with ledger.reading() as session:
        plan_ids = find_visit(session, visit_id).plan_ids
    with once(ledger, f"visit {visit_id}") as session:
        plans = [load_plan(session, plan_id, lock=True) for plan_id in plan_ids]
        visit = still_to_come(find_visit(session, visit_id, lock=True), step="begin it")
        if faults := _faults(visit, plans, _open_terms(session, [visit]), on=on):
            raise TaskRefused(
                expected=f"a staffed visit {visit.visit_id}, a day from {visit.first_day} to "
                f"{visit.last_day}, and every joint plan drawn",
                got=" and ".join(en for _, en in faults),
                todo="staff the plan, draw or void the joint one, or begin on a day of the window",
            )
        _write(session, [visit], plans, on=on, by=by, now=now)
        return find_visit(session, visit_id)


def begin_visits(
    ledger: Ledger, visit_ids: Collection[str], *, on: date, by: str, now: datetime, among: Collection[str]
) -> Begun:
    """Begins those of the visits that can, in one transaction; harmless when repeated.

    `among`: the visits that the caller may see; any other is as if it were not there.
    """
    refuse_no_name(by, "the name of who begins the visits")
    asked = list(dict.fromkeys(one.strip() for one in visit_ids if one.strip()))
    if not 0 < len(asked) <= MOST_AT_ONCE:
        raise TaskRefused(
            expected=f"the ids of 1 to {MOST_AT_ONCE:,} visits",
            got=f"{len(asked):,}",
            todo="name the visits that begin, in several parts if there are more",
        )
    known = set(asked) & set(among)
    with ledger.reading() as session:
        plan_ids = {plan_id for one in find_visits(session, known) for plan_id in one.plan_ids}
    with once(ledger, f"{len(asked)} visits") as session:
        plans = [load_plan(session, plan_id, lock=True) for plan_id in sorted(plan_ids)]
        visits = {one.visit_id: one for one in find_visits(session, known, lock=True)}
        terms = _open_terms(session, list(visits.values()))
        whys = {one: _why_not(visits.get(one), plans, terms, on=on) for one in asked}
        already = tuple(one for one in asked if one in visits and visits[one].begun_on == on)
        begun = tuple(one for one in asked if not whys[one])
        _write(session, [visits[one] for one in begun], plans, on=on, by=by, now=now)
    stuck = set(asked) - {*begun, *already}
    refused = tuple(_not_begun(one, whys[one]) for one in asked if one in stuck)
    return Begun(on=on, begun=begun, already=already, refused=refused)


def read_visit_ids(data: bytes) -> tuple[str, ...]:
    """The visit ids of a CSV file (UTF-8 or GB18030) with a column of them; other columns are passed over."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    headings = [cell.strip().lower() for cell in rows[0]] if rows else []
    places = [headings.index(one) for one in ID_HEADINGS if one in headings]
    if not places:
        raise TaskRefused(
            expected=f"a CSV file with a column {' or '.join(ID_HEADINGS)} of visit ids",
            got=f"the columns {', '.join(headings[:5])[:80]!r}",
            todo="name the column so in the first line",
        )
    return tuple(row[places[0]] for row in rows[1:] if len(row) > places[0])


def _not_begun(visit_id: str, whys: Sequence[Words]) -> NotBegun:
    zh, en = zip(*whys, strict=True)
    return NotBegun(visit_id=visit_id, why=" and ".join(en), why_zh="；".join(zh))


def _why_not(visit: Visit | None, plans: Sequence[Plan], terms: OpenTerms, *, on: date) -> list[Words]:
    """Why a visit cannot begin on the day; empty if it can."""
    if visit is None:
        return [("辖区内没有这次检查", "no such visit within your region")]
    if visit.begun_on is not None:
        return [(f"已于 {visit.begun_on} 开始", f"begun on {visit.begun_on}")]
    if not visit.tasks:
        return [("所属计划均已作废", "of void plans")]
    return _faults(visit, [one for one in plans if one.plan_id in visit.plan_ids], terms, on=on)


def _faults(visit: Visit, plans: Sequence[Plan], terms: OpenTerms, *, on: date) -> list[Words]:
    """A visit begins with a whole team, on a day of its window, and when no joint plan may still join it."""
    opened = terms[visit.city, visit.year]
    known = {plan.plan_id: plan.terms for plan in plans if plan.terms}
    partners = sorted(
        other_id
        for other_id, other in opened.items()
        if any(are_joint(plan_id, own, other_id, other) for plan_id, own in known.items())
    )
    joined = visit.plan_ids != tuple(plan.plan_id for plan in plans)
    return [
        *([] if visit.is_staffed else [("尚未选派齐检查人员", "no whole team")]),
        *(
            []
            if visit.first_day <= on <= visit.last_day
            else [(f"{on} 不在检查期限内", f"{on}, outside its window")]
        ),
        *(
            (f"联合计划 {plan_id} 已冻结、未抽取", f"the joint plan {plan_id}, frozen and not drawn")
            for plan_id in partners
        ),
        *([("刚有任务并入", "a task that joined just now")] if joined else []),
    ]


def _open_terms(session: Session, visits: Sequence[Visit]) -> OpenTerms:
    """The plans that may still join one of the visits."""
    return {key: open_plans(session, *key) for key in {(one.city, one.year) for one in visits}}


def _write(
    session: Session, visits: Sequence[Visit], plans: Sequence[Plan], *, on: date, by: str, now: datetime
) -> None:
    """Records the starts; the first start of a plan takes it into the field."""
    if not visits:
        return
    starts = [
        {"visit_id": one.visit_id, "begun_on": on, "by": by, "at": now, "reason": "begun"} for one in visits
    ]
    session.execute(insert(VisitStartRow), starts)
    for plan in plans:
        own = [one.visit_id for one in visits if plan.plan_id in one.plan_ids]
        if own and all(event.kind != "begun" for event in plan.events):
            add_event(session, plan, kind="begun", by=by, now=now, detail=own[0])
    session.flush()
