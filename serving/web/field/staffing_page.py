"""Who goes on the visits of a plan: the scope to draw from, the teams, and visits nobody can be sent on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import func, select

from data_contracts.refusal import Refusal
from serving.inspections.field.assignments import STAFFABLE
from serving.inspections.field.published_staffing import staffing_digests
from serving.inspections.field.visits import Visit, visits_of_plan
from serving.inspections.plans.plan import Plan
from serving.ledger.schema import RecusalRow, StaffingRow
from serving.register import RegisterLine
from serving.rosters.inspector import Inspector
from serving.sampling.staffing import Scope, ScopeKind
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.people import Person, people_of, roster_of
from serving.web.field.visit_page import unstaffable_words
from serving.web.plans_page import STATES

LISTED = 30
SCOPES = {
    ScopeKind.WHOLE_BUREAU: (
        "全局", "Whole bureau", "本局及各所全部执法人员", "everybody of the bureau and its stations",
    ),
    ScopeKind.BUREAU_AND_STATION: (
        "局 + 所", "Bureau and station", "局机关与属地所各至少一人", "at least one of each",
    ),
    ScopeKind.STATIONS: (
        "跨所", "Several stations", "从选定的几个所抽取", "from the stations chosen below",
    ),
    ScopeKind.STATION: (
        "属地所", "Local station", "只从对象所在地的所抽取", "only from the entity's own station",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChoice:
    """One of the four ways to draw, with its words."""

    value: str
    label: str
    told: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StationChoice:
    """A station that inspectors of the plan's departments belong to, and how many do."""

    name: str
    people: int
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLine:
    """A visit with its team, or the reason why it has none."""

    visit_id: str
    name: str
    grade: str
    departments: tuple[str, ...]
    window: str
    team: tuple[Person, ...]
    round: int
    recusals: int
    begun_on: str
    unstaffable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingSearch:
    """Which visits are listed: all, or only those without a team."""

    only: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingPage:
    """The staffing of a plan."""

    plan_id: str
    title: str
    state_label: str
    department: str
    window: str
    scopes: tuple[ScopeChoice, ...]
    stations: tuple[StationChoice, ...]
    may_staff: bool
    visits: int
    staffed: int
    waiting: int
    stuck: int
    inspectors: int
    busiest: int
    digest: str
    lines: tuple[TeamLine, ...]
    matching: int
    only: str
    before: str
    after: str
    complaint: Complaint | None


def staffing_page(
    asking: Asking,
    plan: Plan,
    search: StaffingSearch,
    *,
    asked: Scope | None = None,
    refusal: Refusal | None = None,
) -> StaffingPage:
    """The page of a plan with terms."""
    with asking.desk.ledger.reading() as session:
        visits = [one for one in visits_of_plan(session, plan.plan_id) if one.tasks]
        recusals = dict(session.execute(
            select(RecusalRow.visit_id, func.count()).group_by(RecusalRow.visit_id)
        ).all())  # fmt: skip
    known = asking.entities({one.entity_id for one in visits})
    visits = [one for one in visits if one.entity_id in known]
    stuck = [one for one in visits if one.team.unstaffable]
    found = (
        stuck if search.only == "stuck" else [*stuck, *(one for one in visits if not one.team.unstaffable)]
    )
    shown = found[search.offset : search.offset + LISTED]
    roster = roster_of(asking)
    scope = asked or _last_scope(asking, plan.plan_id) or Scope(kind=ScopeKind.WHOLE_BUREAU)
    loads = _loads(visits)
    terms = plan.terms
    return StaffingPage(
        plan_id=plan.plan_id,
        title=plan.title,
        state_label=asking.say(*STATES[plan.state]),
        department=terms.department if terms else "",
        window=f"{terms.first_day} – {terms.last_day}" if terms else "",
        scopes=_scopes(asking, scope),
        stations=_stations(roster.values(), {name for one in visits for name in one.departments}, scope),
        may_staff=asking.may_plan and plan.state in STAFFABLE and terms is not None,
        visits=len(visits),
        staffed=sum(one.is_staffed for one in visits),
        waiting=sum(not one.is_staffed and not one.team.unstaffable for one in visits),
        stuck=len(stuck),
        inspectors=len(loads),
        busiest=max(loads.values(), default=0),
        digest=("", *staffing_digests(plan))[-1],
        lines=_lines(asking, shown, known, roster, recusals),
        matching=len(found),
        only=search.only,
        before=_address(plan, search, search.offset - LISTED) if search.offset >= LISTED else "",
        after=_address(plan, search, search.offset + LISTED) if len(found) > search.offset + LISTED else "",
        complaint=asking.complaint(refusal),
    )


def scope_of_visit(asking: Asking, visit_id: str) -> Scope | None:
    """The scope that the visit's last round was drawn from; None before any."""
    statement = select(StaffingRow.scope).where(StaffingRow.visit_id == visit_id)
    with asking.desk.ledger.reading() as session:
        return _scope(session.scalar(statement.order_by(StaffingRow.round.desc()).limit(1)))


def _last_scope(asking: Asking, plan_id: str) -> Scope | None:
    statement = select(StaffingRow.scope).where(StaffingRow.plan_id == plan_id)
    with asking.desk.ledger.reading() as session:
        return _scope(session.scalar(statement.order_by(StaffingRow.at.desc()).limit(1)))


def _scope(text: str | None) -> Scope | None:
    """The scope back from the ledger."""
    if not text:
        return None
    content = json.loads(text)
    return Scope(kind=ScopeKind(content["kind"]), stations=tuple(content["stations"]))


def _scopes(asking: Asking, scope: Scope) -> tuple[ScopeChoice, ...]:
    return tuple(
        ScopeChoice(
            value=kind.value,
            label=asking.say(*words[:2]),
            told=asking.say(*words[2:]),
            chosen=kind is scope.kind,
        )
        for kind, words in SCOPES.items()
    )


def _stations(people: Iterable[Inspector], departments: set[str], scope: Scope) -> tuple[StationChoice, ...]:
    counts: dict[str, int] = {}
    for one in people:
        if one.station and one.active and one.department in departments:
            counts[one.station] = counts.get(one.station, 0) + 1
    return tuple(
        StationChoice(name=name, people=count, chosen=name in scope.stations)
        for name, count in sorted(counts.items())
    )


def _loads(visits: Iterable[Visit]) -> dict[str, int]:
    loads: dict[str, int] = {}
    for visit in visits:
        for one in visit.team.inspectors:
            loads[one] = loads.get(one, 0) + 1
    return loads


def _lines(
    asking: Asking,
    visits: list[Visit],
    known: Mapping[str, RegisterLine],
    roster: dict[str, Inspector],
    recusals: Mapping[str, int],
) -> tuple[TeamLine, ...]:
    return tuple(
        TeamLine(
            visit_id=one.visit_id,
            name=known[one.entity_id].name or one.entity_id,
            grade=known[one.entity_id].grade,
            departments=one.departments,
            window=f"{one.first_day:%m-%d} – {one.last_day:%m-%d}",
            team=people_of(asking, one.team.inspectors, roster),
            round=one.team.round,
            recusals=recusals.get(one.visit_id, 0),
            begun_on=one.begun_on.isoformat() if one.begun_on else "",
            unstaffable=unstaffable_words(one.team.unstaffable, asking),
        )
        for one in visits
    )


def _address(plan: Plan, search: StaffingSearch, offset: int) -> str:
    asked = {"only": search.only, "offset": offset or ""}
    kept = {name: value for name, value in asked.items() if value}
    return f"/plans/{plan.plan_id}/staffing" + (f"?{urlencode(kept)}" if kept else "")
