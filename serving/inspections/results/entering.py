"""Results are entered: judged against their tasks, kept in versions, and never overwritten.

A correction is the next version with a reason; the old one stays. What is entered after its last day counts
as not done and is kept all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serving.inspections.plans.plan import Plan, PlanState, refuse_no_name
from serving.inspections.plans.records import add_event, load_plan
from serving.inspections.results.facts import Key, StandingResult, plan_of_task, standing_results, task_facts
from serving.inspections.results.rules import (
    Fault,
    ResultEntry,
    ResultRefused,
    TaskFacts,
    faults_of_content,
    faults_of_place,
    refuse,
)
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.ledger.schema import TaskResultRow, VisitStartRow

FIRST_ENTRY = "entered"
RESULTS, CLOSED = "results", "closed"
# Rows of one insert; SQLite takes any number, and the list of them is held in memory meanwhile.
BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """How many results became a new version, and how many said what stood already."""

    taken: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Entries sorted out: those to take with their next version, those that say nothing new, and faults.

    `faults` names the place of each refused entry among those given, with everything wrong with it.
    """

    taken: tuple[tuple[ResultEntry, int], ...]
    unchanged: int
    faults: Mapping[int, tuple[Fault, ...]]


def enter_results(
    ledger: Ledger, entries: Sequence[ResultEntry], *, city: str, by: str, now: datetime
) -> Entered:
    """Takes all the entries or none: a refusal lists everything that is wrong with them."""
    refuse_no_name(by, "the name of who enters the results")
    try:
        with ledger.writing() as session:
            plan_ids = sorted({plan_of_task(entry.task_id) for entry in entries})
            facts = task_facts(session, plan_ids, city=city)
            judged = judge(entries, facts, standing_results(session, plan_ids), today=day_in_china(now))
            refuse(fault for faults in judged.faults.values() for fault in faults)
            record(session, judged.taken, facts, by=by, now=now)
    except IntegrityError as cause:
        raise taken_meanwhile() from cause
    return Entered(taken=len(judged.taken), unchanged=judged.unchanged)


def judge(
    entries: Iterable[ResultEntry],
    facts: Mapping[str, TaskFacts],
    standing: Mapping[Key, StandingResult],
    *,
    today: date,
) -> Judged:
    """Which entries may be taken as which version; of two for one item in one go the first counts."""
    taken: list[tuple[ResultEntry, int]] = []
    seen: dict[Key, ResultEntry] = {}
    faults: dict[int, tuple[Fault, ...]] = {}
    unchanged = 0
    for place, entry in enumerate(entries):
        found = [
            *faults_of_content(entry),
            *faults_of_place(entry, facts.get(entry.task_id), today=today),
            *_faults_beside(entry, seen.get(entry.key), standing.get(entry.key)),
        ]
        if found:
            faults[place] = tuple(found)
            continue
        stands = standing.get(entry.key)
        if entry.key in seen or (stands and stands.entry.content == entry.content):
            unchanged += 1
        else:
            taken.append((entry, stands.version + 1 if stands else 1))
        seen[entry.key] = entry
    return Judged(taken=tuple(taken), unchanged=unchanged, faults=faults)


def record(
    session: Session,
    taken: Sequence[tuple[ResultEntry, int]],
    facts: Mapping[str, TaskFacts],
    *,
    by: str,
    now: datetime,
    import_id: int | None = None,
) -> None:
    """Writes versions, begins visits that nobody began, and takes the plans' step `results`."""
    if not taken:
        return
    rows = [_row(entry, version, facts[entry.task_id], by, now, import_id) for entry, version in taken]
    for start in range(0, len(rows), BATCH_ROWS):
        session.execute(insert(TaskResultRow), rows[start : start + BATCH_ROWS])
    _begin_visits(session, [(facts[entry.task_id], entry.visited_on) for entry, _ in taken], by, now)
    for plan_id in sorted({facts[entry.task_id].plan_id for entry, _ in taken}):
        plan = load_plan(session, plan_id, lock=True)
        if not any(event.kind == RESULTS for event in plan.events):
            add_event(session, plan, kind=RESULTS, by=by, now=now)
    session.flush()


def close_plan(ledger: Ledger, plan_id: str, *, by: str, now: datetime) -> Plan:
    """Ends the life of a plan: every item has its result, or the last day to enter one is over."""
    refuse_no_name(by, "the name of who closes the plan")
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        plan.require(
            PlanState.RESULTS, step="close it", todo="enter results first; a void plan is closed already"
        )
        _refuse_open(session, plan_id, today=day_in_china(now))
        add_event(session, plan, kind=CLOSED, by=by, now=now)
        session.flush()
        return load_plan(session, plan_id)


def taken_meanwhile() -> ResultRefused:
    """The refusal where another wrote the same versions in the same instant."""
    return ResultRefused(
        expected="results that nobody else enters in the same instant",
        got="another's that came first",
        todo="read what stands now, and enter again with a reason if it is to be corrected",
    )


def _faults_beside(
    entry: ResultEntry, earlier: ResultEntry | None, stands: StandingResult | None
) -> list[Fault]:
    """What is wrong with an entry beside others of the same item."""
    if earlier and earlier.content != entry.content:
        todo = "leave the one that holds"
        return [Fault("stated_twice", "one result of an item", "two that differ", todo)]
    if stands and stands.entry.content != entry.content and not entry.reason.strip():
        got = f"another result than version {stands.version} of {stands.entered_on}, without a reason"
        todo = "give the reason if it is a correction; the old version stays visible"
        return [Fault("correction_without_reason", "a reason beside a correction", got, todo)]
    return []


def _row(
    entry: ResultEntry, version: int, task: TaskFacts, by: str, now: datetime, import_id: int | None
) -> dict[str, object]:
    return {
        "plan_id": task.plan_id,
        "task_id": entry.task_id,
        "item_code": entry.item_code,
        "version": version,
        "visited_on": entry.visited_on,
        "result_codes": ";".join(entry.codes),
        "critical_count": entry.critical_count,
        "serious_count": entry.serious_count,
        "minor_count": entry.minor_count,
        "inspectors": list(task.inspectors),
        "note": entry.note,
        "import_id": import_id,
        "by": by,
        "at": now,
        "reason": entry.reason.strip() or FIRST_ENTRY,
    }


def _begin_visits(
    session: Session, visited: Iterable[tuple[TaskFacts, date]], by: str, now: datetime
) -> None:
    """Begins visits with a result: no other task may join a visit that has been made."""
    days: dict[str, date] = {}
    for task, day in visited:
        days[task.visit_id] = min(day, days.get(task.visit_id, day))
    begun = set(session.scalars(select(VisitStartRow.visit_id)))
    rows = [
        {"visit_id": visit_id, "begun_on": day, "by": by, "at": now, "reason": "a result was entered"}
        for visit_id, day in sorted(days.items())
        if visit_id not in begun
    ]
    if rows:
        session.execute(insert(VisitStartRow), rows)


def _refuse_open(session: Session, plan_id: str, *, today: date) -> None:
    """Refuses to close while something may still be entered in time."""
    facts, standing = task_facts(session, [plan_id]), standing_results(session, [plan_id])
    missing = [
        task
        for task in facts.values()
        if today <= task.due and any((task.task_id, item) not in standing for item in task.items)
    ]
    if missing:
        raise ResultRefused(
            expected=f"a result of every item of plan {plan_id}, or the end of the days to enter them",
            got=f"{len(missing)} tasks without all results, which have until {max(t.due for t in missing)}",
            todo="enter what is missing, or close the plan after that day; it then counts as not done",
        )
