"""Results in versions, and everything that is no result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from serving.inspections.plans.steps import void_plan
from serving.inspections.results.entering import close_plan, enter_results
from serving.inspections.results.facts import standing_results, task_facts, versions_of
from serving.inspections.results.rules import ResultEntry, ResultRefused, read_codes
from serving.ledger.database import Ledger, open_ledger
from serving.ledger.schema import PlanEventRow, VisitStartRow
from tests.serving.inspections.staffed_plans import CITY, PLAN, TEAM, staffed_plan

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
CLEAN = ResultEntry(
    task_id=f"{PLAN}/E1", item_code="food_safety", visited_on=date(2026, 7, 10), codes=("no_problem",)
)


@pytest.fixture
def ledger(empty_ledger: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with one staffed plan of four entities and two items."""
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(empty_ledger.read_bytes())
    opened = open_ledger(f"sqlite:///{file}")
    staffed_plan(opened)
    yield opened
    opened.close()


def entered(ledger: Ledger, *entries: ResultEntry, now: datetime = NOW) -> Any:
    return enter_results(ledger, entries, city=CITY, by="Wu", now=now)


def refused(ledger: Ledger, match: str, **changes: Any) -> None:
    with pytest.raises(ResultRefused, match=match):
        entered(ledger, replace(CLEAN, **changes))
    with ledger.reading() as session:
        assert standing_results(session, [PLAN]) == {}


def test_a_result_stands_with_its_inspectors_and_begins_its_visit(ledger: Ledger) -> None:
    both = replace(
        CLEAN,
        codes=("disclosure_missing", "ordered_to_correct"),
        serious_count=1,
        minor_count=2,
        note="标签缺失",
    )
    assert (entered(ledger, both).taken, entered(ledger, both).unchanged) == (1, 1)
    with ledger.reading() as session:
        stands = standing_results(session, [PLAN])[both.key]
        assert (stands.entry, stands.version, stands.inspectors) == (replace(both, reason="entered"), 1, TEAM)
        assert (stands.by, stands.at, stands.entered_on) == ("Wu", NOW, date(2026, 7, 20))
        starts = session.scalars(select(VisitStartRow)).all()
        assert [(row.visit_id, row.begun_on) for row in starts] == [(f"{PLAN}-v0", date(2026, 7, 10))]
        kinds = session.scalars(select(PlanEventRow.kind).order_by(PlanEventRow.sequence)).all()
        assert (kinds[-1], kinds.count("results")) == ("results", 1)


def test_a_correction_is_a_new_version_with_a_reason_and_the_old_one_stays(ledger: Ledger) -> None:
    entered(ledger, CLEAN)
    corrected = replace(CLEAN, codes=("ordered_to_correct",))
    with pytest.raises(ResultRefused, match=r"another result than version 1 of 2026-07-20, without a reason"):
        entered(ledger, corrected)
    entered(ledger, replace(corrected, reason="wrong shop"), now=NOW + timedelta(days=1))
    with ledger.reading() as session:
        versions = versions_of(session, CLEAN.task_id)
    assert [(one.version, one.entry.codes, one.entry.reason) for one in versions] == [
        (1, ("no_problem",), "entered"),
        (2, ("ordered_to_correct",), "wrong shop"),
    ]


def test_a_result_for_no_task_or_item_of_the_plan_is_refused(ledger: Ledger) -> None:
    refused(ledger, r"the id of a task; got 'sandbox-20260701-01/E9', which is none", task_id=f"{PLAN}/E9")
    refused(ledger, r"got 'food_safty' \(did you mean 'food_safety'\?\)", item_code="food_safty")


def test_a_task_of_another_city_is_none(ledger: Ledger) -> None:
    staffed_plan(ledger, "river-20260701-01", city="river")
    refused(ledger, "the id of a task", task_id="river-20260701-01/E1")


