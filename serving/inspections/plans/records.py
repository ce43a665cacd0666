"""Plans read from the ledger, and the events written with every step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.inspections.plans.plan import (
    Commitment,
    OpenedSecret,
    Plan,
    PlanDraft,
    PlanEvent,
    PlanNotFound,
)
from serving.inspections.plans.terms import load_method, load_terms
from serving.ledger.schema import (
    CommitmentRow,
    DrawnEntityRow,
    DrawRow,
    FrameRecord,
    PlanEventRow,
    PlanRow,
    RevealRow,
)
from serving.sampling.allocation import Allocation
from serving.sampling.frame import Stratification
from serving.sampling.policy import Ratios


def load_plan(session: Session, plan_id: str, *, lock: bool = False, with_drawn: bool = False) -> Plan:
    """The plan as it stands; with a lock, nobody else takes a step until the session ends."""
    row = session.get(PlanRow, plan_id, with_for_update=lock or None)
    if row is None:
        raise PlanNotFound(
            expected="the id of a plan in the ledger",
            got=f"{plan_id!r}",
            todo="look the id up in the list of plans",
        )
    frame, draw = session.get(FrameRecord, plan_id), session.get(DrawRow, plan_id)
    terms, method = load_terms(session, plan_id), load_method(session, plan_id)
    return Plan(
        plan_id=plan_id,
        draft=_draft(row),
        created_by=row.by,
        created_at=row.at,
        frame_rows=frame.rows if frame else 0,
        frame_digest=frame.frame_digest if frame else "",
        plan_digest=frame.plan_digest if frame else "",
        allocations=_allocations(frame),
        commitments=_commitments(session, plan_id),
        reveals=_reveals(session, plan_id),
        seed=draw.seed if draw else "",
        draw_digest=draw.draw_digest if draw else "",
        drawn_count=draw.drawn if draw else 0,
        drawn=_drawn(session, plan_id) if with_drawn and draw else (),
        events=_events(session, plan_id),
        # The method is chosen after the terms, so the design is the method's.
        terms=replace(terms, design=method.design) if terms else None,
        method=method,
    )


def add_event(
    session: Session,
    plan: Plan | str,
    *,
    kind: str,
    by: str,
    now: datetime,
    detail: str = "",
    official: str = "",
    reason: str = "",
) -> None:
    """Appends the next step; its number is unique, so of two who take the same step only one succeeds."""
    plan_id, steps = (plan, 0) if isinstance(plan, str) else (plan.plan_id, len(plan.events))
    session.add(
        PlanEventRow(
            plan_id=plan_id,
            sequence=steps + 1,
            kind=kind,
            detail=detail,
            official=official,
            by=by,
            at=now,
            reason=reason or kind,
        )
    )


def _draft(row: PlanRow) -> PlanDraft:
    """What was decided when the plan was created."""
    return PlanDraft(
        title=row.title,
        city=row.city,
        as_of=row.as_of,
        release_id=row.release_id,
        register_digest=row.register_digest,
        ratios=Ratios(
            a=row.ratios["A"],
            b=row.ratios["B"],
            c=row.ratios["C"],
            d=row.ratios["D"],
            allow_zero=row.allow_zero,
        ),
        region_prefix=row.region_prefix,
        stratification=Stratification(row.stratification),
    )


def _allocations(frame: FrameRecord | None) -> tuple[Allocation, ...]:
    """The frozen strata."""
    if frame is None:
        return ()
    return tuple(
        Allocation(
            stratum=str(stratum["stratum"]),
            grade=str(stratum["grade"]),
            size=int(stratum["size"]),
            count=int(stratum["count"]),
        )
        for stratum in frame.strata
    )


def _commitments(session: Session, plan_id: str) -> tuple[Commitment, ...]:
    """The commitments by official, the order that the seed uses."""
    rows = session.scalars(select(CommitmentRow).where(CommitmentRow.plan_id == plan_id))
    found = [
        Commitment(official=row.official, by=row.by, commitment=row.commitment, at=row.at) for row in rows
    ]
    return tuple(sorted(found, key=lambda one: one.official))


def _reveals(session: Session, plan_id: str) -> tuple[OpenedSecret, ...]:
    """The reveals by official, sorted here because databases disagree on the order of texts."""
    rows = session.scalars(select(RevealRow).where(RevealRow.plan_id == plan_id))
    found = [OpenedSecret(official=row.official, by=row.by, secret=row.secret, at=row.at) for row in rows]
    return tuple(sorted(found, key=lambda one: one.official))


def _drawn(session: Session, plan_id: str) -> tuple[str, ...]:
    """The ids of the drawn entities, in order."""
    ids = session.scalars(select(DrawnEntityRow.entity_id).where(DrawnEntityRow.plan_id == plan_id))
    return tuple(sorted(ids))


def _events(session: Session, plan_id: str) -> tuple[PlanEvent, ...]:
    """The steps in the order they were taken."""
    rows = session.scalars(
        select(PlanEventRow).where(PlanEventRow.plan_id == plan_id).order_by(PlanEventRow.sequence)
    )
    return tuple(
        PlanEvent(
            kind=row.kind,
            detail=row.detail,
            official=row.official,
            by=row.by,
            at=row.at,
            reason=row.reason,
        )
        for row in rows
    )
