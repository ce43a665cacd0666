"""The ASGI app: every route in one list, the door before it, and headers that keep foreign content out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data_contracts.refusal import Refusal
from serving.web import (
    alerts_page,
    api,
    course,
    method_api,
    object_builds,
    pages,
    plan_api,
    plan_pages,
    policy_api,
    remedies_section,
    result_api,
    return_api,
    roster_api,
    roster_imports,
    task_api,
    yearly_api,
)
from serving.web.access import AccessMiddleware
from serving.web.ceremony import qr
from serving.web.desk import DeskSource
from serving.web.errors import on_fault, on_http_error, on_malformed, on_refusal
from serving.web.field import result_pages, staffing_pages
from serving.web.field.routes import FIELD_PAGES
from serving.web.health import ALIVE, READY, alive, ready
from serving.web.long_steps import LongSteps
from serving.web.workbench import api as workbench_api
from serving.web.workbench import policy_routes
from serving.web.workbench import routes as workbench

STATIC = Path(__file__).parent / "static"

HEADERS = {
    # No inline script or style, nothing from elsewhere, no framing: a foreign text in a record stays text.
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, and the function that answers."""

    method: str
    path: str
    endpoint: Callable[..., Any]


API_ROUTES = (
    Route("GET", "/api/v1/items", roster_api.items),
    Route("POST", "/api/v1/items", roster_api.record_item),
    Route("GET", "/api/v1/items/{code}", roster_api.item),
    Route("GET", "/api/v1/inspectors", roster_api.inspectors),
    Route("POST", "/api/v1/rosters/{roster}/imports", roster_imports.import_answer),
    Route("POST", "/api/v1/inspectors/{inspector_id}/leave", roster_api.leave),
    Route("POST", "/api/v1/inspectors/{inspector_id}/conflicts", roster_api.conflict),
    Route("GET", "/api/v1/objects", roster_api.objects),
    Route("POST", "/api/v1/objects", object_builds.build_answer),
    Route("GET", "/api/v1/objects/concerned", roster_api.objects_concerned),
    Route("POST", "/api/v1/score", api.score),
    Route("GET", "/api/v1/entities/{entity_id}", api.entity),
    Route("GET", "/api/v1/entities/{entity_id}/marks", roster_api.marks),
    Route("GET", "/api/v1/entities/{entity_id}/course", course.course_answer),
    Route("GET", "/api/v1/entities/{entity_id}/remedies", remedies_section.remedies_answer),
    Route("GET", "/api/v1/alerts", alerts_page.alerts_answer),
    Route("GET", "/api/v1/grades", api.grades),
    Route("GET", "/api/v1/live", api.live),
    Route("POST", "/api/v1/plans/preview", plan_api.preview),
    Route("POST", "/api/v1/plans/weighing", workbench_api.weighing),
    Route("POST", "/api/v1/plans", plan_api.create),
    Route("GET", "/api/v1/plans", plan_api.plans),
    Route("GET", "/api/v1/plans/{plan_id}", plan_api.read),
    Route("GET", "/api/v1/plans/{plan_id}/verification", plan_api.verification),
    Route("POST", "/api/v1/plans/{plan_id}/method", method_api.method),
    Route("POST", "/api/v1/plans/{plan_id}/freeze", plan_api.freeze),
    Route("POST", "/api/v1/plans/{plan_id}/public-value", method_api.public_value),
    Route("POST", "/api/v1/plans/{plan_id}/commitments", plan_api.commit),
    Route("POST", "/api/v1/plans/{plan_id}/reveals", plan_api.reveal),
    Route("POST", "/api/v1/plans/{plan_id}/draw", plan_api.draw),
    Route("POST", "/api/v1/plans/{plan_id}/void", plan_api.void),
    Route("GET", "/api/v1/plans/{plan_id}/bundle", plan_api.bundle),
    Route("GET", "/api/v1/plans/{plan_id}/tasks", task_api.tasks),
    Route("POST", "/api/v1/plans/{plan_id}/staffing", task_api.staffing),
    Route("GET", "/api/v1/visits/{visit_id}", task_api.visit),
    Route("POST", "/api/v1/visits/{visit_id}/recusals", task_api.recusal),
    Route("POST", "/api/v1/visits/{visit_id}/start", task_api.start),
    Route("POST", "/api/v1/visits/start", task_api.start_many),
    Route("GET", "/api/v1/clocks", task_api.clocks),
    Route("GET", "/api/v1/yearly-plans", yearly_api.yearly_plans),
    Route("POST", "/api/v1/yearly-plans", yearly_api.create_yearly),
    Route("GET", "/api/v1/yearly-plans/{yearly_plan_id}", yearly_api.yearly_plan),
    Route("POST", "/api/v1/yearly-plans/{yearly_plan_id}/amendments", yearly_api.amend_yearly),
    Route("POST", "/api/v1/yearly-plans/{yearly_plan_id}/publication", yearly_api.publish_yearly),
    Route("GET", "/api/v1/plans/{plan_id}/results", result_api.results),
    Route("POST", "/api/v1/plans/{plan_id}/results", result_api.enter),
    Route("GET", "/api/v1/plans/{plan_id}/results/form", result_api.form),
    Route("POST", "/api/v1/plans/{plan_id}/publication", result_api.publish),
    Route("POST", "/api/v1/plans/{plan_id}/withholding", result_api.withhold),
    Route("POST", "/api/v1/plans/{plan_id}/follow-ups", result_api.handle),
    Route("POST", "/api/v1/plans/{plan_id}/repairs", result_api.repair),
    Route("POST", "/api/v1/plans/{plan_id}/close", result_api.close),
    Route("POST", "/api/v1/results/imports", result_api.import_file),
    Route("GET", "/api/v1/results/imports/{import_id}/rejected", result_api.rejected),
    Route("POST", "/api/v1/plans/{plan_id}/results/returns", return_api.return_plan),
    Route("POST", "/api/v1/results/returns", return_api.return_all),
    Route("GET", "/api/v1/effect", result_api.effect),
    Route("GET", "/api/v1/policies", policy_api.policies),
    Route("POST", "/api/v1/policies", policy_api.create),
    Route("GET", "/api/v1/policies/{policy_id}", policy_api.read),
    Route("GET", "/api/v1/policies/{policy_id}/versions", policy_api.versions),
    Route("POST", "/api/v1/policies/{policy_id}/versions", policy_api.change),
    Route("POST", "/api/v1/frontier", policy_api.frontier),
    Route("POST", "/api/v1/policy-replay", policy_api.replay),
)
PAGE_ROUTES = (
    Route("GET", "/", pages.overview),
    Route("GET", "/register", pages.register_table),
    Route("GET", "/entities/{entity_id}", pages.entity),
    Route("GET", "/entities/{entity_id}/course", course.course),
    Route("GET", "/entities/{entity_id}/remedies", remedies_section.remedies),
    Route("GET", "/alerts", alerts_page.alerts),
    Route("GET", "/plans", workbench.plans),
    Route("POST", "/plans", workbench.create),
    Route("POST", "/plans/preview", workbench.preview),
    Route("POST", "/plans/frontier", workbench.frontier),
    Route("GET", "/policies", policy_routes.policies),
    Route("POST", "/policies", policy_routes.create),
    Route("GET", "/policies/{policy_id}", policy_routes.policy),
    Route("POST", "/policies/{policy_id}/versions", policy_routes.change),
    Route("GET", "/policies/{policy_id}/replay", policy_routes.replay),
    Route("GET", "/plans/{plan_id}", plan_pages.plan),
    Route("POST", "/plans/{plan_id}/method", plan_pages.method),
    Route("POST", "/plans/{plan_id}/freeze", plan_pages.freeze),
    Route("POST", "/plans/{plan_id}/public-value", plan_pages.public_value),
    Route("POST", "/plans/{plan_id}/commitments", plan_pages.commit),
    Route("POST", "/plans/{plan_id}/reveals", plan_pages.reveal),
    Route("POST", "/plans/{plan_id}/draw", plan_pages.draw),
    Route("POST", "/plans/{plan_id}/void", plan_pages.void),
    Route("GET", "/plans/{plan_id}/verification", plan_pages.verification),
    Route("GET", "/plans/{plan_id}/qr.svg", qr.code),
    Route("POST", "/rosters/imports", roster_imports.import_page),
    Route("POST", "/rosters/objects", object_builds.build_page),
    *(Route(*one) for one in FIELD_PAGES),
    Route("GET", "/login", pages.login_form),
    Route("POST", "/login", pages.login),
    Route("POST", "/logout", pages.logout),
)


