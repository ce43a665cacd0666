"""From a refusal to an answer: its status, JSON for programs, a calm page for people, 中文 by its type."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from data_contracts.refusal import Refusal
from serving.web.field_words import FIELDS, OTHER_FIELD
from serving.web.kind import Kind
from serving.web.kinds import KINDS, OTHER
from serving.web.language import language_of
from serving.web.rendering import View, render

logger = logging.getLogger(__name__)

MOST_FAULTS = 5
MOST_SHOWN = 60
LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A refusal in the caller's language."""

    title: str
    expected: str
    got: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalPage:
    """The page of a refusal."""

    status: int
    complaint: Complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """The form that takes a token; `next` is where to go afterwards."""

    next: str
    complaint: Complaint | None


class RouteUnknown(Refusal):
    """No page or endpoint under this address."""


class MethodRefused(Refusal):
    """An address that is there, but not for this method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A field of a request and the value it does not take; None where the value is missing."""

    field: str
    value: str | None


class RequestMalformed(Refusal):
    """A body or parameter that is not what the endpoint takes."""

    def __init__(self, *, expected: str, got: str, todo: str, faults: Sequence[Fault] = ()) -> None:
        """Keeps the wrong fields for pages, which tell them in 中文."""
        super().__init__(expected=expected, got=got, todo=todo)
        self.faults = tuple(faults)


class Broken(Refusal):
    """A fault of ours."""


def kind_of(refusal: Refusal) -> Kind:
    """How this type is told; a subtype is told as its nearest known parent."""
    return next((KINDS[cls.__name__] for cls in type(refusal).__mro__ if cls.__name__ in KINDS), OTHER)


def complaint_of(refusal: Refusal, language: str) -> Complaint:
    """The refusal in a language: of the English finding, the 中文 keeps only the offending value."""
    kind = kind_of(refusal)
    if language == "en":
        return Complaint(title=kind.title_en, expected=refusal.expected, got=refusal.got, todo=refusal.todo)
    expected, got = kind.expected_zh, kind.found(refusal.got)
    if isinstance(refusal, RequestMalformed):
        expected, got = _fields_in_chinese(refusal.faults) or (kind.expected_zh, kind.got_zh)
    return Complaint(title=kind.title_zh, expected=expected, got=got, todo=kind.todo_zh)


def _fields_in_chinese(faults: Sequence[Fault]) -> tuple[str, str] | None:
    """What the wrong fields take, and what came in them."""
    if not faults:
        return None
    named = [(*FIELDS.get(fault.field, OTHER_FIELD), fault.value) for fault in faults]
    rules = dict.fromkeys(f"{name}为{rule}" for name, rule, _ in named)
    values = (f"{name}未填" if value is None else f"{name}“{value}”" for name, _, value in named)
    return "；".join(rules), "；".join(values)


def wants_json(request: HTTPConnection) -> bool:
    """Programs get JSON: everything under /api, and whoever does not ask for HTML."""
    return request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", "")


def parts_of(refusal: Refusal) -> dict[str, str]:
    """A refusal as programs get it."""
    return {"expected": refusal.expected, "got": refusal.got, "todo": refusal.todo}


def respond(request: Request, refusal: Refusal, status: int = 0) -> Response:
    """The answer to a refusal, with the status of its kind unless another is given."""
    status = status or kind_of(refusal).status
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if wants_json(request):
        return JSONResponse(parts_of(refusal), status_code=status, headers=headers)
    complaint = complaint_of(refusal, language_of(request))
    if status == 401:
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        # Who only opened an address has made no mistake; a token that failed has.
        shown = complaint if type(refusal).__name__ == "TokenUnknown" else None
        page: object = LoginPage(next=address if request.method == "GET" else "/", complaint=shown)
        return render(request, None, View(template="login.html", page=page, status=status))
    return render(
        request,
        None,
        View(template="refusal.html", page=RefusalPage(status=status, complaint=complaint), status=status),
    )


def refusal_of_status(request: Request, status: int, detail: str) -> Refusal:
    """What a framework's own error means for a caller; `detail` is its text, shown only where it helps."""
    asked = f"{request.method} {request.url.path} ({status})"
    if status in (404, 405):
        return (RouteUnknown if status == 404 else MethodRefused)(
            expected="an address and method of this service",
            got=asked,
            todo="see /api/v1/openapi.json for the endpoints",
        )
    if status >= 500:
        return Broken(
            expected="an answer",
            got=f"a fault in {request.url.path}",
            todo="try again, or tell the administrator the time",
        )
    return RequestMalformed(
        expected="a request as described in /api/v1/openapi.json, its body JSON in UTF-8",
        got=f"{detail[:LONGEST_DETAIL]} in {request.method} {request.url.path}",
        todo="correct the body and send it again; numbers have at most 15 digits, and lists are two deep",
    )


def answer_of_status(request: Request, status: int, detail: str) -> Response:
    """The answer to a framework's own error; what a framework calls a bad request is told as 422."""
    refusal = refusal_of_status(request, status, detail)
    return respond(request, refusal, 422 if status == 400 else status)


def refusal_of_faults(faults: Sequence[Any]) -> RequestMalformed:
    """What pydantic found wrong, every place by name."""
    told = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in faults[:MOST_FAULTS]]
    return RequestMalformed(
        expected="a request as described in /api/v1/openapi.json",
        got="; ".join(f"{place}: {message}" if place else message for place, message in told),
        todo="correct these places and send it again",
        faults=[_fault(fault) for fault in faults[:MOST_FAULTS]],
    )


def _fault(fault: Any) -> Fault:
    value, place = fault.get("input"), fault["loc"]
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float) else value
    return Fault(
        field=str(place[-1]) if place else "",
        value=str(shown)[:MOST_SHOWN] if isinstance(shown, str) and shown else None,
    )


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answers a refusal raised in a view."""
    if not isinstance(error, Refusal):
        raise error
    return respond(request, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answers the framework's own errors in our shape: no such address, no such method, no readable body."""
    if not isinstance(error, HTTPException):
        raise error
    answer = answer_of_status(request, error.status_code, _unread(error.__cause__) or str(error.detail))
    if allowed := (error.headers or {}).get("Allow"):
        answer.headers["Allow"] = allowed
    return answer


def _unread(cause: BaseException | None) -> str:
    """Why a body could not be read at all."""
    if isinstance(cause, RecursionError):
        return "a body with lists in lists without end"
    if isinstance(cause, UnicodeDecodeError):
        return "a body that is not UTF-8"
    return "a body with a number of thousands of digits" if isinstance(cause, ValueError) else ""


async def on_malformed(request: Request, error: Exception) -> Response:
    """Answers a body that pydantic refused, naming every place."""
    if not isinstance(error, RequestValidationError):
        raise error
    return respond(request, refusal_of_faults(error.errors()))


async def on_fault(request: Request, error: Exception) -> Response:
    """Answers a fault of ours without showing its inside."""
    logger.error("fault path=%s", request.url.path, exc_info=error)
    return answer_of_status(request, 500, "")
