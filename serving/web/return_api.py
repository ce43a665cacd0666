"""The JSON API of returned results: back into the raw files, of one plan or of all within the region."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from pydantic import BaseModel

from serving.inspections.results.returning import (
    ReturnedPlan,
    admission_command,
    return_results,
    return_results_of,
)
from serving.web.desk import Desk
from serving.web.holder import planner_of_request
from serving.web.plan_api import plan_for
from serving.web.result_api import may_see


class ReturnedAnswer(BaseModel):
    """The results of a plan as they lie among the raw files; `digest` is the SHA-256 of their rows.

    Not `fresh` if the same rows were returned before.
    """

    plan_id: str
    file: str
    rows: int
    digest: str
    fresh: bool


class ReturnsAnswer(BaseModel):
    """What was returned; it awaits admission into the lake, which the command in `next` makes."""

    returned: list[ReturnedAnswer]
    next: str


def return_all(request: Request) -> ReturnsAnswer:
    """Writes the results of every plan within the caller's region into the city's raw files."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    returned = return_results(
        desk.ledger, desk.city, raw_folder=desk.raw_folder, by=holder.person, now=desk.now(),
        within=lambda plan_id: may_see(desk, holder, plan_id),
    )  # fmt: skip
    return _answer(desk, returned)


def return_plan(request: Request, plan_id: str) -> ReturnsAnswer:
    """The same of one plan."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    plan_for(desk, holder, plan_id)
    returned = return_results_of(
        desk.ledger, desk.city, plan_id, raw_folder=desk.raw_folder, by=holder.person, now=desk.now()
    )
    return _answer(desk, [returned])


def _answer(desk: Desk, returned: Iterable[ReturnedPlan]) -> ReturnsAnswer:
    answers = [
        ReturnedAnswer(**{name: getattr(one, name) for name in ReturnedAnswer.model_fields})
        for one in returned
    ]
    return ReturnsAnswer(returned=answers, next=admission_command(desk.city, desk.today))
