"""Products: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.features.oracle.known import Known, share
from tests.features.oracle.nasty import day
from tests.lake_rows import Row

MOST = 5
DEVICES = ["lift", "boiler", "pressure_vessel"]


def row(chance: random.Random, t: date) -> Row:
    row: Row = {
        "kind": chance.choice(["cold_chain", "rice", "other", *DEVICES, "lift"]),
        "result": chance.choice([None, "qualified", "unqualified", "not_tested"]),
        "next_due_on": chance.choice([None, t, t + timedelta(days=1), t - timedelta(days=1), day(chance, t)]),
    }
    if chance.random() < 0.4:
        ended = day(chance, t)
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, day(chance, t)])}
    return row


def in_use(known: Known, *kinds: str) -> list[Row]:
    """Products or devices of some kinds, of any without."""
    return [r for r in known.rows["products"] if known.is_open(r) and (not kinds or r["kind"] in kinds)]


def overdue(known: Known, *kinds: str) -> int:
    due = [r["next_due_on"] for r in in_use(known, *kinds)]
    return sum(on is not None and on < known.t for on in due)


def values(known: Known) -> Row:
    def results(days: int) -> list[str]:
        told = [r for r in known.rows["products"] if (known.t - r["known_on"]).days < days]
        return [r["result"] for r in told if r["result"] in ("qualified", "unqualified")]

    year, three = results(365), results(1095)
    return {
        "devices_overdue_now": overdue(known, *DEVICES),
        "products_unqualified_365d": year.count("unqualified"),
        "products_unqualified_1095d": three.count("unqualified"),
        "products_share_1095d": share(three.count("unqualified"), len(three)),
        "products_kinds_now": len({r["kind"] for r in in_use(known)}),
    }
