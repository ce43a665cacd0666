"""Key persons: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 6
GROUPS = [
    "legal_representative",
    "food_safety_officer",
    "quality_safety_director",
    "special_equipment_operator",
    "licensed_pharmacist",
    "shareholder_controller",
    "barred_person",
]
AHEAD = [-1, 0, 1, 59, 60, 61]


def row(chance: random.Random, t: date) -> Row:
    ahead = t + timedelta(days=chance.choice(AHEAD))
    row: Row = {
        "person": "p",
        "group": chance.choice(GROUPS),
        "qualified_until": chance.choice([None, day(chance, t), ahead, ahead]),
    }
    if chance.random() < 0.4:
        ended = day(chance, t)
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, day(chance, t)])}
    return row | ({"occurred_on": None} if chance.random() < 0.1 else {})


def in_post(known: Known, *groups: str) -> list[Row]:
    return [r for r in known.rows["key_persons"] if known.is_open(r) and r["group"] in groups]


def expired(known: Known, *groups: str) -> int:
    until = [r["qualified_until"] for r in in_post(known, *groups)]
    return sum(last is not None and last < known.t for last in until)


def values(known: Known) -> Row:
    posts = [group for group in GROUPS if group != "barred_person"]
    until = [r["qualified_until"] for r in in_post(known, *posts) if r["qualified_until"]]
    gone = [r for r in known.rows["key_persons"] if not known.is_open(r) and r["group"] in posts]
    return {
        "persons_barred_now": len(in_post(known, "barred_person")),
        "qualifications_expired_now": expired(known, *posts),
        "qualifications_expiring_now": sum(0 <= (last - known.t).days <= 60 for last in until),
        "safety_officers_now": len(in_post(known, "food_safety_officer", "quality_safety_director")),
        "persons_left_365d": sum((known.t - (r["ended_on"] or r["end_known_on"])).days < 365 for r in gone),
    }
