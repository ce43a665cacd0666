"""The measures of effect over a small city, each counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from serving.effect.definitions import DEFINITIONS
from serving.effect.lines import facts_of
from serving.effect.measures import GROUPINGS, Effect, effects
from serving.inspections.results.entering import enter_results
from serving.inspections.results.publication import follow_up, publish_results, withhold_result
from serving.inspections.results.rules import ResultEntry
from serving.ledger.database import Ledger, migrate, open_ledger
from serving.sampling.estimates import StratumSample, violation_rate, wilson
from tests.serving.inspections.staffed_plans import CITY, PLAN, staffed_plan

FIRE = "sandbox-20260701-02"
JULY, OCTOBER = datetime(2026, 7, 20, 8, tzinfo=UTC), datetime(2026, 10, 20, 8, tzinfo=UTC)


def result(plan: str, entity: str, item: str, code: str) -> ResultEntry:
    return ResultEntry(
        task_id=f"{plan}/{entity}", item_code=item, visited_on=date(2026, 7, 10), codes=(code,)
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Plan 1: E1 and E2 clean, E3 a problem (published, handled), E4 late. Plan 2 (fire) joins E1's visit."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    migrate(url)
    opened = open_ledger(url)
    staffed_plan(opened, items=("food_safety",))
    staffed_plan(
        opened, FIRE, entities=[("E1", "A", "2/10")], items=("exits", "hoses"), department="fire",
        strata=[{"stratum": "A", "grade": "A", "size": 10, "count": 2}], visits=[f"{PLAN}-v0"],
    )  # fmt: skip
    found = {"E1": "no_problem", "E2": "no_problem", "E3": "ordered_to_correct"}
    entries = [result(PLAN, entity, "food_safety", code) for entity, code in found.items()]
    entries.append(result(FIRE, "E1", "exits", "no_problem"))
    enter_results(opened, entries, city=CITY, by="Wu", now=JULY)
    late = [result(PLAN, "E4", "food_safety", "ordered_to_stop")]
    enter_results(opened, late, city=CITY, by="Wu", now=OCTOBER)
    withhold_result(opened, f"{PLAN}/E1", "food_safety", reason="an open case", by="Li", now=JULY)
    publish_results(opened, PLAN, on=date(2026, 7, 20), by="Li", now=JULY, task_ids=[f"{PLAN}/E3"])
    follow_up(
        opened, f"{PLAN}/E3", "food_safety", handled_on=date(2026, 7, 20), how="mended", by="Wu", now=JULY
    )
    yield opened
    opened.close()


def measured(ledger: Ledger, grouping: str) -> dict[str, Effect]:
    with ledger.reading() as session:
        facts = facts_of(session, CITY, today=date(2026, 10, 20), year=2026)
    return {effect.group: effect for effect in effects(facts, grouping)}


def test_the_national_measures_of_a_year(ledger: Ledger) -> None:
    whole = measured(ledger, "whole")["whole"]
    counts = {one.name: (one.numerator, one.denominator) for one in whole.measures}
    assert counts["entities_checked"] == (3, 14)  # E4 was entered after its last day: not done
    assert counts["item_coverage"] == (2, 3)
    assert counts["joint_rate"] == (1, 3)
    assert counts["credit_rule"] == (5, 5)
    assert counts["on_time_publication"] == (
        1,
        3,
    )  # E2 and the fire result are over, E4 is not due, E1 withheld
    assert counts["problems_handled"] == (1, 1)
    assert counts["tasks_done"] == (3, 5)
    assert counts["hit_rate"] == (1, 4)
    assert counts["burden"] == (3, 14)
    share = whole.of("joint_rate")
    assert (share.value, (share.low, share.high)) == (1 / 3, wilson(1, 3))


def test_the_population_rate_of_a_plan_is_that_of_its_strata(ledger: Ledger) -> None:
    plan = measured(ledger, "plan")[PLAN].of("population_rate")
    strata = [StratumSample(size=10, drawn=2, found=0), StratumSample(size=4, drawn=1, found=1)]
    expected = violation_rate(strata)
    assert (plan.value, plan.denominator) == (expected.value, 14)
    assert plan.low == pytest.approx(max(expected.low, 0))
    grades = measured(ledger, "grade")
    assert set(grades) == {"A", "D"}
    assert grades["D"].of("hit_rate").value == 1.0
    assert grades["D"].of("entities_checked").denominator == 4


def test_a_month_speaks_for_no_population_and_a_stratum_without_results_for_nothing(ledger: Ledger) -> None:
    july = measured(ledger, "month")["2026-07"].of("population_rate")
    assert (july.value, july.why) == (None, "a month is a part of a draw, which speaks for nobody else")
    staffed_plan(ledger, "sandbox-20260701-03", department="price")
    nobody = measured(ledger, "department")["price"]
    assert nobody.of("population_rate").value is None
    assert nobody.of("hit_rate").why == "nothing to divide by"


def test_another_year_has_nothing(ledger: Ledger) -> None:
    with ledger.reading() as session:
        assert effects(facts_of(session, CITY, today=date(2026, 10, 20), year=2025), "plan") == ()


def test_every_measure_is_defined_in_both_languages(ledger: Ledger) -> None:
    for grouping in GROUPINGS:
        for effect in measured(ledger, grouping).values():
            assert [one.name for one in effect.measures] == list(DEFINITIONS)
            assert all(one.definition.zh and one.definition.meaning_en for one in effect.measures)


def test_a_last_day_in_the_next_year_makes_no_second_year(ledger: Ledger) -> None:
    """A task without a result stands in the month of its last day; the burden counts years with visits."""
    with ledger.reading() as session:
        facts = facts_of(session, CITY, today=date(2026, 10, 20), year=2026)
    late = replace(facts.lines[-1], month="2027-01", in_time=())
    whole = effects(replace(facts, lines=(*facts.lines[:-1], late)), "whole")[0]
    assert whole.of("burden").denominator == 14
