"""Errors that the app around ours answers by itself, BentoML's and its router's, in our three parts."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.web.errors import answer_of_status, refusal_of_faults, respond

PARTS = {"expected", "got", "todo"}


class RetellingMiddleware:
    """Passes every answer on, but holds back an error until its body shows whether it is told already."""

    def __init__(self, app: ASGIApp) -> None:
        """Stores the app behind it."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Retells errors of http requests."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body"):
                    await _send_held(Request(scope), held, send)

        await self.app(scope, receive, send_told)


async def _send_held(request: Request, held: list[Message], send: Send) -> None:
    start, body = held[0], b"".join(message.get("body", b"") for message in held[1:])
    answer = retold(request, start, body)
    if answer is None:
        await send(start)
        await send({"type": "http.response.body", "body": body})
    else:
        await answer(request.scope, request.receive, send)


def retold(request: Request, start: Message, body: bytes) -> Response | None:
    """The answer in our shape; None if it is in it: our pages, and JSON of three parts."""
    headers = Headers(raw=start["headers"])
    if headers.get("content-type", "").startswith("text/html"):
        return None
    said = _read(body)
    if isinstance(said, dict) and set(said) == PARTS:
        return None
    if isinstance(said, dict) and isinstance(said.get("detail"), list):
        return respond(request, refusal_of_faults(said["detail"]))
    detail = said.get("error", "") if isinstance(said, dict) else "a request that cannot be read"
    answer = answer_of_status(request, start["status"], str(detail))
    if "allow" in headers:
        answer.headers["Allow"] = headers["allow"]
    return answer


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
