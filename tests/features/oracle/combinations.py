"""Combinations: told from the entity and the other indicators."""

from __future__ import annotations

from tests.features.oracle.known import Known
from tests.lake_rows import Row


def values(known: Known, row: Row) -> Row:
    registered, fen = known.entity.get("registered_on"), known.entity.get("registered_capital_fen")
    unreported: int | None = 0
    for year, days in ((known.due, row["report_late_last"]), (known.due - 1, row["report_late_previous"])):
        if days is None and registered is None:
            unreported = None
        elif days is None and unreported is not None:
            unreported += registered.year <= year
    figures = [row["tax_amount_last"], row["revenue_amount_last"], row["staff_count_last"]]
    large = None if fen is None else fen >= 10**10
    nothing = True if 0 in figures else (None if None in figures else False)
    idle = 0 if large is False or nothing is False else (None if large is None or nothing is None else 1)
    on_lists = [n for n in row if n.endswith("_now") and (n.startswith("tax_") or n.endswith("_listed_now"))]
    return {
        "report_missing_2y": unreported,
        "capital_idle_last": idle,
        "lists_count_now": sum(row[name] for name in on_lists),
    }
