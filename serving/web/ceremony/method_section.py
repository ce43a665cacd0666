"""How a plan is drawn, on its page: the choice while it is a draft, the named public value, the partners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from serving.inspections.plans.plan import Plan, PlanState
from serving.inspections.plans.steps import find_plan
from serving.ledger.moments import CHINA
from serving.ledger.persons import same_person
from serving.sampling.method import Design, DrawMethod, DrawMethodRefused, PublicSource
from serving.sampling.tickets import TicketHash
from serving.web.desk import Desk
from serving.web.language import Say

DESIGNS = {
    Design.STRATIFIED: (
        ("机会均等", "同一层里人人概率相同，各层抽取数固定。最容易说清楚。"),
        (
            "Equal chances",
            "All of a stratum have the same chance, in fixed counts. Easiest to explain.",
        ),
    ),
    Design.PARETO: (
        ("按风险，数量固定", "同一层里风险越高概率越大，仍不低于探索底线；各层抽取数固定（Pareto）。"),
        ("By risk, fixed counts", "Within a stratum more risk means more chance, above the floor (Pareto)."),
    ),
    Design.POISSON: (
        ("按风险，各自独立", "概率同上，每一户各自决定；抽取数在预期上下浮动（Poisson）。"),
        (
            "By risk, each for itself",
            "The same chances, each decided alone; the count varies (Poisson).",
        ),
    ),
}
HASHES = {TicketHash.SHA256: "SHA-256", TicketHash.SM3: "SM3"}
HASH_NOTES = {
    TicketHash.SHA256: ("国际通用，任何电脑都能复核", "everywhere at hand, so that anyone can check"),
    TicketHash.SM3: ("国家商用密码标准 GB/T 32905", "the national standard GB/T 32905"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A way to choose, in words."""

    value: str
    label: str
    note: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an official read at the source; whether it is the value that stands."""

    name: str
    value: str
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPart:
    """The named value; `known` once its hour has come. `may_enter` is for who is logged in."""

    name: str
    at: str
    known: bool
    entries: tuple[Entry, ...]
    value: str
    may_enter: bool
    entered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """The plans that share seed and tickets; `lead` holds the ceremony, empty if this plan does."""

    label: str
    lead: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSection:
    """The method in words; with choices while it may be chosen."""

    design: str
    design_note: str
    hash: str
    may_choose: bool
    designs: tuple[Choice, ...]
    hashes: tuple[Choice, ...]
    earliest: str
    public: PublicPart | None
    partners: Partners | None


def method_section(plan: Plan, *, person: str, now: datetime, say: Say) -> MethodSection:
    """The method of a plan for its reader."""
    method, joint = plan.method, plan.method.joint
    design = DESIGNS[method.design]
    return MethodSection(
        design=say(design[0][0], design[1][0]),
        design_note=say(design[0][1], design[1][1]),
        hash=HASHES[method.ticket_hash],
        may_choose=plan.state is PlanState.DRAFT and all(one.kind != "method" for one in plan.events),
        designs=tuple(
            Choice(value=one, label=say(zh[0], en[0]), note=say(zh[1], en[1]), chosen=one is method.design)
            for one, (zh, en) in DESIGNS.items()
        ),
        hashes=tuple(
            Choice(value=one, label=label, note=say(*HASH_NOTES[one]), chosen=one is method.ticket_hash)
            for one, label in HASHES.items()
        ),
        earliest=f"{now.astimezone(CHINA):%Y-%m-%dT%H:%M}",
        public=_public(plan, method.public, person=person, now=now) if method.public else None,
        partners=Partners(
            label=joint.label,
            lead="" if joint.lead == plan.plan_id else joint.lead,
            others=tuple(one for one in joint.plans if one != plan.plan_id),
        )
        if joint
        else None,
    )


def method_in(design: str, ticket_hash: str, *, source: str, at: str) -> DrawMethod:
    """The method that a form means; its hour is that of the clocks in China.

    Raises DrawMethodRefused for a source without its hour, and for choices that are none.
    """
    if design not in set(Design) or ticket_hash not in set(TicketHash):
        raise DrawMethodRefused(
            expected=f"a design of {', '.join(Design)} and a hash of {', '.join(TicketHash)}",
            got=f"{design!r} and {ticket_hash!r}",
            todo="choose one of each",
        )
    try:
        moment = datetime.fromisoformat(at.strip()) if at.strip() else None
    except ValueError:
        moment = None
    named = bool(source.strip())
    if named != bool(at.strip()) or named != (moment is not None):
        raise DrawMethodRefused(
            expected="a public value with the hour at which it is published, or neither",
            got=f"{source!r} at {at!r}",
            todo="write both, such as 'lottery 3D, issue 2026187' at 2026-07-15T21:15, or leave both empty",
        )
    public = PublicSource(name=source.strip(), published_at=_in_china(moment)) if moment else None
    return DrawMethod(ticket_hash=TicketHash(ticket_hash), design=Design(design), public=public)


def opening_state(desk: Desk, plan: Plan) -> PlanState:
    """Where the opening of the seed stands: partners wait for the ceremony of the first of them."""
    joint = plan.method.joint
    if plan.state is not PlanState.FROZEN or joint is None or joint.lead == plan.plan_id:
        return plan.state
    lead = find_plan(desk.ledger, joint.lead)
    if lead.is_drawn:
        return PlanState.REVEALED
    opening = (PlanState.COMMITTED, PlanState.REVEALING, PlanState.REVEALED)
    return lead.state if lead.state in opening else plan.state


def _public(plan: Plan, source: PublicSource, *, person: str, now: datetime) -> PublicPart:
    entered = any(same_person(one.official, person) for one in plan.reveals)
    joint = plan.method.joint
    holds = joint is None or joint.lead == plan.plan_id
    open_now = holds and plan.state in (PlanState.FROZEN, PlanState.REVEALING)
    value = plan.public_value
    return PublicPart(
        name=source.name,
        at=f"{source.published_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        known=now >= source.published_at,
        entries=tuple(
            Entry(name=one.official, value=one.secret, stands=bool(value) and one.secret == value)
            for one in plan.reveals
        ),
        value=value,
        may_enter=open_now and now >= source.published_at and not entered,
        entered=entered,
    )


def _in_china(moment: datetime) -> datetime:
    """A moment as typed, by the clocks of China unless it names another zone."""
    return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment
