"""The JSON API of yearly plans: create, amend, publish, read."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from serving.inspections.yearly.yearly_plan import YearlyLine, YearlyPlan, YearlyPlanNotFound, punctuality
from serving.inspections.yearly.yearly_plans import (
    amend_yearly_plan,
    create_yearly_plan,
    find_yearly_plan,
    list_yearly_plans,
    publish_yearly_plan,
)
from serving.web.desk import Desk
from serving.web.holder import holder_of_request, planner_of_request
from serving.web.plan_api import Reason, Share, Words
from serving.web.task_api import Name

MOST_LINES = 1_000
Month = Annotated[int, Field(ge=1, le=12)]


class YearlyLineBody(BaseModel):
    """A line: a count of objects, or a share of each grade as exact text."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    item_codes: list[Name] = Field(min_length=1, max_length=200)
    object_scope: Name
    kind: str
    count: int | None = Field(default=None, ge=1, le=10**9)
    ratios: dict[str, Share] | None = None
    first_month: Month
    last_month: Month
    body: Name
    note: str = Field(default="", max_length=1000)

    def line(self) -> YearlyLine:
        """The line, to be checked with all others."""
        return YearlyLine.from_json(self.model_dump())


class YearlyBody(BaseModel):
    """A department's plan for a year."""

    model_config = ConfigDict(extra="forbid")

    department: Words
    year: int = Field(ge=2004, le=2100)
    lines: list[YearlyLineBody] = Field(min_length=1, max_length=MOST_LINES)


class AmendmentBody(BaseModel):
    """New lines with the reason of the change."""

    model_config = ConfigDict(extra="forbid")

    lines: list[YearlyLineBody] = Field(min_length=1, max_length=MOST_LINES)
    reason: Reason


class YearlyVersionAnswer(BaseModel):
    """A version of a yearly plan."""

    version: int
    lines: list[dict[str, object]]
    by: str
    at: str
    reason: str
    published_on: date | None
    csv_digest: str
    json_digest: str


class YearlyAnswer(BaseModel):
    """A yearly plan with its versions, and whether it was published by 31 March."""

    yearly_plan_id: str
    department: str
    year: int
    state: str
    to_publish: bool
    due: date
    colour: str
    zh: str
    en: str
    versions: list[YearlyVersionAnswer]


def yearly_plans(request: Request, year: Annotated[int, Query(ge=2004, le=2100)]) -> list[YearlyAnswer]:
    """The yearly plans of the city."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return [_yearly_answer(desk, plan) for plan in list_yearly_plans(desk.ledger, desk.city, year)]


def yearly_plan(request: Request, yearly_plan_id: str) -> YearlyAnswer:
    """One yearly plan with all its versions."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return _yearly_answer(desk, _yearly_for(desk, yearly_plan_id))


def create_yearly(request: Request, body: YearlyBody) -> YearlyAnswer:
    """The first version of a department's plan for a year."""
    desk: Desk = request.app.state.desk_source()
    plan = create_yearly_plan(
        desk.ledger,
        city=desk.city,
        year=body.year,
        department=body.department,
        lines=[line.line() for line in body.lines],
        by=planner_of_request(request).person,
        now=desk.now(),
    )
    return _yearly_answer(desk, plan)


def amend_yearly(request: Request, yearly_plan_id: str, body: AmendmentBody) -> YearlyAnswer:
    """A new version with its reason; a published plan is to be published again."""
    desk: Desk = request.app.state.desk_source()
    person = planner_of_request(request).person
    _yearly_for(desk, yearly_plan_id)
    lines = [line.line() for line in body.lines]
    plan = amend_yearly_plan(
        desk.ledger, yearly_plan_id, lines, reason=body.reason, by=person, now=desk.now()
    )
    return _yearly_answer(desk, plan)


def publish_yearly(request: Request, yearly_plan_id: str) -> YearlyAnswer:
    """Publishes the version that counts, as CSV and JSON with their digests."""
    desk: Desk = request.app.state.desk_source()
    person = planner_of_request(request).person
    _yearly_for(desk, yearly_plan_id)
    plan = publish_yearly_plan(
        desk.ledger,
        yearly_plan_id,
        folder=desk.plans_folder,
        on=desk.today,
        by=person,
        now=desk.now(),
    )
    return _yearly_answer(desk, plan)


def _yearly_for(desk: Desk, yearly_plan_id: str) -> YearlyPlan:
    """The yearly plan, if it is the city's."""
    plan = find_yearly_plan(desk.ledger, yearly_plan_id)
    if plan.city != desk.city:
        raise YearlyPlanNotFound(
            expected="the id of a yearly plan of this city",
            got=f"{yearly_plan_id!r}",
            todo="look the id up in the list of yearly plans",
        )
    return plan


def _yearly_answer(desk: Desk, plan: YearlyPlan) -> YearlyAnswer:
    """A yearly plan as programs get it."""
    told = punctuality(plan, desk.today)
    return YearlyAnswer(
        yearly_plan_id=plan.yearly_plan_id,
        department=plan.department,
        year=plan.year,
        state=plan.state,
        to_publish=plan.to_publish,
        due=told.due,
        colour=told.colour,
        zh=told.words_zh,
        en=told.words_en,
        versions=[
            YearlyVersionAnswer(
                version=one.version,
                lines=[line.as_json() for line in one.lines],
                by=one.by,
                at=one.at.isoformat(),
                reason=one.reason,
                published_on=one.published_on,
                csv_digest=one.csv_digest,
                json_digest=one.json_digest,
            )
            for one in plan.versions
        ],
    )
