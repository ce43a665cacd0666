"""Tasks and visits over HTTP: the list, one visit, its start, and a recusal."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.field.assignments import AskedBy, begin_visit, recuse
from serving.inspections.field.visits import Visit, find_visit
from serving.inspections.plans.steps import find_plan
from serving.sampling.staffing import Scope, ScopeKind
from serving.web.field.asking import Asking, asking, worker
from serving.web.field.staffing_page import scope_of_visit
from serving.web.field.tasks_page import TaskSearch, tasks_page
from serving.web.field.visit_page import entity_of_visit, visit_page
from serving.web.holder import planner_of_request
from serving.web.task_api import roster_for

SEE_OTHER = 303
TASKS = "tasks"
Words = Annotated[str, Query(max_length=200)]
Reason = Annotated[str, Form(max_length=500)]


def tasks(
    request: Request,
    department: Words = "",
    plan: Words = "",
    state: Annotated[str, Query(max_length=20)] = "",
    colour: Annotated[str, Query(max_length=20)] = "",
    mine: Annotated[str, Query(pattern="^1?$")] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """The visits that wait."""
    found = asking(request)
    search = TaskSearch(
        department=department, plan_id=plan, state=state, colour=colour, mine=bool(mine), offset=offset
    )
    return found.shown("tasks.html", tasks_page(found, search), current=TASKS)


def visit(request: Request, visit_id: str) -> Response:
    """One visit."""
    found = asking(request)
    return found.shown("visit.html", visit_page(found, visit_id), current=TASKS)


def begin(request: Request, visit_id: str, on: date | None = None) -> Response:
    """The team sets out today."""
    found = worker(request)
    _visible(found, visit_id)
    try:
        begin_visit(
            found.desk.ledger, visit_id, on=on or found.today, by=found.holder.person, now=found.desk.now()
        )
    except Refusal as refusal:
        return _again(found, visit_id, refusal)
    return RedirectResponse(f"/visits/{visit_id}", status_code=SEE_OTHER)


def recusal(
    request: Request,
    visit_id: str,
    inspector: Annotated[str, Form(max_length=120)] = "",
    asked_by: Annotated[str, Form(pattern="^(inspector|entity)$")] = "inspector",
    reason: Reason = "",
) -> Response:
    """Takes an inspector off the visit and draws the seat again, from the scope that stood."""
    planner_of_request(request)
    found = asking(request)
    stands = _visible(found, visit_id)
    try:
        plan = find_plan(found.desk.ledger, stands.opened_by)
        scope = scope_of_visit(found, visit_id) or Scope(kind=ScopeKind.WHOLE_BUREAU)
        recuse(
            found.desk.ledger,
            visit_id,
            inspector,
            asked_by=AskedBy(asked_by),
            reason=reason,
            roster=roster_for(found.desk, plan, [stands.entity_id], scope),
            by=found.holder.person,
            now=found.desk.now(),
        )
    except Refusal as refusal:
        return _again(found, visit_id, refusal)
    return RedirectResponse(f"/visits/{visit_id}#team", status_code=SEE_OTHER)


def _visible(found: Asking, visit_id: str) -> Visit:
    """The visit, if its entity lies within the holder's region."""
    with found.desk.ledger.reading() as session:
        stands = find_visit(session, visit_id)
    entity_of_visit(found, stands)
    return stands


def _again(found: Asking, visit_id: str, refusal: Refusal) -> Response:
    return found.shown(
        "visit.html", visit_page(found, visit_id, refusal=refusal), current=TASKS, refusal=refusal
    )
