"""The figures in annual reports: revenue, balance sheet, tax, staff. The riskier look worse, with noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.annual_reports import AnnualReports
from data_contracts.sandbox_city.columns import Floats, Longs, Truths
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import chance

NOT_STATED = np.iinfo(np.int64).min  # becomes null


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One element per filed report; NOT_STATED where a sole trader need not tell."""

    revenue_fen: Longs
    total_assets_fen: Longs
    total_liabilities_fen: Longs
    net_profit_fen: Longs
    tax_paid_fen: Longs
    employees: Longs
    social_insured: Longs


def make_figures(
    population: Population, reports: AnnualReports, *, risk: Floats, rng: np.random.Generator
) -> Figures:
    """Figures of filed reports; `risk` is the riskiness of each filer in the quarter of its window."""
    count = len(reports.entity)
    size, form = population.size[reports.entity], population.form[reports.entity]
    wage_earner = np.where(form == places.SOLE_TRADER, 0.6, 1.8)
    employees = rng.poisson(np.exp(wage_earner + 0.8 * size + 0.3 * rng.standard_normal(count)))
    revenue = np.exp(11.5 + wage_earner + 1.1 * size - 0.2 * risk + 0.5 * rng.standard_normal(count))
    assets = revenue * np.exp(0.2 + 0.5 * rng.standard_normal(count))
    leverage = 1.3 * chance(-0.4 + 0.9 * risk + 0.7 * rng.standard_normal(count))
    margin = 0.05 - 0.06 * risk + 0.08 * rng.standard_normal(count)
    tax_rate = 0.03 * np.exp(-0.4 * risk + 0.5 * rng.standard_normal(count))
    insured = rng.binomial(employees, chance(1.2 - 0.8 * risk))
    zero = rng.random(count) < chance(-3.6 + 0.9 * risk)  # reports that state nothing but zeros
    stated = form != places.SOLE_TRADER
    return Figures(
        revenue_fen=_fen(revenue, zero),
        total_assets_fen=np.where(stated, _fen(assets, zero), NOT_STATED),
        total_liabilities_fen=np.where(stated, _fen(assets * leverage, zero), NOT_STATED),
        net_profit_fen=np.where(stated, _fen(revenue * margin, zero), NOT_STATED),
        tax_paid_fen=_fen(revenue * tax_rate, zero),
        employees=np.where(zero, 0, employees),
        social_insured=np.where(zero, 0, insured),
    )


def amended(figures: Figures, rng: np.random.Generator) -> Figures:
    """The figures as an amendment states them: amounts move, what was not stated stays so."""
    count = len(figures.employees)
    factors = {name: np.exp(0.2 * rng.standard_normal(count)) for name in ("revenue_fen", "tax_paid_fen")}
    changes = {
        name: np.round(getattr(figures, name) * factor / 100).astype(np.int64) * 100
        for name, factor in factors.items()
    }
    return replace(figures, **changes)


def _fen(yuan: Floats, zero: Truths) -> Longs:
    return np.where(zero, 0, np.round(yuan)).astype(np.int64) * 100
