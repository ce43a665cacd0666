"""The JSON API of policies, the frontier and the replay; pages call the functions below the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from serving.inspections.policies.capacities import sized
from serving.inspections.policies.versions import (
    StoredPolicy,
    change_policy,
    create_policy,
    list_policies,
    policy_of_city,
    policy_versions,
)
from serving.ledger.tokens import Holder
from serving.sampling.policy import Policy, policy_of
from serving.sampling.presets import PRESETS, is_preset, preset
from serving.web.desk import Desk
from serving.web.draws_before import past_draws_of
from serving.web.hit_rates import evidence_of, rate_error
from serving.web.holder import holder_of_request, planner_of_request, region_for
from serving.web.plan_api import RatiosBody, Reason, Words

if TYPE_CHECKING:
    from serving.inspections.policies.past_draws import DrawnBefore
    from serving.sampling.frontier import Frontier, Point
    from serving.sampling.policy_replay import ReplayLine

_MOST_POINTS = 40


class PolicyBody(BaseModel):
    """A new policy; `policy` is a document as GET answers it."""

    model_config = ConfigDict(extra="forbid")

    title: Words
    policy: dict[str, Any]
    reason: Reason


class PolicyChangeBody(BaseModel):
    """A new version over `version`, the one that its author saw."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=10**6)
    policy: dict[str, Any]
    reason: Reason


class PolicyAnswer(BaseModel):
    """A version of a policy with its author and reason."""

    policy_id: str
    version: int
    title: str
    policy: dict[str, Any]
    by: str
    at: str
    reason: str


class PresetAnswer(BaseModel):
    """Published ratios in percent, with date and source, as a policy to start from."""

    name: str
    place_zh: str
    place_en: str
    percents: tuple[int, int, int, int]
    dated: str
    source: str
    policy: dict[str, Any]


class PoliciesAnswer(BaseModel):
    """The newest version of every policy of the city, and published practice."""

    policies: list[PolicyAnswer]
    presets: list[PresetAnswer]


class FrontierBody(BaseModel):
    """What an office has and under which policy; without `error` the whole curve, else the one plan at it.

    policy_id: a policy of the city or the name of a preset; else `policy` is a document.
    """

    model_config = ConfigDict(extra="forbid")

    hours: float = Field(gt=0, le=1e9)
    hours_per_visit: float = Field(default=4.0, gt=0, le=1e4)
    policy_id: str = Field(default="", max_length=80)
    policy: dict[str, Any] | None = None
    error: float | None = Field(default=None, gt=0, le=1)
    region_prefix: str = Field(default="", max_length=12)
    points: int = Field(default=12, ge=2, le=_MOST_POINTS)


class PriceAnswer(BaseModel):
    """What one more unit of a limit would find."""

    code: str
    value: float
    binds: bool
    unit_zh: str
    unit_en: str
    told_zh: str
    told_en: str


class PointAnswer(BaseModel):
    """A plan on the frontier; ratios are exact texts for a policy that draws just these counts."""

    target: float | None
    counts: dict[str, int]
    ratios: dict[str, str]
    findings: float
    low: float
    high: float
    standard_error: float
    hours: float
    visits: int
    prices: list[PriceAnswer]


class FrontierAnswer(BaseModel):
    """The curve from the least standard error to the most findings, and the proportional plan beside it."""

    sizes: dict[str, int]
    enterprises: dict[str, int]
    points: list[PointAnswer]
    proportional: PointAnswer | None


class ReplayBody(BaseModel):
    """Ratios, or a policy of the city or preset by its name."""

    model_config = ConfigDict(extra="forbid")

    ratios: RatiosBody | None = None
    policy_id: str = Field(default="", max_length=80)


class ReplayLineAnswer(BaseModel):
    """One group of one year; null where the log has no support."""

    year: int
    breakdown: str
    group: str
    drawn: int
    visits: float | None
    findings: float | None
    findings_low: float | None
    findings_high: float | None
    hit_rate: float | None
    hit_low: float | None
    hit_high: float | None
    no_support: list[str]


class ReplayAnswer(BaseModel):
    """Past years under other ratios.

    Left out are `ungraded` random inspections, which had no grade before, and the `unfinished` draws, whose
    results are still coming in.
    """

    ratios: dict[str, str]
    ungraded: int
    unfinished: list[str]
    lines: list[ReplayLineAnswer]


def policies(request: Request) -> PoliciesAnswer:
    """The policies of the city, and published practice."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return PoliciesAnswer(
        policies=[_answer(stored) for stored in list_policies(desk.ledger, desk.city)],
        presets=[
            PresetAnswer(
                name=one.name,
                place_zh=one.place_zh,
                place_en=one.place_en,
                percents=one.percents,
                dated=one.dated,
                source=one.source,
                policy=one.policy().as_document(),
            )
            for one in PRESETS
        ],
    )


def create(request: Request, body: PolicyBody) -> PolicyAnswer:
    """A new policy."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    stored = create_policy(
        desk.ledger,
        policy_of(body.policy),
        city=desk.city,
        title=body.title,
        by=holder.person,
        reason=body.reason,
        now=desk.now(),
    )
    return _answer(stored)


