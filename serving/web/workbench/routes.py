"""The workbench over HTTP: list and form, live preview, live frontier, saving."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.web.desk import Desk
from serving.web.errors import kind_of
from serving.web.holder import holder_of_request, planner_of_request
from serving.web.language import language_of
from serving.web.plans_page import plans_page
from serving.web.rendering import View, render
from serving.web.workbench.drawn_preview import preview_for
from serving.web.workbench.form import PlanForm
from serving.web.workbench.frontier_section import frontier_section, waiting_section
from serving.web.workbench.page import proposed_form
from serving.web.workbench.saving import plans_of_form
from serving.web.workbench.weighing import SOLVER

SEE_OTHER = 303
# Less than a page waits for an answer; until then the section asks again.
_PATIENCE = 1.5

Filled = Annotated[PlanForm, Form()]


def plans(request: Request) -> Response:
    """The workbench and the list of plans."""
    desk: Desk = request.app.state.desk_source()
    form = proposed_form(desk, holder_of_request(request).region_prefix)
    return _page(request, desk, form, None)


def preview(request: Request, form: Filled) -> Response:
    """What the form would draw, for htmx; ratios that are refused are an answer, not a failure."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    page = preview_for(desk, form, holder=holder, language=language_of(request))
    return render(request, desk, View(template="workbench_preview.html", page=page))


def frontier(request: Request, form: Filled) -> Response:
    """The frontier of the form, for htmx; asks again while the solver is being loaded."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    if SOLVER.is_ready(_PATIENCE):
        page = frontier_section(desk, form, holder=holder, language=language_of(request))
    else:
        page = waiting_section()
    return render(request, desk, View(template="workbench_frontier.html", page=page))


def create(request: Request, form: Filled) -> Response:
    """Saves a draft, or those of a joint plan, or shows the form again with what is wrong."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    try:
        plan = plans_of_form(desk, form, holder)[0]
    except Refusal as refusal:
        return _page(request, desk, form, refusal)
    return RedirectResponse(f"/plans/{plan.plan_id}", status_code=SEE_OTHER)


def _page(request: Request, desk: Desk, form: PlanForm, refusal: Refusal | None) -> Response:
    page = plans_page(
        desk, form, holder=holder_of_request(request), language=language_of(request), refusal=refusal
    )
    status = 200 if refusal is None else kind_of(refusal).status
    return render(request, desk, View(template="plans.html", page=page, current="plans", status=status))
