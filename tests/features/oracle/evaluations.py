"""Evaluations: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.lake_rows import Row

MOST = 3
GRADES = ["excellent", "good", "fair", "poor", "not_rated"]


def row(chance: random.Random, t: date) -> Row:
    row: Row = {"scheme": "s", "grade": chance.choice(GRADES)}
    return row | ({"occurred_on": None} if chance.random() < 0.2 else {})


def values(known: Known) -> Row:
    grades = [r["grade"] for r in known.within("evaluations", 1095)]
    return {
        "evaluations_poor_1095d": grades.count("poor"),
        "evaluations_good_1095d": grades.count("good") + grades.count("excellent"),
    }
