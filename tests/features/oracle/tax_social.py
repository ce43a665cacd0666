"""Taxes and social insurance: nasty rows, and the indicators told by loops over calendar months."""

from __future__ import annotations

import random
from calendar import monthrange
from datetime import date, timedelta

from tests.features.oracle.known import Known, change, share, yuan
from tests.features.oracle.nasty import FEN, SIGNED_FEN
from tests.lake_rows import Row

MOST = 8
DELAYS = [0, 0, 1, 15, 45, 150]


def row(chance: random.Random, t: date) -> Row:
    """A year, or (two in five) a month: some of the last, some one, two and three years before."""
    months = t.year * 12 + t.month - 1 - chance.choice([0, 1, 1, 2, 12, 13, 13, 14, 25, 37])
    year, month = divmod(months, 12)
    period = f"{year}-{month + 1:02d}"
    if chance.random() < 0.6:
        year, month = t.year - chance.choice([0, 1, 1, 2, 2, 3, 4]), 11
        period = f"{year}"
    end = date(year, month + 1, monthrange(year, month + 1)[1])
    return {
        "period": period,
        "occurred_on": end,
        "known_on": end + timedelta(days=chance.choice(DELAYS)),
        "tax_paid_fen": chance.choice(FEN),
        "tax_owed_fen": chance.choice(FEN),
        "sales_fen": chance.choice(SIGNED_FEN),
        "insured_employees": chance.choice([None, 0, 0, 1, 7, 300]),
        "social_owed_fen": chance.choice(FEN),
        "zero_declared": chance.choice([None, True, False]),
    }


def month_of(record: Row) -> int:
    """The month in which a period ends, as one number."""
    return int(record["day"].year * 12 + record["day"].month)


def described(known: Known) -> list[Row]:
    """The record to be used for each period of an entity, the latest period first."""
    every = known.rows["tax_social"]
    lengths = {len(r["period"]) for r in every}
    newest: dict[str, Row] = {}
    for r in sorted(every, key=lambda r: (r["known_on"], r["record_id"])):
        if len(r["period"]) == max(lengths):
            newest[r["period"]] = r
    return sorted(newest.values(), key=month_of, reverse=True)


def together(rows: list[Row], column: str) -> int:
    return sum(r[column] or 0 for r in rows)


def values(known: Known) -> Row:
    rows = described(known)
    back = {r["record_id"]: month_of(rows[0]) - month_of(r) for r in rows}
    last: Row = rows[0] if rows else {}
    before: Row = next((r for r in rows if back[r["record_id"]] == 12), {})
    year = [r for r in rows if back[r["record_id"]] < 12]
    year_before = [r for r in rows if 12 <= back[r["record_id"]] < 24]
    three = [r for r in rows if back[r["record_id"]] < 36]
    paid = [r for r in year if r["tax_paid_fen"] is not None]
    taxed = [r for r in paid if r["sales_fen"] is not None]
    sold, sold_before = ([r for r in some if r["sales_fen"] is not None] for some in (year, year_before))
    base = together(sold_before, "sales_fen") if len(sold) == len(sold_before) else None
    told = [r for r in year if r["zero_declared"] is not None]
    owing = [r for r in three if r["tax_owed_fen"] is not None or r["social_owed_fen"] is not None]
    owed = [r for r in owing if (r["tax_owed_fen"] or 0) > 0 or (r["social_owed_fen"] or 0) > 0]
    return {
        "insured_count_last": last.get("insured_employees"),
        "insured_change_last": change(last.get("insured_employees"), before.get("insured_employees")),
        "social_arrears_last": yuan(last.get("social_owed_fen")),
        "tax_arrears_last": yuan(last.get("tax_owed_fen")),
        "arrears_share_3y": share(len(owed), len(owing)),
        "taxes_paid_1y": yuan(together(paid, "tax_paid_fen")) if paid else None,
        "taxes_burden_1y": share(together(taxed, "tax_paid_fen"), together(taxed, "sales_fen")),
        "sales_change_1y": change(together(sold, "sales_fen"), base),
        "declarations_zero_1y": share(sum(r["zero_declared"] for r in told), len(told)),
        "declarations_recency_last": (known.t - last["day"]).days if last else None,
    }
