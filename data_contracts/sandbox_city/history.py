"""Six years by quarters: what the office knows, whom it draws, what it finds, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city import consequences, listings, penalties, policies
from data_contracts.sandbox_city.circles import Circles, troubled_share
from data_contracts.sandbox_city.columns import (
    Floats,
    Truths,
    chosen,
    count_happened,
    count_known,
    joined,
)
from data_contracts.sandbox_city.complaints import Complaints
from data_contracts.sandbox_city.days import as_date
from data_contracts.sandbox_city.inspections import Inspections, Inspectors, State, inspect
from data_contracts.sandbox_city.listings import Listings
from data_contracts.sandbox_city.penalties import Penalties
from data_contracts.sandbox_city.policies import KnownFacts
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance
from data_contracts.sandbox_city.visits import COMPLAINT, LEAD, TARGETED, Visits, drawn, undrawn

YEAR = 365
BASE_LOG_ODDS = -2.69
RISK_SLOPE = 1.55
CIRCLE_EFFECT = 2.0  # on the log-odds when all others of the circle were in trouble within a year
ADDRESS_EFFECT = 0.7  # the same for the others at the address
COMPLAINT_VISITS = 0.2  # of the complaints in which something is claimed and no professional is suspected
LEADS_PER_QUARTER = 0.0006


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened so far, in batches."""

    complaints: Complaints
    listings: list[Listings]
    penalties: list[Penalties] = field(default_factory=list)
    inspections: list[Inspections] = field(default_factory=list)
    planned: list[Visits] = field(default_factory=list)  # visits that fall in a later quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """One quarter: its number, its days, and the hidden riskiness in it."""

    number: int
    start: int
    end: int
    risk: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterTruth:
    """What nobody sees in a quarter: who could be drawn, how risky all are, and the chance of a violation."""

    start: int
    frame: Truths
    risk: npt.NDArray[np.float32]
    violation: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What no event changes: who lives in the city, how risky they are when, and who inspects them."""

    population: Population
    riskiness: Riskiness
    circles: Circles
    inspectors: Inspectors
    spans: tuple[tuple[int, int], ...]  # first day of each quarter, and of the next


def live_through(stage: Stage, history: History, rng: np.random.Generator) -> Iterator[QuarterTruth]:
    """Adds the quarters one after the other to the history, each on the ground of the earlier ones."""
    population = stage.population
    for number, (start, end) in enumerate(stage.spans):
        risk = stage.riskiness[number].astype(np.float64)
        quarter = Quarter(number=number, start=start, end=end, risk=risk)
        violation = _violation(stage, history, quarter)
        frame = (population.registered_known < start) & (population.deregistered_known >= start)
        visits = _visits(population, history, quarter, frame, rng)
        _carry_out(stage, history, visits, quarter=quarter, violation=violation, rng=rng)
        yield QuarterTruth(
            start=start, frame=frame, risk=stage.riskiness[number], violation=violation.astype(np.float32)
        )


def _violation(stage: Stage, history: History, quarter: Quarter) -> Floats:
    """The chance that an inspector of mean strictness would find a problem now. Zero for the gone."""
    population, day = stage.population, quarter.start
    count, problems = len(population), _problems(history)
    punished = count_happened(history.penalties, day - YEAR, day, count)
    complained = count_happened([history.complaints], day - YEAR, day, count)
    corrected = count_happened(problems, day - YEAR // 2, day, count)
    listed = count_happened(history.listings, day - YEAR, day, count)
    found = count_happened(problems, day - YEAR, day, count)
    troubled = (punished > 0) | (listed > 0) | (found > 0)
    log_odds = (
        BASE_LOG_ODDS
        + RISK_SLOPE * quarter.risk
        + 0.5 * np.minimum(punished, 2)
        + 0.25 * np.log1p(complained)
        + 0.8 * (listings.open_now(history.listings, day, count) > 0)
        - 0.4 * (corrected > 0)
        + contagion(stage, troubled, day)
    )
    return np.where(population.deregistered <= day, 0.0, chance(log_odds))


def contagion(stage: Stage, troubled: Truths, day: int) -> Floats:
    """What the trouble of related entities adds to the log-odds of each; 0 for those who stand alone."""
    circles, population = stage.circles, stage.population
    alive = (population.registered <= day) & (day < population.deregistered)
    member = alive & (circles.joined <= day) & (day < circles.left)
    tenant = alive & (circles.moved_in <= day) & (day < circles.moved_out)
    return CIRCLE_EFFECT * troubled_share(circles.circle, member, troubled) + ADDRESS_EFFECT * troubled_share(
        circles.address, tenant, troubled
    )


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
            drawn(draw, _days(len(draw.entity), quarter, rng), quarter.number),
            undrawn(picked, _days(len(picked), quarter, rng), TARGETED),
            undrawn(who_leads, _days(len(who_leads), quarter, rng), LEAD),
            _after_complaints(history.complaints, quarter, rng),
        ]
    )


def _days(count: int, quarter: Quarter, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Days for visits, within the quarter except its first and last week."""
    return rng.integers(quarter.start + 5, max(quarter.end - 6, quarter.start + 6), count)


def _after_complaints(complaints: Complaints, quarter: Quarter, rng: np.random.Generator) -> Visits:
    """At most one visit per entity and quarter, some days after the complaint became known."""
    now = (complaints.known >= quarter.start) & (complaints.known < quarter.end)
    claims = now & ~complaints.professional & (complaints.kind < 2)
    rows = np.flatnonzero(claims & (rng.random(len(now)) < COMPLAINT_VISITS))
    entity, firsts = np.unique(complaints.entity[rows], return_index=True)
    rows = rows[firsts]
    days = complaints.known[rows] + rng.integers(3, 21, len(rows))
    return undrawn(entity.astype(np.int32), days, COMPLAINT)


def _due(history: History, visits: Visits, quarter: Quarter) -> Visits:
    """The visits, and those planned before, that fall in the quarter; the others stay planned."""
    planned = joined([*history.planned, visits])
    due = planned.occurred < quarter.end
    history.planned[:] = [chosen(planned, ~due)]
    return chosen(planned, due)


def _carry_out(
    stage: Stage,
    history: History,
    visits: Visits,
    *,
    quarter: Quarter,
    violation: Floats,
    rng: np.random.Generator,
) -> None:
    """Makes the visits of the quarter, the second visits they lead to, and everything else that follows.

    A visit that falls in a later quarter waits for it, to be made in the state of its own day.
    """
    population = stage.population
    state = State(violation=violation, risk=quarter.risk)
    now = _due(history, visits, quarter)
    first = inspect(now, population, state=state, inspectors=stage.inspectors, rng=rng)
    again = _due(history, consequences.follow_ups(first, rng), quarter)
    second = inspect(again, population, state=state, inspectors=stage.inspectors, rng=rng)
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
