"""Intellectual property: trademarks, patents, copyrights and pledges, held by few and lapsing one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints
from data_contracts.sandbox_city.days import NEVER, Days, arrow_dates, day_number
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness

KINDS = np.array(
    ["trademark", "invention_patent", "utility_patent", "design_patent", "software_copyright", "pledge"]
)
KIND_SHARES = np.array([0.52, 0.07, 0.16, 0.09, 0.14, 0.02])
PLEDGE = 5
RIGHT_YEARS = np.array([10, 20, 10, 15, 50, 3])
LAPSED = np.array([0.04, 0.1, 0.2, 0.2, 0.0, 0.5])  # of each kind, before its term, within some years
PER_ENTITY = 0.36
TAIL = 0.15  # shape of the gamma trait: most hold nothing, some hold hundreds
INVENTIVE = np.array([0.3, 2.5, 0.7, 0.8, 0.3, 0.5, 4.0, 0.5, 0.3, 0.8, 5.0, 1.5, 0.4, 0.6, 0.5, 1.2])
YEARS_BEFORE = 4  # rights granted before the first day are known too


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """One element per right; a pledge is a right of others in one of them."""

    entity: Ints
    kind: Codes
    occurred: Days
    known: Days
    ended: Days
    end_known: Days


def make_intellectual_property(
    plan: SandboxPlan, population: Population, riskiness: Riskiness, rng: np.random.Generator
) -> Rights:
    """Rights of all entities; the less risky hold slightly more."""
    risk = riskiness[len(riskiness) // 2].astype(np.float64)
    first = np.maximum(population.registered + 60, day_number(plan.first_day) - YEARS_BEFORE * 365)
    last = np.minimum(population.deregistered, day_number(plan.last_day))
    years = np.maximum(last - first, 0) / 3_650
    counts = rng.poisson(np.minimum(_rates(population, risk, rng) * years, 500))
    who = np.repeat(np.arange(len(population), dtype=np.int32), counts)
    occurred = (first[who] + rng.random(len(who)) * (last - first)[who]).astype(np.int32)
    kind = np.searchsorted(np.cumsum(KIND_SHARES)[:-1], rng.random(len(who)), side="right").astype(np.int8)
    ended = _ends(kind, occurred, rng)
    gone = population.deregistered[who]
    ended = np.where(ended < gone, ended, NEVER).astype(np.int32)
    return Rights(
        entity=who,
        kind=kind,
        occurred=occurred,
        known=known_after(occurred, rng, usual=10, late_share=0.1),
        ended=ended,
        end_known=np.where(ended < NEVER, known_after(ended, rng, usual=20, late_share=0.1), NEVER).astype(
            np.int32
        ),
    )


def _rates(population: Population, risk: Floats, rng: np.random.Generator) -> Floats:
    trait = rng.gamma(TAIL, 1 / TAIL, len(population))
    company = np.where(population.form == places.SOLE_TRADER, 0.3, 1.6)
    rate = PER_ENTITY * trait * company * INVENTIVE[population.industry]
    return np.asarray(rate * np.exp(0.5 * population.size - 0.15 * risk))


def _ends(kind: Codes, occurred: Days, rng: np.random.Generator) -> Days:
    """At the end of the term, or earlier where a fee is not paid or a pledge is lifted."""
    early = occurred + 200 + rng.exponential(700, len(kind)).astype(np.int64)
    term = occurred + 365 * RIGHT_YEARS[kind]
    lapsed = rng.random(len(kind)) < LAPSED[kind]
    return np.asarray(np.where(lapsed, np.minimum(early, term), term), np.int32)


def intellectual_property_table(rows: Rights, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The intellectual-property office's register."""
    return pa.table(
        {
            "right_id": numbered("ZS", numbers),
            "holder": ids.take(pa.array(rows.entity)),
            "kind": words(KINDS, rows.kind),
            "granted_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
            "ended_on": arrow_dates(rows.ended),
            "end_known_on": arrow_dates(rows.end_known),
        }
    )
