"""Effect, rosters and yearly plans over HTTP, with the entry of leave and conflicts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.results.cells import day_of
from serving.inspections.yearly.yearly_plan import YearlyPlanNotFound
from serving.inspections.yearly.yearly_plans import find_yearly_plan, publish_yearly_plan
from serving.rosters.inspector import Conflict, InspectorRefused
from serving.rosters.inspectors import record_conflict, record_leave
from serving.web.field.asking import asking
from serving.web.field.effect_page import effect_page
from serving.web.field.rosters_page import rosters_page
from serving.web.field.yearly_page import yearly_file, yearly_page
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


def yearly(request: Request, year: Year = None) -> Response:
    """The yearly plans of a year."""
    found = asking(request)
    return found.shown("yearly.html", yearly_page(found, year or found.today.year), current="yearly")


def publish_yearly(request: Request, yearly_plan_id: str) -> Response:
    """Publishes the version that counts, today."""
    holder = planner_of_request(request)
    found = asking(request)
    plan = find_yearly_plan(found.desk.ledger, yearly_plan_id)
    try:
        publish_yearly_plan(
            found.desk.ledger, yearly_plan_id, folder=found.desk.plans_folder, on=found.today,
            by=holder.person, now=found.desk.now(),
        )  # fmt: skip
    except Refusal as refusal:
        page = yearly_page(found, plan.year, refusal=refusal)
        return found.shown("yearly.html", page, current="yearly", refusal=refusal)
    return RedirectResponse(f"/yearly-plans?year={plan.year}#{yearly_plan_id}", status_code=SEE_OTHER)


def published_file(request: Request, yearly_plan_id: str, version: int, name: str) -> Response:
    """A published file of a yearly plan."""
    found = asking(request)
    plan = find_yearly_plan(found.desk.ledger, yearly_plan_id)
    path = yearly_file(found, plan, version, name) if plan.city == found.desk.city else None
    if path is None:
        raise YearlyPlanNotFound(
            expected="a published version and one of its files",
            got=f"version {version} of {yearly_plan_id!r}, {name!r}",
            todo="open it from the page of yearly plans",
        )
    return FileResponse(path, filename=f"{yearly_plan_id}-v{version}-{name}")


def _day(text: str) -> date:
    """The day typed in a form."""
    day = day_of(text)
    if day is None:
        raise InspectorRefused(expected="days such as 2026-07-03", got=repr(text), todo="write the day so")
    return day
