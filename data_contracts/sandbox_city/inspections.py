"""Inspections: the visit, its inspector, what it finds and how grave that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Truths
from data_contracts.sandbox_city.days import Days
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.visits import Visits

MECHANISM_EFFECTS = np.array([0.0, 0.0, 0.6, 0.9, -0.7])  # on the log-odds of finding a problem

# The ten national result codes, numbered from 1 as the platform does.
NO_PROBLEM, MISSING, FALSE, UNREACHABLE, UNCOOPERATIVE, NOT_FOUND, STOP, CORRECT, PENDING, OTHER = range(
    1, 11
)
PROBLEMS = np.array([MISSING, FALSE, UNREACHABLE, UNCOOPERATIVE, STOP, CORRECT, PENDING])
PROBLEM_LOGS = np.log(np.array([0.20, 0.09, 0.28, 0.02, 0.03, 0.31, 0.07]))
PROBLEM_SLOPES = np.array([0.0, 0.1, 0.2, 0.6, 0.6, 0.0, 0.4])  # grave results grow with riskiness
GRAVE = np.isin(np.arange(11), [UNCOOPERATIVE, STOP, PENDING])
ITEMS = np.array(
    ["REG-01", "REG-02", "REP-01", "REP-02", "PRICE-01", "AD-01", "FOOD-01", "FOOD-02", "EQUIP-01", "QUAL-01"]
)
ENTITIES_PER_INSPECTOR = 150
STRICTNESS_SPREAD = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspections:
    """One element per visit made; `second` is 0 where one result code holds alone."""

    entity: Ints
    occurred: Days
    known: Days
    mechanism: Codes
    probability: Floats
    draw: Ints
    item: Codes
    first: Codes
    second: Codes
    problem: Truths
    critical: Codes
    serious: Codes
    minor: Codes
    inspector: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspectors:
    """The inspectors of all districts; strictness has mean zero within each district."""

    district: Codes
    strictness: Floats
    first_of_district: Ints
    count_of_district: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Per entity in one quarter: the chance that something is found (0 for those gone), and the riskiness."""

    violation: Floats
    risk: Floats


def make_inspectors(population: Population, rng: np.random.Generator) -> Inspectors:
    """At least two inspectors a district. Strictness sums to zero, so it cancels over random assignment."""
    counts = np.maximum(np.bincount(population.district, minlength=16) // ENTITIES_PER_INSPECTOR, 2)
    district = np.repeat(np.arange(16), counts)
    strictness = np.clip(STRICTNESS_SPREAD * rng.standard_normal(len(district)), -0.45, 0.45)
    strictness -= (np.bincount(district, strictness) / counts)[district]
    return Inspectors(
        district=district.astype(np.int8),
        strictness=strictness,
        first_of_district=(np.cumsum(counts) - counts).astype(np.int32),
        count_of_district=counts.astype(np.int32),
    )


def inspect(
    visits: Visits,
    population: Population,
    *,
    state: State,
    inspectors: Inspectors,
    rng: np.random.Generator,
) -> Inspections:
    """What the visits of a quarter find, given the state of every entity in it. The gone are not found."""
    who, count = visits.entity, len(visits.entity)
    district = population.district[who]
    inspector = inspectors.first_of_district[district] + np.floor(
        rng.random(count) * inspectors.count_of_district[district]
    ).astype(np.int32)
    gone = population.deregistered[who] <= visits.occurred
    chance = _shifted(np.where(gone, 0.0, state.violation[who]), MECHANISM_EFFECTS[visits.mechanism])
    # p + s p (1 - p) stays within 0 and 1 for |s| < 1 and averages to p over inspectors: the truth is exact
    chance = chance + inspectors.strictness[inspector] * chance * (1 - chance)
    problem = rng.random(count) < chance
    first, second = _results(problem, state.risk[who], gone, rng)
    grave = GRAVE[first] | GRAVE[second]
    return Inspections(
        entity=who,
        occurred=visits.occurred,
        known=known_after(visits.occurred, rng, usual=20, late_share=0.05),
        mechanism=visits.mechanism,
        probability=visits.probability,
        draw=visits.draw,
        item=rng.integers(0, len(ITEMS), count).astype(np.int8),
        first=first,
        second=second,
        problem=problem,
        critical=(problem * rng.poisson(np.where(grave, 1.2, 0.1))).astype(np.int8),
        serious=(problem * rng.poisson(np.where(grave, 1.0, 0.5))).astype(np.int8),
        minor=(problem * rng.poisson(1.2, count)).astype(np.int8),
        inspector=inspector,
    )


def _shifted(probability: Floats, effect: Floats) -> Floats:
    """The probability whose log-odds are larger by the effect; 0 stays 0."""
    odds = probability * np.exp(effect)
    return odds / (1 - probability + odds)


def _results(problem: Truths, risk: Floats, gone: Truths, rng: np.random.Generator) -> tuple[Codes, Codes]:
    count = len(problem)
    chances = PROBLEM_LOGS + PROBLEM_SLOPES * np.clip(risk, -2, 3)[:, None]
    # adding Gumbel noise and taking the largest draws from the shares without a loop over rows
    first = PROBLEMS[np.argmax(chances + rng.gumbel(size=chances.shape), axis=1)]
    other = PROBLEMS[np.argmax(chances + rng.gumbel(size=chances.shape), axis=1)]
    clean = np.where(gone | (rng.random(count) < 0.03), NOT_FOUND, NO_PROBLEM)
    clean = np.where(rng.random(count) < 0.01, OTHER, clean)
    second = np.where(problem & (other != first) & (rng.random(count) < 0.2), other, 0)
    return np.where(problem, first, clean).astype(np.int8), second.astype(np.int8)
