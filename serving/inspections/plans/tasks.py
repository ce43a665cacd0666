"""Tasks: one for each drawn entity of a plan, made with the draw and merged into visits.

A task joins a visit of its entity that has not begun and whose window shares a day with its own, whichever
plan or department opened it; only where there is none does it open one: one visit, many items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from data_contracts.refusal import Refusal
from serving.inspections.plans.caps import not_void
from serving.inspections.plans.plan import Plan
from serving.inspections.plans.terms import PlanTerms, overlap, terms_of_plans
from serving.ledger.schema import TaskRow, VisitRow, VisitStartRow


class TaskNotFound(Refusal):
    """A task or visit id that the ledger does not know."""


class TaskRefused(Refusal):
    """A task or visit that cannot be made, staffed or begun as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a department has to inspect at one entity: its plan's items, within its window."""

    task_id: str
    plan_id: str
    entity_id: str
    visit_id: str
    department: str
    item_codes: tuple[str, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTasks:
    """What a draw made: its tasks, the visits it opened, and the tasks that joined one that was there."""

    tasks: int
    opened: int
    joined: int


def make_tasks(
    session: Session, plan: Plan, entity_ids: Sequence[str], *, visits: dict[str, int], by: str, now: datetime
) -> MadeTasks:
    """A task for each drawn entity of a plan with terms; to be called in the transaction of the draw.

    `visits` counts the visits of the year by entity before the draw; the caller holds the city's cap step.
    """
    terms = plan.terms
    if terms is None or not entity_ids:
        return MadeTasks(tasks=0, opened=0, joined=0)
    joinable = _joinable_visits(session, plan.draft.city, terms)
    alone = [entity_id for entity_id in entity_ids if entity_id not in joinable]
    _refuse_over_cap(plan, terms, alone, visits)
    opened = _open_visits(session, plan, terms, alone, by=by, now=now)
    rows = [
        {
            "task_id": f"{plan.plan_id}/{entity_id}",
            "plan_id": plan.plan_id,
            "entity_id": entity_id,
            "visit_id": joinable.get(entity_id) or opened[entity_id],
            "first_day": terms.first_day,
            "last_day": terms.last_day,
        }
        for entity_id in entity_ids
    ]
    session.execute(insert(TaskRow), rows)
    return MadeTasks(tasks=len(rows), opened=len(opened), joined=len(rows) - len(opened))


def find_task(session: Session, task_id: str) -> Task:
    """The task under this id."""
    row = session.get(TaskRow, task_id)
    if row is None:
        raise TaskNotFound(
            expected="the id of a task: plan, slash, entity",
            got=f"{task_id!r}",
            todo="look the id up in the tasks of the plan",
        )
    return tasks_of_rows(session, [row])[0]


def tasks_of_plan(session: Session, plan_id: str) -> tuple[Task, ...]:
    """The tasks of a plan, by entity."""
    rows = session.scalars(select(TaskRow).where(TaskRow.plan_id == plan_id))
    return tuple(sorted(tasks_of_rows(session, rows), key=lambda task: task.entity_id))


def tasks_of_visit(session: Session, visit_id: str) -> tuple[Task, ...]:
    """The tasks of a visit whose plans are not void, by plan."""
    rows = session.scalars(select(TaskRow).where(TaskRow.visit_id == visit_id, not_void()))
    return tuple(sorted(tasks_of_rows(session, rows), key=lambda task: task.plan_id))


def tasks_of_rows(session: Session, rows: Iterable[TaskRow]) -> list[Task]:
    """The tasks with what their plans say."""
    found = list(rows)
    terms = terms_of_plans(session, sorted({row.plan_id for row in found}))
    return [
        Task(
            task_id=row.task_id,
            plan_id=row.plan_id,
            entity_id=row.entity_id,
            visit_id=row.visit_id,
            department=terms[row.plan_id].department,
            item_codes=terms[row.plan_id].item_codes,
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row in found
    ]


def _joinable_visits(session: Session, city: str, terms: PlanTerms) -> dict[str, str]:
    """By entity, the earliest visit of the year that has not begun and has a day within the window."""
    begun = select(VisitStartRow.visit_id)
    of_year = (VisitRow.city == city, VisitRow.year == terms.year)
    # Nobody may begin one of them until the draw stands; begun ones are read after the lock is had.
    session.execute(
        select(VisitRow.visit_id).where(*of_year, VisitRow.visit_id.not_in(begun)).with_for_update()
    )
    statement = (
        select(VisitRow.entity_id, VisitRow.visit_id, func.max(TaskRow.first_day), func.min(TaskRow.last_day))
        .join(TaskRow, TaskRow.visit_id == VisitRow.visit_id)
        .where(*of_year, VisitRow.visit_id.not_in(begun), not_void())
        .group_by(VisitRow.entity_id, VisitRow.visit_id, VisitRow.number)
        .order_by(VisitRow.number.desc())
    )
    window = (terms.first_day, terms.last_day)
    return {
        entity_id: visit_id
        for entity_id, visit_id, first, last in session.execute(statement)
        if overlap((first, last), window)
    }


def _refuse_over_cap(plan: Plan, terms: PlanTerms, alone: Sequence[str], visits: dict[str, int]) -> None:
    """The freeze left room for everyone; this holds the door should a foreign program have used it up."""
    over = [one for one in alone if terms.yearly_cap and visits.get(one, 0) >= terms.yearly_cap]
    if over:
        raise TaskRefused(
            expected=f"at most {terms.yearly_cap} visits of an entity in {terms.year}",
            got=f"{len(over)} drawn entities that have them already, the first {over[0]!r}",
            todo=f"void plan {plan.plan_id} with this reason and plan again",
        )


def _open_visits(
    session: Session, plan: Plan, terms: PlanTerms, entity_ids: Sequence[str], *, by: str, now: datetime
) -> dict[str, str]:
    """New visits by entity, under the next numbers of city and year."""
    if not entity_ids:
        return {}
    city, year = plan.draft.city, terms.year
    of_year = (VisitRow.city == city, VisitRow.year == year)
    last = session.scalar(select(func.max(VisitRow.number)).where(*of_year)) or 0
    shared = {"city": city, "year": year, "plan_id": plan.plan_id, "by": by, "at": now, "reason": "drawn"}
    rows = [
        {"visit_id": f"{city}-{year}-v{number:06d}", "number": number, "entity_id": entity_id, **shared}
        for number, entity_id in enumerate(entity_ids, start=last + 1)
    ]
    session.execute(insert(VisitRow), rows)
    return {str(row["entity_id"]): str(row["visit_id"]) for row in rows}
