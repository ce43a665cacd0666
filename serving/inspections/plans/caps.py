"""The yearly cap of visits: who has no room left, and who waits for the draw of another plan.

A frozen plan may draw anyone eligible in its frame, so until its draw it holds one visit of each of them. As
long as every freeze leaves room for what others hold, no order of draws can break a cap, and every draw keeps
the chances of its frozen frame. What is held is read from the frozen frames, what is planned from the visits.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from serving.inspections.plans.plan import Plan, PlanRefused
from serving.inspections.plans.terms import PlanTerms, terms_of
from serving.ledger.schema import (
    CapStepRow,
    DrawRow,
    FrameRecord,
    PlanEventRow,
    PlanRow,
    PlanTermsRow,
    TaskRow,
    VisitRow,
    VisitStartRow,
)

# More visits in a year than anyone could plan: the cap of a plan that has none.
_NO_CAP = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRoom:
    """How much room a plan finds: visits by entity in its year, and the frozen plans that are not drawn yet.

    `sequence` is the last step the caps depended on; whoever acts on this takes the next number.
    """

    plan_id: str
    terms: PlanTerms
    sequence: int
    visits: dict[str, int]
    open_plans: dict[str, PlanTerms]

    def exclusions(self) -> dict[str, str]:
        """The entities that had all their visits of the year, with the reason for the frame."""
        cap = self.terms.yearly_cap
        if not cap:
            return {}
        reason = f"年度检查上限 {cap} 次已满 (yearly cap: {cap} visits of {self.terms.year} planned or done)"
        return {entity_id: reason for entity_id, visits in self.visits.items() if visits >= cap}


def not_void() -> ColumnElement[bool]:
    """A condition on `TaskRow`: its plan is not void."""
    return TaskRow.plan_id.not_in(select(PlanEventRow.plan_id).where(PlanEventRow.kind == "voided"))


def visits_in_year(session: Session, city: str, year: int) -> dict[str, int]:
    """The visits of a year by entity, planned or begun, of all departments; void plans need no visit."""
    counted = or_(
        VisitRow.visit_id.in_(select(TaskRow.visit_id).where(not_void())),
        VisitRow.visit_id.in_(select(VisitStartRow.visit_id)),
    )
    statement = (
        select(VisitRow.entity_id, func.count())
        .where(VisitRow.city == city, VisitRow.year == year, counted)
        .group_by(VisitRow.entity_id)
    )
    return dict(session.execute(statement).all())


def visits_stamp(session: Session, city: str) -> tuple[int, int]:
    """What `visits_in_year` depends on, in two numbers: steps of the caps, and plans that were voided."""
    steps = session.scalar(select(func.max(CapStepRow.sequence)).where(CapStepRow.city == city))
    voided = select(func.count()).where(PlanEventRow.kind == "voided")
    return steps or 0, session.scalar(voided) or 0


def cap_room(session: Session, plan: Plan, terms: PlanTerms) -> CapRoom:
    """The room as it stands; it holds until someone takes the next step of the city's caps."""
    city = plan.draft.city
    # Read first: a step that comes between makes the number taken, never the counts too small.
    sequence = session.scalar(select(func.max(CapStepRow.sequence)).where(CapStepRow.city == city)) or 0
    opened = open_plans(session, city, terms.year)
    return CapRoom(
        plan_id=plan.plan_id,
        terms=terms,
        sequence=sequence,
        visits=visits_in_year(session, city, terms.year),
        open_plans={key: one for key, one in opened.items() if key != plan.plan_id},
    )


def take_cap_step(session: Session, plan: Plan, *, sequence: int, kind: str, by: str, now: datetime) -> None:
    """Takes the next number; if another plan took it meanwhile, the database refuses and nothing happens."""
    row = CapStepRow(city=plan.draft.city, sequence=sequence + 1, plan_id=plan.plan_id, kind=kind)
    row.by, row.at, row.reason = by, now, kind
    session.add(row)
    session.flush()


