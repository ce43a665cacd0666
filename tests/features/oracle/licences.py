"""Licences: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 6
AHEAD = [0, 1, 59, 60, 61, 400]


def row(chance: random.Random, t: date) -> Row:
    later = t + timedelta(days=chance.choice(AHEAD))
    row: Row = {
        "kind": chance.choice(["food_business", "food_business", "drug", "other"]),
        "valid_until": chance.choice([None, later, later, day(chance, t), day(chance, t)]),
    }
    if chance.random() < 0.5:
        ended = chance.choice([row["valid_until"] or t, day(chance, t)])
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, ended, day(chance, t)])}
        row |= {"end_reason": chance.choice([None, "expired", "surrendered", "revoked", "withdrawn"])}
    if chance.random() < 0.1:
        row |= {"ended_on": None, "end_known_on": day(chance, t)}
    return row


def values(known: Known) -> Row:
    every = known.rows["licences"]
    opened = [r for r in every if known.is_open(r)]
    closed = [r for r in every if not known.is_open(r)]
    valid = [r for r in opened if r["valid_until"] is None or r["valid_until"] >= known.t]
    left = [(r["valid_until"] - known.t).days for r in valid if r["valid_until"]]
    kinds = {r["kind"] for r in valid}

    def over(rows: list[Row]) -> list[int]:
        gone = [r["valid_until"] for r in rows if r["valid_until"] and r["kind"] not in kinds]
        return [(known.t - until).days for until in gone if until < known.t]

    expired = [r for r in closed if r.get("end_reason") == "expired"]
    taken = [
        r.get("ended_on") or r["end_known_on"]
        for r in closed
        if r.get("end_reason") in ("revoked", "withdrawn")
    ]
    return {
        "licences_held_now": len(valid),
        "licences_kinds_now": len(kinds),
        "licences_expiring_now": sum(days <= 60 for days in left),
        "licences_expiry_now": min(left, default=None),
        "licences_overdue_now": len(over(opened)),
        "licences_lapsed_1095d": sum(days < 1095 for days in over([*opened, *expired])),
        "licences_taken_1095d": sum((known.t - ended).days < 1095 for ended in taken),
    }
