"""The workbench for programs: what a policy would draw, weighed against the best plans."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from serving.web.desk import Desk
from serving.web.holder import holder_of_request, region_for
from serving.web.policy_api import policy_asked
from serving.web.workbench.drawn_preview import ItemLine, counted_by, drawn_by
from serving.web.workbench.form import JOINT, PlanForm, fields_of_policy, policy_in
from serving.web.workbench.frontier_section import weighed_form

if TYPE_CHECKING:
    from serving.sampling.frontier import Point


class WeighingBody(BaseModel):
    """A policy by its id, the name of a preset, or as a document; items, region, year and hours.

    Without `hours` the plan's own effort is the budget; without `hours_per_visit` the items tell it.
    """

    model_config = ConfigDict(extra="forbid")

    policy_id: str = Field(default="", max_length=80)
    policy: dict[str, Any] | None = None
    items: list[str] = Field(default=[], max_length=100)
    region_prefix: str = Field(default="", max_length=12)
    year: int = Field(default=0, ge=0, le=9999)
    hours: float | None = Field(default=None, gt=0, le=1e9)
    hours_per_visit: float | None = Field(default=None, gt=0, le=1e4)


class PlaceAnswer(BaseModel):
    """A plan among all: what it finds, how exactly it tells the violation rate, and what it takes."""

    counts: dict[str, int]
    percents: str
    findings: float
    low: float
    high: float
    standard_error: float | None
    hours: float
    visits: int
    prices: dict[str, float]


class ItemRateAnswer(BaseModel):
    """How often a visit to a grade finds a problem at an item, in the terms of the release, with 95 %."""

    inspected: int
    problems: int
    rate: float
    low: float
    high: float


class ItemAnswer(BaseModel):
    """An item: objects among those who may be drawn, expected checks and problems, rates by grade."""

    code: str
    minutes: int
    objects: int
    checks: float
    findings: float
    rates: dict[str, ItemRateAnswer]


class WeighingAnswer(BaseModel):
    """What would be drawn, who is left out by code, and the plan's place; `conflict` where nothing fits.

    `drawn` and `sizes` are by grade, with "-" for types that the policy does not grade and "full" for a list
    of full coverage: just what a freeze fixes. `expected` visits find something if items find independently,
    `least` if problems of a visit always come together; `items` is empty where no past draws tell them apart.
    `whole` are drawn as full coverage beside the grades, `pierced` despite a shield; `marks` counts the
    entities of the city that bear each mark, null where no marks are on record: then nobody is shielded.
    """

    drawn: dict[str, int]
    sizes: dict[str, int]
    excluded: dict[str, int]
    total: int
    ordinary: int
    ordinary_drawn: int
    whole: int
    pierced: int
    marks: dict[str, int] | None
    floor_met: bool
    short: int
    hours: float
    hours_per_visit: float
    expected: float | None
    least: float | None
    items: list[ItemAnswer]
    own: PlaceAnswer
    best: PlaceAnswer | None
    points: list[PlaceAnswer]
    conflict_zh: str
    conflict_en: str


def weighing(request: Request, body: WeighingBody) -> WeighingAnswer:
    """What the page of a new plan shows."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    form = form_of(desk, body)
    policy, region = policy_in(form), region_for(holder, body.region_prefix)
    drawn = counted_by(desk, form, policy, region)
    found, shown = drawn.found, drawn_by(desk, form, policy, region, "en")
    weighed = weighed_form(desk, form, holder)
    return WeighingAnswer(
        drawn={line.grade: line.drawn for line in shown.preview.lines},
        sizes={line.grade: line.size for line in shown.preview.lines},
        excluded=dict(found.excluded),
        total=found.total,
        ordinary=shown.ordinary,
        ordinary_drawn=shown.ordinary_drawn,
        whole=shown.whole,
        pierced=found.pierced,
        marks=None if found.marks is None else dict(found.marks),
        floor_met=shown.preview.floor_met,
        short=shown.preview.short,
        hours=shown.hours,
        hours_per_visit=shown.hours_per_visit,
        expected=shown.preview.expected,
        least=shown.least,
        items=[_item(line) for line in shown.items],
        own=_place(weighed.own, ""),
        best=_place(weighed.best, weighed.best_percents) if weighed.best else None,
        points=[
            _place(point, percents) for point, percents in zip(weighed.points, weighed.percents, strict=True)
        ],
        conflict_zh=weighed.conflict[0] if weighed.conflict else "",
        conflict_en=weighed.conflict[1] if weighed.conflict else "",
    )


def form_of(desk: Desk, body: WeighingBody) -> PlanForm:
    """The form that a person would have filled in; items of several departments share their visits."""
    fields = fields_of_policy(policy_asked(desk, body.policy_id, body.policy)) | {
        "items": body.items,
        "department": JOINT,
        "region_prefix": body.region_prefix,
        "first_day": f"{body.year:04d}" if body.year else "",
        "hours": "" if body.hours is None else str(body.hours),
        "hours_per_visit": "" if body.hours_per_visit is None else str(body.hours_per_visit),
    }
    return PlanForm.model_validate(fields)


def _item(line: ItemLine) -> ItemAnswer:
    return ItemAnswer(
        code=line.code,
        minutes=line.minutes,
        objects=line.objects,
        checks=line.checks,
        findings=line.findings,
        rates={
            one.grade: ItemRateAnswer.model_validate(one, from_attributes=True)
            for one in line.rates
            if one is not None
        },
    )


def _place(point: Point, percents: str) -> PlaceAnswer:
    return PlaceAnswer(
        counts=point.counts,
        percents=percents,
        findings=point.findings,
        low=point.low,
        high=point.high,
        standard_error=point.standard_error if isfinite(point.standard_error) else None,
        hours=point.hours,
        visits=point.visits,
        prices={one.code: one.value for one in point.prices},
    )
