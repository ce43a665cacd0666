"""Who belongs together in truth: circles of entities around one holder, and entities at one address.

Trouble spreads along them; what the offices know of them stands in the relations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Longs, Truths
from data_contracts.sandbox_city.days import NEVER, Days
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

ALONE = -1
IN_CIRCLES = np.array([0.22, 0.22, 0.22, 0.22, 0.70, 0.22])  # by legal form: a branch rarely stands alone
CIRCLE_TAIL, LARGEST_CIRCLE = 2.2, 30  # chance of a size falls with this power of it, from 2 on
ADDRESS_TAIL, LARGEST_ADDRESS = 2.5, 60
AT_HOME = 0.8  # of the members of a circle live in its district
COMPANY_LED = 0.2  # of the circles with a company, and all of them with a branch
FOUNDERS, LEAVERS = 0.75, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Circles:
    """One element per entity; ALONE where it is in no circle, led by no company, at no shared address."""

    circle: Ints
    leader: Ints  # the company that holds the circle; ALONE where a person does
    joined: Days
    left: Days
    address: Ints
    moved_in: Days
    moved_out: Days


def make_circles(
    population: Population, riskiness: Riskiness, *, last_day: int, rng: np.random.Generator
) -> Circles:
    """Draws circles and addresses; everybody stays from registration or later until some day or the end."""
    count = len(population)
    members = rng.permutation(np.flatnonzero(rng.random(count) < IN_CIRCLES[population.form]))
    elsewhere = rng.integers(0, 16, len(members)).astype(np.int8)
    home = np.where(rng.random(len(members)) < AT_HOME, population.district[members], elsewhere)
    sizes = _sizes(len(members), CIRCLE_TAIL, LARGEST_CIRCLE, rng)
    circle = _gathered(count, members, home, sizes)
    risk = riskiness[0].astype(np.float64)
    tenants = rng.permutation(np.flatnonzero(rng.random(count) < chance(-2.1 + 0.3 * risk)))
    rooms = _sizes(len(tenants), ADDRESS_TAIL, LARGEST_ADDRESS, rng)
    address = _gathered(count, tenants, population.district[tenants], rooms)
    leader = _leaders(population, circle, rng)
    joined, left = _stays(population, circle >= 0, last_day, rng)
    moved_in, moved_out = _stays(population, address >= 0, last_day, rng)
    led, leads = leader != ALONE, leader == np.arange(count)
    joined = np.where(led, np.maximum(joined, population.registered[leader]), joined)
    left = np.where(led, np.minimum(left, population.deregistered[leader]), left)
    joined = np.where(leads, population.registered, joined).astype(np.int32)
    left = np.where(leads, population.deregistered, np.maximum(left, joined)).astype(np.int32)
    return Circles(
        circle=circle,
        leader=leader,
        joined=joined,
        left=left,
        address=address,
        moved_in=moved_in,
        moved_out=moved_out,
    )


def troubled_share(numbers: Ints, present: Truths, troubled: Truths) -> Floats:
    """Among the others present under the same number, the share of the troubled; 0 for those without any."""
    who = np.flatnonzero(present & (numbers >= 0))
    number, own = numbers[who], troubled[who].astype(np.float64)
    members = np.bincount(number)[number] - 1
    share = np.zeros(len(numbers))
    share[who] = (np.bincount(number, own)[number] - own) / np.maximum(members, 1)
    return share


def _sizes(members: int, tail: float, largest: int, rng: np.random.Generator) -> Longs:
    """Sizes from 2 on, heavy-tailed, enough of them for all members."""
    sizes = np.arange(2, largest + 1)
    weights = sizes**-tail
    return np.asarray(rng.choice(sizes, members // 2 + 1, p=weights / weights.sum()))


def _gathered(count: int, who: Longs, homes: Codes, sizes: Longs) -> Ints:
    """A number per entity: neighbours of one home under one number, as many as the sizes say."""
    order = np.argsort(homes, kind="stable")
    places_of = np.repeat(np.arange(len(sizes)), sizes)[: len(who)] * 16 + homes[order]
    labels, counts = np.unique(places_of, return_inverse=True, return_counts=True)[1:]
    together = counts > 1
    renumbered = np.where(together, np.cumsum(together) - 1, ALONE)
    numbers = np.full(count, ALONE, np.int32)
    numbers[who[order]] = renumbered[labels]
    return numbers


def _leaders(population: Population, circle: Ints, rng: np.random.Generator) -> Ints:
    """The oldest company of a circle leads it, in some of the circles and wherever there is a branch."""
    leader = np.full(len(population), ALONE, np.int32)
    members = np.flatnonzero(circle >= 0)
    if not len(members):
        return leader
    form = population.form[members]
    order = np.lexsort((population.registered[members], form != places.COMPANY, circle[members]))
    first = members[order][np.unique(circle[members][order], return_index=True)[1]]
    branches = np.bincount(circle[members], form == places.BRANCH)
    by_company = (rng.random(len(first)) < COMPANY_LED) | (branches > 0)
    by_company &= population.form[first] == places.COMPANY
    leader[members] = np.where(by_company, first, ALONE)[circle[members]]
    return leader


def _stays(
    population: Population, inside: Truths, last_day: int, rng: np.random.Generator
) -> tuple[Days, Days]:
    """First day inside and first day outside again; those never inside come NEVER."""
    count = len(population)
    begins = population.registered.astype(np.int64)
    stop = np.minimum(population.deregistered, last_day)
    life = np.maximum(stop - begins, 1)
    later = begins + np.floor(rng.random(count, dtype=np.float32) * life).astype(np.int64)
    begins = np.where(rng.random(count, dtype=np.float32) < FOUNDERS, begins, later)
    rest = np.maximum(stop - begins, 1)
    leaves = begins + 1 + np.floor(rng.random(count, dtype=np.float32) * rest).astype(np.int64)
    leaves = np.where(rng.random(count, dtype=np.float32) < LEAVERS, leaves, NEVER)
    return (
        np.where(inside, begins, NEVER).astype(np.int32),
        np.where(inside, np.minimum(leaves, population.deregistered), NEVER).astype(np.int32),
    )
