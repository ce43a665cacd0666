"""The JSON API of a plan's later life: tasks and visits, staffing, recusal, start, clocks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.inspections.field.assignments import AskedBy, Roster, recuse, staff_plan
from serving.inspections.field.open_clocks import open_clocks
from serving.inspections.field.starting import MOST_AT_ONCE, begin_visit, begin_visits
from serving.inspections.field.visit_roster import visit_roster
from serving.inspections.field.visits import Visit, visits_of_plan
from serving.inspections.plans.plan import Plan
from serving.inspections.plans.steps import find_plan, list_plans
from serving.inspections.results.dates import result_dates
from serving.inspections.results.facts import plans_with_tasks
from serving.sampling.staffing import Scope, ScopeKind
from serving.web.desk import Desk
from serving.web.holder import holder_of_request, planner_of_request, worker_of_request
from serving.web.plan_api import Reason, plan_for
from serving.web.plans_page import visible
from serving.web.reach import visit_reached, visits_reached

MOST_VISITS = 5_000
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ScopeBody(BaseModel):
    """From whom inspectors are drawn; stations are named with the scope stations only."""

    model_config = ConfigDict(extra="forbid")

    scope: ScopeKind = ScopeKind.WHOLE_BUREAU
    stations: list[Name] = Field(default_factory=list, max_length=100)

    def wanted(self) -> Scope:
        """The scope, checked."""
        return Scope(kind=self.scope, stations=tuple(self.stations))


class RecusalBody(ScopeBody):
    """An inspector to take off a visit, who asked for it and why."""

    inspector_id: Name
    asked_by: AskedBy
    reason: Reason


class StartBody(BaseModel):
    """The day a team sets out."""

    model_config = ConfigDict(extra="forbid")

    on: date


class StartsBody(StartBody):
    """The visits that begin on the day."""

    visit_ids: list[Name] = Field(min_length=1, max_length=MOST_AT_ONCE)


class NotBegunAnswer(BaseModel):
    """A visit that could not begin, and why, in both languages."""

    visit_id: str
    why: str
    why_zh: str


class StartsAnswer(BaseModel):
    """The visits begun now, those begun on that day before, and those that could not begin."""

    on: date
    begun: list[str]
    already: list[str]
    refused: list[NotBegunAnswer]


class TaskAnswer(BaseModel):
    """A task of a visit."""

    task_id: str
    plan_id: str
    department: str
    item_codes: list[str]
    first_day: date
    last_day: date


class VisitAnswer(BaseModel):
    """A visit with its tasks; days are null where all its plans are void."""

    visit_id: str
    entity_id: str
    first_day: date | None
    last_day: date | None
    departments: list[str]
    item_codes: list[str]
    tasks: list[TaskAnswer]
    round: int
    inspectors: list[str]
    unstaffable: str
    staffed: bool
    begun_on: date | None


class TasksAnswer(BaseModel):
    """The visits of a plan; `total` counts those that are not shown too."""

    plan_id: str
    state: str
    total: int
    staffed: int
    begun: int
    visits: list[VisitAnswer]


class UnstaffableAnswer(BaseModel):
    """A visit that nobody can be sent on, and which constraint stands in the way."""

    visit_id: str
    zh: str
    en: str


class StaffingAnswer(BaseModel):
    """What a staffing did."""

    plan_id: str
    state: str
    staffed: int
    unstaffable: list[UnstaffableAnswer]


class ClockCountAnswer(BaseModel):
    """How many clocks of a kind have a colour in a department."""

    department: str
    kind: str
    colour: str
    count: int


class ClockLineAnswer(BaseModel):
    """A clock that is amber or red."""

    department: str
    plan_id: str
    task_id: str
    visit_id: str
    kind: str
    colour: str
    due: date
    certain: bool
    left: int
    zh: str
    en: str


class ClocksAnswer(BaseModel):
    """The running clocks on a day, in Chinese working days."""

    today: date
    counts: list[ClockCountAnswer]
    urgent: list[ClockLineAnswer]


def tasks(
    request: Request,
    plan_id: str,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_VISITS)] = 200,
) -> TasksAnswer:
    """The visits in which a plan has a task."""
    desk: Desk = request.app.state.desk_source()
    plan = plan_for(desk, holder_of_request(request), plan_id)
    with desk.ledger.reading() as session:
        found = visits_of_plan(session, plan_id)
    return TasksAnswer(
        plan_id=plan_id,
        state=plan.state,
        total=len(found),
        staffed=sum(one.is_staffed for one in found),
        begun=sum(one.begun_on is not None for one in found),
        visits=[visit_answer(one) for one in found[offset : offset + limit]],
    )


def visit(request: Request, visit_id: str) -> VisitAnswer:
    """One visit."""
    desk: Desk = request.app.state.desk_source()
    return visit_answer(visit_reached(desk, holder_of_request(request), visit_id))


def staffing(request: Request, plan_id: str, body: ScopeBody) -> StaffingAnswer:
    """Draws inspectors for every visit of the plan that has no whole team; harmless when repeated."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    plan = plan_for(desk, holder, plan_id)
    with desk.ledger.reading() as session:
        ids = [one.entity_id for one in visits_of_plan(session, plan_id)]
    roster = roster_for(desk, plan, ids, body.wanted())
    done = staff_plan(desk.ledger, plan_id, roster=roster, by=holder.person, now=desk.now())
    stuck = [UnstaffableAnswer(visit_id=one.visit_id, zh=one.zh, en=one.en) for one in done.unstaffable]
    return StaffingAnswer(plan_id=plan_id, state=done.plan.state, staffed=done.staffed, unstaffable=stuck)


