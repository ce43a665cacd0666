"""Commitments: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known, share
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 5


def row(chance: random.Random, t: date) -> Row:
    row: Row = {
        "kind": chance.choice(["notification", "repair", "self_discipline"]),
        "due_on": chance.choice([None, t, day(chance, t), day(chance, t)]),
    }
    if chance.random() < 0.7:
        checked = day(chance, t)
        row |= {
            "ended_on": checked,
            "end_known_on": chance.choice([checked, checked, None, day(chance, t)]),
            "outcome": chance.choice([None, "kept", "broken", "broken"]),
        }
    return row


def values(known: Known) -> Row:
    every = known.rows["commitments"]
    checked = [r for r in every if not known.is_open(r)]
    recent = [r for r in checked if (known.t - (r["ended_on"] or r["end_known_on"])).days < 1095]
    outcomes = [r["outcome"] for r in recent]
    broken, kept = outcomes.count("broken"), outcomes.count("kept")
    return {
        "commitments_broken_1095d": broken,
        "commitments_kept_1095d": kept,
        "commitments_overdue_now": sum(
            known.is_open(r) and r["due_on"] is not None and r["due_on"] < known.t for r in every
        ),
        "commitments_share_1095d": share(broken, broken + kept),
    }