def test_a_visit_lies_between_the_draw_and_today(ledger: Ledger) -> None:
    refused(
        ledger,
        r"from 2026-07-01 \(the draw\) to 2026-07-20 \(today\); got 2026-06-30",
        visited_on=date(2026, 6, 30),
    )
    refused(ledger, r"got 2026-07-21", visited_on=date(2026, 7, 21))


def test_today_is_the_day_in_china(ledger: Ledger) -> None:
    late = replace(CLEAN, visited_on=date(2026, 7, 21))
    entered(ledger, late, now=datetime(2026, 7, 20, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    ("codes", "match"),
    [
        ((), "at least one result code; got none"),
        (("no_problem", "other"), "no_problem alone; got other beside it"),
        (
            ("activity_not_found", "ordered_to_stop"),
            "activity_not_found without a problem; got ordered_to_stop",
        ),
        (("no_problme",), r"got 'no_problme' \(did you mean 'no_problem'\?\)"),
    ],
)
def test_codes_that_cannot_hold_together_are_refused(
    ledger: Ledger, codes: tuple[str, ...], match: str
) -> None:
    refused(ledger, match, codes=codes)


def test_several_codes_hold_at_once_but_clean_ones_count_no_violation(ledger: Ledger) -> None:
    refused(ledger, "no violations counted with no_problem; got 3", minor_count=3)
    refused(ledger, "counts of violations from 0 to 9999; got minor_count -1", minor_count=-1)
    entered(ledger, replace(CLEAN, codes=("activity_not_found", "other")))


def test_nobody_inspects_without_inspectors_or_for_a_void_plan(ledger: Ledger) -> None:
    unstaffed = staffed_plan(ledger, "sandbox-20260701-02", team=())
    refused(ledger, "a task with inspectors; got one that nobody was drawn for", task_id=f"{unstaffed}/E1")
    void_plan(ledger, PLAN, reason="wrong quarter", by="Li", now=NOW)
    refused(ledger, r"a task of a plan that stands; got a void one \(wrong quarter\)")


def test_of_several_entries_all_go_in_or_none_and_every_fault_is_told(ledger: Ledger) -> None:
    wrong = replace(CLEAN, task_id=f"{PLAN}/E2", codes=("no_problme",))
    other = replace(CLEAN, task_id=f"{PLAN}/E3", item_code="price")
    with pytest.raises(ResultRefused, match=r"'no_problme'.*'price'"):
        entered(ledger, CLEAN, wrong, other)
    with pytest.raises(ResultRefused, match="one result of an item; got two that differ"):
        entered(ledger, CLEAN, replace(CLEAN, codes=("other",)))
    with ledger.reading() as session:
        assert standing_results(session, [PLAN]) == {}


def test_what_is_entered_late_is_kept(ledger: Ledger) -> None:
    """20 working days after 31 July 2026 end on 28 August."""
    with ledger.reading() as session:
        assert task_facts(session, [PLAN])[CLEAN.task_id].due == date(2026, 8, 28)
    assert entered(ledger, CLEAN, now=datetime(2026, 10, 1, tzinfo=UTC)).taken == 1


def test_a_plan_is_closed_when_nothing_can_be_entered_in_time(ledger: Ledger) -> None:
    entered(ledger, CLEAN)
    with pytest.raises(ResultRefused, match=r"got 4 tasks without all results, which have until 2026-08-28"):
        close_plan(ledger, PLAN, by="Li", now=NOW)
    assert close_plan(ledger, PLAN, by="Li", now=datetime(2026, 8, 29, tzinfo=UTC)).state == "closed"


def test_codes_are_read_as_offices_write_them() -> None:
    assert read_codes("责令改正；未按规定公示应当公示的信息") == (
        ("disclosure_missing", "ordered_to_correct"),
        (),
    )
    assert read_codes("公示信息隐瞒真实情况、弄虚作假、其他") == (("disclosure_false", "other"), ())
    assert read_codes("弄虚作假; 其他") == (("other",), ("弄虚作假",))
    assert read_codes("通过登记的住所(经营场所)无法联系|NO_PROBLEM") == (("no_problem", "unreachable"), ())
