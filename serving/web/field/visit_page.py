"""One visit: where to, which items of all departments, who goes, until when (综合查一次); for a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_contracts.refusal import Refusal
from serving.inspections.clocks.clocks import ResultDates, TaskDates, task_clocks
from serving.inspections.field.visits import Visit, find_visit
from serving.inspections.plans.tasks import Task, TaskNotFound
from serving.inspections.results.dates import result_dates
from serving.inspections.results.facts import Key, StandingResult, versions_of
from serving.inspections.results.rules import code_words, is_problem
from serving.ledger.moments import day_in_china
from serving.ledger.schema import AssignmentRow, DrawRow, PlanRow, RecusalRow, StaffingRow
from serving.register import RegisterLine
from serving.rosters.item import Item
from serving.web.attributes import industry_label, type_label
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.clock_words import ClockChip, chip_of
from serving.web.field.people import Person, people_of
from serving.web.field.roster_words import KIND_WORDS, method_words

ASKED_BY = {
    "inspector": ("检查人员自行申请", "asked by the inspector"),
    "entity": ("检查对象申请", "asked by the entity"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """An item of one task of the visit; `result` is empty until one is entered."""

    code: str
    name: str
    kind: str
    is_key: bool
    law: str
    how: str
    task_id: str
    plan_id: str
    result: str
    problem: bool
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentPart:
    """What one department has to check there."""

    department: str
    plan_id: str
    plan_title: str
    window: str
    items: tuple[ItemLine, ...]
    clocks: tuple[ClockChip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLine:
    """A round of staffing: who was drawn then, why, and who was recused before it."""

    number: int
    at: str
    by: str
    reason: str
    team: str
    unstaffable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """One visit with what may be done about it now."""

    visit_id: str
    entity_id: str
    name: str
    grade: str
    type_label: str
    industry: str
    region_code: str
    window: str
    begun_on: str
    void: bool
    team: tuple[Person, ...]
    unstaffable: str
    parts: tuple[DepartmentPart, ...]
    items: int
    entered: int
    rounds: tuple[RoundLine, ...]
    asked_by: tuple[tuple[str, str], ...]
    may_begin: bool
    may_recuse: bool
    not_yet: str
    today: str
    complaint: Complaint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What the ledger holds of a visit."""

    visit: Visit
    results: Mapping[Key, StandingResult]
    days: Mapping[str, ResultDates]
    titles: Mapping[str, str]
    drawn_on: Mapping[str, date]
    rounds: Sequence[StaffingRow]
    seats: Mapping[int, tuple[str, ...]]
    recusals: Sequence[RecusalRow]
    items: Mapping[str, Item]


def visit_page(asking: Asking, visit_id: str, *, refusal: Refusal | None = None) -> VisitPage:
    """The visit, if its entity lies within the holder's region."""
    read = _read(asking, visit_id)
    visit, entity = read.visit, entity_of_visit(asking, read.visit)
    ready = visit.begun_on is None and bool(visit.tasks)
    parts = tuple(_part(asking, read, task) for task in visit.tasks)
    items = [item for part in parts for item in part.items]
    return VisitPage(
        visit_id=visit_id,
        entity_id=visit.entity_id,
        name=entity.name or visit.entity_id,
        grade=entity.grade,
        type_label=type_label(entity.entity_type, asking.language),
        industry=industry_label(entity.industry_code, asking.language),
        region_code=entity.region_code or "–",
        window=f"{visit.first_day} – {visit.last_day}" if visit.tasks else "–",
        begun_on=visit.begun_on.isoformat() if visit.begun_on else "",
        void=not visit.tasks,
        team=people_of(asking, visit.team.inspectors),
        unstaffable=unstaffable_words(visit.team.unstaffable, asking),
        parts=parts,
        items=len(items),
        entered=sum(bool(item.result) for item in items),
        rounds=_rounds(asking, read),
        asked_by=tuple((value, asking.say(*words)) for value, words in ASKED_BY.items()),
        may_begin=ready and visit.is_staffed and asking.may_work and _is_within(visit, asking.today),
        may_recuse=ready and bool(visit.team.inspectors) and asking.may_plan,
        not_yet=_not_yet(asking, visit) if ready else "",
        today=asking.today.isoformat(),
        complaint=asking.complaint(refusal),
    )


def entity_of_visit(asking: Asking, visit: Visit) -> RegisterLine:
    """The entity of the visit; a visit outside the holder's region or city is as if it were not there."""
    entity = asking.entities([visit.entity_id]).get(visit.entity_id)
    if visit.city != asking.desk.city or entity is None:
        raise TaskNotFound(
            expected="the id of a visit within your region",
            got=f"{visit.visit_id!r}",
            todo="look the id up in the list of tasks",
        )
    return entity


def form_address(task_id: str, item_code: str) -> str:
    """Where the result of an item is entered; an entity id may hold any sign."""
    return f"/results/entry?{urlencode({'task': task_id, 'item': item_code})}"


def result_words(codes: Sequence[str], asking: Asking) -> str:
    """The codes of a result in words."""
    words = code_words()
    return asking.say("；", "; ").join(asking.say(*words[code]) for code in words if code in codes)


def _read(asking: Asking, visit_id: str) -> _Read:
    with asking.desk.ledger.reading() as session:
        visit = find_visit(session, visit_id)
        rounds = session.scalars(
            select(StaffingRow).where(StaffingRow.visit_id == visit_id).order_by(StaffingRow.round)
        ).all()
        recusals = session.scalars(
            select(RecusalRow).where(RecusalRow.visit_id == visit_id).order_by(RecusalRow.at)
        ).all()
        drawn = session.execute(
            select(DrawRow.plan_id, DrawRow.at).where(DrawRow.plan_id.in_(visit.plan_ids))
        ).all()
        titles = session.execute(
            select(PlanRow.plan_id, PlanRow.title).where(PlanRow.plan_id.in_(visit.plan_ids))
        ).all()
        return _Read(
            visit=visit,
            results={
                one.entry.key: one for task in visit.tasks for one in versions_of(session, task.task_id)
            },
            days=result_dates(session, visit.plan_ids),
            titles=dict(titles),
            drawn_on={plan_id: day_in_china(at) for plan_id, at in drawn},
            rounds=rounds,
            seats=_seats(session, visit_id),
            recusals=recusals,
            items=asking.items(),
        )


def _seats(session: Session, visit_id: str) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    statement = select(AssignmentRow).where(AssignmentRow.visit_id == visit_id)
    for row in session.scalars(statement.order_by(AssignmentRow.round, AssignmentRow.inspector_id)):
        found[row.round] = (*found.get(row.round, ()), row.inspector_id)
    return found


def _part(asking: Asking, read: _Read, task: Task) -> DepartmentPart:
    whole = task.department in read.visit.team.departments and not read.visit.team.unstaffable
    dates = TaskDates(
        drawn_on=read.drawn_on[task.plan_id],
        window_end=task.last_day,
        staffed_on=day_in_china(read.visit.team.at) if whole and read.visit.team.at else None,
        results=read.days.get(task.task_id, ResultDates()),
    )
    return DepartmentPart(
        department=task.department,
        plan_id=task.plan_id,
        plan_title=read.titles[task.plan_id],
        window=f"{task.first_day} – {task.last_day}",
        items=tuple(_item(asking, read, task, code) for code in task.item_codes),
        clocks=tuple(chip_of(clock, asking.say) for clock in task_clocks(dates, asking.today)),
    )


def _item(asking: Asking, read: _Read, task: Task, code: str) -> ItemLine:
    item, result = read.items.get(code), read.results.get((task.task_id, code))
    return ItemLine(
        code=code,
        name=asking.item_name(read.items, code),
        kind=asking.say(*KIND_WORDS[item.kind]) if item else "",
        is_key=item is not None and item.kind == "key",
        law=item.law if item else "",
        how=method_words(item.methods, asking.say) if item else "",
        task_id=task.task_id,
        plan_id=task.plan_id,
        result=result_words(result.entry.codes, asking) if result else "",
        problem=result is not None and is_problem(result.entry.codes),
        form=form_address(task.task_id, code),
    )


def _rounds(asking: Asking, read: _Read) -> tuple[RoundLine, ...]:
    """The rounds with who asked for the recusal that led to each."""
    asked = {one.round + 1: one for one in read.recusals}
    lines = []
    for row in read.rounds:
        out = asked.get(row.round)
        names = people_of(asking, read.seats.get(row.round, ()))
        reason = _reason(asking, row.reason)
        if out:
            (person,) = people_of(asking, (out.inspector_id,))
            told = asking.say(*ASKED_BY[out.asked_by])
            reason = asking.say(
                f"{person.label} 回避（{told}）：{out.reason}",
                f"{person.label} recused, {told}: {out.reason}",
            )
        lines.append(
            RoundLine(
                number=row.round,
                at=f"{row.at.astimezone():%Y-%m-%d %H:%M}",
                by=row.by,
                reason=reason,
                team=asking.say("、", ", ").join(person.label for person in names),
                unstaffable=unstaffable_words(row.unstaffable, asking),
            )
        )
    return tuple(lines)


def unstaffable_words(text: str, asking: Asking) -> str:
    """The ledger keeps 中文 and English in one text, the 中文 first; the reader gets one of them."""
    for place in range(len(text)):
        if text[place] == " " and text[place + 1 : place + 2].isdigit():
            return asking.say(text[:place], text[place + 1 :])
    return text


def _reason(asking: Asking, reason: str) -> str:
    words = {"staffed": ("随机选派", "drawn"), "staffed again": ("重新选派", "drawn again")}
    return asking.say(*words[reason]) if reason in words else reason


def _is_within(visit: Visit, today: date) -> bool:
    return visit.first_day <= today <= visit.last_day


def _not_yet(asking: Asking, visit: Visit) -> str:
    """Why the visit cannot begin today, in words; empty if it can."""
    if not visit.is_staffed:
        return asking.say("尚未选派齐检查人员，不能开始。", "No whole team yet, so it cannot begin.")
    if asking.today < visit.first_day:
        return asking.say(f"检查期限自 {visit.first_day} 起。", f"Its window opens on {visit.first_day}.")
    if asking.today > visit.last_day:
        return asking.say(f"检查期限已于 {visit.last_day} 结束。", f"Its window closed on {visit.last_day}.")
    return ""
