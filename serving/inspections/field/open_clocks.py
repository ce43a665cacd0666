"""The running clocks of a city's tasks, for a page: counts of colours by department, the urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from heapq import nsmallest

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serving.inspections.clocks.clocks import Clock, ClockKind, Colour, ResultDates, TaskDates, open_clocks_of
from serving.inspections.plans.caps import not_void
from serving.ledger.moments import day_in_china
from serving.ledger.schema import DrawRow, PlanEventRow, PlanRow, PlanTermsRow, StaffingRow, TaskRow

_NO_RESULTS = ResultDates()
# What a closed plan lacks counts as not done and is no longer awaited; its results are still published.
_OF_AN_OPEN_PLAN = (ClockKind.STAFFING, ClockKind.RESULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """A running clock and the task it belongs to."""

    department: str
    plan_id: str
    task_id: str
    entity_id: str
    visit_id: str
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCount:
    """How many clocks of a kind have a colour in a department."""

    department: str
    kind: ClockKind
    colour: Colour
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClocks:
    """Counts by department, kind and colour, and the most urgent lines of them (amber and red)."""

    today: date
    counts: tuple[ClockCount, ...]
    urgent: tuple[ClockLine, ...]

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments with any running clock."""
        return tuple(sorted({one.department for one in self.counts}))


def open_clocks(
    session: Session,
    city: str,
    *,
    today: date,
    department: str = "",
    plans: Collection[str] | None = None,
    results: Mapping[str, ResultDates] | None = None,
    most: int = 200,
) -> OpenClocks:
    """The running clocks of a city, of one department, or of some plans.

    `results` tells what happened to tasks, by task id. Tasks of void plans have none. At most `most` urgent
    lines come, the longest overdue first.
    """
    lines = _lines(session, city, today=today, department=department, results=results or {})
    counts = Counter[tuple[str, ClockKind, Colour]]()
    urgent = list[ClockLine]()
    for line in lines:
        if plans is not None and line.plan_id not in plans:
            continue
        counts[line.department, line.clock.kind, line.clock.colour] += 1
        if line.clock.colour is not Colour.GREEN:
            urgent.append(line)
    return OpenClocks(
        today=today,
        counts=tuple(
            ClockCount(department=name, kind=kind, colour=colour, count=count)
            for (name, kind, colour), count in sorted(counts.items())
        ),
        urgent=tuple(nsmallest(most, urgent, key=lambda line: (line.clock.due, line.task_id))),
    )


def _lines(
    session: Session, city: str, *, today: date, department: str, results: Mapping[str, ResultDates]
) -> Iterable[ClockLine]:
    """The running clocks of every task; the few sets of equal days are counted only once."""
    clocks_of = lru_cache(maxsize=None)(lambda dates: open_clocks_of(dates, today))
    staffed = _staffed(session, city)
    closed = set(session.scalars(select(PlanEventRow.plan_id).where(PlanEventRow.kind == "closed")))
    statement = (
        select(
            TaskRow.task_id, TaskRow.plan_id, TaskRow.entity_id, TaskRow.visit_id, TaskRow.last_day,
            PlanTermsRow.department, DrawRow.at,
        )
        .join(PlanTermsRow, PlanTermsRow.plan_id == TaskRow.plan_id)
        .join(DrawRow, DrawRow.plan_id == TaskRow.plan_id)
        .join(PlanRow, PlanRow.plan_id == TaskRow.plan_id)
        .where(PlanRow.city == city, not_void())
    )  # fmt: skip
    if department:
        statement = statement.where(PlanTermsRow.department == department)
    for task_id, plan_id, entity_id, visit_id, last_day, name, drawn_at in session.execute(statement):
        dates = TaskDates(
            drawn_on=day_in_china(drawn_at),
            window_end=last_day,
            staffed_on=staffed.get((visit_id, name)),
            results=results.get(task_id, _NO_RESULTS),
        )
        for clock in clocks_of(dates):
            if plan_id in closed and clock.kind in _OF_AN_OPEN_PLAN:
                continue
            yield ClockLine(
                department=name,
                plan_id=plan_id,
                task_id=task_id,
                entity_id=entity_id,
                visit_id=visit_id,
                clock=clock,
            )


def _staffed(session: Session, city: str) -> dict[tuple[str, str], date]:
    """By visit and department, the day since which a whole team stands that has the department in it."""
    standing = (
        select(StaffingRow.visit_id, func.max(StaffingRow.round).label("round"))
        .group_by(StaffingRow.visit_id)
        .subquery()
    )
    rows = session.execute(
        select(StaffingRow.visit_id, StaffingRow.departments, StaffingRow.at)
        .join(
            standing, (standing.c.visit_id == StaffingRow.visit_id) & (standing.c.round == StaffingRow.round)
        )
        .join(PlanRow, PlanRow.plan_id == StaffingRow.plan_id)
        .where(PlanRow.city == city, StaffingRow.unstaffable == "")
    )
    return {(visit_id, name): day_in_china(at) for visit_id, names, at in rows for name in names}
