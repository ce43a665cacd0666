"""What follows from inspections and penalties: listings, decisions and second visits."""

from __future__ import annotations

import numpy as np

from data_contracts.sandbox_city import inspections as visits_made
from data_contracts.sandbox_city import listings
from data_contracts.sandbox_city.columns import Truths, joined
from data_contracts.sandbox_city.inspections import GRAVE, Inspections
from data_contracts.sandbox_city.listings import Listings
from data_contracts.sandbox_city.penalties import GRAVE_FROM, Penalties, decide
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.visits import FOLLOW_UP, Visits, undrawn

FOLLOWED_UP = 0.55
LISTED = {  # ground of the listing, share of such results that lead to it, and days until then
    visits_made.UNREACHABLE: (listings.UNREACHABLE, 0.8, (20, 61)),
    visits_made.MISSING: (listings.DISCLOSURE_MISSING, 0.3, (15, 30)),
    visits_made.FALSE: (listings.DISCLOSURE_FALSE, 0.5, (10, 25)),
}
SANCTIONED, SANCTIONED_GRAVE = 0.15, 0.7
SERIOUS_AFTER_GRAVE = 0.25


def listings_after(population: Population, made: Inspections, rng: np.random.Generator) -> Listings:
    """Abnormal listings for results that are a ground for one."""
    batches = []
    for result, (ground, share, delay) in LISTED.items():
        rows = _having(made, result) & (rng.random(len(made.entity)) < share)
        occurred = made.occurred[rows] + rng.integers(*delay, int(rows.sum()))
        reason = listings.Reason(kind=listings.ABNORMAL, ground=ground)
        batches.append(
            listings.enlist(population, made.entity[rows], occurred.astype(np.int32), reason=reason, rng=rng)
        )
    return joined(batches)


def penalties_after(made: Inspections, rng: np.random.Generator) -> Penalties:
    """Decisions on problems found, three weeks to four months later."""
    grave = GRAVE[made.first] | GRAVE[made.second]
    share = np.where(grave, SANCTIONED_GRAVE, np.where(made.problem, SANCTIONED, 0.0))
    rows = rng.random(len(share)) < share
    occurred = made.occurred[rows] + rng.integers(20, 121, int(rows.sum()))
    heavy = grave[rows] & (rng.random(int(rows.sum())) < 0.35)
    return decide(made.entity[rows], occurred.astype(np.int32), grave=heavy, rng=rng)


def serious_after(population: Population, decided: Penalties, rng: np.random.Generator) -> Listings:
    """The serious-violation list, for part of the grave penalties."""
    rows = (decided.kinds >= GRAVE_FROM) & (rng.random(len(decided.entity)) < SERIOUS_AFTER_GRAVE)
    occurred = decided.occurred[rows] + rng.integers(10, 41, int(rows.sum()))
    reason = listings.Reason(kind=listings.SERIOUS, ground=listings.OTHER_GROUND)
    return listings.enlist(
        population, decided.entity[rows], occurred.astype(np.int32), reason=reason, rng=rng
    )


def follow_ups(made: Inspections, rng: np.random.Generator) -> Visits:
    """Second visits one to three months after part of the problems; they lead to no third."""
    rows = made.problem & (made.mechanism != FOLLOW_UP) & (rng.random(len(made.entity)) < FOLLOWED_UP)
    count = int(rows.sum())
    return undrawn(made.entity[rows], made.occurred[rows] + rng.integers(30, 91, count), FOLLOW_UP)


def _having(made: Inspections, result: int) -> Truths:
    return np.asarray((made.first == result) | (made.second == result))
