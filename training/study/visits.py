"""One quarter of inspections, drawn anew under the policy that the city recorded, and what they would find.

A random draw with its exact π, targeted checks of those with most points, visits after complaints and leads:
all by the city's own rules and constants. Second visits are left out: they are never an entity's first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.sandbox_city import policies
from data_contracts.sandbox_city.columns import Codes
from data_contracts.sandbox_city.history import COMPLAINT_VISITS, LEADS_PER_QUARTER
from data_contracts.sandbox_city.inspections import MECHANISM_EFFECTS
from data_contracts.sandbox_city.policies import Draw
from data_contracts.sandbox_city.visits import COMPLAINT, LEAD, MECHANISMS, RANDOM, TARGETED
from training.estimates.measures import FloatArray, IntArray
from training.study.city import City

QUARTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspected:
    """One row for each entity that was inspected; `row` is its place in the city, `probability` its π."""

    row: IntArray
    mechanism: tuple[str, ...]
    probability: FloatArray
    label: FloatArray

    def __len__(self) -> int:
        """How many entities were inspected."""
        return len(self.row)


def inspect_quarter(city: City, rng: np.random.Generator) -> Inspected:
    """Who is inspected in a quarter and what is found: as in an outcome, a random visit goes first."""
    everyone = np.ones(len(city), dtype=np.bool_)
    year = city.on.year
    draw = policies.random_draw(policies.grades(city.points, everyone, rng), year, rng)
    everyone[draw.entity] = False
    picked = policies.targeted(city.points, everyone, year, rng).astype(np.int64)
    return find(city, draw, {TARGETED: picked, **prompted(city, rng, quarters=1)}, rng)


def draw_by_grade(grade: Codes, ratios: FloatArray, rng: np.random.Generator) -> Draw:
    """A simple random sample of fixed size of each grade 0 to 3, with π = n/N; none where its ratio is 0."""
    samples = []
    for place, share in enumerate(ratios):
        members = np.flatnonzero(grade == place)
        size = min(round(len(members) * share), len(members))
        if size:
            samples.append((rng.choice(members, size, replace=False), size / len(members), place))
    return Draw(
        entity=np.concatenate([who for who, _, _ in samples]).astype(np.int32),
        probability=np.concatenate([np.full(len(who), chance) for who, chance, _ in samples]),
        stratum=np.concatenate([np.full(len(who), place, np.int8) for who, _, place in samples]),
    )


def prompted(city: City, rng: np.random.Generator, *, quarters: int) -> dict[int, IntArray]:
    """Whom complaints and leads bring to be visited: the year's complaints go on, leads follow riskiness."""
    complained = COMPLAINT_VISITS * city.complaints / QUARTERS * quarters
    led = LEADS_PER_QUARTER * np.exp(0.7 * city.riskiness) * quarters
    return {
        mechanism: np.flatnonzero(rng.random(len(city)) < -np.expm1(-visits))
        for mechanism, visits in ((COMPLAINT, complained), (LEAD, led))
    }


def find(city: City, draw: Draw, others: dict[int, IntArray], rng: np.random.Generator) -> Inspected:
    """What the visits find: Bernoulli of the truth, on the log-odds more after a complaint or a lead."""
    row = np.concatenate([draw.entity.astype(np.int64), *others.values()])
    kinds = [np.full(len(draw.entity), RANDOM), *(np.full(len(who), kind) for kind, who in others.items())]
    kind = np.concatenate(kinds)
    chance = np.full(len(row), np.nan)
    chance[: len(draw.entity)] = draw.probability
    # The first place of an entity is its random visit, where it has one.
    row, first = np.unique(row, return_index=True)
    kind, chance = kind[first], chance[first]
    odds = city.probability[row] * np.exp(MECHANISM_EFFECTS[kind])
    problem = rng.random(len(row)) < odds / (1 - city.probability[row] + odds)
    return Inspected(
        row=row,
        mechanism=tuple(str(name) for name in MECHANISMS[kind]),
        probability=chance,
        label=problem.astype(np.float64),
    )
