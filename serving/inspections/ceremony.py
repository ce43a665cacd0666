"""The ceremony of a seed: officials commit to secrets, then each opens their own.

Who an official is, is the caller's to know: the web takes the holder of the token, the command line a name.
"""

from __future__ import annotations

import re
from datetime import datetime

from serving.inspections.plan import Plan, PlanRefused, PlanState, refuse_no_name
from serving.inspections.records import add_event, load_plan
from serving.ledger.database import Ledger
from serving.ledger.persons import person_key
from serving.ledger.schema import CommitmentRow, RevealRow
from serving.sampling.tickets import commitment_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


def commit_secret(
    ledger: Ledger, plan_id: str, *, official: str, commitment: str, by: str, now: datetime
) -> Plan:
    """Records an official's promise, and who brought it; others may join until the first secret is opened."""
    refuse_no_name(official, "the official's name")
    refuse_no_name(by, "the name of who records the commitment")
    _refuse_no_digest(commitment, "a commitment of 64 hexadecimal digits, made by `commitment_of`")
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
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
