"""Listings: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 4
LISTS = ["abnormal", "serious", "judgment_debtor", "tax_abnormal", "tax_serious", "tax_arrears"]
GROUNDS = [
    "annual_report_missing",
    "disclosure_missing",
    "disclosure_false",
    "unreachable",
    "name_ruling_ignored",
    "other",
]


def row(chance: random.Random, t: date) -> Row:
    row: Row = {
        "kind": chance.choice([*LISTS, "abnormal"]),
        "ground": chance.choice([None, *GROUNDS, "unreachable", "unreachable"]),
    }
    if chance.random() < 0.5:
        ended = day(chance, t)
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, day(chance, t)])}
    if chance.random() < 0.1:
        row |= {"end_known_on": day(chance, t)}
    if chance.random() < 0.1:
        row |= {"occurred_on": None}
    return row


def values(known: Known) -> Row:
    every = known.rows["listings"]
    now = [r for r in every if known.is_open(r)]
    kinds = {r["kind"] for r in now}
    abnormal = [r for r in now if r["kind"] == "abnormal"]
    grounds = {r["ground"] for r in abnormal}
    three = [r["ground"] for r in known.within("listings", 1095) if r["kind"] == "abnormal"]
    return {
        "abnormal_count_365d": sum(r["kind"] == "abnormal" for r in known.within("listings", 365)),
        "abnormal_repeated_1095d": max(three.count(ground) for ground in GROUNDS[:-1]),
        "abnormal_listed_now": int("abnormal" in kinds),
        "abnormal_days_now": max([(known.t - r["day"]).days for r in abnormal], default=0),
        "abnormal_report_now": int("annual_report_missing" in grounds),
        "abnormal_unreachable_now": int("unreachable" in grounds),
        "abnormal_disclosure_now": int(bool(grounds & {"disclosure_missing", "disclosure_false"})),
        "abnormal_count_1095d": sum(r["kind"] == "abnormal" for r in known.within("listings", 1095)),
        "serious_listed_now": int("serious" in kinds),
        "serious_listed_ever": int(any(r["kind"] == "serious" for r in every)),
        "debtor_listed_now": int("judgment_debtor" in kinds),
        "tax_abnormal_now": int("tax_abnormal" in kinds),
        "tax_violation_now": int("tax_serious" in kinds),
        "tax_arrears_now": int("tax_arrears" in kinds),
        "listings_count_1095d": len(known.within("listings", 1095)),
    }
