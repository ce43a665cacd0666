"""Rights and pledges of them: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 6
KINDS = [
    "trademark", "invention_patent", "utility_patent", "design_patent", "software_copyright", "pledge"
]  # fmt: skip


def row(chance: random.Random, t: date) -> Row:
    row: Row = {"kind": chance.choice(KINDS)}
    if chance.random() < 0.4:
        ended = day(chance, t)
        row |= {"ended_on": chance.choice([None, ended, ended]), "end_known_on": chance.choice([None, ended])}
    if chance.random() < 0.1:
        row |= {"ended_on": day(chance, t), "end_known_on": day(chance, t)}
    if chance.random() < 0.1:
        row |= {"occurred_on": None}
    return row


def values(known: Known) -> Row:
    every = known.rows["intellectual_property"]
    now = [r["kind"] for r in every if known.is_open(r)]
    new = [r["kind"] for r in known.within("intellectual_property", 1095)]
    return {
        "trademarks_held_now": now.count("trademark"),
        "patents_held_now": sum(kind.endswith("_patent") for kind in now),
        "inventions_held_now": now.count("invention_patent"),
        "software_held_now": now.count("software_copyright"),
        "rights_granted_1095d": sum(kind != "pledge" for kind in new),
        "rights_pledged_now": now.count("pledge"),
    }
