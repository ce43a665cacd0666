"""A query written once for every day: its days of reference become parameters, and with them all days that
lie some days before or after.

Only a query that counts in days can be moved: one that asks for the year of a day holds it as a number.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from features.as_of import AsOf

# So far off, and from each other, that no constant of an indicator lies within a lifetime of either.
REFERENCE = AsOf(on=date(5000, 3, 4), used_on=date(7000, 3, 4))
REACH = timedelta(days=100 * 366)
ON, USED_ON = "known_day", "used_day"
DAY = re.compile(r"MAKE_DATE\((\d+), (\d+), (\d+)\)")


def moving(sql: str) -> str:
    """The SQL of a query about the days of reference, each of them a parameter plus so many days."""

    def moved(match: re.Match[str]) -> str:
        told = date(int(match[1]), int(match[2]), int(match[3]))
        for name, start in ((ON, REFERENCE.on), (USED_ON, REFERENCE.used_on)):
            if abs(told - start) < REACH:
                return f"(CAST(${name} AS DATE) + ({(told - start).days}))"
        return match[0]

    return DAY.sub(moved, sql)


def at(sql: str, as_of: AsOf) -> str:
    """What a query so written is given for two days: its parameters, or nothing where it has none."""
    days = {ON: as_of.on, USED_ON: as_of.used_on}
    given = [f"{name} := DATE '{day.isoformat()}'" for name, day in days.items() if f"${name} " in sql]
    return f"({', '.join(given)})" if given else ""
