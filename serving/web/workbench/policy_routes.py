"""Policies over HTTP for people: the list, one with its versions, a new policy, a new version."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.policies.versions import (
    change_policy,
    create_policy,
    policy_of_city,
    policy_versions,
)
from serving.web.desk import Desk
from serving.web.errors import kind_of
from serving.web.holder import holder_of_request, planner_of_request
from serving.web.language import language_of
from serving.web.rendering import View, render
from serving.web.workbench.form import PlanForm, policy_in
from serving.web.workbench.policies import changed_policy, policies_page, policy_page
from serving.web.workbench.replay_section import replay_section

SEE_OTHER = 303


class PolicyForm(PlanForm):
    """The policy as filled in, with the reason and the version that its author saw."""

    reason: Annotated[str, Form(max_length=500)] = ""
    version: Annotated[int, Form(ge=0, le=10**6)] = 0


Filled = Annotated[PolicyForm, Form()]


def policies(request: Request) -> Response:
    """The policies of the city."""
    holder_of_request(request)
    return _list(request)


def policy(request: Request, policy_id: str) -> Response:
    """One policy with its versions."""
    holder_of_request(request)
    return _one(request, policy_id)


def replay(request: Request, policy_id: str) -> Response:
    """The same with what it would have found in past years."""
    desk: Desk = request.app.state.desk_source()
    policy_of_city(desk.ledger, desk.city, policy_id)
    language = language_of(request)
    page = policy_page(desk, policy_versions(desk.ledger, policy_id), language)
    section = replay_section(desk, holder_of_request(request), policy_id, language)
    return _shown(request, desk, "policy.html", replace(page, replay=section), None)


def create(request: Request, form: Filled) -> Response:
    """Writes a new policy, or shows the form again with what is wrong."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    try:
        stored = create_policy(
            desk.ledger, policy_in(form), city=desk.city, title=form.title, by=holder.person,
            reason=form.reason, now=desk.now(),
        )  # fmt: skip
    except Refusal as refusal:
        return _list(request, form, refusal)
    return RedirectResponse(f"/policies/{stored.policy_id}", status_code=SEE_OTHER)


def change(request: Request, policy_id: str, form: Filled) -> Response:
    """Writes a new version over the one that its author saw."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    seen = policy_of_city(desk.ledger, desk.city, policy_id)
    try:
        change_policy(
            desk.ledger, policy_id, changed_policy(form, seen.policy), version=form.version,
            by=holder.person, reason=form.reason, now=desk.now(),
        )  # fmt: skip
    except Refusal as refusal:
        return _one(request, policy_id, form, refusal)
    return RedirectResponse(f"/policies/{policy_id}", status_code=SEE_OTHER)


def _list(request: Request, form: PolicyForm | None = None, refusal: Refusal | None = None) -> Response:
    desk: Desk = request.app.state.desk_source()
    reason = form.reason if form else ""
    page = policies_page(desk, language_of(request), form=form, reason=reason, refusal=refusal)
    return _shown(request, desk, "policies.html", page, refusal)


def _one(
    request: Request, policy_id: str, form: PolicyForm | None = None, refusal: Refusal | None = None
) -> Response:
    desk: Desk = request.app.state.desk_source()
    policy_of_city(desk.ledger, desk.city, policy_id)
    versions, reason = policy_versions(desk.ledger, policy_id), form.reason if form else ""
    page = policy_page(desk, versions, language_of(request), form=form, reason=reason, refusal=refusal)
    return _shown(request, desk, "policy.html", page, refusal)


def _shown(request: Request, desk: Desk, template: str, page: object, refusal: Refusal | None) -> Response:
    status = 200 if refusal is None else kind_of(refusal).status
    return render(request, desk, View(template=template, page=page, current="plans", status=status))
