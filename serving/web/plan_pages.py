"""The pages of a plan: a refusal is shown above the form it refuses, a step taken leads back to the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.field.published_staffing import verified
from serving.inspections.plans.bundle import Verification
from serving.inspections.plans.ceremony import enter_public_value
from serving.inspections.plans.methods import choose_method
from serving.inspections.plans.plan import Plan
from serving.ledger.tokens import Holder
from serving.sampling.method import Design
from serving.sampling.tickets import TicketHash
from serving.web.ceremony.method_section import method_in
from serving.web.desk import Desk
from serving.web.errors import kind_of
from serving.web.holder import holder_of_request, planner_of_request
from serving.web.language import language_of
from serving.web.plan_api import committed, drawn, frozen, opened, plan_for, voided
from serving.web.plan_page import plan_page
from serving.web.rendering import View, render

SEE_OTHER = 303

Long = Annotated[str, Form(max_length=200)]
Reason = Annotated[str, Form(max_length=500)]


def plan(request: Request, plan_id: str) -> Response:
    """One plan."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    page = plan_page(desk, plan_for(desk, holder, plan_id), holder=holder, language=language_of(request))
    return render(request, desk, View(template="plan.html", page=page, current="plans"))


def freeze(request: Request, plan_id: str) -> Response:
    """Fixes the frame."""
    return _step(request, plan_id, planner_of_request, lambda desk, holder: frozen(desk, holder, plan_id))


def method(
    request: Request,
    plan_id: str,
    design: Long = Design.STRATIFIED,
    ticket_hash: Annotated[str, Form(alias="hash", max_length=200)] = TicketHash.SHA256,
    source: Long = "",
    published_at: Long = "",
) -> Response:
    """Chooses how the draft is drawn, once."""

    def step(desk: Desk, holder: Holder) -> Plan:
        chosen = method_in(design, ticket_hash, source=source, at=published_at)
        return choose_method(desk.ledger, plan_id, chosen, by=holder.person, now=desk.now())

    return _step(request, plan_id, planner_of_request, step)


def public_value(request: Request, plan_id: str, value: Long = "") -> Response:
    """Takes the public value as who is logged in read it."""

    def step(desk: Desk, holder: Holder) -> Plan:
        name = holder.person
        return enter_public_value(desk.ledger, plan_id, official=name, value=value, by=name, now=desk.now())

    return _step(request, plan_id, holder_of_request, step)


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
    return _step(
        request,
        plan_id,
        planner_of_request,
        lambda desk, holder: drawn(desk, holder, plan_id),
        shown="#draw-picture",
    )


def void(request: Request, plan_id: str, reason: Reason = "") -> Response:
    """Ends the plan with a reason."""

    def step(desk: Desk, holder: Holder) -> Plan:
        return voided(desk, holder, plan_id, reason)

    return _step(request, plan_id, planner_of_request, step)


def verification(request: Request, plan_id: str) -> Response:
    """Draws again from the published files, and shows what that found."""
    desk: Desk = request.app.state.desk_source()
    holder, language = holder_of_request(request), language_of(request)
    found = plan_for(desk, holder, plan_id)
    checked: Verification | None = None
    refused: Refusal | None = None
    try:
        checked = verified(found, desk.plans_folder)
    except Refusal as refusal:
        refused = refusal
    page = plan_page(desk, found, holder=holder, language=language, refusal=refused, checked=checked)
    status = 200 if refused is None else kind_of(refused).status
    return render(request, desk, View(template="plan.html", page=page, current="plans", status=status))


def _step(
    request: Request,
    plan_id: str,
    holder_from: Callable[[Request], Holder],
    step: Callable[[Desk, Holder], Plan],
    shown: str = "",
) -> Response:
    """Takes a step and goes back to the plan, at `shown`; a refusal is shown there with its status."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_from(request)
    found = plan_for(desk, holder, plan_id)
    try:
        step(desk, holder)
    except Refusal as refusal:
        page = plan_page(desk, found, holder=holder, language=language_of(request), refusal=refusal)
        status = kind_of(refusal).status
        return render(request, desk, View(template="plan.html", page=page, current="plans", status=status))
    return RedirectResponse(f"/plans/{plan_id}{shown}", status_code=SEE_OTHER)
