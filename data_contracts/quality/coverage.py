"""全面性, coverage: what arrived of what should have, region-months times columns. Pure.

    coverage(month) = columns supplied / columns the contract requires or expects
                      x entities of regions that sent rows / entities of regions due (coverage_sql)

over the months that are due: from the month by which one in a hundred rows had come, to the export.
A month without rows is due, and then scores 0, if the contract's cadence is a month or less, the
months around it have twenty rows on average, and most other years twenty in that month of the year
(annual reports stop in summer, and rightly so).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date

from data_contracts.quality.dimensions import EXPECTED_AT_LEAST
from data_contracts.quality.score import Share

FIRST_ROWS = 0.01
AROUND = 6
DAYS = {"d": 1, "w": 7, "m": 31, "q": 92, "y": 366}


def coverage_by_month(
    rows: Mapping[date, int],
    regions: Mapping[date | None, Share],
    *,
    columns: Share,
    cadence: str,
    last_day: date | None,
) -> dict[date | None, Share]:
    """Coverage of every due month, each out of 1, so that their sum is the mean over months."""
    if columns.value is None or not rows:
        return {}
    span = _span(rows, last_day)
    frequent = _days(cadence) <= DAYS["m"]
    found: dict[date | None, Share] = {}
    for month in span:
        if rows.get(month):
            arrived = regions.get(month, Share(right=1, of=1)).value
            found[month] = Share(right=columns.value * (1.0 if arrived is None else arrived), of=1)
        elif frequent and _busy(month, span, rows) and _usual(month, span, rows):
            found[month] = Share(right=0, of=1)
    return found


def _span(rows: Mapping[date, int], last_day: date | None) -> list[date]:
    """The months from the first hundredth of the rows to the export; a begun one only if it has rows."""
    needed, first, so_far = FIRST_ROWS * sum(rows.values()), min(rows), 0
    for month in sorted(rows):
        so_far += rows[month]
        first = month
        if so_far >= needed:
            break
    last = max(rows)
    if last_day is not None:
        ended = last_day.day == calendar.monthrange(last_day.year, last_day.month)[1]
        export = last_day.replace(day=1)
        last = export if ended or rows.get(export) else max(first, _month(_number(export) - 1))
    return [_month(number) for number in range(_number(first), _number(last) + 1)]


def _busy(month: date, span: list[date], rows: Mapping[date, int]) -> bool:
    """True if half a year before and after bring twenty rows a month: then none at all is no chance."""
    place = span.index(month)
    around = span[max(0, place - AROUND) : place + AROUND + 1]
    return sum(rows.get(other, 0) for other in around) >= EXPECTED_AT_LEAST * (len(around) - 1)


def _usual(month: date, span: list[date], rows: Mapping[date, int]) -> bool:
    """True if most other years have twenty rows in this month of the year, or there are no other years."""
    others = [other for other in span if other.month == month.month and other != month]
    full = [other for other in others if rows.get(other, 0) >= EXPECTED_AT_LEAST]
    return 2 * len(full) > len(others) or not others


def _days(cadence: str) -> int:
    """Days between deliveries, from `every 1 d`; too many for a month where nothing is promised."""
    words = cadence.split()
    if len(words) != 3 or not words[1].isdigit():
        return DAYS["y"]
    return int(words[1]) * DAYS.get(words[2][0], DAYS["y"])


def _number(month: date) -> int:
    return month.year * 12 + month.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
