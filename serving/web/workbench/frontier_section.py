"""The frontier beside the form: the own plan among all plans of the same hours, prices in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from data_contracts.refusal import Refusal
from serving.ledger.tokens import Holder
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of
from serving.web.hit_rates import HitRate
from serving.web.holder import region_for
from serving.web.language import Say, speaker
from serving.web.workbench.drawn_preview import counted_by
from serving.web.workbench.form import PlanForm, hours_in, policy_in
from serving.web.workbench.weighing import Weighed, binding, weigh

if TYPE_CHECKING:
    from serving.sampling.frontier import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """A plan on the curve; `percents` are the fields that make it, `error` in points of percent."""

    findings: str
    low: str
    high: str
    error: str
    visits: int
    hours: float
    percents: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierSection:
    """The curve with the own plan on it, or why there is none; `waiting` while the solver is being loaded."""

    waiting: bool
    complaint: Complaint | None
    conflict: str
    own: PointLine | None
    best: PointLine | None
    gain: float
    even: PointLine | None
    points: tuple[PointLine, ...]
    prices: tuple[str, ...]
    free: tuple[str, ...]
    hours: float
    over: float
    rates: tuple[HitRate, ...]
    chart: Mapping[str, object]


def waiting_section() -> FrontierSection:
    """Shown while the solver is being loaded."""
    return _empty(waiting=True, complaint=None)


def frontier_section(desk: Desk, form: PlanForm, *, holder: Holder, language: str) -> FrontierSection:
    """The frontier of the form, or the refusal of what is filled in."""
    try:
        weighed = weighed_form(desk, form, holder)
    except Refusal as refusal:
        return _empty(waiting=False, complaint=complaint_of(refusal, language))
    return _section(weighed, language)


def weighed_form(desk: Desk, form: PlanForm, holder: Holder) -> Weighed:
    """The form's plan weighed; raises what its fields are refused for."""
    drawn = counted_by(desk, form, policy_in(form), region_for(holder, form.region_prefix))
    return weigh(drawn, hours=hours_in(form.hours, "officer-hours at hand"))


def _section(weighed: Weighed, language: str) -> FrontierSection:
    say = speaker(language)
    own, best = weighed.own, weighed.best
    bound = binding(best or (weighed.points[-1] if weighed.points else None))
    return FrontierSection(
        waiting=False,
        complaint=None,
        conflict=say(*weighed.conflict) if weighed.conflict else "",
        own=_line(own, ""),
        best=_line(best, weighed.best_percents) if best else None,
        gain=best.findings - own.findings if best else 0.0,
        even=_line(weighed.even, "") if weighed.even else None,
        points=tuple(
            _line(point, percents) for point, percents in zip(weighed.points, weighed.percents, strict=True)
        ),
        prices=tuple(say(one.told_zh, one.told_en) for one in bound),
        free=tuple(
            say(one.told_zh, one.told_en)
            for one in (best.prices if best else ())
            if not one.binds and one.code in ("legal", "hours")
        ),
        hours=weighed.hours,
        over=max(own.hours - weighed.hours, 0.0),
        rates=weighed.rates,
        chart=_chart(weighed, say),
    )


def _line(point: Point, percents: str) -> PointLine:
    return PointLine(
        findings=f"{point.findings:,.0f}",
        low=f"{point.low:,.0f}",
        high=f"{point.high:,.0f}",
        error=f"{point.standard_error * 100:.3f}" if isfinite(point.standard_error) else "–",
        visits=point.visits,
        hours=point.hours,
        percents=percents,
        shown=" / ".join(f"{float(one):.3g}" for one in percents.split("/")) if percents else "",
    )


def _chart(weighed: Weighed, say: Say) -> dict[str, object]:
    """What the script draws: error in points of percent against findings."""

    def at(point: Point, percents: str = "") -> dict[str, object]:
        return {
            "error": point.standard_error * 100,
            "findings": point.findings,
            "low": point.low,
            "high": point.high,
            "visits": point.visits,
            "percents": percents,
        }

    return {
        "points": [
            at(point, percents) for point, percents in zip(weighed.points, weighed.percents, strict=True)
        ],
        "own": at(weighed.own) if isfinite(weighed.own.standard_error) else None,
        "even": at(weighed.even) if weighed.even and isfinite(weighed.even.standard_error) else None,
        "words": {
            "error": say(
                "违规率估计的标准误（百分点）", "Standard error of the violation rate (points of percent)"
            ),
            "findings": say("预计发现问题（户）", "Expected findings"),
            "own": say("本计划", "this plan"),
            "even": say("不分级", "even draw"),
            "curve": say("最优方案", "best plans"),
            "visits": say("抽取", "drawn"),
        },
    }


def _empty(*, waiting: bool, complaint: Complaint | None) -> FrontierSection:
    return FrontierSection(
        waiting=waiting, complaint=complaint, conflict="", own=None, best=None, gain=0.0, even=None,
        points=(), prices=(), free=(), hours=0.0, over=0.0, rates=(), chart={},
    )  # fmt: skip
