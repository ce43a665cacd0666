"""Six years by quarters: what the office knows, whom it draws, what it finds, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city import consequences, listings, penalties, policies
from data_contracts.sandbox_city.columns import (
    Floats,
    Ints,
    Truths,
    chosen,
    count_happened,
    count_known,
    joined,
)
from data_contracts.sandbox_city.complaints import Complaints
from data_contracts.sandbox_city.days import as_date
from data_contracts.sandbox_city.inspections import (
    COMPLAINT,
    LEAD,
    RANDOM,
    TARGETED,
    Inspections,
    Inspectors,
    Visits,
    inspect,
)
from data_contracts.sandbox_city.listings import Listings
from data_contracts.sandbox_city.penalties import Penalties
from data_contracts.sandbox_city.policies import KnownFacts
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

YEAR = 365
BASE_LOG_ODDS = -2.65
RISK_SLOPE = 1.55
COMPLAINT_VISITS = 0.2  # of the complaints in which something is claimed and no professional is suspected
LEADS_PER_QUARTER = 0.0006
STRATA = 8  # draw number = quarter * STRATA + stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened so far, in batches, and the true chance of a violation per quarter and entity."""

    complaints: Complaints
    listings: list[Listings]
    penalties: list[Penalties] = field(default_factory=list)
    inspections: list[Inspections] = field(default_factory=list)
    violations: list[npt.NDArray[np.float32]] = field(default_factory=list)
    frames: list[Truths] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """One quarter: its number, its days, and the hidden riskiness in it."""

    number: int
    start: int
    end: int
    risk: Floats


def live_through(
    population: Population,
    history: History,
    *,
    riskiness: Riskiness,
    spans: tuple[tuple[int, int], ...],
    inspectors: Inspectors,
    rng: np.random.Generator,
) -> None:
    """Adds the quarters one after the other to the history, each on the ground of the earlier ones."""
    for number, (start, end) in enumerate(spans):
        quarter = Quarter(number=number, start=start, end=end, risk=riskiness[number].astype(np.float64))
        violation = _violation(population, history, quarter)
        frame = (population.registered_known < start) & (population.deregistered_known >= start)
        visits = _visits(population, history, quarter, frame, rng)
        history.violations.append(violation.astype(np.float32))
        history.frames.append(frame)
        _carry_out(population, history, visits, quarter, inspectors, rng)


def _violation(population: Population, history: History, quarter: Quarter) -> Floats:
    """The chance that an inspector of mean strictness would find a problem now. Zero for the gone."""
    count, day = len(population), quarter.start
    punished = count_happened(history.penalties, day - YEAR, day, count)
    complained = count_happened([history.complaints], day - YEAR, day, count)
    corrected = count_happened(_problems(history), day - YEAR // 2, day, count)
    log_odds = (
        BASE_LOG_ODDS
        + RISK_SLOPE * quarter.risk
        + 0.5 * np.minimum(punished, 2)
        + 0.25 * np.log1p(complained)
        + 0.8 * (listings.open_now(history.listings, day, count) > 0)
        - 0.4 * (corrected > 0)
    )
    return np.where(population.deregistered <= day, 0.0, chance(log_odds))


def _problems(history: History) -> list[Inspections]:
    return [chosen(batch, batch.problem) for batch in history.inspections]


def _facts(population: Population, history: History, day: int) -> KnownFacts:
    count = len(population)
    return KnownFacts(
        listed=count_known(history.listings, day - 3 * YEAR, day, count),
        penalties=count_known(history.penalties, day - 3 * YEAR, day, count),
        complaints=count_known([history.complaints], day - YEAR, day, count),
        problems=count_known(_problems(history), day - 3 * YEAR, day, count),
        registered=population.registered,
    )


def _visits(
    population: Population, history: History, quarter: Quarter, frame: Truths, rng: np.random.Generator
) -> Visits:
    year = as_date(quarter.start).year
    points = policies.points(_facts(population, history, quarter.start), quarter.start)
    draw = policies.random_draw(policies.grades(points, frame, rng), year, rng)
    free = frame.copy()
    free[draw.entity] = False
    picked = policies.targeted(points, free, year, rng)
    leads = frame & (rng.random(len(frame)) < LEADS_PER_QUARTER * np.exp(0.7 * quarter.risk))
    who_leads = np.flatnonzero(leads).astype(np.int32)
    return joined(
        [
            _planned(
                draw.entity,
                RANDOM,
                draw.probability,
                draw.stratum + np.int32(quarter.number * STRATA),
                quarter,
                rng,
            ),
            _planned(picked, TARGETED, np.zeros(len(picked)), np.full(len(picked), -1), quarter, rng),
            _planned(who_leads, LEAD, np.zeros(len(who_leads)), np.full(len(who_leads), -1), quarter, rng),
            _after_complaints(history.complaints, quarter, rng),
        ]
    )


def _planned(
    entity: Ints,
    mechanism: int,
    probability: Floats,
    draw: npt.NDArray[np.integer[npt.NBitBase]],
    quarter: Quarter,
    rng: np.random.Generator,
) -> Visits:
    days = rng.integers(quarter.start + 5, max(quarter.end - 6, quarter.start + 6), len(entity))
    return Visits(
        entity=entity,
        occurred=days.astype(np.int32),
        mechanism=np.full(len(entity), mechanism, np.int8),
        probability=probability,
        draw=draw.astype(np.int32),
    )


def _after_complaints(complaints: Complaints, quarter: Quarter, rng: np.random.Generator) -> Visits:
    """At most one visit per entity and quarter, some days after the complaint became known."""
    now = (complaints.known >= quarter.start) & (complaints.known < quarter.end)
    claims = now & ~complaints.professional & (complaints.kind < 2)
    rows = np.flatnonzero(claims & (rng.random(len(now)) < COMPLAINT_VISITS))
    entity, firsts = np.unique(complaints.entity[rows], return_index=True)
    rows = rows[firsts]
    return Visits(
        entity=entity.astype(np.int32),
        occurred=(complaints.known[rows] + rng.integers(3, 21, len(rows))).astype(np.int32),
        mechanism=np.full(len(rows), COMPLAINT, np.int8),
        probability=np.zeros(len(rows)),
        draw=np.full(len(rows), -1, np.int32),
    )


def _carry_out(
    population: Population,
    history: History,
    visits: Visits,
    quarter: Quarter,
    inspectors: Inspectors,
    rng: np.random.Generator,
) -> None:
    violation = history.violations[-1].astype(np.float64)

    def made(who: Visits) -> Inspections:
        return inspect(
            who, population, violation=violation, risk=quarter.risk, inspectors=inspectors, rng=rng
        )

    first = made(visits)
    second = made(consequences.follow_ups(first, rng))
    both = joined([first, second])
    span = (quarter.start, quarter.end)
    decided = joined(
        [
            consequences.penalties_after(both, rng),
            penalties.from_other_cases(population, quarter.risk, span, rng),
        ]
    )
    history.inspections.append(both)
    history.penalties.append(decided)
    history.listings.append(consequences.listings_after(population, both, rng))
    history.listings.append(consequences.serious_after(population, decided, rng))
    history.listings.append(listings.from_courts_and_tax(population, quarter.risk, span, rng))
