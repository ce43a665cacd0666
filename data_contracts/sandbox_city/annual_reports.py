"""Annual reports: the window from 1 January to 30 June, its last-day peak, and late filers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city import riskiness as hidden
from data_contracts.sandbox_city.columns import Floats, Ints, Truths
from data_contracts.sandbox_city.days import NEVER, Days, day_number
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

RUSHED_SHARE = 0.2  # of the filings, in the last days of the window, half of them on the very last
MEAN_LATENESS = 150
MEAN_AMENDED = 60  # days from a filing to its amendment


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualReports:
    """One element per duty to report on a year; `occurred` is NEVER for those that never filed.

    `amended` is the day on which an amendment was known, NEVER where the first filing stands.
    """

    entity: Ints
    year: Ints
    occurred: Days
    known: Days
    amended: Days
    contact_confirmed: Truths


def make_annual_reports(
    plan: SandboxPlan,
    population: Population,
    *,
    riskiness: Riskiness,
    quarters: tuple[int, ...],
    rng: np.random.Generator,
) -> list[AnnualReports]:
    """Duties of every year whose window touches the years shown, the one that ended on the eve included."""
    years = range(plan.first_day.year - 1, plan.last_day.year)
    return [
        _year(population, hidden.at(riskiness, quarters, day_number(date(y + 1, 4, 1))), y, rng)
        for y in years
    ]


def deadline(year: int) -> int:
    """The day by which the report on `year` is due."""
    return day_number(date(year + 1, 6, 30))


def _year(
    population: Population, riskiness: npt.NDArray[np.float32], year: int, rng: np.random.Generator
) -> AnnualReports:
    founded = population.registered <= day_number(date(year, 12, 31))
    who = np.flatnonzero(founded & (population.deregistered > deadline(year))).astype(np.int32)
    risk = riskiness[who].astype(np.float64)
    occurred = _filing_days(risk, year, rng)
    occurred = np.where(occurred < population.deregistered[who], occurred, NEVER).astype(np.int32)
    known = np.where(occurred < NEVER, known_after(occurred, rng, usual=2, late_share=0.01), NEVER)
    amended = (rng.random(len(who)) < chance(-2.6 + 0.5 * risk)) & (occurred < NEVER)
    amendments = known + 5 + rng.exponential(MEAN_AMENDED, len(who)).astype(np.int64)
    return AnnualReports(
        entity=who,
        year=np.full(len(who), year, np.int32),
        occurred=occurred,
        known=known.astype(np.int32),
        amended=np.where(amended, amendments, NEVER).astype(np.int32),
        contact_confirmed=rng.random(len(who)) < chance(2.2 - 0.9 * risk),
    )


def _filing_days(risk: Floats, year: int, rng: np.random.Generator) -> Days:
    """On time: over the window, the riskier the later, with a last-day peak. Late: after it, or never."""
    opens, closes = day_number(date(year + 1, 1, 1)), deadline(year)
    count = len(risk)
    share = rng.beta(1.5, 1.1, count) ** np.exp(-0.35 * risk)
    days = opens + np.floor(share * (closes - opens + 1))
    rushed = rng.random(count) < RUSHED_SHARE * np.exp(0.2 * risk)
    days = np.where(rushed, closes + 1 - np.minimum(rng.geometric(0.5, count), 10), np.minimum(days, closes))
    late = rng.random(count) < chance(-3.05 + 1.2 * risk)
    files = rng.random(count) < chance(0.9 - 0.5 * risk)
    later = closes + 1 + rng.exponential(MEAN_LATENESS, count).astype(np.int64)
    return np.where(late, np.where(files, later, NEVER), days).astype(np.int32)
