"""Health for machines without a token: whether the process answers, and whether it is behind its ledger."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.web.desk import Desk, DeskSource

ALIVE, READY = "/livez", frozenset({"/healthz", "/readyz"})
# Why stands in the log and, for who has a token, in /api/v1/live: paths and names are not for strangers.
BEHIND = "ok, but behind the ledger: the release or register before is served\n"


def alive(_: Request) -> PlainTextResponse:
    """Says that the process answers."""
    return PlainTextResponse("ok\n")


def ready(request: Request) -> PlainTextResponse:
    """Says that the city is served, and whether by what the ledger says; refused while it cannot be."""
    return told(request.app.state.desk_source())


def told(desk: Desk) -> PlainTextResponse:
    """Ready in both cases: a service that answers from the register before is better than none."""
    return PlainTextResponse(BEHIND if desk.behind else "ok\n")


class HealthMiddleware:
    """Tells that the desk is behind where the app inside answers health by itself, as BentoML does."""

    def __init__(self, app: ASGIApp, desk_source: DeskSource) -> None:
        """Stores the app behind it."""
        self.app = app
        self.desk_source = desk_source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything else on, and health too while nothing is behind."""
        if scope["type"] == "http" and scope["path"] in READY and self.desk_source().behind:
            await told(self.desk_source())(scope, receive, send)
        else:
            await self.app(scope, receive, send)
