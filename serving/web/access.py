"""The door: a token in the header or the cookie of /login, for all but health, login and static files.

Pure ASGI, so that it also covers the routes of BentoML, which replaces the text of its own 401 and 403.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from data_contracts.refusal import Refusal
from serving.ledger.tokens import Holder, holder_of
from serving.web.desk import DeskSource
from serving.web.errors import respond
from serving.web.holder import SCOPE_KEY

COOKIE = "xinheng_token"
OPEN = frozenset({"/healthz", "/livez", "/readyz", "/login", "/favicon.ico"})
OPEN_FOLDER = "/static/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


class TokenMissing(Refusal):
    """No token came."""


class TokenUnknown(Refusal):
    """The token is not known, revoked, or past its last day."""


class ForeignForm(Refusal):
    """Another site tried to act with the caller's cookie."""


class AccessMiddleware:
    """Lets a request through with its holder in the scope, or answers 401 or 403 itself."""

    def __init__(self, app: ASGIApp, desk_source: DeskSource) -> None:
        """Stores the app behind the door."""
        self.app = app
        self.desk_source = desk_source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks http requests once, however many apps are nested; there are no websockets here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or SCOPE_KEY in scope or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = await self._admit(request)
        if answer is None:
            await self.app(scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def _admit(self, request: Request) -> Response | None:
        """None if the caller may pass; the scope then holds who it is."""
        try:
            request.scope[SCOPE_KEY] = await self._holder(request)
        except Refusal as refusal:
            return respond(request, refusal)
        return None

    async def _holder(self, request: Request) -> Holder:
        token = token_of(request)
        if not token:
            raise TokenMissing(
                expected="a token",
                got="none",
                todo="log in at /login, or send `Authorization: Bearer TOKEN`; "
                "make one with `python -m serving token --person NAME --role ROLE`",
            )
        desk = self.desk_source()
        # The ledger may be a PostgreSQL server: its answer is awaited in a thread.
        holder = await run_in_threadpool(holder_of, desk.ledger, token, desk.now())
        if holder is None:
            raise TokenUnknown(
                expected="a token that is known and not past its last day",
                got="one that is not",
                todo="ask for a new one, made with `python -m serving token --person NAME --role ROLE`",
            )
        refuse_foreign_form(request)
        return holder


def is_open(path: str) -> bool:
    """Whether anybody may see this path."""
    return path in OPEN or (path.startswith(OPEN_FOLDER) and ".." not in path)


def token_of(request: HTTPConnection) -> str:
    """The token of a request; a header wins over a cookie."""
    header = BEARER.fullmatch(request.headers.get("authorization", "").strip())
    return header.group(1) if header else request.cookies.get(COOKIE, "")


def refuse_foreign_form(request: Request) -> None:
    """A second lock beside SameSite=Strict: browsers say where a form came from; only our pages may post.

    They say it twice; older ones, and any over plain HTTP, only in Origin. A program says neither.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is not None and not is_own(origin, request.headers.get("host", "")):
        site = origin
    if site not in (None, "same-origin", "none"):
        raise ForeignForm(
            expected="a form of this site",
            got=f"one sent from elsewhere ({site})",
            todo="open the page here and send it again",
        )


def is_own(origin: str, host: str) -> bool:
    """Whether an Origin names the host that was asked; the scheme may have ended at a proxy before us."""
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
