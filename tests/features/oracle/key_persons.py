"""Key persons: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from collections.abc import Iterable
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
        "person": chance.choice("pqr"),
        "group": chance.choice(GROUPS),
        "qualified_until": chance.choice([None, day(chance, t), ahead, ahead]),
    }
    if chance.random() < 0.4:
        ended = day(chance, t)
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, day(chance, t)])}
    return row | ({"occurred_on": None} if chance.random() < 0.1 else {})


def in_post(known: Known, *groups: str) -> list[Row]:
    return [r for r in known.rows["key_persons"] if known.is_open(r) and r["group"] in groups]


def persons(rows: Iterable[Row]) -> int:
    """How many persons, each once however many rows tell of one."""
    return len({r["person"] for r in rows})


def expired(known: Known, *groups: str) -> int:
    held = in_post(known, *groups)
    return persons(r for r in held if r["qualified_until"] and r["qualified_until"] < known.t)


def values(known: Known) -> Row:
    posts = [group for group in GROUPS if group != "barred_person"]
    held = [r for r in in_post(known, *posts) if r["qualified_until"]]
    gone = [r for r in known.rows["key_persons"] if not known.is_open(r) and r["group"] in posts]
    return {
        "persons_barred_now": persons(in_post(known, "barred_person")),
        "qualifications_expired_now": expired(known, *posts),
        "qualifications_expiring_now": persons(
            r for r in held if 0 <= (r["qualified_until"] - known.t).days <= 60
        ),
        "safety_officers_now": persons(in_post(known, "food_safety_officer", "quality_safety_director")),
        "persons_left_365d": persons(
            r for r in gone if (known.t - (r["ended_on"] or r["end_known_on"])).days < 365
        ),
    }
