"""What a policy would have found in past years, by year: the replay of the API as a table for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_contracts.refusal import Refusal
from serving.ledger.tokens import Holder
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of
from serving.web.policy_api import ReplayBody, replay_of

if TYPE_CHECKING:
    from serving.sampling.policy_replay import ReplayLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayYear:
    """A year: random inspections behind it; visits and findings with their 95 % interval as texts.

    Texts are empty where the year says nothing; `no_support` are grades that it never drew.
    """

    year: int
    drawn: int
    visits: str
    findings: str
    findings_between: str
    rate: str
    rate_between: str
    no_support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySection:
    """The years, newest first; left out are `ungraded` inspections and the `unfinished` draws."""

    years: tuple[ReplayYear, ...] = ()
    ungraded: int = 0
    unfinished: tuple[str, ...] = ()
    complaint: Complaint | None = None


def replay_section(desk: Desk, holder: Holder, policy_id: str, language: str) -> ReplaySection:
    """The replay of a policy's newest version within the holder's region, or why there is none."""
    try:
        _, drawn, lines = replay_of(desk, holder, ReplayBody(policy_id=policy_id))
    except Refusal as refusal:
        return ReplaySection(complaint=complaint_of(refusal, language))
    years = sorted((one for one in lines if one.breakdown == "all"), key=lambda one: -one.year)
    return ReplaySection(
        years=tuple(map(_year, years)), ungraded=drawn.ungraded, unfinished=tuple(drawn.unfinished)
    )


def _year(line: ReplayLine) -> ReplayYear:
    return ReplayYear(
        year=line.year,
        drawn=line.drawn,
        visits=_count(line.visits),
        findings=_count(line.findings),
        findings_between=_between(_count(line.findings_low), _count(line.findings_high)),
        rate=_percent(line.hit_rate),
        rate_between=_between(_percent(line.hit_low), _percent(line.hit_high)),
        no_support=" ".join(line.no_support),
    )


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _between(low: str, high: str) -> str:
    return f"{low} – {high}" if low and high else ""
