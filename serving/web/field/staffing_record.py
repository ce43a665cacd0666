"""The staffing of a plan as one file: every round of every visit, with what its tickets were made from."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import select

from serving.inspections.plan import Plan
from serving.ledger.database import Ledger
from serving.ledger.schema import AssignmentRow, RecusalRow, StaffingRow, TaskRow, VisitRow

FORMAT = "xinheng-staffing-record-v1"


def staffing_record(ledger: Ledger, plan: Plan) -> bytes:
    """Canonical JSON; inspectors stand in it by pseudonym, as anyone may see who is sent where and why.

    A ticket follows from seed, round, visit and inspector (serving/sampling/staffing.py).
    """
    visits = select(TaskRow.visit_id).where(TaskRow.plan_id == plan.plan_id)
    with ledger.reading() as session:
        entities = dict(
            session.execute(
                select(VisitRow.visit_id, VisitRow.entity_id)
                .where(VisitRow.visit_id.in_(visits))
                .order_by(VisitRow.visit_id)
            ).all()
        )
        seats = defaultdict[tuple[str, int], list[dict[str, str]]](list)
        for seat in session.scalars(
            select(AssignmentRow)
            .where(AssignmentRow.visit_id.in_(visits))
            .order_by(AssignmentRow.visit_id, AssignmentRow.round, AssignmentRow.ticket)
        ):
            told = {"inspector": seat.inspector_id, "ticket": seat.ticket, "replaces": seat.replaces}
            seats[seat.visit_id, seat.round].append(told)
        rounds = defaultdict[str, list[dict[str, Any]]](list)
        for row in session.scalars(
            select(StaffingRow)
            .where(StaffingRow.visit_id.in_(visits))
            .order_by(StaffingRow.visit_id, StaffingRow.round)
        ):
            rounds[row.visit_id].append(_round(row, seats[row.visit_id, row.round]))
        recusals = defaultdict[str, list[dict[str, Any]]](list)
        for one in session.scalars(
            select(RecusalRow).where(RecusalRow.visit_id.in_(visits)).order_by(RecusalRow.at)
        ):
            recusals[one.visit_id].append(
                {"inspector": one.inspector_id, "asked_by": one.asked_by, "reason": one.reason,
                 "after_round": one.round, "by": one.by, "at": one.at.isoformat()}
            )  # fmt: skip
    content = {
        "format": FORMAT,
        "plan_id": plan.plan_id,
        "seed": plan.seed,
        "visits": [
            {"visit_id": visit_id, "entity_id": entity_id, "rounds": rounds[visit_id],
             "recusals": recusals[visit_id]}
            for visit_id, entity_id in entities.items()
        ],
    }  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _round(row: StaffingRow, seats: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "round": row.round, "seed": row.seed, "scope": json.loads(row.scope) if row.scope else None,
        "departments": list(row.departments), "team": seats, "unstaffable": row.unstaffable,
        "by": row.by, "at": row.at.isoformat(), "reason": row.reason,
    }  # fmt: skip
