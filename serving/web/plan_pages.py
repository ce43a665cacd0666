"""The pages of plans: a refusal is shown above the form it refuses, a step taken leads back to the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.plan import Plan
from serving.ledger.tokens import Holder
from serving.web.desk import Desk
from serving.web.errors import kind_of
from serving.web.holder import holder_of_request, planner_of_request, region_for
from serving.web.language import language_of
from serving.web.plan_api import committed, drawn, frozen, new_plan, opened, plan_for, voided
from serving.web.plan_page import plan_page
from serving.web.plans_page import PlanForm, form_of, plans_page, preview_of_form, proposed_form
from serving.web.preview import ratios_of_percents, refused_preview
from serving.web.rendering import View, render

SEE_OTHER = 303

Text = Annotated[str, Form(max_length=120)]
Long = Annotated[str, Form(max_length=200)]
Reason = Annotated[str, Form(max_length=500)]


def plans(request: Request) -> Response:
    """The list of plans and the form of a new one."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    page = plans_page(desk, proposed_form(holder.region_prefix), holder=holder, language=language_of(request))
    return render(request, desk, View(template="plans.html", page=page, current="plans"))


def preview(
    request: Request, a: Text = "", b: Text = "", c: Text = "", d: Text = "", region_prefix: Text = ""
) -> Response:
    """The live preview of the form, for htmx; ratios that are refused are an answer, not a failure."""
    desk: Desk = request.app.state.desk_source()
    language = language_of(request)
    try:
        region = region_for(holder_of_request(request), region_prefix)
    except Refusal as refusal:
        return render(request, desk, View(template="preview.html", page=refused_preview(refusal, language)))
    form = form_of("", region, {"A": a, "B": b, "C": c, "D": d})
    page = preview_of_form(desk, form, language=language)
    return render(request, desk, View(template="preview.html", page=page))


def create(
    request: Request,
    title: Text = "",
    a: Text = "",
    b: Text = "",
    c: Text = "",
    d: Text = "",
    region_prefix: Text = "",
) -> Response:
    """Saves a draft, or shows the form again with what is wrong."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    percents = {"A": a, "B": b, "C": c, "D": d}
    form = form_of(title, region_prefix, percents)
    try:
        plan = new_plan(desk, holder, title=title, ratios=ratios_of_percents(percents), region=region_prefix)
    except Refusal as refusal:
        return _form_again(request, form, refusal)
    return RedirectResponse(f"/plans/{plan.plan_id}", status_code=SEE_OTHER)


def plan(request: Request, plan_id: str) -> Response:
    """One plan."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    page = plan_page(desk, plan_for(desk, holder, plan_id), holder=holder, language=language_of(request))
    return render(request, desk, View(template="plan.html", page=page, current="plans"))


def freeze(request: Request, plan_id: str) -> Response:
    """Fixes the frame."""
    return _step(request, plan_id, planner_of_request, lambda desk, holder: frozen(desk, holder, plan_id))


def commit(request: Request, plan_id: str, commitment: Long = "") -> Response:
    """Takes the commitment of who is logged in, in whatever role."""

    def step(desk: Desk, holder: Holder) -> Plan:
        return committed(desk, holder, plan_id, commitment.strip())

    return _step(request, plan_id, holder_of_request, step)


def reveal(request: Request, plan_id: str, secret: Long = "") -> Response:
    """Takes the secret of who is logged in."""

    def step(desk: Desk, holder: Holder) -> Plan:
        return opened(desk, holder, plan_id, secret.strip())

    return _step(request, plan_id, holder_of_request, step)


def draw(request: Request, plan_id: str) -> Response:
    """Draws, once and for all."""
    return _step(request, plan_id, planner_of_request, lambda desk, holder: drawn(desk, holder, plan_id))


def void(request: Request, plan_id: str, reason: Reason = "") -> Response:
    """Ends the plan with a reason."""

    def step(desk: Desk, holder: Holder) -> Plan:
        return voided(desk, holder, plan_id, reason)

    return _step(request, plan_id, planner_of_request, step)


def _step(
    request: Request,
    plan_id: str,
    holder_from: Callable[[Request], Holder],
    step: Callable[[Desk, Holder], Plan],
) -> Response:
    """Takes a step and goes back to the plan; a refusal is shown on the plan's page with its status."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_from(request)
    found = plan_for(desk, holder, plan_id)
    try:
        step(desk, holder)
    except Refusal as refusal:
        page = plan_page(desk, found, holder=holder, language=language_of(request), refusal=refusal)
        status = kind_of(refusal).status
        return render(request, desk, View(template="plan.html", page=page, current="plans", status=status))
    return RedirectResponse(f"/plans/{plan_id}", status_code=SEE_OTHER)


def _form_again(request: Request, form: PlanForm, refusal: Refusal) -> Response:
    desk: Desk = request.app.state.desk_source()
    page = plans_page(
        desk, form, holder=holder_of_request(request), language=language_of(request), refusal=refusal
    )
    status = kind_of(refusal).status
    return render(request, desk, View(template="plans.html", page=page, current="plans", status=status))
