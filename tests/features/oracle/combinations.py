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
    idle = both(large, zero_of(*figures))
    on_lists = [n for n in row if n.endswith("_now") and (n.startswith("tax_") or n.endswith("_listed_now"))]
    return {
        "report_missing_2y": unreported,
        "capital_idle_last": idle,
        "lists_count_now": sum(row[name] for name in on_lists),
        "capital_untaxed_last": both(large, zero_of(row["taxes_paid_1y"], row["insured_count_last"])),
        "crowded_unreachable_now": row["address_crowded_now"] * row["abnormal_unreachable_now"],
        "listed_overdue_now": int(
            1 in (row["abnormal_listed_now"], row["serious_listed_now"]) and row["licences_overdue_now"] > 0
        ),
        "complaints_rising_90d": both(
            None if row["complaints_growth_90d"] is None else row["complaints_growth_90d"] > 0,
            row["complaints_upheld_365d"] > 0,
        ),
    }


def zero_of(*numbers: float | None) -> bool | None:
    """Whether one is zero; unknown when that hangs on an unknown one."""
    return True if 0 in numbers else (None if None in numbers else False)


def both(first: bool | None, second: bool | None) -> int | None:
    """1 if both hold, 0 as soon as one does not, unknown otherwise."""
    if first is False or second is False:
        return 0
    return None if None in (first, second) else 1
