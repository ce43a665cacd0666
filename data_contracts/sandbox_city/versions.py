"""Entities as versions: a row when one becomes known, when an attribute changes, when its end is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Ints, Longs, chosen, joined
from data_contracts.sandbox_city.days import NEVER, Days, day_number
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population

CHANGED_SHARE = 0.08  # entities that change one attribute in the years shown
A = TypeVar("A", bound=npt.NDArray[Any])

BRANDS = len(places.BRAND_HEADS) * len(places.BRAND_TAILS) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityVersions:
    """One element per version, in order of entity and day known."""

    entity: Ints
    known: Days
    brand: Ints  # number of the brand in the name
    district: Codes
    industry: Codes
    capital_fen: Longs
    deregistered: Days


def make_versions(plan: SandboxPlan, population: Population, rng: np.random.Generator) -> EntityVersions:
    """First versions, changed ones and last ones; a later version repeats what did not change."""
    last_day = day_number(plan.last_day)
    first = _first(population, rng)
    changed = _changed(plan, population, first, rng)
    latest = joined([first])  # a copy: the first versions stay as they were
    for field in ("brand", "district", "industry", "capital_fen"):
        getattr(latest, field)[changed.entity] = getattr(changed, field)
    ended = chosen(latest, np.flatnonzero(population.deregistered < NEVER))
    ended = replace(
        ended,
        known=population.deregistered_known[ended.entity],
        deregistered=population.deregistered[ended.entity],
    )
    rows = joined([first, changed, ended])
    rows = chosen(rows, rows.known <= last_day)
    return chosen(rows, np.lexsort((rows.known, rows.entity)))


def _first(population: Population, rng: np.random.Generator) -> EntityVersions:
    count = len(population)
    return EntityVersions(
        entity=np.arange(count, dtype=np.int32),
        known=population.registered_known,
        brand=rng.integers(0, BRANDS, count, dtype=np.int32),
        district=population.district,
        industry=population.industry,
        capital_fen=population.capital_fen,
        deregistered=np.full(count, NEVER, np.int32),
    )


def _changed(
    plan: SandboxPlan, population: Population, first: EntityVersions, rng: np.random.Generator
) -> EntityVersions:
    """One change for some entities: capital, name, district or industry, in falling order of frequency."""
    start = np.maximum(population.registered_known + 30, day_number(plan.first_day))
    stop = np.minimum(population.deregistered - 30, day_number(plan.last_day))
    who = np.flatnonzero((rng.random(len(population)) < CHANGED_SHARE) & (start < stop))
    occurred = rng.integers(start[who], stop[who]).astype(np.int32)
    rows = replace(
        chosen(first, who),
        known=np.minimum(
            known_after(occurred, rng, usual=5, late_share=0.05), population.deregistered_known[who] - 1
        ),
    )
    what = rng.choice(4, len(who), p=[0.45, 0.25, 0.2, 0.1])
    growth = np.exp(rng.normal(-0.3, 0.8, len(who)))
    grown = (
        rows.capital_fen
        + np.maximum(np.round(rows.capital_fen * growth / 1_000_000), 1).astype(np.int64) * 1_000_000
    )
    return replace(
        rows,
        capital_fen=np.where(what == 0, grown, rows.capital_fen),
        brand=np.where(what == 1, _another(rows.brand, BRANDS, rng), rows.brand),
        district=np.where(what == 2, _another(rows.district, 16, rng), rows.district),
        industry=np.where(what == 3, _another(rows.industry, 16, rng), rows.industry),
    )


def _another(codes: A, count: int, rng: np.random.Generator) -> A:
    """A different code for each: a version that says nothing new would be none."""
    return ((codes.astype(np.int64) + rng.integers(1, count, len(codes))) % count).astype(codes.dtype)  # type: ignore[return-value]