def change(request: Request, policy_id: str, body: PolicyChangeBody) -> PolicyAnswer:
    """A new version of a policy."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    policy_of_city(desk.ledger, desk.city, policy_id)
    stored = change_policy(
        desk.ledger,
        policy_id,
        policy_of(body.policy),
        version=body.version,
        by=holder.person,
        reason=body.reason,
        now=desk.now(),
    )
    return _answer(stored)


def read(
    request: Request, policy_id: str, version: Annotated[int | None, Query(ge=1, le=10**6)] = None
) -> PolicyAnswer:
    """A version of a policy, by default the newest."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return _answer(policy_of_city(desk.ledger, desk.city, policy_id, version))


def versions(request: Request, policy_id: str) -> list[PolicyAnswer]:
    """Every version of a policy with author and reason, the newest first."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    policy_of_city(desk.ledger, desk.city, policy_id)
    return [_answer(one) for one in policy_versions(desk.ledger, policy_id)]


def frontier(request: Request, body: FrontierBody) -> FrontierAnswer:
    """What the office could find for every precision, or the plan at one."""
    desk: Desk = request.app.state.desk_source()
    weighed = frontier_of(desk, holder_of_request(request), body)
    return FrontierAnswer.model_validate(weighed)


def replay(request: Request, body: ReplayBody) -> ReplayAnswer:
    """What ratios would have found in past years, within the caller's region."""
    desk: Desk = request.app.state.desk_source()
    ratios, drawn, lines = replay_of(desk, holder_of_request(request), body)
    answers = [ReplayLineAnswer.model_validate(line, from_attributes=True) for line in lines]
    return ReplayAnswer(
        ratios=ratios, ungraded=drawn.ungraded, unfinished=list(drawn.unfinished), lines=answers
    )


def frontier_of(desk: Desk, holder: Holder, body: FrontierBody) -> dict[str, Any]:
    """The content of FrontierAnswer; raises PlanInfeasible, CapacityRefused, PolicyRefused, PolicyNotFound.

    Rates are those that the release was validated with: random draws out of time, weighted 1/pi.
    """
    # Here, because the solver takes seconds to import, which a service's start saves.
    from serving.sampling import frontier as curves  # noqa: PLC0415
    from serving.sampling.capacity import Rate, cells_under, limits_under  # noqa: PLC0415

    policy = policy_asked(desk, body.policy_id, body.policy)
    found = sized(desk.register.listed, policy, region=region_for(holder, body.region_prefix))
    rates = {
        grade: Rate(rate=one.rate, rate_error=rate_error(one))
        for grade, one in evidence_of(desk.release).rates.items()
        if one.rate is not None
    }
    cells = cells_under(
        policy,
        sizes=found.sizes,
        enterprises=found.enterprises,
        rates=rates,
        hours_per_visit=body.hours_per_visit,
    )
    limits = limits_under(policy, hours=body.hours, enterprises=sum(found.enterprises.values()))
    points: tuple[Point, ...]
    proportional: Point | None = None
    if body.error is not None:
        points = (curves.point_at(cells, limits, target=body.error),)
    else:
        curve: Frontier = curves.frontier(cells, limits, points=body.points)
        points, proportional = curve.points, curve.proportional
    return {
        "sizes": dict(found.sizes),
        "enterprises": dict(found.enterprises),
        "points": [PointAnswer.model_validate(_plain(one)) for one in points],
        "proportional": None if proportional is None else PointAnswer.model_validate(_plain(proportional)),
    }


def replay_of(
    desk: Desk, holder: Holder, body: ReplayBody
) -> tuple[dict[str, str], DrawnBefore, tuple[ReplayLine, ...]]:
    """(ratios, the past draws, lines); raises NoPastDraws, RecordsMissing."""
    from serving.sampling.policy_replay import replay as replayed  # noqa: PLC0415 - statistics take a second

    shares = body.ratios.ratios() if body.ratios else policy_asked(desk, body.policy_id, None).ratios
    ratios = dict(zip("ABCD", shares.texts(), strict=True))
    drawn = past_draws_of(desk, holder)
    return ratios, drawn, replayed(drawn.by_entity(), ratios)


def policy_asked(desk: Desk, policy_id: str, document: dict[str, Any] | None) -> Policy:
    """The policy of a document, else of the city, else the preset of that name."""
    if document is not None:
        return policy_of(document)
    if is_preset(policy_id):
        return preset(policy_id).policy()
    return policy_of_city(desk.ledger, desk.city, policy_id).policy


def _answer(stored: StoredPolicy) -> PolicyAnswer:
    return PolicyAnswer(
        policy_id=stored.policy_id,
        version=stored.version,
        title=stored.title,
        policy=stored.policy.as_document(),
        by=stored.by,
        at=stored.at.isoformat(),
        reason=stored.reason,
    )


def _plain(point: Point) -> dict[str, Any]:
    """A point with its prices as the answer takes it."""
    names = ("target", "counts", "ratios", "findings", "low", "high", "standard_error", "hours", "visits")
    prices = [PriceAnswer.model_validate(price, from_attributes=True) for price in point.prices]
    return {name: getattr(point, name) for name in names} | {"prices": prices}
