"""What nasty rows are made of: same days, ties, borders of windows, late knowledge, repairs, zeros."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from tests.lake_rows import Row, chained

# A leap day, both sides of the filing deadline, a year's end, and a day of no meaning.
DATES = [date(2024, 2, 29), date(2024, 6, 30), date(2024, 7, 1), date(2023, 12, 31), date(2025, 4, 15)]
ENTITIES = [f"0{n:017d}" for n in range(120)]  # 18 digits with leading zeros
EDGES = [-1, 0, 1, 2, 30, 89, 90, 91, 179, 180, 181, 364, 365, 366, 730, 1094, 1095, 1096, 1500]
FEN = [None, 0, 0, 1, 99, 12_345, 10**9, 10**10, 10**12]
SIGNED_FEN = [*FEN, -1, -(10**9)]


def versions(chance: random.Random, t: date, row: Row, make: Callable[..., Row]) -> list[Row]:
    """The row, in one of five corrected or withdrawn later, and in some of those once more."""
    versions = [row]
    while chance.random() < 0.2:
        known = versions[-1]["known_on"] + timedelta(days=chance.choice([1, 2, 30, 400]))
        changed = {"retracted": True} if chance.random() < 0.4 else {"retracted": False, **make(chance, t)}
        versions.append(versions[-1] | changed | {"known_on": known})
    return chained(*versions)


def day(chance: random.Random, t: date) -> date:
    return t - timedelta(days=chance.choice(EDGES))


def clock(chance: random.Random, t: date) -> Row:
    occurred = day(chance, t)
    known = max(occurred, day(chance, t)) if chance.random() < 0.2 else occurred
    forgotten = t + timedelta(days=chance.choice([-1, 0, 1, 9, 10, 11])) if chance.random() < 0.15 else None
    return {"occurred_on": occurred, "known_on": known, "forgotten_on": forgotten}


def several(chance: random.Random, codes: list[str]) -> str:
    return ";".join(sorted(chance.sample(codes, chance.randint(1, 2))))
