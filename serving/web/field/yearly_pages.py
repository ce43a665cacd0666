"""Yearly plans over HTTP: the plans of a year, created, amended and published, with their files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.yearly.yearly_plan import YearlyPlan, YearlyPlanNotFound, csv_text
from serving.inspections.yearly.yearly_plans import (
    amend_yearly_plan,
    create_yearly_plan,
    find_yearly_plan,
    publish_yearly_plan,
)
from serving.web.field.asking import Asking, asking
from serving.web.field.yearly_form import YearlyForm, lines_in
from serving.web.field.yearly_page import yearly_file, yearly_page
from serving.web.holder import planner_of_request

SEE_OTHER = 303
Year = Annotated[int | None, Query(ge=2004, le=2100)]
Filled = Annotated[YearlyForm, Form(media_type="multipart/form-data")]


def yearly(request: Request, year: Year = None) -> Response:
    """The yearly plans of a year."""
    found = asking(request)
    return found.shown("yearly.html", yearly_page(found, year or found.today.year), current="yearly")


def create_yearly(request: Request, form: Filled) -> Response:
    """The first version of a department's plan."""

    def step(found: Asking) -> YearlyPlan:
        return create_yearly_plan(
            found.desk.ledger, city=found.desk.city, year=form.year, department=form.department,
            lines=lines_in(form), by=found.holder.person, now=found.desk.now(),
        )  # fmt: skip

    return _step(request, step, year=form.year, form=form)


def amend_yearly(request: Request, yearly_plan_id: str, form: Filled) -> Response:
    """A new version with its reason."""

    def step(found: Asking) -> YearlyPlan:
        return amend_yearly_plan(
            found.desk.ledger, yearly_plan_id, lines_in(form), reason=form.reason,
            by=found.holder.person, now=found.desk.now(),
        )  # fmt: skip

    plan = _plan_of_city(request, yearly_plan_id)
    return _step(request, step, year=plan.year, form=form, amended=yearly_plan_id)


def publish_yearly(request: Request, yearly_plan_id: str) -> Response:
    """Publishes the version that counts, today."""

    def step(found: Asking) -> YearlyPlan:
        return publish_yearly_plan(
            found.desk.ledger, yearly_plan_id, folder=found.desk.plans_folder, on=found.today,
            by=found.holder.person, now=found.desk.now(),
        )  # fmt: skip

    return _step(request, step, year=_plan_of_city(request, yearly_plan_id).year)


def lines_file(request: Request, plan: Annotated[str, Query(max_length=120)] = "") -> Response:
    """The table to fill in: the headings alone, or the lines that count of a plan."""
    lines = _plan_of_city(request, plan).latest.lines if plan else ()
    name = f"{plan or 'yearly-plan'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_text(lines), media_type="text/csv; charset=utf-8", headers=headers)


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


def _step(
    request: Request,
    step: Callable[[Asking], YearlyPlan],
    *,
    year: int,
    form: YearlyForm | None = None,
    amended: str = "",
) -> Response:
    """Takes a planner's step and goes to the plan; a refusal stands above the form as it was filled in."""
    planner_of_request(request)
    found = asking(request)
    try:
        plan = step(found)
    except Refusal as refusal:
        page = yearly_page(found, year, refusal=refusal, form=form, amended=amended)
        return found.shown("yearly.html", page, current="yearly", refusal=refusal)
    return RedirectResponse(f"/yearly-plans?year={plan.year}#{plan.yearly_plan_id}", status_code=SEE_OTHER)


def _plan_of_city(request: Request, yearly_plan_id: str) -> YearlyPlan:
    """The yearly plan, if it is the city's."""
    found = asking(request)
    plan = find_yearly_plan(found.desk.ledger, yearly_plan_id)
    if plan.city != found.desk.city:
        raise YearlyPlanNotFound(
            expected="the id of a yearly plan of this city",
            got=f"{yearly_plan_id!r}",
            todo="look the id up in the list of yearly plans",
        )
    return plan
