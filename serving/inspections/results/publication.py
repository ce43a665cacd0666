"""Whether a result is to be published, was, may not be, or is repaired; and how its problem was handled."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serving.inspections.clocks.working_days import within_working_days
from serving.inspections.plans.plan import refuse_no_name
from serving.inspections.plans.records import load_plan
from serving.inspections.results.entering import taken_meanwhile
from serving.inspections.results.facts import Key, StandingResult, plan_of_task, standing_results
from serving.inspections.results.rules import ResultRefused, is_problem
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.ledger.schema import FollowUpRow, ResultPublicationRow

# A result is published, and a problem handled, within so many working days of the day it was entered.
DAYS_TO_ACT = 20
# The least time from the cure of what was ordered to the repair of its published result.
MONTHS_TO_REPAIR = 6
_WITHHELD, _REPAIRED = "withheld", "repaired"
_ORDERS = frozenset({"ordered_to_stop", "ordered_to_correct"})


class PublicationKind(StrEnum):
    """Where a result stands towards the public."""

    TO_PUBLISH = "to be published"
    PUBLISHED = "published"
    CORRECTED = "corrected since it was published"
    WITHHELD = "withheld"
    REPAIRED = "repaired"


_UNPUBLISHED = (PublicationKind.TO_PUBLISH, PublicationKind.CORRECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationState:
    """Where a result stands, since which day, why, and the last day to publish it.

    `first_on` is the day it was first published, whatever became of it later; None if it never was.
    """

    kind: PublicationKind
    day: date | None
    first_on: date | None
    due: date
    reason: str

    @property
    def in_time(self) -> bool:
        """Whether it was published by its last day."""
        return self.first_on is not None and self.first_on <= self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """How a problem was handled; of several entries the newest."""

    handled_on: date
    how: str
    by: str
    at: datetime


def publish_results(
    ledger: Ledger,
    plan_id: str,
    *,
    on: date,
    by: str,
    now: datetime,
    task_ids: Collection[str] = (),
) -> int:
    """Marks the plan's results (of these tasks, or all) as published on a day; how many were not yet.

    A corrected result is published again. Refuses a day in the future or before one of them was entered.
    """
    refuse_no_name(by, "the name of who publishes")
    with _one_at_a_time(ledger) as session:
        _refuse_void(session, plan_id)
        standing = standing_results(session, [plan_id])
        steps = _steps(session, [plan_id])
        chosen = {
            key: result
            for key, result in standing.items()
            if (not task_ids or key[0] in task_ids) and _state(result, steps[key]).kind in _UNPUBLISHED
        }
        _refuse_day(on, chosen.values(), today=day_in_china(now))
        rows = [
            _step(result, steps[key], kind="published", on=on, by=by, now=now, reason="published")
            for key, result in sorted(chosen.items())
        ]
        if rows:
            session.execute(insert(ResultPublicationRow), rows)
        return len(rows)


def withhold_result(
    ledger: Ledger, task_id: str, item_code: str, *, reason: str, by: str, now: datetime
) -> None:
    """Says that a result is not published, and why (a state secret, a case that is open)."""
    _take_step(ledger, (task_id, item_code), _WITHHELD, on=day_in_china(now), reason=reason, by=by, now=now)


def repair_result(
    ledger: Ledger, task_id: str, item_code: str, *, on: date, reason: str, by: str, now: datetime
) -> None:
    """Ends the publication of a handled problem; from that day it is neither shown nor used.

    Rule: after an order to stop or to correct, six months from the cure; what is not cured stays (the
    market regulator's draft opinion on deepening random inspections, October 2023).
    """
    _take_step(ledger, (task_id, item_code), _REPAIRED, on=on, reason=reason, by=by, now=now)


def follow_up(
    ledger: Ledger, task_id: str, item_code: str, *, handled_on: date, how: str, by: str, now: datetime
) -> None:
    """Records how a problem was handled, and on which day; a later entry completes an earlier one."""
    refuse_no_name(by, "the name of who enters the follow-up")
    key, plan_id = (task_id, item_code), plan_of_task(task_id)
    with _one_at_a_time(ledger) as session:
        _refuse_void(session, plan_id)
        result = _found(standing_results(session, [plan_id]), key)
        if not is_problem(result.entry.codes):
            raise ResultRefused(
                expected="a result with a problem to follow up",
                got=f"{', '.join(result.entry.codes)} of {task_id}, item {item_code}",
                todo="correct the result first if there was a problem",
            )
        today = day_in_china(now)
        if not result.entry.visited_on <= handled_on <= today or not how.strip():
            raise ResultRefused(
                expected=f"how it was handled, on a day from {result.entry.visited_on} to {today}",
                got=f"{how.strip() or 'no words'} on {handled_on}",
                todo="correct the day, and write how the problem was handled",
            )
        earlier = len(follow_ups(session, [plan_id]).get(key, ()))
        row = FollowUpRow(plan_id=plan_id, task_id=task_id, item_code=item_code, sequence=earlier + 1)
        row.handled_on, row.how, row.by, row.at, row.reason = handled_on, how.strip(), by, now, "handled"
        session.add(row)


def publication_states(session: Session, plan_ids: Iterable[str]) -> dict[Key, PublicationState]:
    """Where every result of the plans stands, by task and item."""
    plans = sorted(set(plan_ids))
    steps = _steps(session, plans)
    return {key: _state(result, steps[key]) for key, result in standing_results(session, plans).items()}


def follow_ups(session: Session, plan_ids: Iterable[str]) -> dict[Key, tuple[FollowUp, ...]]:
    """Every entry of follow-up, by task and item, the oldest first."""
    found = defaultdict[Key, list[FollowUp]](list)
    for plan_id in sorted(set(plan_ids)):
        statement = select(FollowUpRow).where(FollowUpRow.plan_id == plan_id).order_by(FollowUpRow.sequence)
        for row in session.scalars(statement):
            one = FollowUp(handled_on=row.handled_on, how=row.how, by=row.by, at=row.at)
            found[row.task_id, row.item_code].append(one)
    return {key: tuple(entries) for key, entries in found.items()}


def handling_due(result: StandingResult) -> date:
    """The last day to handle the problem of a result and to enter how."""
    return _due(result.first_entered_on)


def _state(result: StandingResult, steps: Sequence[ResultPublicationRow]) -> PublicationState:
    """The state that the steps of a result have led to."""
    last = steps[-1] if steps else None
    kind = PublicationKind.TO_PUBLISH
    if last is not None:
        kind = PublicationKind(last.kind)
        if kind is PublicationKind.PUBLISHED and last.version < result.version:
            kind = PublicationKind.CORRECTED
    return PublicationState(
        kind=kind,
        day=last.happened_on if last else None,
        first_on=next((step.happened_on for step in steps if step.kind == "published"), None),
        due=_due(result.first_entered_on),
        reason=last.reason if last else "",
    )


def _steps(session: Session, plan_ids: Iterable[str]) -> defaultdict[Key, list[ResultPublicationRow]]:
    found = defaultdict[Key, list[ResultPublicationRow]](list)
    for plan_id in plan_ids:
        statement = (
            select(ResultPublicationRow)
            .where(ResultPublicationRow.plan_id == plan_id)
            .order_by(ResultPublicationRow.sequence)
        )
        for row in session.scalars(statement):
            found[row.task_id, row.item_code].append(row)
    return found


def _take_step(ledger: Ledger, key: Key, kind: str, *, on: date, reason: str, by: str, now: datetime) -> None:
    """Withholds or repairs one result, if it stands where that may be done."""
    refuse_no_name(by, "the name of who takes the step")
    plan_id = plan_of_task(key[0])
    with _one_at_a_time(ledger) as session:
        result = _found(standing_results(session, [plan_id]), key)
        steps = _steps(session, [plan_id])[key]
        if not reason.strip():
            raise ResultRefused(
                expected=f"the reason why the result is {kind}",
                got="none",
                todo="write it down; it stays visible",
            )
        if kind == _WITHHELD:
            _refuse_published(_state(result, steps), key)
        else:
            handled = follow_ups(session, [plan_id]).get(key, ())
            _refuse_early_repair(result, _state(result, steps), handled, on, today=day_in_china(now))
        row = _step(result, steps, kind=kind, on=on, by=by, now=now, reason=reason.strip())
        session.execute(insert(ResultPublicationRow), [row])


def _step(
    result: StandingResult,
    steps: Sequence[ResultPublicationRow],
    *,
    kind: str,
    on: date,
    by: str,
    now: datetime,
    reason: str,
) -> dict[str, object]:
    """The next step of a result."""
    return {
        "plan_id": result.plan_id,
        "task_id": result.entry.task_id,
        "item_code": result.entry.item_code,
        "sequence": len(steps) + 1,
        "kind": kind,
        "version": result.version,
        "happened_on": on,
        "by": by,
        "at": now,
        "reason": reason,
    }


@contextmanager
def _one_at_a_time(ledger: Ledger) -> Iterator[Session]:
    """A writing session; of two who take the same step at once, the second is told so."""
    try:
        with ledger.writing() as session:
            yield session
    except IntegrityError as cause:
        raise taken_meanwhile() from cause


@cache
def _due(entered_on: date) -> date:
    return within_working_days(entered_on, DAYS_TO_ACT).due


def _found(standing: Mapping[Key, StandingResult], key: Key) -> StandingResult:
    result = standing.get(key)
    if result is None:
        raise ResultRefused(
            expected="a task and item that have a result",
            got=f"{key[0]}, item {key[1]}",
            todo="enter the result first, or correct the id",
        )
    return result


def _refuse_void(session: Session, plan_id: str) -> None:
    """Of a void plan nothing is published and nothing followed up."""
    plan = load_plan(session, plan_id)
    if plan.voided is not None:
        raise ResultRefused(
            expected="a plan that stands",
            got=f"plan {plan_id}, void ({plan.voided.reason})",
            todo="work with the plan that took its place",
        )


def _refuse_day(on: date, results: Iterable[StandingResult], *, today: date) -> None:
    """Nothing is published before it is known or after today."""
    known = max((result.entered_on for result in results), default=on)
    if not known <= on <= today:
        raise ResultRefused(
            expected=f"a day of publication from {known}, when the last result was entered, to {today}",
            got=on.isoformat(),
            todo="correct the day, or publish the tasks that were entered before it",
        )


def _refuse_published(state: PublicationState, key: Key) -> None:
    """What the public has seen cannot be withheld any more."""
    if state.kind is not PublicationKind.TO_PUBLISH:
        raise ResultRefused(
            expected="a result that is still to be published",
            got=f"{key[0]}, item {key[1]}, {state.kind} ({state.day})",
            todo="leave it as it is; a published result is repaired or corrected",
        )


def _refuse_early_repair(
    result: StandingResult, state: PublicationState, handled: Sequence[FollowUp], on: date, *, today: date
) -> None:
    """A repair needs a publication, a cure, and its time."""
    wrong = ""
    if state.first_on is None or state.kind is PublicationKind.REPAIRED:
        wrong = f"one that is {state.kind}"
    elif not handled:
        wrong = "a problem that nobody has handled"
    else:
        months = MONTHS_TO_REPAIR if _ORDERS & set(result.entry.codes) else 0
        first = max(_months_after(handled[-1].handled_on, months), state.first_on)
        if not first <= on <= today:
            wrong = f"{on}, which is not from {first} (handled on {handled[-1].handled_on}) to {today}"
    if wrong:
        raise ResultRefused(
            expected=f"a published result whose problem is handled, {MONTHS_TO_REPAIR} months ago if it was "
            "ordered to stop or to correct",
            got=wrong,
            todo="enter the follow-up, or wait until that day",
        )


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
