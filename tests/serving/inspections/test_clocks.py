"""Working days with make-up weekends, and the clocks of a task counted in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.inspections.clocks.clocks import (
    FOLLOW_UP_DAYS,
    PUBLICATION_DAYS,
    RESULT_DAYS,
    ClockKind,
    Colour,
    ResultDates,
    TaskDates,
    is_not_done,
    open_clocks_of,
    task_clocks,
)
from serving.inspections.clocks.working_days import is_working_day, within_working_days, working_days_left
from serving.inspections.results.facts import DAYS_TO_ENTER
from serving.inspections.results.publication import DAYS_TO_ACT

DAYS = st.dates(date(2004, 1, 1), date(2026, 10, 31))
DRAWN = TaskDates(drawn_on=date(2026, 9, 25), window_end=date(2026, 10, 30))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 10), True),  # the Saturday that makes up for it
        (date(2026, 9, 20), True),  # a Sunday that makes up for it
        (date(2026, 10, 11), False),
        (date(2024, 2, 4), True),  # a Sunday before Spring Festival
        (date(2027, 1, 1), True),  # a Friday: the notice for 2027 is not out yet
        (date(2027, 1, 2), False),
        (date(2003, 12, 31), True),
    ],
)
def test_a_working_day_is_what_the_state_council_made_one(day: date, working: bool) -> None:
    assert is_working_day(day) is working


def test_a_period_skips_holidays_and_counts_make_up_days() -> None:
    """From Friday 25 September 2026 (Mid-Autumn): 28-30 September, then 8 and 9 October, then Saturday."""
    due = [within_working_days(date(2026, 9, 25), days).due.isoformat() for days in (1, 3, 4, 5, 6, 7)]
    assert due == ["2026-09-28", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12"]


def test_a_period_into_an_unknown_year_says_so() -> None:
    deadline = within_working_days(date(2026, 12, 28), 5)
    assert (deadline.due, deadline.certain) == (date(2027, 1, 4), False)
    assert deadline.words_en == ("2027-01-04 (holidays of this year are not known: counted by weekends only)")
    assert "仅按周末推算" in deadline.words_zh
    assert within_working_days(date(2026, 12, 1), 5).certain


@given(start=DAYS, days=st.integers(1, 25))
def test_a_deadline_is_the_day_on_which_none_is_left(start: date, days: int) -> None:
    due = within_working_days(start, days).due
    assert is_working_day(due)
    assert working_days_left(start, due) == days
    assert working_days_left(due, due) == 0
    assert working_days_left(due + timedelta(1), due) < 0


def colours(dates: TaskDates, today: date) -> dict[str, str]:
    return {one.kind.value: one.colour.value for one in task_clocks(dates, today)}


def test_clocks_turn_amber_and_red_in_working_days() -> None:
    assert colours(DRAWN, date(2026, 9, 25)) == {"staffing": "amber", "result": "green"}
    assert colours(DRAWN, date(2026, 9, 30)) == {"staffing": "red", "result": "green"}
    staffed = TaskDates(
        drawn_on=date(2026, 9, 25), window_end=date(2026, 10, 30), staffed_on=date(2026, 9, 28)
    )
    assert colours(staffed, date(2026, 11, 23)) == {"staffing": "met", "result": "green"}
    assert colours(staffed, date(2026, 11, 24)) == {"staffing": "met", "result": "amber"}
    assert colours(staffed, date(2026, 11, 27)) == {"staffing": "met", "result": "amber"}
    assert colours(staffed, date(2026, 11, 28)) == {"staffing": "met", "result": "red"}


def test_publication_and_follow_up_run_from_completion_and_finding() -> None:
    results = ResultDates(completed_on=date(2026, 9, 29), follow_up_from=date(2026, 9, 29))
    dates = TaskDates(drawn_on=date(2026, 9, 25), window_end=date(2026, 10, 30), results=results)
    clocks = {one.kind: one for one in task_clocks(dates, date(2026, 9, 29))}
    assert clocks[ClockKind.PUBLICATION].due == clocks[ClockKind.FOLLOW_UP].due == date(2026, 11, 2)
    assert clocks[ClockKind.STAFFING].met_on == date(2026, 9, 29)
    assert {one.kind for one in open_clocks_of(dates, date(2026, 9, 29))} == {
        ClockKind.PUBLICATION, ClockKind.FOLLOW_UP,
    }  # fmt: skip
    assert colours(dates, date(2026, 11, 3)) == {
        "staffing": "met", "result": "met", "publication": "red", "follow-up": "red",
    }  # fmt: skip


def test_results_and_clocks_count_the_same_days() -> None:
    assert (DAYS_TO_ENTER, DAYS_TO_ACT) == (RESULT_DAYS, PUBLICATION_DAYS)
    assert DAYS_TO_ACT == FOLLOW_UP_DAYS


def test_what_was_not_entered_in_time_is_not_done() -> None:
    after = date(2026, 11, 28)
    assert not is_not_done(DRAWN, date(2026, 11, 27))
    assert is_not_done(DRAWN, after)
    (clock,) = open_clocks_of(DRAWN, after)
    assert clock.words_en == "result: due 2026-11-27, over by 1 working days, counts as not done"
    assert "视为未检查" in clock.words_zh
    late = TaskDates(
        drawn_on=DRAWN.drawn_on, window_end=DRAWN.window_end, results=ResultDates(completed_on=after)
    )
    assert is_not_done(late, after)
    assert task_clocks(late, after)[1].late
    assert task_clocks(late, after)[1].colour is Colour.MET
    assert task_clocks(late, after)[1].words_en == "result: met on 2026-11-28, late"
