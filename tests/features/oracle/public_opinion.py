"""Public opinion: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known, share
from tests.lake_rows import Row

MOST = 8


def row(chance: random.Random, t: date) -> Row:
    row: Row = {
        "tone": chance.choice(["negative", "negative", "neutral", "positive"]),
        "reach": chance.choice([None, 0, 1, 1500, 10**12]),
    }
    return row | ({"occurred_on": None} if chance.random() < 0.1 else {})


def values(known: Known) -> Row:
    def negative(days: int) -> list[Row]:
        return [r for r in known.within("public_opinion", days) if r["tone"] == "negative"]

    now, before = len(negative(90)), len(negative(180)) - len(negative(90))
    return {
        "opinion_negative_30d": len(negative(30)),
        "opinion_negative_90d": now,
        "opinion_negative_365d": len(negative(365)),
        "opinion_share_30d": share(len(negative(30)), len(known.within("public_opinion", 30))),
        "opinion_growth_90d": share(now - before, before),
        "opinion_reach_90d": sum(r["reach"] or 0 for r in negative(90)),
    }
