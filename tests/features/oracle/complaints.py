"""Complaints: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known, share
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 8


def row(chance: random.Random, t: date) -> Row:
    return {
        "outcome_known_on": chance.choice([None, t, day(chance, t)]),
        "channel": "12345",
        "topic": chance.choice([None, "食品安全", "食物中毒", "food_poisoning", "价格"]),
        "kind": chance.choice(["complaint", "report", "contact"]),
        "outcome": chance.choice([None, "upheld", "upheld", "not_accepted", "mediated", "pending"]),
        "suspected_professional": chance.choice([None, True, False, False]),
    }


def values(known: Known) -> Row:
    def genuine(rows: list[Row]) -> list[Row]:
        return [r for r in rows if r["kind"] != "contact" and not r["suspected_professional"]]

    quarter, half, year = (genuine(known.within("complaints", days)) for days in (90, 180, 365))
    before = len(half) - len(quarter)
    settled = [r for r in year if r["outcome_known_on"] and r["outcome_known_on"] <= known.t]
    return {
        "complaints_count_90d": len(quarter),
        "complaints_count_365d": len(year),
        "complaints_reports_365d": sum(r["kind"] == "report" for r in year),
        "complaints_upheld_365d": sum(r["outcome"] == "upheld" for r in settled),
        "complaints_growth_90d": share(len(quarter) - before, before),
        "complaints_recency_last": known.recency(genuine(known.rows["complaints"])),
        "contacts_count_365d": sum(r["kind"] == "contact" for r in known.within("complaints", 365)),
    }
