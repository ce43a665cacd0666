"""Penalties: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import FEN, several
from tests.lake_rows import Row

MOST = 4
KINDS = [
    "warning",
    "fine",
    "confiscation",
    "suspension",
    "licence_suspended",
    "licence_revoked",
    "closure",
    "practice_restricted",
    "activity_restricted",
    "qualification_lowered",
    "detention",
    "other",
]


def row(chance: random.Random, t: date) -> Row:
    return {
        "kinds": several(chance, KINDS),
        "procedure": chance.choice([None, "simple", "ordinary"]),
        "field": chance.choice([None, "food", "adverts"]),
        "fine_fen": chance.choice(FEN),
        "confiscated_fen": chance.choice(FEN),
    }


def values(known: Known) -> Row:
    year, three = known.within("penalties", 365), known.within("penalties", 1095)
    severe = set(KINDS) - {"warning", "fine", "confiscation", "other"}
    return {
        "penalties_count_365d": len(year),
        "penalties_count_1095d": len(three),
        "penalties_fine_365d": sum(r["fine_fen"] or 0 for r in year) / 100,
        "penalties_fine_1095d": sum(r["fine_fen"] or 0 for r in three) / 100,
        "penalties_confiscated_1095d": sum(r["confiscated_fen"] or 0 for r in three) / 100,
        "penalties_severe_1095d": sum(bool(severe & set(r["kinds"].split(";"))) for r in three),
        "penalties_ordinary_1095d": sum(r["procedure"] == "ordinary" for r in three),
        "penalties_fields_1095d": len({r["field"] for r in three} - {None}),
        "penalties_recency_last": known.recency(known.rows["penalties"]),
    }
