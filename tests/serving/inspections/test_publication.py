"""Publication, withholding and repair of results, and the handling of problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from serving.inspections.plans.steps import void_plan
from serving.inspections.results.entering import enter_results
from serving.inspections.results.facts import standing_results
from serving.inspections.results.publication import (
    PublicationState,
    follow_up,
    follow_ups,
    handling_due,
    publication_states,
    publish_results,
    repair_result,
    withhold_result,
)
from serving.inspections.results.rules import ResultEntry, ResultRefused
from serving.ledger.database import Ledger, open_ledger
from tests.serving.inspections.staffed_plans import CITY, PLAN, staffed_plan

NOW = datetime(2026, 9, 21, 8, tzinfo=UTC)
TODAY, DUE = date(2026, 9, 21), date(2026, 10, 26)
CLEAN = ResultEntry(
    task_id=f"{PLAN}/E1", item_code="food_safety", visited_on=date(2026, 7, 10), codes=("no_problem",)
)
PROBLEM = replace(CLEAN, task_id=f"{PLAN}/E3", codes=("ordered_to_correct",))


@pytest.fixture
def ledger(empty_ledger: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A plan with one clean result and one problem, both entered on 21 September 2026."""
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(empty_ledger.read_bytes())
    opened = open_ledger(f"sqlite:///{file}")
    staffed_plan(opened)
    enter_results(opened, [CLEAN, PROBLEM], city=CITY, by="Wu", now=NOW)
    yield opened
    opened.close()


def states(ledger: Ledger) -> dict[tuple[str, str], PublicationState]:
    with ledger.reading() as session:
        return publication_states(session, [PLAN])


def publish(ledger: Ledger, on: date = TODAY, now: datetime = NOW, tasks: tuple[str, ...] = ()) -> int:
    return publish_results(ledger, PLAN, on=on, by="Li", now=now, task_ids=tasks)


def repair(ledger: Ledger, on: date, entry: ResultEntry = PROBLEM) -> None:
    now = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
    repair_result(ledger, *entry.key, on=on, reason="applied for, cured", by="Li", now=now)


def handle(
    ledger: Ledger, on: date = TODAY, entry: ResultEntry = PROBLEM, how: str = "labels replaced"
) -> None:
    follow_up(ledger, *entry.key, handled_on=on, how=how, by="Wu", now=NOW)


def test_results_are_published_within_20_working_days_with_their_make_up_days(ledger: Ledger) -> None:
    """After 21 September 2026 lie Mid-Autumn, the week of National Day and one Saturday of work."""
    before = states(ledger)[CLEAN.key]
    assert (before.kind, before.first_on, before.in_time) == ("to be published", None, False)
    assert before.due == DUE
    assert publish(ledger, tasks=(CLEAN.task_id,)) == 1
    assert publish(ledger) == 1
    assert publish(ledger) == 0
    after = states(ledger)[CLEAN.key]
    assert (after.kind, after.day, after.in_time) == ("published", TODAY, True)


def test_a_result_is_not_published_before_it_is_known_nor_in_the_future(ledger: Ledger) -> None:
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(
            ResultRefused, match=r"from 2026-09-21, when the last result was entered, to 2026-09-21"
        ):
            publish(ledger, on=day)


def test_a_corrected_result_is_published_again(ledger: Ledger) -> None:
    publish(ledger)
    enter_results(ledger, [replace(CLEAN, codes=("other",), reason="wrong")], city=CITY, by="Wu", now=NOW)
    assert states(ledger)[CLEAN.key].kind == "corrected since it was published"
    assert publish(ledger) == 1
    assert states(ledger)[CLEAN.key].kind == "published"


def test_a_result_is_withheld_with_a_reason_while_the_public_has_not_seen_it(ledger: Ledger) -> None:
    with pytest.raises(ResultRefused, match="the reason why the result is withheld; got none"):
        withhold_result(ledger, *CLEAN.key, reason=" ", by="Li", now=NOW)
    withhold_result(ledger, *CLEAN.key, reason="an open case", by="Li", now=NOW)
    assert (states(ledger)[CLEAN.key].kind, states(ledger)[CLEAN.key].reason) == ("withheld", "an open case")
    assert publish(ledger) == 1
    with pytest.raises(ResultRefused, match=r"a result that is still to be published; got .*published"):
        withhold_result(ledger, *PROBLEM.key, reason="an open case", by="Li", now=NOW)


def test_a_problem_is_repaired_six_months_after_it_was_handled(ledger: Ledger) -> None:
    with pytest.raises(ResultRefused, match="got one that is to be published"):
        repair(ledger, TODAY)
    publish(ledger)
    with pytest.raises(ResultRefused, match="got a problem that nobody has handled"):
        repair(ledger, TODAY)
    handle(ledger, TODAY)
    with pytest.raises(
        ResultRefused, match=r"got 2027-03-20, which is not from 2027-03-21 \(handled on 2026-09-21"
    ):
        repair(ledger, date(2027, 3, 20))
    repair(ledger, date(2027, 3, 21))
    assert states(ledger)[PROBLEM.key].kind == "repaired"
    assert publish(ledger, on=date(2027, 3, 22), now=datetime(2027, 3, 22, 8, tzinfo=UTC)) == 0


def test_a_follow_up_says_how_and_when_and_only_of_a_problem(ledger: Ledger) -> None:
    with pytest.raises(ResultRefused, match="a result with a problem to follow up; got no_problem"):
        handle(ledger, entry=CLEAN)
    with pytest.raises(
        ResultRefused, match=r"on a day from 2026-07-10 to 2026-09-21; got labels .* on 2026-07-09"
    ):
        handle(ledger, date(2026, 7, 9))
    with pytest.raises(ResultRefused, match="got no words on 2026-09-21"):
        handle(ledger, how=" ")
    with pytest.raises(ResultRefused, match="a task and item that have a result"):
        handle(ledger, entry=replace(PROBLEM, item_code="price_tags"))
    handle(ledger, date(2026, 8, 1))
    handle(ledger, date(2026, 8, 3), how="checked again")
    with ledger.reading() as session:
        found = follow_ups(session, [PLAN])[PROBLEM.key]
        due = handling_due(standing_results(session, [PLAN])[PROBLEM.key])
    assert [(one.handled_on, one.how) for one in found] == [
        (date(2026, 8, 1), "labels replaced"),
        (date(2026, 8, 3), "checked again"),
    ]
    assert due == states(ledger)[PROBLEM.key].due


def test_nothing_of_a_void_plan_is_published_or_followed_up(ledger: Ledger) -> None:
    void_plan(ledger, PLAN, reason="drawn twice", by="Li", now=NOW)
    with pytest.raises(ResultRefused, match=r"a plan that stands; got plan .*, void \(drawn twice\)"):
        publish(ledger)
    with pytest.raises(ResultRefused, match="a plan that stands"):
        handle(ledger)
