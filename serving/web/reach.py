"""Whom of the field a holder reaches: a region's people those within it, whoever planned their visits."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pyarrow as pa
import pyarrow.compute as pc

from serving.inspections.field.visits import Visit, find_visit, find_visits
from serving.inspections.plans.plan import Plan, PlanNotFound
from serving.inspections.plans.steps import find_plan
from serving.inspections.plans.tasks import TaskNotFound
from serving.ledger.tokens import Holder
from serving.register import RegisterLine
from serving.web.desk import Desk


def entities_within(desk: Desk, holder: Holder, ids: Collection[str]) -> dict[str, RegisterLine]:
    """Those of the entities that the register lists within the holder's region."""
    if not ids:
        return {}
    listed = desk.register.listed
    mask = pc.is_in(listed["entity_id"], value_set=pa.array(sorted(set(ids)), pa.string()))
    rows = listed.filter(mask).to_pylist()
    prefix = holder.region_prefix
    return {
        row["entity_id"]: RegisterLine(**row) for row in rows if (row["region_code"] or "").startswith(prefix)
    }


def reaches(desk: Desk, holder: Holder, plan: Plan, entity_ids: Collection[str]) -> bool:
    """Whether the holder may work on these entities of a plan: the whole plan is theirs, or they all are."""
    if plan.draft.city != desk.city:
        return False
    return _is_theirs(plan, holder) or (
        bool(entity_ids) and set(entity_ids) <= entities_within(desk, holder, entity_ids).keys()
    )


def plan_reached(desk: Desk, holder: Holder, plan_id: str, entity_ids: Collection[str]) -> Plan:
    """The plan, if the holder may work on these of its entities; otherwise as if it were not there."""
    plan = find_plan(desk.ledger, plan_id)
    if not reaches(desk, holder, plan, entity_ids):
        raise PlanNotFound(
            expected="the id of a plan in your region, or of tasks of its entities",
            got=f"{plan_id!r}",
            todo="look the id up in the list of plans",
        )
    return plan


def visit_reached(desk: Desk, holder: Holder, visit_id: str) -> Visit:
    """The visit, if the holder may work on it; otherwise as if it were not there."""
    with desk.ledger.reading() as session:
        visit = find_visit(session, visit_id)
    if not reaches(desk, holder, find_plan(desk.ledger, visit.opened_by), [visit.entity_id]):
        raise TaskNotFound(
            expected="the id of a visit within your region",
            got=f"{visit_id!r}",
            todo="look the id up in the visits of the plan",
        )
    return visit


def visits_reached(desk: Desk, holder: Holder, visit_ids: Iterable[str]) -> set[str]:
    """The ids of those visits that the holder may work on."""
    with desk.ledger.reading() as session:
        visits = find_visits(session, visit_ids)
    plans = {one: find_plan(desk.ledger, one) for one in {visit.opened_by for visit in visits}}
    near = entities_within(desk, holder, {visit.entity_id for visit in visits})
    return {
        visit.visit_id
        for visit in visits
        if visit.city == desk.city and (visit.entity_id in near or _is_theirs(plans[visit.opened_by], holder))
    }


def _is_theirs(plan: Plan, holder: Holder) -> bool:
    """Whether the whole plan lies within the holder's region."""
    return plan.draft.region_prefix.startswith(holder.region_prefix)
