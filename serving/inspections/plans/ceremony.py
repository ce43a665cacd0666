"""The ceremony of a seed: officials commit to secrets and open them; or all enter a public value.

Partners of a joint draw hold one ceremony, on the first of them, after all are frozen.
Who an official is, is the caller's to know: the web takes the holder of the token, the command line a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from sqlalchemy.orm import Session

from serving.inspections.plans.plan import Plan, PlanRefused, PlanState, refuse_no_name
from serving.inspections.plans.records import add_event, load_plan
from serving.ledger.database import Ledger
from serving.ledger.persons import person_key
from serving.ledger.schema import CommitmentRow, RevealRow
from serving.sampling.tickets import (
    FrozenPlan,
    Reveal,
    commitment_of,
    joint_digest,
    public_seed_of,
    seed_of,
)

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_VALUE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSeed:
    """The seed of a draw, the plan whose officials opened it, and the partners of a joint draw."""

    seed: str
    ceremony: Plan
    partners: tuple[FrozenPlan, ...]


def commit_secret(
    ledger: Ledger, plan_id: str, *, official: str, commitment: str, by: str, now: datetime
) -> Plan:
    """Records an official's promise, and who brought it; others may join until the first secret is opened."""
    refuse_no_name(official, "the official's name")
    refuse_no_name(by, "the name of who records the commitment")
    _refuse_no_digest(commitment, "a commitment of 64 hexadecimal digits, made by `commitment_of`")
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        _refuse_wrong_ceremony(plan, public=False)
        frozen_partners(session, plan)
        plan.require(
            PlanState.FROZEN,
            PlanState.COMMITTED,
            step="take a commitment",
            todo="freeze the plan first; after the first reveal nobody can join",
        )
        if (earlier := plan.commitment_of_person(official)) is not None:
            raise PlanRefused(
                expected=f"one commitment of each official for plan {plan_id}",
                got=f"a second one of {earlier.official!r}",
                todo="let another official commit; the first commitment stands",
            )
        row = CommitmentRow(plan_id=plan_id, official_key=person_key(official), official=official)
        row.commitment, row.by, row.at, row.reason = commitment, by, now, "ceremony"
        session.add(row)
        add_event(session, plan, kind="committed", by=by, now=now, detail=commitment, official=official)
        session.flush()
        return load_plan(session, plan_id)


def reveal_secret(
    ledger: Ledger, plan_id: str, *, official: str, secret: str, by: str, now: datetime
) -> Plan:
    """Records an official's secret, and who brought it, if it opens their commitment."""
    refuse_no_name(by, "the name of who records the secret")
    _refuse_no_digest(secret, "a secret of 32 bytes as 64 hexadecimal digits")
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        plan.require(
            PlanState.COMMITTED,
            PlanState.REVEALING,
            step="take a secret",
            todo="freeze the plan and let at least two officials commit before anyone reveals",
        )
        # The commitment binds the spelling it was made with, so that is the one the seed uses too.
        official = _committed_name(plan, official=official, secret=secret)
        row = RevealRow(plan_id=plan_id, official_key=person_key(official), official=official, secret=secret)
        row.by, row.at, row.reason = by, now, "ceremony"
        session.add(row)
        add_event(session, plan, kind="revealed", by=by, now=now, official=official)
        session.flush()
        return load_plan(session, plan_id)


def enter_public_value(
    ledger: Ledger, plan_id: str, *, official: str, value: str, by: str, now: datetime
) -> Plan:
    """Records what an official read at the named source; the value stands once two entered it alike.

    Entries that differ stay visible. The value may come only after its time, and every frame before it.
    """
    refuse_no_name(official, "the official's name")
    refuse_no_name(by, "the name of who records the value")
    value = " ".join(normalize("NFKC", value).split())
    if not 0 < len(value) <= _LONGEST_VALUE or not value.isprintable():
        raise PlanRefused(
            expected=f"a public value of 1 to {_LONGEST_VALUE} signs",
            got=f"{len(value)} signs",
            todo="enter it as it was published, for example '03 11 17 21 28 32 + 09'",
        )
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        _refuse_wrong_ceremony(plan, public=True)
        frozen_partners(session, plan)
        plan.require(
            PlanState.FROZEN,
            PlanState.REVEALING,
            step="take a public value",
            todo="freeze the plan first; once two officials entered the same value it stands",
        )
        _refuse_untimely(session, plan, now)
        if plan.secret_of_person(official) is not None:
            raise PlanRefused(
                expected=f"one entry of each official for plan {plan_id}",
                got=f"a second one of {official!r}",
                todo="let another official enter the value; two that agree are enough",
            )
        row = RevealRow(plan_id=plan_id, official_key=person_key(official), official=official, secret=value)
        row.by, row.at, row.reason = by, now, "public value"
        session.add(row)
        add_event(session, plan, kind="public_value", by=by, now=now, detail=value, official=official)
        session.flush()
        return load_plan(session, plan_id)


