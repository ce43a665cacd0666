"""Visits as they stand: their tasks, the window all of these share, who goes, and whether they have begun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.orm import Session

from serving.inspections.plans.caps import not_void
from serving.inspections.plans.tasks import Task, TaskNotFound, tasks_of_rows
from serving.ledger.schema import AssignmentRow, StaffingRow, TaskRow, VisitRow, VisitStartRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The standing round of staffing; round 0 is before any. `unstaffable` says why seats are empty."""

    round: int = 0
    inspectors: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    unstaffable: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One going to one entity; `tasks` are those whose plans are not void, and none may be left."""

    visit_id: str
    city: str
    year: int
    entity_id: str
    opened_by: str
    tasks: tuple[Task, ...]
    team: Team
    begun_on: date | None

    @property
    def first_day(self) -> date:
        """The first day that all tasks allow."""
        return max(task.first_day for task in self.tasks)

    @property
    def last_day(self) -> date:
        """The last day that all tasks allow."""
        return min(task.last_day for task in self.tasks)

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments that take part, sorted."""
        return tuple(sorted({task.department for task in self.tasks}))

    @property
    def item_codes(self) -> tuple[str, ...]:
        """The items of all tasks, sorted."""
        return tuple(sorted({code for task in self.tasks for code in task.item_codes}))

    @property
    def plan_ids(self) -> tuple[str, ...]:
        """The plans of the tasks, sorted."""
        return tuple(sorted(task.plan_id for task in self.tasks))

    @property
    def is_staffed(self) -> bool:
        """Whether a whole team stands for all departments that take part by now."""
        whole = bool(self.team.inspectors) and not self.team.unstaffable
        return whole and set(self.departments) <= set(self.team.departments)


def find_visit(session: Session, visit_id: str, *, lock: bool = False) -> Visit:
    """The visit under this id; with a lock, no task joins it and nobody begins it until the session ends."""
    if session.get(VisitRow, visit_id, with_for_update=lock or None) is None:
        raise TaskNotFound(
            expected="the id of a visit: city, year and number",
            got=f"{visit_id!r}",
            todo="look the id up in the visits of the plan",
        )
    return _visits(session, select(VisitRow.visit_id).where(VisitRow.visit_id == visit_id))[0]


def find_visits(session: Session, visit_ids: Iterable[str], *, lock: bool = False) -> tuple[Visit, ...]:
    """Those of the visits that are there, by id; locked in this order, so that no two wait for each other."""
    ids = select(VisitRow.visit_id).where(VisitRow.visit_id.in_(set(visit_ids)))
    if lock:
        session.scalars(ids.order_by(VisitRow.visit_id).with_for_update()).all()
    return _visits(session, ids)


def visits_of_plan(session: Session, plan_id: str) -> tuple[Visit, ...]:
    """The visits in which a plan has a task, whoever opened them, by id."""
    return _visits(session, select(TaskRow.visit_id).where(TaskRow.plan_id == plan_id))


def visits_of_entity(session: Session, city: str, entity_id: str, year: int) -> tuple[Visit, ...]:
    """The visits of an entity in a year, by id; one without tasks was of plans that are void."""
    of_entity = (VisitRow.city == city, VisitRow.entity_id == entity_id, VisitRow.year == year)
    return _visits(session, select(VisitRow.visit_id).where(*of_entity))


def loads_in_year(session: Session, city: str, year: int) -> dict[str, int]:
    """The visits of each inspector in a year by the standing rounds, as staffing balances them."""
    standing = _standing_rounds(select(VisitRow.visit_id).where(VisitRow.city == city, VisitRow.year == year))
    alive = select(TaskRow.visit_id).where(not_void())
    statement = (
        select(AssignmentRow.inspector_id, func.count())
        .join(
            standing,
            (standing.c.visit_id == AssignmentRow.visit_id) & (standing.c.round == AssignmentRow.round),
        )
        .where(AssignmentRow.visit_id.in_(alive))
        .group_by(AssignmentRow.inspector_id)
    )
    return dict(session.execute(statement).all())


def _visits(session: Session, ids: Select[str]) -> tuple[Visit, ...]:
    """The visits with these ids, read with one query for each table."""
    tasks = _tasks(session, ids)
    teams = _teams(session, ids)
    starts = session.execute(
        select(VisitStartRow.visit_id, VisitStartRow.begun_on).where(VisitStartRow.visit_id.in_(ids))
    )
    begun = dict(starts.all())
    rows = session.scalars(select(VisitRow).where(VisitRow.visit_id.in_(ids)).order_by(VisitRow.visit_id))
    return tuple(
        Visit(
            visit_id=row.visit_id,
            city=row.city,
            year=row.year,
            entity_id=row.entity_id,
            opened_by=row.plan_id,
            tasks=tuple(tasks[row.visit_id]),
            team=teams.get(row.visit_id, Team()),
            begun_on=begun.get(row.visit_id),
        )
        for row in rows
    )


def _tasks(session: Session, ids: Select[str]) -> dict[str, list[Task]]:
    """The tasks by visit, those of one visit by plan."""
    rows = session.scalars(select(TaskRow).where(TaskRow.visit_id.in_(ids), not_void()))
    tasks = defaultdict[str, list[Task]](list)
    for task in sorted(tasks_of_rows(session, rows), key=lambda task: task.task_id):
        tasks[task.visit_id].append(task)
    return tasks


def _standing_rounds(ids: Select[str]) -> Subquery:
    """The last round of each visit."""
    return (
        select(StaffingRow.visit_id, func.max(StaffingRow.round).label("round"))
        .where(StaffingRow.visit_id.in_(ids))
        .group_by(StaffingRow.visit_id)
        .subquery()
    )


def _teams(session: Session, ids: Select[str]) -> dict[str, Team]:
    """The standing team by visit."""
    standing = _standing_rounds(ids)
    of_round = (standing.c.visit_id == StaffingRow.visit_id) & (standing.c.round == StaffingRow.round)
    of_seat = (standing.c.visit_id == AssignmentRow.visit_id) & (standing.c.round == AssignmentRow.round)
    seats = _seats(session.scalars(select(AssignmentRow).join(standing, of_seat)))
    return {
        row.visit_id: Team(
            round=row.round,
            inspectors=tuple(seat.inspector_id for seat in seats[row.visit_id]),
            tickets=tuple(seat.ticket for seat in seats[row.visit_id]),
            departments=tuple(row.departments),
            unstaffable=row.unstaffable,
            at=row.at,
        )
        for row in session.scalars(select(StaffingRow).join(standing, of_round))
    }


def _seats(rows: Iterable[AssignmentRow]) -> dict[str, list[AssignmentRow]]:
    """The seats by visit, those of one visit by inspector."""
    seats = defaultdict[str, list[AssignmentRow]](list)
    for row in sorted(rows, key=lambda row: row.inspector_id):
        seats[row.visit_id].append(row)
    return seats