# What takes longer than a request may wait in a city of millions.
LONG = frozenset(
    [
        *(plan_api.verification, plan_pages.verification),
        *(plan_api.freeze, plan_api.draw, task_api.staffing, result_api.import_file),
        *(plan_pages.freeze, plan_pages.draw, staffing_pages.staff, result_pages.import_file),
        *(policy_api.replay, policy_routes.replay),
        *(object_builds.build_answer, object_builds.build_page),
        *(return_api.return_plan, return_api.return_all, result_pages.return_results),
    ]
)


class HeadersMiddleware:
    """Adds the protective headers to every answer; grades are never kept by a cache on the way."""

    def __init__(self, app: ASGIApp) -> None:
        """Stores the app behind it."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on, with headers added to the start of an answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                cached = scope["path"].startswith("/static/")
                headers["Cache-Control"] = "public, max-age=3600" if cached else "no-store"
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def create_app(desk_source: DeskSource) -> FastAPI:
    """The app over a desk that is opened when the first request needs it."""
    app = FastAPI(
        title="Xinheng",
        version="1",
        docs_url=None,  # its page would load scripts from a foreign network
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        middleware=[Middleware(HeadersMiddleware), Middleware(AccessMiddleware, desk_source=desk_source)],
        exception_handlers={
            Refusal: on_refusal,
            RequestValidationError: on_malformed,
            HTTPException: on_http_error,
            Exception: on_fault,
        },
    )
    app.state.desk_source = desk_source
    app.state.remedies = remedies_section.Remedies()
    steps = LongSteps()
    for route in (*API_ROUTES, *PAGE_ROUTES):
        endpoint = steps.patiently(route.endpoint) if route.endpoint in LONG else route.endpoint
        if route in PAGE_ROUTES:
            app.add_api_route(
                route.path, endpoint, methods=[route.method], include_in_schema=False, response_model=None
            )
        else:
            app.add_api_route(route.path, endpoint, methods=[route.method])
    app.add_route(ALIVE, alive)
    for path in sorted(READY):
        app.add_route(path, ready)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
