"""The pages for people: each reads the request, asks one function below for its context, and renders it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.ledger.tokens import holder_of
from serving.web.access import COOKIE, TokenUnknown, refuse_foreign_form
from serving.web.desk import Desk
from serving.web.entity_page import entity_page
from serving.web.errors import LoginPage, complaint_of
from serving.web.holder import holder_of_request, region_for
from serving.web.language import language_of
from serving.web.overview import Search, overview_page, table_page
from serving.web.rendering import View, render

SEE_OTHER = 303
# A working day: who comes back tomorrow logs in again.
SESSION = 12 * 3600


def asked_search(
    request: Request,
    text: Annotated[str, Query(max_length=120)] = "",
    grade: Annotated[str, Query(pattern="^[ABCD]?$")] = "",
    region: Annotated[str, Query(max_length=12)] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Search:
    """What the address asks of the register, within the caller's region."""
    region_prefix = region_for(holder_of_request(request), region)
    return Search(text=text, grade=grade, region=region, region_prefix=region_prefix, offset=offset)


Asked = Annotated[Search, Depends(asked_search)]


def overview(request: Request, search: Asked) -> Response:
    """The overview, with the register as searched."""
    desk: Desk = request.app.state.desk_source()
    own_region = holder_of_request(request).region_prefix
    page = overview_page(desk, search, own_region=own_region, language=language_of(request))
    return render(request, desk, View(template="overview.html", page=page, current="overview"))


def register_table(request: Request, search: Asked) -> Response:
    """The table alone, for htmx."""
    desk: Desk = request.app.state.desk_source()
    page = table_page(desk, search, language=language_of(request))
    return render(request, desk, View(template="register_table.html", page=page))


def entity(request: Request, entity_id: str) -> Response:
    """One entity."""
    desk: Desk = request.app.state.desk_source()
    entry = desk.register.find(entity_id, region_prefix=holder_of_request(request).region_prefix)
    page = entity_page(desk, entry, language=language_of(request))
    return render(request, desk, View(template="entity.html", page=page, current="overview"))


def login_form(request: Request, next: str = "/") -> Response:  # noqa: A002 - the usual name in the address
    """The form that takes a token."""
    page = LoginPage(next=local_address(next), complaint=None)
    return render(request, None, View(template="login.html", page=page))


def login(
    request: Request,
    token: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002 - the usual name in the address
) -> Response:
    """Keeps a good token in a cookie that no script and no other site can use."""
    # The door lets everybody to this form, so its second lock is here: nobody logs another in as themselves.
    refuse_foreign_form(request)
    desk: Desk = request.app.state.desk_source()
    if holder_of(desk.ledger, token.strip(), desk.now()) is None:
        return _refused_login(request, next)
    response = RedirectResponse(local_address(next), status_code=SEE_OTHER)
    response.set_cookie(
        COOKIE,
        token.strip(),
        max_age=SESSION,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def logout() -> Response:
    """Forgets the token."""
    response = RedirectResponse("/login", status_code=SEE_OTHER)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def local_address(address: str) -> str:
    """The address if it is one of this site; browsers read // and /\\ as another host."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _refused_login(request: Request, next_address: str) -> Response:
    refusal: Refusal = TokenUnknown(
        expected="a token that is known and not past its last day",
        got="one that is not",
        todo="ask an administrator for a new one: `python -m serving token --person NAME --role ROLE`",
    )
    page = LoginPage(next=local_address(next_address), complaint=complaint_of(refusal, language_of(request)))
    return render(request, None, View(template="login.html", page=page, status=401))
