"""The facts that measures are made of: a line for each task, and the frames; read from the ledger at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.inspections.plans.terms import load_method
from serving.inspections.results.facts import (
    Key,
    StandingResult,
    plans_with_tasks,
    standing_results,
    task_facts,
)
from serving.inspections.results.publication import (
    PublicationKind,
    PublicationState,
    follow_ups,
    publication_states,
)
from serving.inspections.results.rules import TaskFacts, is_problem
from serving.ledger.schema import DrawnEntityRow, FrameRecord, PlanRow, PlanTermsRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A task as the measures see it; counts are of its items' results.

    `in_time` are the items with a result entered by its last day; `month` is that of the visit, else of the
    last day to enter; `due` says whether that day is over. `published`, `publishable`, `problems`, `handled`
    count results: published in time, published or due to be, with a problem, with a handled one.
    """

    plan_id: str
    department: str
    entity_id: str
    visit_id: str
    month: str
    grade: str
    stratum: str
    chance: str
    graded_ratios: bool
    items: tuple[str, ...]
    in_time: tuple[str, ...]
    due: bool
    found: bool
    publishable: int
    published: int
    problems: int
    handled: int

    @property
    def done(self) -> bool:
        """Whether every item has a result in time."""
        return len(self.in_time) == len(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFrame:
    """The frame of a plan: how many entities it holds, and how many of each stratum could be drawn."""

    plan_id: str
    design: str
    rows: int
    sizes: Mapping[str, int]
    grades: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the measures of a city are made of."""

    lines: tuple[TaskLine, ...]
    frames: Mapping[str, PlanFrame]


def facts_of(
    session: Session,
    city: str,
    *,
    today: date,
    year: int | None = None,
    within: Callable[[str], bool] | None = None,
) -> Facts:
    """The facts of the city's plans that stand and have tasks.

    With a year those whose window lies in it; `within` tells which plans the asker may see.
    """
    lines: list[TaskLine] = []
    frames: dict[str, PlanFrame] = {}
    for plan_id in plans_with_tasks(session, city):
        if within is not None and not within(plan_id):
            continue
        terms = session.get_one(PlanTermsRow, plan_id)
        tasks = task_facts(session, [plan_id])
        void = any(task.voided for task in tasks.values())
        if void or (year is not None and terms.first_day.year != year):
            continue
        frames[plan_id] = _frame(session, plan_id, load_method(session, plan_id).design.value)
        lines.extend(_lines(session, plan_id, terms.department, tasks, today))
    return Facts(lines=tuple(lines), frames=frames)


def _frame(session: Session, plan_id: str, design: str) -> PlanFrame:
    record = session.get_one(FrameRecord, plan_id)
    return PlanFrame(
        plan_id=plan_id,
        design=design,
        rows=record.rows,
        sizes={str(stratum["stratum"]): int(stratum["size"]) for stratum in record.strata},
        grades={str(stratum["stratum"]): str(stratum["grade"]) for stratum in record.strata},
    )


def _lines(
    session: Session, plan_id: str, department: str, tasks: Mapping[str, TaskFacts], today: date
) -> list[TaskLine]:
    ratios = session.get_one(PlanRow, plan_id).ratios
    results = defaultdict[str, list[StandingResult]](list)
    for (task_id, _), result in standing_results(session, [plan_id]).items():
        results[task_id].append(result)
    states, handled = publication_states(session, [plan_id]), follow_ups(session, [plan_id])
    drawn = {
        row.entity_id: row
        for row in session.scalars(select(DrawnEntityRow).where(DrawnEntityRow.plan_id == plan_id))
    }
    return [
        _line(task, drawn[task.entity_id], results[task_id], department=department, states=states,
              handled=handled, graded=len(set(ratios.values())) > 1, today=today)
        for task_id, task in tasks.items()
    ]  # fmt: skip


def _line(
    task: TaskFacts,
    drawn: DrawnEntityRow,
    results: Sequence[StandingResult],
    *,
    department: str,
    states: Mapping[Key, PublicationState],
    handled: Mapping[Key, object],
    graded: bool,
    today: date,
) -> TaskLine:
    in_time = [result for result in results if result.first_entered_on <= task.due]
    problems = [result for result in in_time if is_problem(result.entry.codes)]
    shown = [states[result.entry.key] for result in results]
    public = [one for one in shown if one.kind is not PublicationKind.WITHHELD]
    visited = min((result.entry.visited_on for result in results), default=task.due)
    return TaskLine(
        plan_id=task.plan_id,
        department=department,
        entity_id=task.entity_id,
        visit_id=task.visit_id,
        month=visited.strftime("%Y-%m"),
        grade=drawn.grade,
        stratum=drawn.stratum,
        chance=drawn.inclusion_probability,
        graded_ratios=graded,
        items=task.items,
        in_time=tuple(sorted(result.entry.item_code for result in in_time)),
        due=today > task.due,
        found=bool(problems),
        publishable=sum(one.first_on is not None or today > one.due for one in public),
        published=sum(one.in_time for one in public),
        problems=len(problems),
        handled=sum(result.entry.key in handled for result in problems),
    )