def refuse_held(room: CapRoom, frame: bytes, frame_of_plan: Callable[[str], bytes]) -> None:
    """Refuses a frame with entities whose last visit another frozen plan may still draw.

    `frame_of_plan` gives the published frame of an open plan. Plans that are joint share their visits, so one
    holds nothing against the other.
    """
    if not room.terms.yearly_cap and not any(terms.yearly_cap for terms in room.open_plans.values()):
        return
    ids = _eligible(frame)
    visits = _visits_of(ids, room.visits)
    held, cap = np.zeros(len(ids), np.int64), np.full(len(ids), room.terms.yearly_cap or _NO_CAP)
    holders = dict[str, np.ndarray]()
    for plan_id, terms in room.open_plans.items():
        mask = pc.is_in(ids, value_set=_eligible(frame_of_plan(plan_id))).to_numpy(zero_copy_only=False)
        cap[mask] = np.minimum(cap[mask], terms.yearly_cap or _NO_CAP)
        if not are_joint(room.plan_id, room.terms, plan_id, terms):
            held += mask
            holders[plan_id] = mask
    short = visits + held + 1 > cap
    if short.any():
        names = [plan_id for plan_id, mask in holders.items() if (mask & short).any()]
        raise PlanRefused(
            expected=f"room under the yearly cap of visits for everyone whom plan {room.plan_id} may draw",
            got=f"{int(short.sum())} entities, the first {ids[int(short.argmax())].as_py()!r}, "
            f"whose last visits the frozen plan {' and '.join(names) or 'of a lower cap'} may still draw",
            todo="draw or void that plan first, or create this one as joint with it: then they share visits",
        )


def open_plans(session: Session, city: str, year: int) -> dict[str, PlanTerms]:
    """The terms of the plans of city and year that are frozen, not drawn and not void, by plan."""
    voided = select(PlanEventRow.plan_id).where(PlanEventRow.kind == "voided")
    rows = session.scalars(
        select(PlanTermsRow)
        .join(PlanRow, PlanRow.plan_id == PlanTermsRow.plan_id)
        .join(FrameRecord, FrameRecord.plan_id == PlanTermsRow.plan_id)
        .where(
            PlanRow.city == city,
            PlanTermsRow.plan_id.not_in(select(DrawRow.plan_id)),
            PlanTermsRow.plan_id.not_in(voided),
        )
        .order_by(PlanTermsRow.plan_id)
    )
    found = {row.plan_id: terms_of(row) for row in rows}
    return {plan_id: terms for plan_id, terms in found.items() if terms.year == year}


def are_joint(one_id: str, one: PlanTerms, other_id: str, other: PlanTerms) -> bool:
    """Whether one plan names the other as joint and their windows have a day in common."""
    named = other_id in one.joint_with or one_id in other.joint_with
    return named and one.first_day <= other.last_day and other.first_day <= one.last_day


def _eligible(frame: bytes) -> pa.Array:
    """The ids of those who may be drawn, from a published frame."""
    options = csv.ConvertOptions(
        include_columns=["entity_id", "eligible"],
        column_types={"entity_id": pa.string(), "eligible": pa.string()},
    )
    table = csv.read_csv(io.BytesIO(frame), convert_options=options)
    return table.filter(pc.equal(table["eligible"], "yes"))["entity_id"].combine_chunks()


def _visits_of(ids: pa.Array, visits: dict[str, int]) -> np.ndarray:
    """The visits of each id, 0 where there are none."""
    counts = np.zeros(len(ids), np.int64)
    if visits:
        places = pc.index_in(pa.array(list(visits), pa.string()), value_set=ids).to_numpy(
            zero_copy_only=False
        )
        known = ~np.isnan(places.astype(float))
        counts[places[known].astype(np.int64)] = np.array(list(visits.values()))[known]
    return counts
