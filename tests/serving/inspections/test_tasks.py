"""Tasks and visits after a draw: merging, caps that no order breaks, staffing, recusal, the start."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from data_contracts.refusal import Refusal
from serving.inspections.field.assignments import AskedBy, Roster, recuse, staff_plan
from serving.inspections.field.starting import begin_visit
from serving.inspections.field.visits import find_visit, visits_of_entity, visits_of_plan
from serving.inspections.plans.caps import visits_in_year
from serving.inspections.plans.plan import PlanRefused, PlanState
from serving.inspections.plans.steps import find_plan
from serving.inspections.plans.tasks import TaskNotFound, TaskRefused, find_task, tasks_of_plan
from serving.inspections.plans.terms import PlanTerms, TermsRefused
from serving.ledger.schema import AssignmentRow, RecusalRow, StaffingRow
from serving.sampling.staffing import InspectorCard, Scope, ScopeKind
from tests.serving.inspections.conftest import NOON, Ceremony
from tests.serving.inspections.planners import AUTUMN, SUMMER, race, terms


def card(number: int, department: str = "market", **more: Any) -> InspectorCard:
    return InspectorCard(
        inspector_id=f"i{number:02d}",
        department=department,
        station="",
        skills=frozenset({"food"}),
        licensed_from=date(2020, 1, 1),
        licensed_until=date(2030, 1, 1),
        **more,
    )


def roster(*cards: InspectorCard) -> Roster:
    staff = cards or tuple(card(number, dept) for number, dept in enumerate(["market", "fire", "health"] * 2))
    return Roster(inspectors=staff, scope=Scope(kind=ScopeKind.WHOLE_BUREAU))


def drawn(ceremony: Ceremony, plan_terms: PlanTerms, region: str = "") -> str:
    """A drawn plan with these terms."""
    return ceremony.draw(ceremony.revealed(terms=plan_terms, region=region)).plan.plan_id


def visits_of(ceremony: Ceremony, plan_id: str) -> Any:
    with ceremony.ledger.reading() as session:
        return visits_of_plan(session, plan_id)


def test_every_drawn_entity_is_a_task_with_a_visit_of_its_own(ceremony: Ceremony) -> None:
    plan_id = drawn(ceremony, terms())
    plan = find_plan(ceremony.ledger, plan_id)
    with ceremony.ledger.reading() as session:
        tasks = tasks_of_plan(session, plan_id)
        first = find_task(session, tasks[0].task_id)
    assert tuple(task.entity_id for task in tasks) == plan.drawn
    assert first == tasks[0]
    assert (first.task_id, first.department, first.item_codes) == (
        f"{plan_id}/{first.entity_id}", "market", ("market-1",),
    )  # fmt: skip
    assert [one.visit_id for one in visits_of(ceremony, plan_id)] == [
        f"sandbox-2026-v{number:06d}" for number in range(1, 19)
    ]


def test_a_plan_without_terms_has_a_draw_and_no_tasks(ceremony: Ceremony) -> None:
    plan_id = ceremony.draw(ceremony.revealed()).plan.plan_id
    assert visits_of(ceremony, plan_id) == ()
    with pytest.raises(TaskRefused, match="which was made without terms"):
        staff_plan(ceremony.ledger, plan_id, roster=roster(), by="Li", now=NOON)


def test_tasks_of_several_departments_in_one_window_are_one_visit(ceremony: Ceremony) -> None:
    """Every D is drawn by all three; the third comes in another season and goes by itself."""
    plans = [
        drawn(ceremony, terms("market")),
        drawn(ceremony, terms("fire")),
        drawn(ceremony, terms("health", AUTUMN)),
    ]
    with ceremony.ledger.reading() as session:
        summer, autumn = visits_of_entity(session, "sandbox", "企业-000", 2026)
    assert (summer.departments, summer.plan_ids) == (("fire", "market"), tuple(sorted(plans[:2])))
    assert (summer.item_codes, summer.opened_by) == (("fire-1", "market-1"), plans[0])
    assert (autumn.departments, autumn.plan_ids) == (("health",), (plans[2],))


def test_a_merged_visit_keeps_the_days_that_all_tasks_allow(ceremony: Ceremony) -> None:
    drawn(ceremony, terms("market", (date(2026, 7, 1), date(2026, 8, 31))))
    drawn(ceremony, terms("fire", (date(2026, 8, 15), date(2026, 9, 30))))
    last = drawn(ceremony, terms("health", (date(2026, 9, 1), date(2026, 9, 30))))
    with ceremony.ledger.reading() as session:
        both, alone = visits_of_entity(session, "sandbox", "企业-000", 2026)
    assert (both.first_day, both.last_day) == (date(2026, 8, 15), date(2026, 8, 31))
    assert alone.plan_ids == (last,)


def test_what_began_is_not_joined_and_what_is_void_needs_no_visit(ceremony: Ceremony) -> None:
    first = drawn(ceremony, terms("market"))
    staff_plan(ceremony.ledger, first, roster=roster(card(1), card(2)), by="Li", now=NOON)
    begun = visits_of(ceremony, first)[0]
    begin_visit(ceremony.ledger, begun.visit_id, on=date(2026, 7, 6), by="Li", now=NOON)
    second = drawn(ceremony, terms("fire"))
    with ceremony.ledger.reading() as session:
        assert len(visits_of_entity(session, "sandbox", begun.entity_id, 2026)) == 2
    ceremony.void(second)
    with ceremony.ledger.reading() as session:
        assert visits_in_year(session, "sandbox", 2026)[begun.entity_id] == 1
        assert visits_of_entity(session, "sandbox", begun.entity_id, 2026)[1].tasks == ()


def test_whoever_had_the_visits_of_the_year_is_excluded_with_the_reason(ceremony: Ceremony) -> None:
    first = find_plan(ceremony.ledger, drawn(ceremony, terms(cap=1)))
    plan_id = ceremony.create(terms=terms("fire", AUTUMN, cap=1))
    plan = ceremony.freeze(plan_id)
    assert (plan.sizes.get("D", 0), plan.frame_rows) == (0, 200)
    frame = (ceremony.folder / plan_id / "frame.csv").read_text("utf-8")
    assert frame.count("年度检查上限 1 次已满 (yearly cap: 1 visits of 2026 planned or done)") == 18
    assert all(f"{entity_id}," in frame for entity_id in first.drawn)


def test_a_frozen_plan_holds_a_visit_of_everyone_it_may_draw(ceremony: Ceremony) -> None:
    holder = ceremony.create(terms=terms("market", cap=1))
    ceremony.freeze(holder)
    later = ceremony.create(terms=terms("fire", AUTUMN, cap=1))
    with pytest.raises(
        PlanRefused, match=rf"200 entities, the first '企业-000'.*plan {holder} may still draw.*draw or void"
    ):
        ceremony.freeze(later)
    other = ceremony.create(terms=terms("health", cap=1), region="none-of-it")
    joint = ceremony.create(terms=terms("fire", cap=1, joint=(holder,)))
    assert ceremony.freeze(joint).state is PlanState.FROZEN
    assert other != joint
    ceremony.void(holder)
    ceremony.void(joint)
    assert ceremony.freeze(later).state is PlanState.FROZEN


def test_joint_plans_share_their_visits_under_the_cap(ceremony: Ceremony) -> None:
    first = ceremony.create(terms=terms("market", cap=1))
    second = ceremony.create(terms=terms("fire", cap=1, joint=(first,)))
    for plan_id in (first, second):
        ceremony.freeze(plan_id)
    for plan_id in (first, second):
        ceremony.open_seed(plan_id)
    ceremony.draw(first)
    staff_plan(ceremony.ledger, first, roster=roster(card(1), card(2)), by="Li", now=NOON)
    visit_id = visits_of(ceremony, first)[0].visit_id
    with pytest.raises(TaskRefused, match=f"the joint plan {second}, frozen and not drawn"):
        begin_visit(ceremony.ledger, visit_id, on=date(2026, 7, 6), by="Li", now=NOON)
    ceremony.draw(second)
    with ceremony.ledger.reading() as session:
        assert set(visits_in_year(session, "sandbox", 2026).values()) == {1}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"department": " "}, "no department"),
        ({"item_codes": ()}, "no items"),
        ({"item_codes": ("a", "a")}, "an item named twice"),
        ({"last_day": date(2027, 1, 31)}, "the window 2026-07-01 to 2027-01-31"),
        ({"yearly_cap": -1}, "a cap of -1"),
    ],
)
def test_terms_that_no_task_could_follow_are_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(TermsRefused, match=fault):
        replace(terms(), **change)


def test_only_plans_of_city_and_year_can_be_joint(ceremony: Ceremony) -> None:
    with pytest.raises(TermsRefused, match="got 'nowhere'"):
        ceremony.create(terms=terms(joint=("nowhere",)))


WINDOWS = st.sampled_from([SUMMER, AUTUMN, (date(2026, 9, 1), date(2026, 11, 30))])
PLANS = st.lists(st.tuples(WINDOWS, st.booleans()), min_size=3, max_size=3)
# Each plan is frozen and drawn in any order among the others, and what was refused is tried once more.
ORDER = st.permutations([(step, number) for step in ("freeze", "draw") for number in range(3)])
ASIDE = st.lists(st.tuples(st.sampled_from(["void", "begin"]), st.integers(0, 2)), max_size=2)
STEPS = st.tuples(ORDER, ASIDE, ORDER).map(lambda parts: [step for part in parts for step in part])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=PLANS, steps=STEPS, cap=st.integers(1, 2))
def test_no_order_of_steps_breaks_the_cap(new_ceremony: Any, plans: Any, steps: Any, cap: int) -> None:
    made, ids, refusals = new_ceremony(), list[str](), list[str]()
    for department, (window, joint) in zip(("market", "fire", "health"), plans, strict=True):
        ids.append(made.create(terms=terms(department, window, cap, tuple(ids[-1:]) if joint else ())))
    for step, number in steps:
        plan_id = ids[number]
        try:
            if step == "freeze":
                made.freeze(plan_id)
                made.open_seed(plan_id)
            elif step == "draw":
                made.draw(plan_id)
            elif step == "void":
                made.void(plan_id)
            else:
                staff_plan(made.ledger, plan_id, roster=roster(), by="Li", now=NOON)
                visit = visits_of(made, plan_id)[0]
                begin_visit(made.ledger, visit.visit_id, on=visit.first_day, by="Li", now=NOON)
        except Refusal as refused:
            refusals.append(str(refused))
        with made.ledger.reading() as session:
            assert max(visits_in_year(session, "sandbox", 2026).values(), default=0) <= cap
    # The freeze leaves room for everyone; no draw may come to the last door.
    assert not [one for one in refusals if "drawn entities that have them already" in one]


def test_concurrent_planners_cannot_break_the_cap(ceremony: Ceremony) -> None:
    race(ceremony)


def test_staffing_gives_every_visit_two_inspectors_once(ceremony: Ceremony) -> None:
    plan_id = drawn(ceremony, terms())
    done = staff_plan(ceremony.ledger, plan_id, roster=roster(card(1), card(2), card(3)), by="Li", now=NOON)
    assert (done.plan.state, done.staffed, done.unstaffable) == (PlanState.STAFFED, 18, ())
    teams = [one.team.inspectors for one in visits_of(ceremony, plan_id)]
    assert all(len(team) == 2 for team in teams)
    assert set(Counter(one for team in teams for one in team).values()) == {12}
    again = staff_plan(ceremony.ledger, plan_id, roster=roster(card(1), card(2)), by="Li", now=NOON)
    assert (again.staffed, [one.team.inspectors for one in visits_of(ceremony, plan_id)]) == (0, teams)


def test_a_visit_that_nobody_can_be_sent_on_says_why_and_is_staffed_later(ceremony: Ceremony) -> None:
    plan_id = drawn(ceremony, terms())
    for _ in range(2):
        done = staff_plan(ceremony.ledger, plan_id, roster=roster(card(1)), by="Li", now=NOON)
        assert (done.plan.state, done.staffed, len(done.unstaffable)) == (PlanState.DRAWN, 0, 18)
    visit = visits_of(ceremony, plan_id)[0]
    assert visit.team.unstaffable
    assert visit.team.round == 1
    done = staff_plan(ceremony.ledger, plan_id, roster=roster(card(1), card(2)), by="Li", now=NOON)
    assert (done.plan.state, done.staffed) == (PlanState.STAFFED, 18)
    assert visits_of(ceremony, plan_id)[0].team.round == 2


def test_a_task_that_joins_asks_for_a_team_of_all_departments(ceremony: Ceremony) -> None:
    first = drawn(ceremony, terms("market"))
    staff_plan(ceremony.ledger, first, roster=roster(card(1), card(2)), by="Li", now=NOON)
    second = drawn(ceremony, terms("fire"))
    joined = [one for one in visits_of(ceremony, second) if one.opened_by == first]
    assert joined
    assert not joined[0].is_staffed
    staff = roster(card(1), card(2), card(3, "fire"), card(4, "fire"))
    assert (
        staff_plan(ceremony.ledger, second, roster=staff, by="Li", now=NOON).plan.state is PlanState.STAFFED
    )
    after = next(one for one in visits_of(ceremony, second) if one.visit_id == joined[0].visit_id)
    assert (after.team.round, after.team.departments, after.is_staffed) == (2, ("fire", "market"), True)


@pytest.mark.parametrize("asked_by", list(AskedBy))
def test_a_recusal_draws_the_one_seat_again_and_leaves_its_trace(
    ceremony: Ceremony, asked_by: AskedBy
) -> None:
    plan_id, staff = drawn(ceremony, terms()), roster(card(1), card(2), card(3))
    staff_plan(ceremony.ledger, plan_id, roster=staff, by="Li", now=NOON)
    before = visits_of(ceremony, plan_id)[0]
    gone, kept = before.team.inspectors
    after = recuse(
        ceremony.ledger, before.visit_id, gone, asked_by=asked_by, reason="sister of the owner",
        roster=staff, by="Li", now=NOON,
    )  # fmt: skip
    third = ({"i01", "i02", "i03"} - {gone, kept}).pop()
    assert (after.team.round, set(after.team.inspectors)) == (2, {kept, third})
    with ceremony.ledger.reading() as session:
        row = session.scalars(select(RecusalRow)).one()
        old = session.scalars(
            select(AssignmentRow.inspector_id).where(
                AssignmentRow.visit_id == before.visit_id, AssignmentRow.round == 1
            )
        )
        assert (set(old), row.asked_by, row.reason) == ({gone, kept}, asked_by.value, "sister of the owner")
    assert find_plan(ceremony.ledger, plan_id).events[-1].kind == "recused"
    short = recuse(
        ceremony.ledger,
        before.visit_id,
        third,
        asked_by=asked_by,
        reason="ill",
        roster=staff,
        by="Li",
        now=NOON,
    )
    assert (short.team.round, short.team.inspectors, short.is_staffed) == (3, (kept,), False)
    assert short.team.unstaffable
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.DRAWN


def test_a_visit_begins_once_staffed_and_on_a_day_of_its_window(ceremony: Ceremony) -> None:
    plan_id = drawn(ceremony, terms())
    visit_id = visits_of(ceremony, plan_id)[0].visit_id
    with pytest.raises(TaskRefused, match="got no whole team and 2026-06-30, outside its window"):
        begin_visit(ceremony.ledger, visit_id, on=date(2026, 6, 30), by="Li", now=NOON)
    staff_plan(ceremony.ledger, plan_id, roster=roster(card(1), card(2), card(3)), by="Li", now=NOON)
    begun = begin_visit(ceremony.ledger, visit_id, on=date(2026, 7, 6), by="Li", now=NOON)
    assert begun.begun_on == date(2026, 7, 6)
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.IN_THE_FIELD
    with pytest.raises(TaskRefused, match="begun on 2026-07-06"):
        begin_visit(ceremony.ledger, visit_id, on=date(2026, 7, 7), by="Li", now=NOON)
    with pytest.raises(TaskRefused, match="still to come in order to recuse"):
        recuse(
            ceremony.ledger, visit_id, begun.team.inspectors[0], asked_by=AskedBy.ENTITY, reason="late",
            roster=roster(card(1), card(2), card(3)), by="Li", now=NOON,
        )  # fmt: skip
    with ceremony.ledger.reading() as session, pytest.raises(TaskNotFound, match="got 'nowhere'"):
        find_visit(session, "nowhere")


def test_of_two_who_staff_at_once_one_succeeds(ceremony: Ceremony) -> None:
    plan_id, outcomes, start = drawn(ceremony, terms()), list[str](), threading.Barrier(2)

    def staff() -> None:
        start.wait()
        try:
            done = staff_plan(ceremony.ledger, plan_id, roster=roster(card(1), card(2)), by="Li", now=NOON)
            outcomes.append(str(done.staffed))
        except TaskRefused as refused:
            outcomes.append(str(refused))

    threads = [threading.Thread(target=staff) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ceremony.ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(StaffingRow)) == 18
    assert "18" in outcomes
