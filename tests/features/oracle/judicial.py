"""Cases and measures: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import math
import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import FEN, day
from tests.lake_rows import Row

MOST = 7
KINDS = [
    "debtor", "equity_freeze", "equity_pledge", "equity_pledge", "chattel_mortgage", "litigation",
    "litigation", "bankruptcy", "liquidation",
]  # fmt: skip
SHARES = [None, 0.0, 0.00005, 0.1, 0.2, 0.3333, 1 / 3, 0.70004, 1.0]


def row(chance: random.Random, t: date) -> Row:
    row: Row = {
        "kind": chance.choice(KINDS),
        "role": chance.choice([None, "plaintiff", "defendant", "defendant", "third_party", "debtor"]),
        "amount_fen": chance.choice(FEN),
        "equity_share": chance.choice(SHARES),
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
    now = [r for r in known.rows["judicial"] if known.is_open(r)]
    three = known.within("judicial", 1095)

    def of(rows: list[Row], kind: str) -> list[Row]:
        return [r for r in rows if r["kind"] == kind]

    def fen(rows: list[Row]) -> float:
        return sum(r["amount_fen"] or 0 for r in rows) / 100

    def pledged(rows: list[Row]) -> float:
        parts = [math.floor(r["equity_share"] * 10_000 + 0.5) for r in rows if r["equity_share"] is not None]
        return min(100.0, sum(parts) / 100)

    sued = [r for r in of(three, "litigation") if r["role"] == "defendant"]
    return {
        "lawsuits_count_1095d": len(sued),
        "lawsuits_amount_1095d": fen(sued),
        "enforcement_open_now": len(of(now, "debtor")),
        "enforcement_amount_now": fen(of(now, "debtor")),
        "freezes_count_1095d": len(of(three, "equity_freeze")),
        "freezes_open_now": len(of(now, "equity_freeze")),
        "pledges_share_1095d": pledged(of(three, "equity_pledge")),
        "pledges_share_now": pledged(of(now, "equity_pledge")),
        "mortgages_open_now": len(of(now, "chattel_mortgage")),
        "bankruptcy_open_now": int(bool(of(now, "bankruptcy"))),
        "liquidation_open_now": int(bool(of(now, "liquidation"))),
    }
