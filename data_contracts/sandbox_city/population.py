"""Who there is: attributes of every entity on the day of its registration, and the day it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Longs
from data_contracts.sandbox_city.credit_codes import Letters, credit_codes
from data_contracts.sandbox_city.days import NEVER, Days, day_number
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.plan import SandboxPlan

NEW_SHARE = 0.30  # entities registered after the first day; the rest are at most 30 years older
OLDEST_DAYS = 30 * 365
MEAN_AGE_DAYS = 7 * 365
YEARLY_EXITS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """One element per entity; codes are places in the lists of `places`."""

    credit_codes: Letters
    district: Codes
    industry: Codes
    form: Codes
    ownership: Codes
    capital_fen: Longs
    size: Floats  # scale of operations: standard normal, related to capital, otherwise hidden
    registered: Days
    registered_known: Days
    deregistered: Days
    deregistered_known: Days

    def __len__(self) -> int:
        return len(self.district)


def make_population(plan: SandboxPlan, rng: np.random.Generator) -> Population:
    """Draws the entities of the city; entities gone before the first day are not in it."""
    count = plan.entities
    district = _picked(places.DISTRICT_SHARES, count, rng)
    form = _picked(places.FORM_SHARES, count, rng)
    capital, size = _capital_and_size(form, rng)
    registered = _registrations(plan, rng)
    deregistered = _ends(plan, registered, rng)
    population = Population(
        credit_codes=credit_codes(places.DISTRICT_CODES[district], places.FORM_REGISTER_KINDS[form], rng),
        district=district,
        industry=_picked(places.INDUSTRY_SHARES, count, rng),
        form=form,
        ownership=_picked(places.OWNERSHIP_SHARES, count, rng),
        capital_fen=capital,
        size=size,
        registered=registered,
        registered_known=known_after(registered, rng, usual=3, late_share=0.01),
        deregistered=deregistered,
        deregistered_known=known_after(deregistered, rng, usual=20, late_share=0.15),
    )
    # Nobody hears of an end before the beginning, and the short-lived may be registered late.
    later = np.maximum(population.deregistered_known, population.registered_known + 1)
    return replace(
        population, deregistered_known=np.where(deregistered < NEVER, later, NEVER).astype(np.int32)
    )


def _picked(shares: Floats, count: int, rng: np.random.Generator) -> Codes:
    edges = np.cumsum(shares / shares.sum())[:-1]
    return np.searchsorted(edges, rng.random(count), side="right").astype(np.int8)


def _capital_and_size(form: Codes, rng: np.random.Generator) -> tuple[Longs, Floats]:
    scale = rng.standard_normal(len(form))
    yuan = np.exp(places.FORM_CAPITAL_LOGS[form] + places.FORM_CAPITAL_SPREADS[form] * scale)
    capital = np.maximum(np.round(yuan / 10_000), 1).astype(np.int64) * 1_000_000
    return capital, 0.7 * scale + 0.7 * rng.standard_normal(len(form))


def _registrations(plan: SandboxPlan, rng: np.random.Generator) -> Days:
    first, last = day_number(plan.first_day), day_number(plan.last_day)
    age = np.minimum(rng.exponential(MEAN_AGE_DAYS, plan.entities), OLDEST_DAYS - 1)
    young = rng.integers(first, last - 10, plan.entities)
    new = rng.random(plan.entities) < NEW_SHARE
    return np.where(new, young, first - 10 - age.astype(np.int64)).astype(np.int32)


def _ends(plan: SandboxPlan, registered: Days, rng: np.random.Generator) -> Days:
    first, last = day_number(plan.first_day), day_number(plan.last_day)
    life = rng.exponential(365 / YEARLY_EXITS, plan.entities)
    ends = np.maximum(registered + 60, first) + life
    return np.where(ends < last, ends, NEVER).astype(np.int32)
