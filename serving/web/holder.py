"""Who is asking, and what they may do and see."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from data_contracts.refusal import Refusal
from serving.ledger.tokens import Holder

# Where the access check leaves the holder for the views; it also tells an inner check that one has passed.
SCOPE_KEY = "xinheng.holder"
ADMINISTRATOR = "administrator"
PLANNERS = frozenset({"planner", ADMINISTRATOR})
# Who works in the field: planners, and supervisors (监管员), who inspect. On pages and over the API alike.
WORKERS = PLANNERS | {"supervisor"}


class RoleRefused(Refusal):
    """The caller is known but may not do this."""


class FieldRoleRefused(RoleRefused):
    """The caller is known but neither plans nor inspects."""


class RegionRefused(Refusal):
    """The caller asked for a region outside their own."""


def holder_in(request: HTTPConnection) -> Holder | None:
    """The holder whom the access check found."""
    holder = request.scope.get(SCOPE_KEY)
    return holder if isinstance(holder, Holder) else None


def holder_of_request(request: HTTPConnection) -> Holder:
    """The holder; the access check lets nobody else through to a view."""
    holder = holder_in(request)
    if holder is None:
        raise RoleRefused(expected="a known caller", got="none", todo="send a token")
    return holder


def may_plan(holder: Holder) -> bool:
    """Whether the holder may write plans."""
    return holder.role in PLANNERS


def planner_of_request(request: HTTPConnection) -> Holder:
    """The holder, if they may write plans."""
    holder = holder_of_request(request)
    if not may_plan(holder):
        raise RoleRefused(
            expected="a token with role planner or administrator",
            got=f"role {holder.role} of {holder.person}",
            todo="ask a planner, or have an administrator create a token with that role",
        )
    return holder


def may_work(holder: Holder) -> bool:
    """Whether the holder may begin visits, enter results and record how problems were handled."""
    return holder.role in WORKERS


def worker_of_request(request: HTTPConnection) -> Holder:
    """The holder, if they may work in the field."""
    holder = holder_of_request(request)
    if not may_work(holder):
        raise FieldRoleRefused(
            expected="a token with role supervisor, planner or administrator",
            got=f"role {holder.role} of {holder.person}",
            todo="ask who inspects or plans, or have an administrator create a token with that role",
        )
    return holder


def region_for(holder: Holder, asked: str) -> str:
    """The region prefix to filter by: the narrower of the caller's own and the one asked for."""
    asked = asked.strip()
    if asked.startswith(holder.region_prefix):
        return asked
    if holder.region_prefix.startswith(asked):
        return holder.region_prefix
    raise RegionRefused(
        expected=f"a region within {holder.region_prefix}",
        got=f"{asked!r}",
        todo="ask within your own region, or use a token of the other region",
    )
