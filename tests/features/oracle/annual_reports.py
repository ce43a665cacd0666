"""Annual reports: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date

from tests.features.oracle.known import Known, change, share, yuan
from tests.features.oracle.nasty import SIGNED_FEN
from tests.lake_rows import Row

MOST = 6


def row(chance: random.Random, t: date) -> Row:
    return {
        "report_year": t.year - chance.randint(0, 6),
        "amended": chance.choice([None, True, False, False]),
        "revenue_fen": chance.choice(SIGNED_FEN),
        "total_assets_fen": chance.choice(SIGNED_FEN),
        "total_liabilities_fen": chance.choice(SIGNED_FEN),
        "net_profit_fen": chance.choice(SIGNED_FEN),
        "tax_paid_fen": chance.choice(SIGNED_FEN),
        "employees": chance.choice([None, 0, 0, 1, 7, 300]),
        "social_insured": chance.choice([None, 0, 1, 7]),
        "contact_confirmed": chance.choice([None, True, False]),
    } | (
        {}
        if chance.random() < 0.9
        else dict.fromkeys(["revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen"], 0)
    )


def values(known: Known) -> Row:
    years: dict[int, list[Row]] = defaultdict(list)
    for r in known.rows["annual_reports"]:
        if known.due - 3 <= r["report_year"] <= known.t.year - 1:
            years[r["report_year"]].append(r)
    for some in years.values():
        some.sort(key=lambda r: (r["known_on"], r["occurred_on"], r["report_id"]))
    newest = max(years, default=None)
    last: Row = years[newest][-1] if newest else {}
    before: Row = years[newest - 1][-1] if newest and newest - 1 in years else {}
    recent = [years[y] for y in years if newest and y >= newest - 2]
    late: dict[int, int | None] = {}
    for year in (known.due, known.due - 1):
        filings = [r["occurred_on"] for r in years.get(year, [])]
        late[year] = max(0, (min(filings) - date(year + 1, 6, 30)).days) if filings else None
    figures = [last.get(n) for n in ("revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen")]
    profit, tax, confirmed = (
        last.get("net_profit_fen"),
        last.get("tax_paid_fen"),
        last.get("contact_confirmed"),
    )
    all_zero = 0 if any(f is not None and f != 0 for f in figures) else (None if None in figures else 1)
    return {
        "report_filed_last": filed(known, known.due, late[known.due]),
        "report_filed_previous": filed(known, known.due - 1, late[known.due - 1]),
        "report_late_last": late[known.due],
        "report_late_previous": late[known.due - 1],
        "report_amended_3y": sum(any(r["amended"] for r in some) for some in recent),
        "contact_unconfirmed_last": None if confirmed is None else int(not confirmed),
        "report_zero_last": all_zero,
        "revenue_amount_last": yuan(last.get("revenue_fen")),
        "revenue_change_last": change(last.get("revenue_fen"), before.get("revenue_fen")),
        "profit_loss_last": None if profit is None else int(profit < 0),
        "profit_deficit_last": share(None if profit is None else max(0, -profit), last.get("revenue_fen")),
        "profit_losses_3y": None
        if not newest
        else sum((some[-1]["net_profit_fen"] or 0) < 0 for some in recent),
        "debt_ratio_last": share(last.get("total_liabilities_fen"), last.get("total_assets_fen")),
        "staff_count_last": last.get("employees"),
        "staff_change_last": change(last.get("employees"), before.get("employees")),
        "staff_insured_last": share(last.get("social_insured"), last.get("employees")),
        "tax_amount_last": yuan(tax),
        "tax_zero_last": None if tax is None else int(tax == 0),
    }


def filed(known: Known, year: int, late: int | None) -> int | None:
    registered = known.entity.get("registered_on")
    if late is not None:
        return 1
    return None if registered is None or registered.year > year else 0