def frozen_partners(session: Session, plan: Plan) -> tuple[FrozenPlan, ...]:
    """The partners of a joint draw by their digests, the plan itself among them; none of a draw alone.

    Raises PlanRefused if one of them is not frozen yet, or names another method or other partners.
    """
    if plan.method.joint is None:
        return ()
    found = [load_plan(session, plan_id) for plan_id in plan.method.joint.plans]
    faults = [f"{one.plan_id} is not frozen" for one in found if not one.frame_digest]
    faults += [
        f"{one.plan_id} names another joint draw, hash or source"
        for one in found
        if (one.method.joint, one.method.public, one.method.ticket_hash)
        != (plan.method.joint, plan.method.public, plan.method.ticket_hash)
    ]
    if faults:
        raise PlanRefused(
            expected=f"all plans of the joint draw {plan.method.joint.label!r} frozen, with the same method",
            got="; ".join(faults),
            todo="freeze every partner before anybody commits; who knows a secret could still choose a frame",
        )
    return tuple(_frozen(one) for one in found)


def opened_seed(session: Session, plan: Plan) -> OpenedSeed:
    """The seed of a plan's draw; raises PlanRefused while it is not open."""
    joint = plan.method.joint
    lead = plan if joint is None or joint.lead == plan.plan_id else load_plan(session, joint.lead)
    if lead.state is not PlanState.REVEALED and not lead.is_drawn:
        raise PlanRefused(
            expected=f"a plan {lead.plan_id} whose seed is open in order to draw",
            got=f"plan {lead.plan_id}, which is {lead.state}",
            todo="let the officials open the seed of the first plan of the joint draw",
        )
    partners = frozen_partners(session, plan)
    files = (joint_digest(joint.label, partners), "") if joint else (plan.frame_digest, plan.plan_digest)
    reveals = [Reveal(official=one.official, secret=one.secret) for one in lead.openings]
    seed = public_seed_of(*files, lead.public_value) if plan.method.public else seed_of(*files, reveals)
    return OpenedSeed(seed=seed, ceremony=lead, partners=partners)


def _frozen(plan: Plan) -> FrozenPlan:
    """A partner by its digests."""
    return FrozenPlan(plan_id=plan.plan_id, frame_digest=plan.frame_digest, plan_digest=plan.plan_digest)


def _refuse_wrong_ceremony(plan: Plan, *, public: bool) -> None:
    """Secrets belong to one kind of plan, a public value to the other, both to the first of partners."""
    joint = plan.method.joint
    if joint is not None and joint.lead != plan.plan_id:
        raise PlanRefused(
            expected=f"the ceremony of the joint draw {joint.label!r} on its first plan, {joint.lead}",
            got=f"plan {plan.plan_id}",
            todo=f"take the step on {joint.lead}; it opens the seed of all partners",
        )
    if (plan.method.public is not None) is not public:
        raise PlanRefused(
            expected="a plan whose seed comes from " + ("a public value" if public else "officials' secrets"),
            got=f"plan {plan.plan_id}, whose seed comes from the other",
            todo="take the step of the method that plan.json names",
        )


def _refuse_untimely(session: Session, plan: Plan, now: datetime) -> None:
    """A value is entered after its time; a frame frozen after it could have been chosen for it."""
    source, joint = plan.method.public, plan.method.joint
    if source is None:
        return
    faults = ["it is not public yet"] if now < source.published_at else []
    for plan_id in joint.plans if joint else (plan.plan_id,):
        frozen_at = [event.at for event in load_plan(session, plan_id).events if event.kind == "frozen"]
        faults += [f"{plan_id} was frozen after it" for at in frozen_at if at >= source.published_at]
    if faults:
        raise PlanRefused(
            expected=f"frames before and entries after {source.published_at.isoformat()} ({source.name})",
            got="; ".join(faults),
            todo="wait until it is published; a frame that came too late is voided, and planned anew",
        )


def _committed_name(plan: Plan, *, official: str, secret: str) -> str:
    """The official as committed; a secret comes once, from who committed, and fits the commitment."""
    promised = plan.commitment_of_person(official)
    if plan.secret_of_person(official) is not None:
        fault = f"a second secret of {official!r}"
    elif promised is None:
        fault = f"a secret of {official!r}, who did not commit"
    elif commitment_of(plan.plan_id, promised.official, secret) != promised.commitment:
        fault = f"a secret of {official!r} that does not open the commitment {promised.commitment[:16]}…"
    else:
        return promised.official
    raise PlanRefused(
        expected=f"one secret of each official who committed to plan {plan.plan_id}, opening that commitment",
        got=fault,
        todo="check name and secret; if a secret is lost, void the plan with the reason",
    )


def _refuse_no_digest(text: str, what: str) -> None:
    """32 bytes in lower-case hexadecimal, nothing else."""
    if not _DIGEST.fullmatch(text):
        raise PlanRefused(
            expected=what, got=f"{len(text)} signs", todo="copy it whole, in lower case, without spaces"
        )
