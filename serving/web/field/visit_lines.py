"""The visits of a city's running plans as lines, read in columns: a year of a large city is one page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.inspections.clocks.clocks import (
    Clock,
    Colour,
    ResultDates,
    TaskDates,
    is_not_done,
    open_clocks_of,
)
from serving.inspections.plans.caps import not_void
from serving.ledger.moments import day_in_china
from serving.ledger.schema import (
    AssignmentRow,
    DrawRow,
    PlanEventRow,
    PlanRow,
    PlanTermsRow,
    StaffingRow,
    TaskRow,
    VisitStartRow,
)
from serving.web.field.clock_words import URGENCY


class VisitState(StrEnum):
    """What a visit waits for."""

    UNSTAFFED = "unstaffed"
    READY = "ready"
    BEGUN = "begun"
    ENTERED = "entered"
    DONE = "done"
    NOT_DONE = "not_done"


class TaskPart(NamedTuple):
    """A task as far as a line needs it."""

    task_id: str
    plan_id: str
    entity_id: str
    visit_id: str
    first_day: date
    last_day: date
    department: str
    drawn_on: date


class Due(NamedTuple):
    """What is running of a task on a day, and whether it counts as not done."""

    running: tuple[Clock, ...]
    not_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a visit is staffed: the last round, and the departments of its whole team (none: no whole team)."""

    round: int
    departments: frozenset[str]
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    """A visit in a list; `clock` is the most urgent of its tasks that is not met, None if all are."""

    visit_id: str
    entity_id: str
    departments: tuple[str, ...]
    plan_ids: tuple[str, ...]
    first_day: date
    last_day: date
    state: VisitState
    clock: Clock | None

    @property
    def colour(self) -> Colour:
        """The colour of its clock."""
        return Colour.MET if self.clock is None else self.clock.colour

    @property
    def urgency(self) -> tuple[int, date, str]:
        """Sorts the most urgent first."""
        return (URGENCY[self.colour], self.clock.due if self.clock else self.last_day, self.visit_id)


def running_plans(session: Session, city: str) -> dict[str, str]:
    """The titles of the city's plans that have tasks and are not closed, by id, the newest first."""
    closed = select(PlanEventRow.plan_id).where(PlanEventRow.kind.in_(("closed", "voided")))
    statement = (
        select(PlanRow.plan_id, PlanRow.title)
        .join(DrawRow, DrawRow.plan_id == PlanRow.plan_id)
        .join(PlanTermsRow, PlanTermsRow.plan_id == PlanRow.plan_id)
        .where(PlanRow.city == city, PlanRow.plan_id.not_in(closed))
        .order_by(DrawRow.at.desc(), PlanRow.plan_id.desc())
    )
    return dict(session.execute(statement).all())


def visit_lines(
    session: Session, plan_ids: Collection[str], results: Mapping[str, ResultDates], *, today: date
) -> list[VisitLine]:
    """The visits in which the plans have tasks, the most urgent first."""
    parts, staffed, begun = _parts(session, plan_ids), _staffed(session, plan_ids), _begun(session, plan_ids)

    @cache
    def due_of(dates: TaskDates) -> Due:
        # Counting working days costs; a year has a few hundred different sets of days.
        return Due(open_clocks_of(dates, today), is_not_done(dates, today))

    lines = [
        _line(tasks, staffed.get(visit_id), visit_id in begun, results, due_of)
        for visit_id, tasks in parts.items()
    ]
    return sorted(lines, key=lambda line: line.urgency)


def visits_of_inspectors(
    session: Session, plan_ids: Collection[str], inspector_ids: Collection[str]
) -> set[str]:
    """The visits on which one of the inspectors goes, by the standing rounds."""
    standing = _staffed(session, plan_ids)
    statement = select(AssignmentRow.visit_id, AssignmentRow.round).where(
        AssignmentRow.inspector_id.in_(inspector_ids)
    )
    return {
        visit_id
        for visit_id, number in session.execute(statement)
        if visit_id in standing and standing[visit_id].round == number
    }


def _parts(session: Session, plan_ids: Collection[str]) -> dict[str, list[TaskPart]]:
    """The tasks by visit; the other plans of a merged visit come with it."""
    visits = select(TaskRow.visit_id).where(TaskRow.plan_id.in_(plan_ids))
    statement = (
        select(
            TaskRow.task_id, TaskRow.plan_id, TaskRow.entity_id, TaskRow.visit_id, TaskRow.first_day,
            TaskRow.last_day, PlanTermsRow.department, DrawRow.at,
        )
        .join(PlanTermsRow, PlanTermsRow.plan_id == TaskRow.plan_id)
        .join(DrawRow, DrawRow.plan_id == TaskRow.plan_id)
        .where(TaskRow.visit_id.in_(visits), not_void())
        .order_by(TaskRow.task_id)
    )  # fmt: skip
    day_of = cache(day_in_china)
    found = defaultdict[str, list[TaskPart]](list)
    for row in session.execute(statement):
        part = TaskPart(*row[:-1], day_of(row[-1]))
        found[part.visit_id].append(part)
    return found


def _staffed(session: Session, plan_ids: Collection[str]) -> dict[str, Standing]:
    """The standing round by visit: the last one."""
    visits = select(TaskRow.visit_id).where(TaskRow.plan_id.in_(plan_ids))
    rows = session.execute(
        select(
            StaffingRow.visit_id, StaffingRow.round, StaffingRow.departments, StaffingRow.unstaffable,
            StaffingRow.at,
        )
        .where(StaffingRow.visit_id.in_(visits))
        .order_by(StaffingRow.round)
    )  # fmt: skip
    day_of = cache(day_in_china)
    return {
        visit_id: Standing(
            round=number,
            departments=frozenset() if unstaffable else frozenset(names),
            on=day_of(at),
        )
        for visit_id, number, names, unstaffable, at in rows
    }


def _begun(session: Session, plan_ids: Collection[str]) -> set[str]:
    visits = select(TaskRow.visit_id).where(TaskRow.plan_id.in_(plan_ids))
    return set(session.scalars(select(VisitStartRow.visit_id).where(VisitStartRow.visit_id.in_(visits))))


def _line(
    tasks: list[TaskPart],
    standing: Standing | None,
    begun: bool,
    results: Mapping[str, ResultDates],
    due_of: Callable[[TaskDates], Due],
) -> VisitLine:
    dates = [_dates(task, standing, results) for task in tasks]
    dues = [due_of(one) for one in dates]
    running = [clock for due in dues for clock in due.running]
    departments = frozenset(task.department for task in tasks)
    return VisitLine(
        visit_id=tasks[0].visit_id,
        entity_id=tasks[0].entity_id,
        departments=tuple(sorted(departments)),
        plan_ids=tuple(sorted(task.plan_id for task in tasks)),
        first_day=max(task.first_day for task in tasks),
        last_day=min(task.last_day for task in tasks),
        state=_state(dates, dues, departments, standing, begun),
        clock=min(running, key=lambda clock: (URGENCY[clock.colour], clock.due), default=None),
    )


def _dates(task: TaskPart, standing: Standing | None, results: Mapping[str, ResultDates]) -> TaskDates:
    whole = standing is not None and task.department in standing.departments
    return TaskDates(
        drawn_on=task.drawn_on,
        window_end=task.last_day,
        staffed_on=standing.on if standing is not None and whole else None,
        results=results.get(task.task_id, ResultDates()),
    )


def _state(
    dates: Sequence[TaskDates],
    dues: Sequence[Due],
    departments: frozenset[str],
    standing: Standing | None,
    begun: bool,
) -> VisitState:
    """What the visit waits for; "not done" once the time of a task is over without its result."""
    if all(one.results.completed_on for one in dates):
        return VisitState.ENTERED if any(due.running for due in dues) else VisitState.DONE
    pairs = zip(dates, dues, strict=True)
    if any(due.not_done and one.results.completed_on is None for one, due in pairs):
        return VisitState.NOT_DONE
    if begun:
        return VisitState.BEGUN
    whole = standing is not None and departments <= standing.departments
    return VisitState.READY if whole else VisitState.UNSTAFFED