def recusal(request: Request, visit_id: str, body: RecusalBody) -> VisitAnswer:
    """Takes an inspector off a visit and draws the seat again; the earlier team stays on record."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    found = visit_reached(desk, holder, visit_id)
    plan = find_plan(desk.ledger, found.opened_by)
    after = recuse(
        desk.ledger,
        visit_id,
        body.inspector_id,
        asked_by=body.asked_by,
        reason=body.reason,
        roster=roster_for(desk, plan, [found.entity_id], body.wanted()),
        by=holder.person,
        now=desk.now(),
    )
    return visit_answer(after)


def start(request: Request, visit_id: str, body: StartBody) -> VisitAnswer:
    """The team sets out; from then on no task joins the visit."""
    desk: Desk = request.app.state.desk_source()
    holder = worker_of_request(request)
    visit_reached(desk, holder, visit_id)
    return visit_answer(begin_visit(desk.ledger, visit_id, on=body.on, by=holder.person, now=desk.now()))


def start_many(request: Request, body: StartsBody) -> StartsAnswer:
    """Begins those of the visits that can begin on the day; harmless when repeated."""
    desk: Desk = request.app.state.desk_source()
    holder = worker_of_request(request)
    seen = visits_reached(desk, holder, body.visit_ids)
    done = begin_visits(desk.ledger, body.visit_ids, on=body.on, by=holder.person, now=desk.now(), among=seen)
    return StartsAnswer.model_validate(done, from_attributes=True)


def clocks(
    request: Request,
    department: Annotated[str, Query(max_length=200)] = "",
    most: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ClocksAnswer:
    """What is due, by department and colour, the most urgent first, of the plans that the holder may see."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    seen = {one.plan_id for one in list_plans(desk.ledger, desk.city) if visible(one, holder)}
    with desk.ledger.reading() as session:
        plans = [plan_id for plan_id in plans_with_tasks(session, desk.city) if plan_id in seen]
        found = open_clocks(
            session,
            desk.city,
            today=desk.today,
            department=department,
            plans=seen,
            results=result_dates(session, plans),
            most=most,
        )
    return ClocksAnswer(
        today=found.today,
        counts=[ClockCountAnswer.model_validate(one, from_attributes=True) for one in found.counts],
        urgent=[
            ClockLineAnswer(
                department=line.department,
                plan_id=line.plan_id,
                task_id=line.task_id,
                visit_id=line.visit_id,
                kind=line.clock.kind,
                colour=line.clock.colour,
                due=line.clock.due,
                certain=line.clock.certain,
                left=line.clock.left,
                zh=line.clock.words_zh,
                en=line.clock.words_en,
            )
            for line in found.urgent
        ],
    )


def roster_for(desk: Desk, plan: Plan, entity_ids: list[str], scope: Scope) -> Roster:
    """The rosters of the city as staffing takes them."""
    return visit_roster(
        desk.ledger,
        plan,
        scope=scope,
        entity_ids=entity_ids,
        objects_folder=desk.plans_folder.parent / "objects",
        lake=desk.lake,
        bundles=desk.plans_folder,
    )


def visit_answer(found: Visit) -> VisitAnswer:
    """A visit as programs get it."""
    return VisitAnswer(
        visit_id=found.visit_id,
        entity_id=found.entity_id,
        first_day=found.first_day if found.tasks else None,
        last_day=found.last_day if found.tasks else None,
        departments=list(found.departments),
        item_codes=list(found.item_codes),
        tasks=[TaskAnswer.model_validate(task, from_attributes=True) for task in found.tasks],
        round=found.team.round,
        inspectors=list(found.team.inspectors),
        unstaffable=found.team.unstaffable,
        staffed=found.is_staffed,
        begun_on=found.begun_on,
    )
