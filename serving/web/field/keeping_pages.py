"""Effect and rosters over HTTP, with the entry of leave and conflicts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.results.cells import day_of
from serving.rosters.inspector import Conflict, InspectorRefused
from serving.rosters.inspectors import record_conflict, record_leave
from serving.web.field.asking import asking
from serving.web.field.effect_page import effect_page
from serving.web.field.rosters_page import rosters_page
from serving.web.holder import planner_of_request

SEE_OTHER = 303
ROSTERS = "rosters"
Year = Annotated[int | None, Query(ge=2004, le=2100)]
Word = Annotated[str, Form(max_length=200)]
Reason = Annotated[str, Form(max_length=500)]


def effect(
    request: Request,
    by: Annotated[str, Query(pattern="^(whole|plan|department|month|grade)$")] = "whole",
    year: Year = None,
    measure: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What inspections came to in a year."""
    found = asking(request)
    page = effect_page(found, by=by, year=year or found.today.year, measure=measure)
    return found.shown("effect.html", page, current="effect")


def rosters(
    request: Request,
    tab: Annotated[str, Query(pattern="^(items|inspectors|objects|marks)$")] = "items",
    department: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """One list and two rosters."""
    found = asking(request)
    return found.shown("rosters.html", rosters_page(found, tab, department=department), current=ROSTERS)


def leave(
    request: Request,
    inspector: Word = "",
    first_day: Word = "",
    last_day: Word = "",
    reason: Reason = "",
) -> Response:
    """Records days of leave, both included."""
    holder = planner_of_request(request)
    found = asking(request)
    try:
        days = (_day(first_day), _day(last_day))
        record_leave(
            found.desk.ledger, found.desk.city, inspector, days,
            by=holder.person, now=found.desk.now(), reason=reason,
        )  # fmt: skip
    except Refusal as refusal:
        page = rosters_page(found, "inspectors", refusal=refusal)
        return found.shown("rosters.html", page, current=ROSTERS, refusal=refusal)
    return RedirectResponse(f"/rosters?tab=inspectors#{inspector}", status_code=SEE_OTHER)


def conflict(request: Request, inspector: Word = "", entity_id: Word = "", reason: Reason = "") -> Response:
    """Records an entity that an inspector keeps away from."""
    holder = planner_of_request(request)
    found = asking(request)
    try:
        entity = found.desk.register.find(entity_id.strip(), region_prefix=holder.region_prefix)
        record_conflict(
            found.desk.ledger, found.desk.city, inspector, Conflict(entity_id=entity.entity_id),
            by=holder.person, now=found.desk.now(), reason=reason,
        )  # fmt: skip
    except Refusal as refusal:
        page = rosters_page(found, "inspectors", refusal=refusal)
        return found.shown("rosters.html", page, current=ROSTERS, refusal=refusal)
    return RedirectResponse(f"/rosters?tab=inspectors#{inspector}", status_code=SEE_OTHER)


def _day(text: str) -> date:
    """The day typed in a form."""
    day = day_of(text)
    if day is None:
        raise InspectorRefused(expected="days such as 2026-07-03", got=repr(text), todo="write the day so")
    return day
