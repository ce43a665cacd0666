"""Plans of several departments made in one step: all or none, one ceremony, one visit to whom all draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from serving.inspections.plans.bundle import verify_bundle
from serving.inspections.plans.plan import PlanDraft
from serving.inspections.plans.steps import create_joint_plans, list_plans
from serving.inspections.plans.tasks import tasks_of_plan
from serving.inspections.plans.terms import PlanTerms, TermsRefused
from serving.sampling.joint_draw import visits
from serving.sampling.method import DrawMethod, DrawMethodRefused
from serving.sampling.policy import parse_ratios
from serving.sampling.tickets import TicketHash
from tests.serving.inspections.conftest import NOON

DRAFT = PlanDraft(
    title="Third quarter",
    city="sandbox",
    as_of=date(2026, 6, 30),
    release_id="r1",
    register_digest="ab" * 32,
    ratios=parse_ratios("A=0.02,B=0.05,C=0.2,D=1"),
)
TERMS = PlanTerms(
    department="market",
    item_codes=("FOOD",),
    first_day=date(2026, 7, 6),
    last_day=date(2026, 9, 30),
    yearly_cap=2,
)
PAIRS = [(DRAFT, replace(TERMS, department=name)) for name in ("market", "fire", "farming")]


def test_plans_made_together_are_joint_in_visits_and_in_the_draw(ceremony: Any) -> None:
    method = DrawMethod(ticket_hash=TicketHash.SM3)
    plans = create_joint_plans(ceremony.ledger, PAIRS, by="Li", now=NOON, method=method)
    ids = [plan.plan_id for plan in plans]
    assert ids == sorted(ids)
    assert [plan.terms.department for plan in plans if plan.terms] == ["market", "fire", "farming"]
    assert [plan.terms.joint_with for plan in plans if plan.terms] == [(), (ids[0],), (ids[0], ids[1])]
    assert {plan.method for plan in plans} == {replace(method, joint=plans[0].method.joint)}
    assert plans[0].method.joint is not None
    assert list(plans[0].method.joint.plans) == ids


def test_they_are_drawn_with_one_ceremony_and_visited_once(ceremony: Any) -> None:
    plans = create_joint_plans(ceremony.ledger, PAIRS, by="Li", now=NOON)
    ids = [plan.plan_id for plan in plans]
    for plan_id in ids:
        ceremony.freeze(plan_id)
    for official in ("Wu", "李"):
        ceremony.commit(ids[0], official)
    for official in ("李", "Wu"):
        ceremony.reveal(ids[0], official)
    drawn = [[one.entity_id for one in ceremony.draw(plan_id).selected] for plan_id in ids]
    assert drawn[0] == drawn[1] == drawn[2], "the same strata and tickets"
    assert all(verify_bundle(ceremony.folder / plan_id).ok for plan_id in ids)
    with ceremony.ledger.reading() as session:
        tasks = [task for plan_id in ids for task in tasks_of_plan(session, plan_id)]
    assert len(tasks) == 3 * len(drawn[0])
    assert len({task.visit_id for task in tasks}) == visits(drawn) == len(drawn[0])


def test_all_are_made_or_none(ceremony: Any) -> None:
    other_year = replace(TERMS, first_day=date(2027, 1, 4), last_day=date(2027, 2, 1))
    with pytest.raises(TermsRefused, match=r"a window in 2027; got 'sandbox-20260630-01'"):
        create_joint_plans(ceremony.ledger, [PAIRS[0], (DRAFT, other_year)], by="Li", now=NOON)
    with pytest.raises(DrawMethodRefused, match="two or more plan ids"):
        create_joint_plans(ceremony.ledger, PAIRS[:1], by="Li", now=NOON)
    assert list_plans(ceremony.ledger, "sandbox") == ()
