"""Choosing how a plan is drawn: once, while it is a draft; the frozen plan.json carries it."""

from __future__ import annotations

from datetime import datetime

from serving.inspections.plan import Plan, PlanRefused, PlanState, refuse_no_name
from serving.inspections.records import add_event, load_plan
from serving.ledger.database import Ledger
from serving.ledger.schema import PlanMethodRow
from serving.sampling.method import DrawMethod


def choose_method(ledger: Ledger, plan_id: str, method: DrawMethod, *, by: str, now: datetime) -> Plan:
    """Records the method of a draft; plans that name none are drawn by the plain method."""
    refuse_no_name(by, "the name of who chooses the method")
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        plan.require(
            PlanState.DRAFT, step="choose its method", todo="void the plan with a reason and create another"
        )
        if session.get(PlanMethodRow, plan_id) is not None:
            raise PlanRefused(
                expected=f"one choice of a method for plan {plan_id}",
                got="a second one",
                todo="void the plan with a reason and create another",
            )
        row = PlanMethodRow(plan_id=plan_id, method=method.as_json())
        row.by, row.at, row.reason = by, now, "chosen"
        session.add(row)
        add_event(session, plan, kind="method", by=by, now=now, detail=method.design.value)
        session.flush()
        return load_plan(session, plan_id)
