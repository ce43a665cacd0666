"""The result of one item of one task: the form with the ten codes, its versions, publication, follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from data_contracts.codes import problem_codes
from data_contracts.refusal import Refusal
from serving.inspections.field.visits import find_visit
from serving.inspections.plans.tasks import TaskNotFound
from serving.inspections.results.facts import (
    StandingResult,
    plan_of_task,
    standing_results,
    task_facts,
    versions_of,
)
from serving.inspections.results.publication import PublicationKind, follow_ups, publication_states
from serving.inspections.results.rules import SEVERITIES, ResultEntry, code_words, is_problem
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.results_page import (
    WAITING,
    Cell,
    DueWords,
    entry_words,
    follow_up_words,
    publication_words,
    severity_words,
)
from serving.web.field.visit_page import entity_of_visit, result_words

SEVERITY_WORDS = {
    "critical_count": ("严重问题数", "Critical"),
    "serious_count": ("较重问题数", "Serious"),
    "minor_count": ("轻微问题数", "Minor"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeChoice:
    """One of the ten codes."""

    code: str
    label: str
    problem: bool
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountField:
    """A count of violations of one severity."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version of the result, with who entered it, when and why."""

    number: int
    at: str
    by: str
    visited_on: str
    result: str
    counts: str
    note: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledLine:
    """An entry of follow-up."""

    on: str
    how: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """One item of one task."""

    task_id: str
    item_code: str
    item: str
    name: str
    grade: str
    visit_id: str
    plan_id: str
    department: str
    law: str
    codes: tuple[CodeChoice, ...]
    counts: tuple[CountField, ...]
    visited_on: str
    note: str
    reason: str
    first_day: str
    today: str
    versions: tuple[VersionLine, ...]
    entry: DueWords
    publication: DueWords | None
    publication_reason: str
    follow_up: DueWords | None
    handled: tuple[HandledLine, ...]
    void: str
    may_enter: bool
    may_handle: bool
    may_withhold: bool
    may_repair: bool
    complaint: Complaint | None


def entry_page(
    asking: Asking,
    task_id: str,
    item_code: str,
    *,
    typed: ResultEntry | None = None,
    refusal: Refusal | None = None,
) -> EntryPage:
    """The page of an item; `typed` is what stood in a form that was refused."""
    cell = cell_of(asking, task_id, item_code)
    with asking.desk.ledger.reading() as session:
        visit = find_visit(session, cell.task.visit_id)
        versions = versions_of(session, task_id, item_code)
    entity = entity_of_visit(asking, visit)
    task = next((one for one in visit.tasks if one.task_id == task_id), None)
    item = asking.items().get(item_code)
    stands = cell.result.entry if cell.result else None
    shown = typed or stands
    publication = cell.publication
    return EntryPage(
        task_id=task_id,
        item_code=item_code,
        item=asking.say(item.name_zh, item.name_en or item.name_zh) if item else item_code,
        name=entity.name or visit.entity_id,
        grade=entity.grade,
        visit_id=visit.visit_id,
        plan_id=cell.task.plan_id,
        department=task.department if task else "",
        law=item.law if item else "",
        codes=_codes(asking, shown),
        counts=_counts(asking, shown),
        visited_on=(shown.visited_on if shown else visit.begun_on or asking.today).isoformat(),
        note=shown.note if shown else "",
        reason=typed.reason if typed else "",
        first_day=cell.task.drawn_on.isoformat(),
        today=asking.today.isoformat(),
        versions=_versions(asking, versions),
        entry=entry_words(asking, cell),
        publication=publication_words(asking, cell),
        publication_reason=publication.reason if publication and publication.reason != "published" else "",
        follow_up=follow_up_words(asking, cell),
        handled=tuple(
            HandledLine(on=one.handled_on.isoformat(), how=one.how, by=one.by) for one in cell.handled
        ),
        void=cell.task.voided,
        may_enter=asking.may_work and not cell.task.voided,
        may_handle=asking.may_work and cell.result is not None and is_problem(cell.result.entry.codes),
        may_withhold=asking.may_plan and publication is not None and publication.kind in WAITING[:1],
        may_repair=asking.may_plan
        and publication is not None
        and publication.first_on is not None
        and publication.kind is not PublicationKind.REPAIRED
        and bool(cell.handled),
        complaint=asking.complaint(refusal),
    )


def cell_of(asking: Asking, task_id: str, item_code: str) -> Cell:
    """The item of the task with what stands of it; refuses a task that nobody in the city has."""
    plan_id = plan_of_task(task_id)
    key = (task_id, item_code)
    with asking.desk.ledger.reading() as session:
        task = task_facts(session, [plan_id], city=asking.desk.city).get(task_id)
        if task is None or item_code not in task.items:
            raise TaskNotFound(
                expected="the id of a task and one of its items",
                got=f"{task_id!r}, item {item_code!r}",
                todo="open it from the visit or from the results of the plan",
            )
        visit = find_visit(session, task.visit_id)
        result = standing_results(session, [plan_id]).get(key)
        state = publication_states(session, [plan_id]).get(key)
        handled = follow_ups(session, [plan_id]).get(key, ())
    entity_of_visit(asking, visit)
    return Cell(task, item_code, result, state, handled)


def entry_address(task_id: str, item_code: str) -> str:
    """Where the item is shown."""
    return f"/results/entry?{urlencode({'task': task_id, 'item': item_code})}"


def _codes(asking: Asking, shown: ResultEntry | None) -> tuple[CodeChoice, ...]:
    chosen = shown.codes if shown else ()
    return tuple(
        CodeChoice(
            code=code,
            label=asking.say(zh, en[:1].upper() + en[1:]),
            problem=code in problem_codes(),
            chosen=code in chosen,
        )
        for code, (zh, en) in code_words().items()
    )


def _counts(asking: Asking, shown: ResultEntry | None) -> tuple[CountField, ...]:
    fields = []
    for name in SEVERITIES:
        value = getattr(shown, name) if shown else None
        text = "" if value is None else str(value)
        fields.append(CountField(name=name, label=asking.say(*SEVERITY_WORDS[name]), value=text))
    return tuple(fields)


def _versions(asking: Asking, versions: Sequence[StandingResult]) -> tuple[VersionLine, ...]:
    return tuple(
        VersionLine(
            number=one.version,
            at=f"{one.at.astimezone():%Y-%m-%d %H:%M}",
            by=one.by,
            visited_on=one.entry.visited_on.isoformat(),
            result=result_words(one.entry.codes, asking),
            counts=severity_words(asking, one),
            note=one.entry.note,
            reason=one.entry.reason if one.version > 1 else "",
        )
        for one in reversed(versions)
    )
