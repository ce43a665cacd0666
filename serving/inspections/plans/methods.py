"""Choosing how a plan is drawn: once, while it is a draft; the frozen plan.json carries it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from serving.inspections.plans.plan import Plan, PlanRefused, PlanState, refuse_no_name
from serving.inspections.plans.records import add_event, load_plan
from serving.ledger.database import Ledger
from serving.ledger.schema import PlanMethodRow
from serving.sampling.method import DrawMethod


def choose_method(ledger: Ledger, plan_id: str, method: DrawMethod, *, by: str, now: datetime) -> Plan:
    """Records the method of a draft; plans that name none are drawn by the plain method.

    Raises PlanRefused for a public value that is known already, and for partners that cannot be.
    """
    refuse_no_name(by, "the name of who chooses the method")
    with ledger.writing() as session:
        return add_method(session, plan_id, method, by=by, now=now)


def add_method(session: Session, plan_id: str, method: DrawMethod, *, by: str, now: datetime) -> Plan:
    """The same inside of a writing session."""
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
    _refuse_known_value(method, now)
    _refuse_partners(session, plan, method)
    row = PlanMethodRow(plan_id=plan_id, method=method.as_json())
    row.by, row.at, row.reason = by, now, "chosen"
    session.add(row)
    add_event(session, plan, kind="method", by=by, now=now, detail=method.design.value)
    session.flush()
    return load_plan(session, plan_id)


def _refuse_known_value(method: DrawMethod, now: datetime) -> None:
    """Who knows the value can choose the frame for it."""
    if method.public is not None and method.public.published_at <= now:
        raise PlanRefused(
            expected="a public value that nobody knows yet",
            got=f"{method.public.name!r}, published at {method.public.published_at.isoformat()}",
            todo="name a later issue of the source, and freeze the frame before it is published",
        )


def _refuse_partners(session: Session, plan: Plan, method: DrawMethod) -> None:
    """A joint draw is one of the plan itself with others of its city."""
    if method.joint is None:
        return
    partners = [load_plan(session, plan_id) for plan_id in method.joint.plans]
    faults = [f"{one.plan_id} of {one.draft.city}" for one in partners if one.draft.city != plan.draft.city]
    if plan.plan_id not in method.joint.plans:
        faults.append(f"a joint draw without plan {plan.plan_id} itself")
    if faults:
        raise PlanRefused(
            expected=f"a joint draw of plan {plan.plan_id} with other plans of {plan.draft.city}",
            got="; ".join(faults),
            todo="name the plan and all its partners, the same list in each of them",
        )
