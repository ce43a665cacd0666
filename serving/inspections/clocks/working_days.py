"""Chinese working days with make-up weekends, and periods "within n working days".

The public holidays and make-up days are those of the library `chinese_calendar`, which carries the State
Council's notices. For a year whose notice it does not hold, Monday to Friday are counted and it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

# The years the library holds notices of; read from its own table so that a newer library reaches further.
FIRST_YEAR: int = min(day.year for day in chinese_calendar.holidays)
LAST_YEAR: int = max(day.year for day in chinese_calendar.holidays)

_ONE = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The last day of a period; not `certain` where the calendar of a year in it is not known yet."""

    due: date
    certain: bool

    @property
    def words_zh(self) -> str:
        """The day, with what it rests on, in Chinese."""
        doubt = "" if self.certain else f"（{LAST_YEAR}年以后的放假安排尚未收录，仅按周末推算）"
        return f"{self.due.isoformat()}{doubt}"

    @property
    def words_en(self) -> str:
        """The day, with what it rests on, in English."""
        doubt = "" if self.certain else " (holidays of this year are not known: counted by weekends only)"
        return f"{self.due.isoformat()}{doubt}"


def is_known(day: date) -> bool:
    """Whether the holidays of the day's year are known."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def is_working_day(day: date) -> bool:
    """Whether offices work on the day; in years without a known calendar, Monday to Friday."""
    if is_known(day):
        working: bool = chinese_calendar.is_workday(day)
        return working
    return day.weekday() < _SATURDAY


def within_working_days(start: date, days: int) -> Deadline:
    """The last day of a period of working days (`days` >= 1) that runs from what happened on `start`.

    The day it happened is not counted (Civil Code, article 201); the n-th working day after it still counts.
    """
    day, left, certain = start, days, is_known(start)
    while left:
        day += _ONE
        certain = certain and is_known(day)
        left -= is_working_day(day)
    return Deadline(due=day, certain=certain)


def working_days_left(today: date, due: date) -> int:
    """Working days after `today` up to `due`; 0 on the last day itself, below 0 (in such days) once over."""
    if due >= today:
        return _count(today, due)
    # A period that ended on Friday is over on Saturday, though no working day has passed since.
    return -max(1, _count(due, today))


def _count(after: date, until: date) -> int:
    """Working days after one day up to another."""
    return sum(is_working_day(after + number * _ONE) for number in range(1, (until - after).days + 1))
