"""Tasks and their newest results as the ledger holds them, read for whole plans at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from serving.inspections.clocks.working_days import within_working_days
from serving.inspections.results.rules import ResultEntry, TaskFacts
from serving.ledger.moments import day_in_china
from serving.ledger.schema import (
    AssignmentRow,
    DrawRow,
    PlanEventRow,
    PlanRow,
    PlanTermsRow,
    StaffingRow,
    TaskResultRow,
    TaskRow,
)

# Results are entered within so many working days of the last day of the window; later ones count as not done.
DAYS_TO_ENTER = 20
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingResult:
    """A version of a result: what it says, whose visit it was, and who entered it when and why.

    `first_at` is when the first version was entered (of versions read one by one, when they were themselves).
    """

    plan_id: str
    version: int
    entry: ResultEntry
    inspectors: tuple[str, ...]
    import_id: int | None
    by: str
    at: datetime
    first_at: datetime

    @property
    def entered_on(self) -> date:
        """The day in China on which this version was entered, from which the authority knows it."""
        return day_in_china(self.at)

    @property
    def first_entered_on(self) -> date:
        """The day in China on which the first version was entered, from which the periods of the law run."""
        return day_in_china(self.first_at)


def plan_of_task(task_id: str) -> str:
    """The plan that a task id names; a plan id holds no slash, an entity id may."""
    return task_id.partition("/")[0]


def entity_of_task(task_id: str) -> str:
    """The entity that a task id names."""
    return task_id.partition("/")[2]


def plans_with_tasks(session: Session, city: str) -> tuple[str, ...]:
    """The ids of the city's plans that have tasks, in order."""
    statement = (
        select(PlanRow.plan_id)
        .join(PlanTermsRow, PlanTermsRow.plan_id == PlanRow.plan_id)
        .join(DrawRow, DrawRow.plan_id == PlanRow.plan_id)
        .where(PlanRow.city == city)
    )
    return tuple(sorted(session.scalars(statement)))


def task_facts(session: Session, plan_ids: Iterable[str], *, city: str = "") -> dict[str, TaskFacts]:
    """What must be known of every task of the plans, by task id; with a city, of its plans only."""
    facts: dict[str, TaskFacts] = {}
    for plan_id in dict.fromkeys(plan_ids):
        plan = session.get(PlanRow, plan_id)
        terms, draw = session.get(PlanTermsRow, plan_id), session.get(DrawRow, plan_id)
        if plan is None or terms is None or draw is None or (city and plan.city != city):
            continue
        teams, voided = _teams(session, plan_id), _voided(session, plan_id)
        drawn_on, items = day_in_china(draw.at), tuple(terms.item_codes)
        dues: dict[date, date] = {}
        for task in session.execute(
            select(TaskRow.task_id, TaskRow.entity_id, TaskRow.visit_id, TaskRow.last_day).where(
                TaskRow.plan_id == plan_id
            )
        ):
            if task.last_day not in dues:
                dues[task.last_day] = within_working_days(task.last_day, DAYS_TO_ENTER).due
            facts[task.task_id] = TaskFacts(
                task_id=task.task_id,
                plan_id=plan_id,
                entity_id=task.entity_id,
                visit_id=task.visit_id,
                items=items,
                drawn_on=drawn_on,
                due=dues[task.last_day],
                inspectors=teams.get(task.visit_id, ()),
                voided=voided,
            )
    return facts


def standing_results(session: Session, plan_ids: Iterable[str]) -> dict[Key, StandingResult]:
    """The newest version of every result of the plans, by task id and item code."""
    found: dict[Key, StandingResult] = {}
    for result in all_versions(session, plan_ids):
        first = found.get(result.entry.key)
        found[result.entry.key] = replace(result, first_at=first.first_at) if first else result
    return found


def all_versions(session: Session, plan_ids: Iterable[str]) -> Iterable[StandingResult]:
    """Every version of every result of the plans: plan by plan, versions in their order."""
    for plan_id in sorted(set(plan_ids)):
        yield from _read(session, select(TaskResultRow).where(TaskResultRow.plan_id == plan_id))


def versions_of(session: Session, task_id: str, item_code: str = "") -> tuple[StandingResult, ...]:
    """Every version of the results of a task, of one item or all, in their order."""
    statement = select(TaskResultRow).where(TaskResultRow.task_id == task_id)
    return tuple(
        result for result in _read(session, statement) if not item_code or result.entry.item_code == item_code
    )


def _read(session: Session, statement: Select[TaskResultRow]) -> Iterable[StandingResult]:
    """The results that a query finds, in the order of their versions."""
    columns = TaskResultRow.__table__.c
    query = statement.with_only_columns(*columns).order_by(TaskResultRow.version, TaskResultRow.result_id)
    return [_result(row) for row in session.execute(query).mappings()]


def _result(row: Mapping[Any, Any]) -> StandingResult:
    entry = ResultEntry(
        task_id=row["task_id"],
        item_code=row["item_code"],
        visited_on=row["visited_on"],
        codes=tuple(row["result_codes"].split(";")),
        critical_count=row["critical_count"],
        serious_count=row["serious_count"],
        minor_count=row["minor_count"],
        note=row["note"],
        reason=row["reason"],
    )
    return StandingResult(
        plan_id=row["plan_id"],
        version=row["version"],
        entry=entry,
        inspectors=tuple(row["inspectors"]),
        import_id=row["import_id"],
        by=row["by"],
        at=row["at"],
        first_at=row["at"],
    )


def _voided(session: Session, plan_id: str) -> str:
    """The reason why the plan is void, empty if it stands."""
    statement = select(PlanEventRow.reason).where(
        PlanEventRow.plan_id == plan_id, PlanEventRow.kind == "voided"
    )
    return session.scalar(statement) or ""


def _teams(session: Session, plan_id: str) -> dict[str, tuple[str, ...]]:
    """The inspectors of every visit of the plan: those of its latest round, in the order of their tickets."""
    visits = select(TaskRow.visit_id).where(TaskRow.plan_id == plan_id)
    newest = (
        select(StaffingRow.visit_id, func.max(StaffingRow.round).label("round"))
        .where(StaffingRow.visit_id.in_(visits))
        .group_by(StaffingRow.visit_id)
        .subquery()
    )
    statement = (
        select(AssignmentRow.visit_id, AssignmentRow.inspector_id)
        .join(
            newest,
            (newest.c.visit_id == AssignmentRow.visit_id) & (newest.c.round == AssignmentRow.round),
        )
        .order_by(AssignmentRow.visit_id, AssignmentRow.ticket, AssignmentRow.inspector_id)
    )
    teams: dict[str, tuple[str, ...]] = {}
    for visit_id, inspector_id in session.execute(statement):
        teams[visit_id] = (*teams.get(visit_id, ()), inspector_id)
    return teams
