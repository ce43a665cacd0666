"""Tax and social insurance by year: what was declared, paid and owed. The riskier owe more, and later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city import riskiness as hidden
from data_contracts.sandbox_city.columns import Floats, Ints, Longs, Truths, chosen
from data_contracts.sandbox_city.days import Days, arrow_dates, day_number
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.names import numbered
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

SOLE_TRADERS_ON_BOOKS = 0.12  # of them; the others are taxed by estimate and file nothing
SETTLED_AFTER = 60  # days after the year; the settlement is due on 31 May
CONTRIBUTION_YUAN = 9_600  # per insured person and year, with a third either way
REASSESSED = 0.015
MEAN_REASSESSMENT = 240  # days after the declaration was known


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxSocial:
    """One element per taxpayer of one year."""

    entity: Ints
    occurred: Days
    known: Days
    sales_fen: Longs
    tax_paid_fen: Longs
    tax_owed_fen: Longs
    insured: Ints
    social_paid_fen: Longs
    social_owed_fen: Longs
    zero: Truths


def make_tax_social(
    plan: SandboxPlan,
    population: Population,
    *,
    riskiness: Riskiness,
    quarters: tuple[int, ...],
    rng: np.random.Generator,
) -> Iterator[TaxSocial]:
    """One record for each year that ended in the years shown."""
    on_books = (population.form != places.SOLE_TRADER) | (
        rng.random(len(population), dtype=np.float32) < SOLE_TRADERS_ON_BOOKS
    )
    for year in range(plan.first_day.year, plan.last_day.year):
        day = day_number(date(year, 12, 31))
        there = (population.registered <= day) & (population.deregistered > day)
        who = np.flatnonzero(on_books & there).astype(np.int32)
        risk = hidden.at(riskiness, quarters, day)[who].astype(np.float64)
        yield _declared(who, population.size[who], risk, day=day, rng=rng)


def _declared(who: Ints, size: Floats, risk: Floats, *, day: int, rng: np.random.Generator) -> TaxSocial:
    count = len(who)
    occurred = np.full(count, day, np.int32)
    zero = rng.random(count, dtype=np.float32) < chance(-3.1 + 0.8 * risk)
    sales = np.exp(13.2 + 1.1 * size - 0.2 * risk + 0.5 * rng.standard_normal(count))
    tax = sales * 0.03 * np.exp(-0.4 * risk + 0.5 * rng.standard_normal(count))
    owed = rng.random(count, dtype=np.float32) < chance(-3.4 + 1.0 * risk)
    insured = np.where(zero, 0, rng.poisson(np.exp(1.3 + 0.8 * size - 0.3 * risk)))
    due = insured * CONTRIBUTION_YUAN * rng.uniform(0.67, 1.33, count)
    behind = rng.random(count, dtype=np.float32) < chance(-3.2 + 1.0 * risk)
    unpaid = rng.beta(1.2, 2.0, count)
    settled = day + SETTLED_AFTER + np.floor(92 * rng.beta(2.0, 1.2, count) ** np.exp(-0.3 * risk))
    known = known_after(settled.astype(np.int32), rng, usual=3, late_share=0.03)
    return TaxSocial(
        entity=who,
        occurred=occurred,
        known=known,
        sales_fen=_fen(sales, ~zero),
        tax_paid_fen=_fen(tax * np.where(owed, 1 - unpaid, 1.0), ~zero),
        tax_owed_fen=_fen(tax * unpaid, owed & ~zero),
        insured=insured.astype(np.int32),
        social_paid_fen=_fen(due * np.where(behind, 1 - unpaid, 1.0), ~zero),
        social_owed_fen=_fen(due * unpaid, behind & ~zero),
        zero=zero,
    )


def reassessed(rows: TaxSocial, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], TaxSocial]:
    """Places of declarations that a tax audit corrected, and the corrected ones: more sales, and tax owed."""
    audited = np.flatnonzero(rng.random(len(rows.entity), dtype=np.float32) < REASSESSED)
    picked = chosen(rows, audited)
    count = len(audited)
    hidden_sales = np.maximum(picked.sales_fen // 100, 20_000) * rng.uniform(0.05, 0.6, count)
    more = _fen(hidden_sales, np.ones(count, np.bool_))
    later = picked.known + 20 + rng.exponential(MEAN_REASSESSMENT, count).astype(np.int32)
    return audited, replace(
        picked,
        known=later.astype(np.int32),
        sales_fen=picked.sales_fen + more,
        tax_owed_fen=picked.tax_owed_fen + more // 3_000 * 100,
        zero=np.zeros(count, np.bool_),
    )


def tax_social_table(rows: TaxSocial, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The tax office's yearly file; the period is the year as text."""
    years = rows.occurred.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return pa.table(
        {
            "record_id": numbered("SS", numbers),
            "taxpayer": ids.take(pa.array(rows.entity)),
            "period": pc.cast(pa.array(years), pa.string()),
            "period_end": arrow_dates(rows.occurred),
            "received_on": arrow_dates(rows.known),
            "sales_fen": pa.array(rows.sales_fen),
            "tax_paid_fen": pa.array(rows.tax_paid_fen),
            "tax_owed_fen": pa.array(rows.tax_owed_fen),
            "insured_employees": pa.array(rows.insured),
            "social_paid_fen": pa.array(rows.social_paid_fen),
            "social_owed_fen": pa.array(rows.social_owed_fen),
            "zero_declared": pa.array(rows.zero),
        }
    )


def _fen(yuan: Floats, stated: Truths) -> Longs:
    return np.where(stated, np.round(yuan), 0).astype(np.int64) * 100
