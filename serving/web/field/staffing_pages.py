"""Staffing of a plan over HTTP: the page, the drawing of inspectors, and its record to take away."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.field.assignments import staff_plan
from serving.inspections.field.published_staffing import staffing_digests
from serving.inspections.field.visits import visits_of_plan
from serving.inspections.plans.tasks import TaskRefused
from serving.sampling.staffing import Scope, ScopeKind
from serving.sampling.staffing_check import STAFFING_FILE
from serving.web.field.asking import asking
from serving.web.field.staffing_page import StaffingSearch, staffing_page
from serving.web.holder import planner_of_request
from serving.web.plan_api import plan_for
from serving.web.task_api import roster_for

SEE_OTHER = 303


def staffing(
    request: Request,
    plan_id: str,
    only: Annotated[str, Query(pattern="^(stuck)?$")] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Who goes on the visits of a plan."""
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    page = staffing_page(found, plan, StaffingSearch(only=only, offset=offset))
    return found.shown("staffing.html", page, current="plans")


def staff(
    request: Request,
    plan_id: str,
    scope: Annotated[str, Form(max_length=40)] = "",
    station: Annotated[list[str] | None, Form(max_length=100)] = None,
) -> Response:
    """Draws inspectors for every visit that has no whole team."""
    planner_of_request(request)
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    wanted: Scope | None = None
    try:
        kind = ScopeKind(scope) if scope in set(ScopeKind) else ScopeKind.WHOLE_BUREAU
        # The boxes of stations stay on the page whichever way is chosen; they count only for their own.
        wanted = Scope(kind=kind, stations=tuple(station or ()) if kind is ScopeKind.STATIONS else ())
        with found.desk.ledger.reading() as session:
            ids = [visit.entity_id for visit in visits_of_plan(session, plan_id)]
        roster = roster_for(found.desk, plan, ids, wanted)
        staff_plan(found.desk.ledger, plan_id, roster=roster, by=found.holder.person, now=found.desk.now())
    except Refusal as refusal:
        page = staffing_page(found, plan, StaffingSearch(), asked=wanted, refusal=refusal)
        return found.shown("staffing.html", page, current="plans", refusal=refusal)
    return RedirectResponse(f"/plans/{plan_id}/staffing", status_code=SEE_OTHER)


def record(request: Request, plan_id: str) -> Response:
    """staffing.json as published: what every seat was drawn from; inspectors by pseudonym."""
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    file = found.desk.plans_folder / plan_id / STAFFING_FILE
    if not staffing_digests(plan) or not file.is_file():
        raise TaskRefused(
            expected=f"a plan whose inspectors were drawn, with {STAFFING_FILE}",
            got=f"plan {plan_id} without it",
            todo="staff the plan first",
        )
    return FileResponse(file, media_type="application/json", filename=f"{plan_id}-{STAFFING_FILE}")
