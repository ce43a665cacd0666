"""A town of entities, who belongs together in it, and what each further source draws for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from data_contracts.sandbox_city import judicial as courts
from data_contracts.sandbox_city import key_persons as people
from data_contracts.sandbox_city import licences as permits
from data_contracts.sandbox_city import listings as listed
from data_contracts.sandbox_city import penalties as decided
from data_contracts.sandbox_city import products as things
from data_contracts.sandbox_city import registry_changes as changes
from data_contracts.sandbox_city import relations as ties
from data_contracts.sandbox_city.circles import Circles, make_circles
from data_contracts.sandbox_city.columns import Floats, Ints, joined
from data_contracts.sandbox_city.days import day_number, quarter_starts
from data_contracts.sandbox_city.listings import Listings
from data_contracts.sandbox_city.penalties import Penalties
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population, make_population
from data_contracts.sandbox_city.raw_tables import entity_ids
from data_contracts.sandbox_city.relations import Relations
from data_contracts.sandbox_city.riskiness import Riskiness, make_riskiness
from data_contracts.sandbox_city.versions import EntityVersions, make_versions

PLAN = SandboxPlan(entities=8_000, seed=5)
QUARTERS = quarter_starts(PLAN.first_day, PLAN.last_day)
FIRST_DAY, LAST_DAY = day_number(PLAN.first_day), day_number(date(2026, 6, 30))
SPANS = tuple(zip(QUARTERS, (*QUARTERS[1:], LAST_DAY + 1), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What the sources are drawn from."""

    population: Population
    riskiness: Riskiness
    versions: EntityVersions
    circles: Circles
    relations: Relations
    penalties: Penalties
    listings: Listings
    ids: pa.Array

    def risk(self, entity: Ints) -> Floats:
        """Mean riskiness of entities over the years."""
        return np.asarray(self.riskiness.mean(axis=0)[entity])


Draw = Callable[[Town, int], Any]

DRAWS: Mapping[str, Draw] = {
    "relations": lambda town, seed: ties.make_relations(
        town.population,
        town.riskiness,
        circles=town.circles,
        last_day=LAST_DAY,
        rng=np.random.default_rng(seed),
    ),
    "registry_changes": lambda town, seed: changes.make_registry_changes(
        town.population,
        town.riskiness,
        quarters=QUARTERS,
        last_day=LAST_DAY,
        versions=town.versions,
        relations=town.relations,
        rng=np.random.default_rng(seed),
    ),
    "licences": lambda town, seed: permits.make_licences(
        town.population,
        town.riskiness,
        quarters=QUARTERS,
        last_day=LAST_DAY,
        penalties=town.penalties,
        rng=np.random.default_rng(seed),
    ),
    "judicial": lambda town, seed: courts.make_judicial(
        town.population,
        town.riskiness,
        quarters=QUARTERS,
        last_day=LAST_DAY,
        listings=town.listings,
        rng=np.random.default_rng(seed),
    ),
    "key_persons": lambda town, seed: people.make_key_persons(
        town.population,
        town.riskiness,
        quarters=QUARTERS,
        last_day=LAST_DAY,
        relations=town.relations,
        rng=np.random.default_rng(seed),
    ),
    "products": lambda town, seed: things.make_products(
        town.population,
        town.riskiness,
        quarters=QUARTERS,
        last_day=LAST_DAY,
        rng=np.random.default_rng(seed),
    ),
}
TABLES: Mapping[str, Callable[[Town, Any], pa.Table]] = {
    "relations": lambda town, rows: ties.relations_table(rows, town.ids, numbers(rows), town.population),
    "registry_changes": lambda town, rows: changes.registry_changes_table(
        rows, town.ids, numbers(rows), town.population
    ),
    "licences": lambda town, rows: permits.licences_table(rows, town.ids, numbers(rows)),
    "judicial": lambda town, rows: courts.judicial_table(rows, town.ids, numbers(rows)),
    "key_persons": lambda town, rows: people.key_persons_table(rows, town.ids),
    "products": lambda town, rows: things.products_table(rows, town.ids),
}


def numbers(rows: Any) -> Ints:
    return np.arange(1, len(rows.entity) + 1, dtype=np.int32)


def make_town() -> Town:
    """The town, always the same."""
    streams = iter(np.random.default_rng(PLAN.seed).spawn(8))
    population = make_population(PLAN, next(streams))
    riskiness = make_riskiness(population, QUARTERS, next(streams))
    circles = make_circles(population, riskiness, last_day=LAST_DAY, rng=next(streams))
    rng = next(streams)
    risks = [risk.astype(np.float64) for risk in riskiness]
    penalties = [
        decided.from_other_cases(population, risk, span, rng) for risk, span in zip(risks, SPANS, strict=True)
    ]
    listings = [
        listed.from_courts_and_tax(population, risk, span, rng)
        for risk, span in zip(risks, SPANS, strict=True)
    ]
    return Town(
        population=population,
        riskiness=riskiness,
        versions=make_versions(PLAN, population, next(streams)),
        circles=circles,
        relations=ties.make_relations(
            population, riskiness, circles=circles, last_day=LAST_DAY, rng=next(streams)
        ),
        penalties=joined(penalties),
        listings=joined(listings),
        ids=entity_ids(population),
    )
