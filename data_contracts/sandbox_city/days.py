"""Days as whole numbers since 1970-01-01: the only clock inside the city. No today, no time zone."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Days = npt.NDArray[np.int32]

EPOCH = date(1970, 1, 1)
# How offices write a day: 2026年6月30日, 2026/6/30, 2026-06-30, 2026.6.30.
CHINESE_DAY, SLASHED_DAY = "{y}年{m}月{d}日", "{y}/{m}/{d}"
DASHED_DAY, DOTTED_DAY = "{y}-{m:02d}-{d:02d}", "{y}.{m}.{d}"
NEVER = 2_000_000  # a day in the year 7445: later than every other day, and safe to add to


def day_number(day: date) -> int:
    """The whole number of a day."""
    return (day - EPOCH).days


def as_date(number: int) -> date:
    """The day of a whole number."""
    return EPOCH + timedelta(days=int(number))


def quarter_starts(first_day: date, last_day: date) -> tuple[int, ...]:
    """First days of the quarters from `first_day` on, as numbers."""
    starts, day = [], first_day
    while day <= last_day:
        starts.append(day_number(day))
        day = date(day.year + (day.month == 10), day.month % 12 + 3 if day.month < 10 else 1, 1)
    return tuple(starts)


def arrow_dates(days: Days) -> pa.Array:
    """Numbers as Arrow dates; NEVER becomes null."""
    return pa.array(days.astype(np.int32), mask=days >= NEVER).view(pa.date32())


def written_dates(days: Days, pattern: str) -> pa.Array:
    """Numbers written through `pattern` ({y}, {m}, {d}); NEVER becomes null. Each day is formatted once."""
    distinct, places = np.unique(days, return_inverse=True)
    words = [None if day >= NEVER else written(as_date(day), pattern) for day in distinct]
    return pa.array(words, pa.string()).take(pa.array(places.ravel()))


def written(day: date, pattern: str) -> str:
    """One day written through a pattern of {y}, {m} and {d}."""
    return pattern.format(y=day.year, m=day.month, d=day.day)
