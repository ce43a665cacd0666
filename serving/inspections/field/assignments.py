"""Who goes on the visits of a plan: drawn by the pure staffing, written down in rounds; recusal.

A round names the whole team of a visit; the highest one stands. A later round comes where nobody could be
found before, where a task of another department joined, and where an inspector was recused; each says why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from json import dumps
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serving.inspections.field.published_staffing import published_rounds
from serving.inspections.field.visits import Visit, find_visit, loads_in_year, visits_of_plan
from serving.inspections.plans.plan import Plan, PlanState, refuse_no_name
from serving.inspections.plans.records import add_event, load_plan
from serving.inspections.plans.tasks import TaskRefused
from serving.ledger.database import Ledger
from serving.ledger.schema import AssignmentRow, RecusalRow, StaffingRow
from serving.sampling.staffing import (
    Assignment,
    InspectorCard,
    Recusal,
    Scope,
    Staffing,
    Unstaffable,
    VisitNeed,
    redraw,
    staff,
)
from serving.sampling.staffing_check import StaffingRound

STAFFABLE = (PlanState.DRAWN, PlanState.STAFFED, PlanState.IN_THE_FIELD, PlanState.RESULTS)


class AskedBy(StrEnum):
    """Who asked for a recusal: the inspector, or the entity (DOMAIN 1.41: firms may ask)."""

    INSPECTOR = "inspector"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What staffing draws from: cards, scope, skills by item, and the station by entity ("": the bureau).

    `bundles`: where the plans' bundles lie, in which staffing.json is published; None publishes none.
    """

    inspectors: Sequence[InspectorCard]
    scope: Scope
    skills: Mapping[str, Iterable[str]] = field(default_factory=dict)
    stations: Mapping[str, str] = field(default_factory=dict)
    bundles: Path | None = None

    def need(self, visit: Visit) -> VisitNeed:
        """What a visit needs."""
        return VisitNeed(
            visit_id=visit.visit_id,
            entity_id=visit.entity_id,
            departments=visit.departments,
            station=self.stations.get(visit.entity_id, ""),
            skills=frozenset(skill for code in visit.item_codes for skill in self.skills.get(code, ())),
            first_day=visit.first_day,
            last_day=visit.last_day,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffedPlan:
    """What a staffing did: the plan, the visits that now have a team, and those nobody can be sent on."""

    plan: Plan
    staffed: int
    unstaffable: tuple[Unstaffable, ...]


def staff_plan(ledger: Ledger, plan_id: str, *, roster: Roster, by: str, now: datetime) -> StaffedPlan:
    """Draws inspectors for every visit of the plan that has no whole team yet and has not begun.

    Harmless when repeated: a visit that still nobody can be sent on keeps its round and its reason.
    """
    refuse_no_name(by, "the name of who staffs the plan")
    with ledger.reading() as session:
        plan = _staffable(session, plan_id)
        visits = [one for one in visits_of_plan(session, plan_id) if one.begun_on is None and one.tasks]
        waiting = [one for one in visits if not one.is_staffed]
        loads = loads_in_year(session, plan.draft.city, waiting[0].year) if waiting else {}
        cards = _cards(roster, waiting, loads, _recused(session, waiting))
    staffings = _staffings(waiting, cards, roster, seed=plan.seed)
    stuck = tuple(stuck for one in staffings for stuck in one.staffing.unstaffable)
    drawn = {one.round: _drawn(one.staffing) for one in staffings}
    rounds = [_round(one, plan, roster, drawn[one.team.round + 1]) for one in waiting]
    with once(ledger, f"plan {plan_id}") as session:
        plan = _staffable(session, plan_id, lock=True)
        new = [one for one in rounds if not one.is_nothing_new]
        _write(session, new, by=by, now=now)
        if waiting or plan.state is PlanState.DRAWN:
            kind = "understaffed" if stuck else "staffed"
            detail = f"{len(waiting) - len(stuck)} visits staffed, {len(stuck)} not"
            detail += published_rounds(roster.bundles, plan, staffings if new else (), scope=roster.scope)
            add_event(session, plan, kind=kind, by=by, now=now, detail=detail)
        session.flush()
        plan = load_plan(session, plan_id)
    return StaffedPlan(plan=plan, staffed=len(waiting) - len(stuck), unstaffable=stuck)


def recuse(
    ledger: Ledger,
    visit_id: str,
    inspector_id: str,
    *,
    asked_by: AskedBy,
    reason: str,
    roster: Roster,
    by: str,
    now: datetime,
) -> Visit:
    """Takes an inspector off a visit (回避) and draws the one seat again; the earlier round stays.

    Where nobody else can take the seat the visit stands without a whole team, and says why.
    """
    refuse_no_name(by, "the name of who records the recusal")
    with ledger.reading() as session:
        visit = still_to_come(find_visit(session, visit_id), step="recuse an inspector")
        plan = load_plan(session, _staffed_by(session, visit))
        loads = loads_in_year(session, visit.city, visit.year)
        cards = _cards(roster, [visit], loads, _recused(session, [visit]))
    seats = zip(visit.team.inspectors, visit.team.tickets, strict=True)
    standing = [
        Assignment(visit_id=visit_id, inspector_id=one, round=visit.team.round, ticket=ticket)
        for one, ticket in seats
    ]
    asked = Recusal(visit_id=visit_id, inspector_id=inspector_id, reason=reason)
    needs, number = [roster.need(visit)], visit.team.round + 1
    staffing = redraw(
        needs, cards, scope=roster.scope, seed=plan.seed, round=number, standing=standing, recusal=asked
    )
    told = StaffingRound(
        round=number, visits=needs, inspectors=cards, recusal=asked, staffing=staffing, standing=standing
    )
    kept = [one for one in standing if one.inspector_id != inspector_id]
    drawn = _drawn(replace(staffing, assignments=(*kept, *staffing.assignments)))
    row = RecusalRow(visit_id=visit_id, inspector_id=inspector_id, round=visit.team.round)
    row.asked_by, row.by, row.at, row.reason = asked_by.value, by, now, reason.strip()
    with once(ledger, f"visit {visit_id}") as session:
        plans = [load_plan(session, plan_id, lock=True) for plan_id in visit.plan_ids]
        still_to_come(find_visit(session, visit_id, lock=True), step="recuse an inspector")
        session.add(row)
        _write(session, [_round(visit, plan, roster, drawn, reason=row.reason)], by=by, now=now)
        kind = "understaffed" if staffing.unstaffable else "recused"
        staffed = load_plan(session, plan.plan_id, lock=True)
        words = published_rounds(roster.bundles, staffed, [told], scope=roster.scope)
        for one in {one.plan_id: one for one in (*plans, staffed)}.values():
            detail = visit_id + (words if one.plan_id == staffed.plan_id else "")
            add_event(session, one, kind=kind, by=by, now=now, detail=detail, reason=row.reason)
        session.flush()
        return find_visit(session, visit_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """A round of one visit as it will be written; seats are (inspector, ticket, whom they replace)."""

    visit: Visit
    plan_id: str
    seed: str
    scope: str
    seats: tuple[tuple[str, str, str], ...]
    unstaffable: str
    reason: str

    @property
    def is_nothing_new(self) -> bool:
        """Whether it only repeats that nobody can be sent, and why."""
        before = self.visit.team
        same = before.unstaffable == self.unstaffable and before.departments == self.visit.departments
        return bool(self.unstaffable) and same and not self.seats and not before.inspectors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A staffing by visit: its seats as they are written, and why there are none."""

    seats: dict[str, tuple[tuple[str, str, str], ...]]
    unstaffable: dict[str, str]


def _drawn(staffing: Staffing) -> _Drawn:
    """The staffing by visit."""
    seats = defaultdict[str, list[tuple[str, str, str]]](list)
    for one in staffing.assignments:
        seats[one.visit_id].append((one.inspector_id, one.ticket, one.replaces))
    return _Drawn(
        seats={visit_id: tuple(among) for visit_id, among in seats.items()},
        unstaffable={one.visit_id: f"{one.zh} {one.en}" for one in staffing.unstaffable},
    )


def _staffings(
    visits: Iterable[Visit], cards: Sequence[InspectorCard], roster: Roster, *, seed: str
) -> list[StaffingRound]:
    """The staffing of each round, the visits with the least rounds first; loads carry over."""
    by_round = defaultdict[int, list[Visit]](list)
    for visit in visits:
        by_round[visit.team.round + 1].append(visit)
    rounds = list[StaffingRound]()
    for number in sorted(by_round):
        needs = [roster.need(visit) for visit in by_round[number]]
        made = staff(needs, cards, scope=roster.scope, seed=seed, round=number)
        rounds.append(
            StaffingRound(round=number, visits=needs, inspectors=cards, recusal=None, staffing=made)
        )
        more = Counter(one.inspector_id for one in made.assignments)
        cards = [replace(card, load=card.load + more[card.inspector_id]) for card in cards]
    return rounds


def _staffed_by(session: Session, visit: Visit) -> str:
    """The plan whose staffing stands; its seed and its staffing.json go on."""
    row = session.get(StaffingRow, (visit.visit_id, visit.team.round))
    return row.plan_id if row else visit.opened_by


def _cards(
    roster: Roster, visits: Iterable[Visit], loads: Mapping[str, int], recused: Mapping[str, set[str]]
) -> list[InspectorCard]:
    """The cards with the visits they have already, and with a conflict where they were recused.

    A visit that gets a whole new team does not count for the old one.
    """
    own = defaultdict[str, int](int)
    for visit in visits:
        for one in visit.team.inspectors:
            own[one] += 1
    return [
        replace(
            card,
            load=max(0, loads.get(card.inspector_id, 0) - own[card.inspector_id]),
            conflicts=card.conflicts | recused.get(card.inspector_id, set()),
        )
        for card in roster.inspectors
    ]


def _recused(session: Session, visits: Iterable[Visit]) -> dict[str, set[str]]:
    """By inspector, the entities of the visits they were recused from."""
    entities = {visit.visit_id: visit.entity_id for visit in visits}
    recused = defaultdict[str, set[str]](set)
    rows = session.execute(select(RecusalRow.visit_id, RecusalRow.inspector_id))
    for visit_id, inspector_id in rows:
        if visit_id in entities:
            recused[inspector_id].add(entities[visit_id])
    return recused


def _round(visit: Visit, plan: Plan, roster: Roster, staffing: _Drawn, *, reason: str = "") -> _Round:
    """What a staffing says of one visit."""
    return _Round(
        visit=visit,
        plan_id=plan.plan_id,
        seed=plan.seed,
        scope=dumps(asdict(roster.scope), sort_keys=True),
        seats=staffing.seats.get(visit.visit_id, ()),
        unstaffable=staffing.unstaffable.get(visit.visit_id, ""),
        reason=reason or ("staffed" if visit.team.round == 0 else "staffed again"),
    )


def _write(session: Session, rounds: Sequence[_Round], *, by: str, now: datetime) -> None:
    """Inserts the rounds with their seats, a table at once; a round taken meanwhile is refused by its key."""
    if not rounds:
        return
    staffings = [
        {
            "visit_id": one.visit.visit_id,
            "round": one.visit.team.round + 1,
            "plan_id": one.plan_id,
            "seed": one.seed,
            "scope": one.scope,
            "departments": list(one.visit.departments),
            "unstaffable": one.unstaffable,
            "by": by,
            "at": now,
            "reason": one.reason,
        }
        for one in rounds
    ]
    session.execute(insert(StaffingRow), staffings)
    seats = [
        {
            "visit_id": one.visit.visit_id,
            "round": one.visit.team.round + 1,
            "inspector_id": inspector_id,
            "ticket": ticket,
            "replaces": replaces,
        }
        for one in rounds
        for inspector_id, ticket, replaces in one.seats
    ]
    if seats:
        session.execute(insert(AssignmentRow), seats)


@contextmanager
def once(ledger: Ledger, what: str) -> Iterator[Session]:
    """A transaction of which, if two take the same step at once, only one succeeds."""
    try:
        with ledger.writing() as session:
            yield session
    except IntegrityError as error:
        raise TaskRefused(
            expected=f"a step that nobody else took in the same instant, on {what}",
            got="one that another person just took",
            todo="look at it again; where something is still to do, take the step once more",
        ) from error


def _staffable(session: Session, plan_id: str, *, lock: bool = False) -> Plan:
    """The plan, if it has tasks that can be staffed."""
    plan = load_plan(session, plan_id, lock=lock)
    plan.require(*STAFFABLE, step="staff it", todo="draw it first; a plan that is closed or void is done")
    if plan.terms is None:
        raise TaskRefused(
            expected="a plan with department, items and window",
            got=f"plan {plan_id}, which was made without terms",
            todo="void it and create it with its terms; without them it is a draw and no more",
        )
    return plan


def still_to_come(visit: Visit, *, step: str) -> Visit:
    """The visit, if it is still to come."""
    if visit.begun_on is not None or not visit.tasks:
        raise TaskRefused(
            expected=f"a visit that is still to come in order to {step}",
            got=f"visit {visit.visit_id}, "
            + (f"begun on {visit.begun_on}" if visit.begun_on else "of void plans"),
            todo="look at the visits of the plan",
        )
    return visit
