"""Tasks and visits over HTTP: the list, one visit, its start, and a recusal."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import File, Form, Query, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.field.assignments import AskedBy, recuse
from serving.inspections.field.starting import (
    MOST_AT_ONCE,
    Begun,
    begin_visit,
    begin_visits,
    read_visit_ids,
)
from serving.inspections.field.visits import Visit, find_visit
from serving.inspections.plans.steps import find_plan
from serving.inspections.plans.tasks import TaskRefused
from serving.inspections.results.cells import day_of
from serving.sampling.staffing import Scope, ScopeKind
from serving.web.field.asking import Asking, asking, worker
from serving.web.field.staffing_page import scope_of_visit
from serving.web.field.tasks_page import TaskSearch, tasks_page
from serving.web.field.visit_page import entity_of_visit, visit_page
from serving.web.holder import planner_of_request
from serving.web.reach import visits_reached
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


def begin_many(
    request: Request,
    visit: Annotated[list[str] | None, Form(max_length=MOST_AT_ONCE)] = None,
    on: Annotated[str, Form(max_length=20)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Begins the visits that were ticked and those of a file, and says which could not begin."""
    found = worker(request)
    begun: Begun | None = None
    refused: Refusal | None = None
    try:
        ids = [*(visit or ()), *(read_visit_ids(file.file.read()) if file and file.filename else ())]
        seen = visits_reached(found.desk, found.holder, ids)
        begun = begin_visits(
            found.desk.ledger, ids, on=_day(on) if on else found.today,
            by=found.holder.person, now=found.desk.now(), among=seen,
        )  # fmt: skip
    except Refusal as refusal:
        refused = refusal
    page = tasks_page(found, TaskSearch(), begun=begun, refusal=refused)
    return found.shown("tasks.html", page, current=TASKS, refusal=refused)


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


def _day(text: str) -> date:
    """The day typed in a form."""
    day = day_of(text)
    if day is None:
        raise TaskRefused(expected="a day such as 2026-07-03", got=repr(text), todo="write the day so")
    return day


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
