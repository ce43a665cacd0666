"""The clocks of a task: staffing, result, publication, follow-up; pure functions of days and today.

Staffing is due within 2 working days of the draw (Shandong's practice, DOMAIN 2b: recommended, no duty), the
result within 20 working days of the end of the window (DESIGN 7; not entered in time = not done, 1.35),
publication within 20 working days of completion (1.38), follow-up within 20 of the finding (1.35).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from serving.inspections.clocks.working_days import Deadline, within_working_days, working_days_left

STAFFING_DAYS = 2
RESULT_DAYS = 20
PUBLICATION_DAYS = 20
FOLLOW_UP_DAYS = 20
# From this many working days left a clock is amber.
AMBER_DAYS = 3


class ClockKind(StrEnum):
    """What is due."""

    STAFFING = "staffing"
    RESULT = "result"
    PUBLICATION = "publication"
    FOLLOW_UP = "follow-up"


class Colour(StrEnum):
    """How a clock stands: done, running, 3 working days or fewer left, over."""

    MET = "met"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


WORDS = {
    ClockKind.STAFFING: ("选派检查人员", "staffing"),
    ClockKind.RESULT: ("录入检查结果", "result"),
    ClockKind.PUBLICATION: ("公示检查结果", "publication"),
    ClockKind.FOLLOW_UP: ("后续处理", "follow-up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDates:
    """What happened to the results of a task, None until it did; `follow_up_from` if a problem was found."""

    completed_on: date | None = None
    published_on: date | None = None
    follow_up_from: date | None = None
    followed_up_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDates:
    """The days of a task; `window_end` is the last day of its window."""

    drawn_on: date
    window_end: date
    staffed_on: date | None = None
    results: ResultDates = ResultDates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One thing due: by when, since when met, and the working days `left` today (below 0 once over).

    A clock met too late stays `late`. The staffing clock is recommended: red there breaks no duty.
    """

    kind: ClockKind
    due: date
    certain: bool
    met_on: date | None
    left: int
    colour: Colour

    @property
    def late(self) -> bool:
        """Whether it was met after its last day, or is over."""
        return self.met_on > self.due if self.met_on else self.colour is Colour.RED

    @property
    def words_zh(self) -> str:
        """The clock in a line of Chinese."""
        what, day = WORDS[self.kind][0], Deadline(due=self.due, certain=self.certain).words_zh
        if self.met_on:
            return f"{what}：{self.met_on} 完成" + ("，逾期" if self.late else "")
        if self.colour is Colour.RED:
            over = "，视为未检查" if self.kind is ClockKind.RESULT else ""
            return f"{what}：应于 {day} 前完成，已逾期 {-self.left} 个工作日{over}"
        return f"{what}：应于 {day} 前完成，剩余 {self.left} 个工作日"

    @property
    def words_en(self) -> str:
        """The clock in a line of English."""
        what, day = WORDS[self.kind][1], Deadline(due=self.due, certain=self.certain).words_en
        if self.met_on:
            return f"{what}: met on {self.met_on}" + (", late" if self.late else "")
        if self.colour is Colour.RED:
            over = ", counts as not done" if self.kind is ClockKind.RESULT else ""
            return f"{what}: due {day}, over by {-self.left} working days{over}"
        return f"{what}: due {day}, {self.left} working days left"


def task_clocks(dates: TaskDates, today: date) -> tuple[Clock, ...]:
    """The clocks that have started, in the order of a task's life; `today` is the day in China."""
    return tuple(_clocks(dates, today))


def open_clocks_of(dates: TaskDates, today: date) -> tuple[Clock, ...]:
    """Those that are not met; of a task that counts as not done only the result."""
    if is_not_done(dates, today):
        return tuple(one for one in _clocks(dates, today) if one.kind is ClockKind.RESULT)
    return tuple(one for one in _clocks(dates, today) if one.met_on is None)


def is_not_done(dates: TaskDates, today: date) -> bool:
    """Whether the result was not entered in time, which counts as not done."""
    due = within_working_days(dates.window_end, RESULT_DAYS).due
    return (dates.results.completed_on or today) > due


def _clocks(dates: TaskDates, today: date) -> Iterator[Clock]:
    """Each clock from the day that starts it."""
    results = dates.results
    # Who went and entered the result was staffed, whatever the ledger says.
    staffed = dates.staffed_on or results.completed_on
    yield _clock(ClockKind.STAFFING, within_working_days(dates.drawn_on, STAFFING_DAYS), staffed, today)
    due = within_working_days(dates.window_end, RESULT_DAYS)
    yield _clock(ClockKind.RESULT, due, results.completed_on, today)
    if results.completed_on:
        due = within_working_days(results.completed_on, PUBLICATION_DAYS)
        yield _clock(ClockKind.PUBLICATION, due, results.published_on, today)
    if results.follow_up_from:
        due = within_working_days(results.follow_up_from, FOLLOW_UP_DAYS)
        yield _clock(ClockKind.FOLLOW_UP, due, results.followed_up_on, today)


def _clock(kind: ClockKind, deadline: Deadline, met_on: date | None, today: date) -> Clock:
    """A clock with its colour."""
    left = working_days_left(today, deadline.due)
    if met_on:
        colour = Colour.MET
    elif today > deadline.due:
        colour = Colour.RED
    else:
        colour = Colour.AMBER if left <= AMBER_DAYS else Colour.GREEN
    return Clock(
        kind=kind, due=deadline.due, certain=deadline.certain, met_on=met_on, left=left, colour=colour
    )
