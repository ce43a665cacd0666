"""Changes of the registration: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import FEN
from tests.lake_rows import Row

MOST = 5
ITEMS = ["name", "legal_representative", "address", "scope", "shareholders", "entity_type", "term", "other"]


def row(chance: random.Random, t: date) -> Row:
    item = chance.choice([*ITEMS, *["capital"] * 8])
    row: Row = {"item": item}
    if item == "capital" or chance.random() < 0.1:  # an amount beside another item is not a change of it
        row |= {"capital_before_fen": chance.choice(FEN), "capital_after_fen": chance.choice(FEN)}
    if chance.random() < 0.1:
        row |= {"occurred_on": None}
    return row


def values(known: Known) -> Row:
    year, three = known.within("registry_changes", 365), known.within("registry_changes", 1095)

    def times(rows: list[Row], item: str) -> int:
        return sum(r["item"] == item for r in rows)

    moves = [
        100 * (r["capital_after_fen"] - r["capital_before_fen"]) / r["capital_before_fen"]
        for r in three
        if r["item"] == "capital" and r["capital_before_fen"] and r["capital_after_fen"] is not None
    ]
    return {
        "changes_items_365d": len(year),
        "changes_head_365d": times(year, "legal_representative"),
        "changes_head_1095d": times(three, "legal_representative"),
        "changes_name_1095d": times(three, "name"),
        "changes_address_365d": times(year, "address"),
        "changes_address_1095d": times(three, "address"),
        "changes_scope_1095d": times(three, "scope"),
        "changes_shareholders_1095d": times(three, "shareholders"),
        "capital_raise_1095d": max([0.0, *moves]),
        "capital_cut_1095d": max([0.0, *(-move for move in moves)]),
        "changes_recency_last": known.recency(known.rows["registry_changes"]),
    }
