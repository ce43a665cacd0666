"""Listings with their grounds and ends: abnormal operation, serious violation, judgment debtors, tax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city.annual_reports import AnnualReports, deadline
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, chosen, joined
from data_contracts.sandbox_city.days import NEVER, Days, day_number
from data_contracts.sandbox_city.delays import known_after, working_day_after
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.repairs import repaired_listings

KIND_WORDS = np.array(["经营异常名录", "严重违法失信名单", "失信被执行人", "税务非正常户", "欠税公告"])
ABNORMAL, SERIOUS, DEBTOR, TAX_ABNORMAL, TAX_ARREARS = range(5)
GROUND_WORDS = np.array(
    ["未按期公示年报", "未公示应公示信息", "公示信息弄虚作假", "住所无法联系", "其他", "不执行名称争议裁决"]
)
REPORT_MISSING, DISCLOSURE_MISSING, DISCLOSURE_FALSE, UNREACHABLE, OTHER_GROUND, NAME_RULING = range(6)
NAME_RULINGS_FROM, NAME_RULINGS_PER_YEAR = date(2025, 3, 18), 0.0008
AUTHORITY_WORDS = np.array(["市场监管局", "市场监管局", "人民法院", "税务局", "税务局"])
PER_QUARTER = {DEBTOR: 0.0012, TAX_ABNORMAL: 0.0012, TAX_ARREARS: 0.0006}
MEAN_DAYS = np.array([300, 1_095, 500, 250, 200])
MISTAKEN = 0.006  # of the abnormal listings, one of another entity beside each
OPEN_SHARES = np.array([0.3, 0.0, 0.35, 0.3, 0.2])  # never ended while the entity lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Listings:
    """One element per listing; codes are places in the lists above."""

    entity: Ints
    kind: Codes
    ground: Codes
    occurred: Days
    known: Days
    ended: Days
    end_known: Days
    forgotten: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A kind of list and a ground."""

    kind: int
    ground: int


def enlist(
    population: Population, entity: Ints, occurred: Days, *, reason: Reason, rng: np.random.Generator
) -> Listings:
    """Listings from the days on, with an end drawn by kind."""
    count, kind = len(entity), reason.kind
    stay = 30 + rng.exponential(MEAN_DAYS[kind] - 30, count).astype(np.int64)
    if kind == SERIOUS:  # three years, or a good year for those who leave early
        stay = np.where(rng.random(count) < 0.2, 500, 1_095)
    ended = np.where(rng.random(count) < OPEN_SHARES[kind], NEVER, occurred + stay).astype(np.int32)
    known = known_after(occurred, rng, usual=4, late_share=0.04)
    return _closed(
        population,
        Listings(
            entity=entity,
            kind=np.full(count, kind, np.int8),
            ground=np.full(count, reason.ground, np.int8),
            occurred=occurred,
            known=known,
            ended=ended,
            end_known=ended,
            forgotten=ended,
        ),
        rng,
    )


def for_missing_reports(
    population: Population, reports: Sequence[AnnualReports], rng: np.random.Generator
) -> Listings:
    """Within ten working days after the window closes; ended some days after a late report."""
    free_from = np.zeros(len(population), np.int32)  # until then an entity is listed for this already
    batches = []
    for filings in reports:
        closes = deadline(int(filings.year[0])) if len(filings.year) else 0
        duties = chosen(filings, filings.occurred > closes)
        due = np.full(len(duties.entity), closes, np.int32)
        listed = working_day_after(due, rng.integers(1, 11, len(due)).astype(np.int32))
        rows = (duties.occurred > listed) & (free_from[duties.entity] <= listed)
        duties, listed = chosen(duties, rows), listed[rows]
        batch = _for_duties(population, duties, listed, rng)
        free_from[batch.entity] = batch.ended
        batches.append(batch)
    return joined(batches)


def for_name_rulings(
    population: Population, risk: npt.NDArray[np.float32], last_day: int, rng: np.random.Generator
) -> Listings:
    """The fifth ground, in force since March 2025: a ruling on the name that was not obeyed."""
    first = day_number(NAME_RULINGS_FROM)
    years = max(last_day - first, 0) / 365
    happens = rng.random(len(population)) < NAME_RULINGS_PER_YEAR * years * np.exp(0.5 * risk)
    who = np.flatnonzero(happens).astype(np.int32)
    occurred = rng.integers(first, max(last_day, first) + 1, len(who)).astype(np.int32)
    there = (population.registered[who] + 90 < occurred) & (occurred < population.deregistered[who])
    reason = Reason(kind=ABNORMAL, ground=NAME_RULING)
    return enlist(population, who[there], occurred[there], reason=reason, rng=rng)


def from_courts_and_tax(
    population: Population, risk: Floats, span: tuple[int, int], rng: np.random.Generator
) -> Listings:
    """Listings of a quarter by authorities that inspect for themselves."""
    batches = []
    for kind, rate in PER_QUARTER.items():
        happens = rng.random(len(population)) < rate * np.exp(0.9 * risk) * (span[1] - span[0]) / 91
        day = rng.integers(span[0], span[1], len(population)).astype(np.int32)
        there = (population.registered + 90 < day) & (day < population.deregistered)
        who = np.flatnonzero(happens & there).astype(np.int32)
        reason = Reason(kind=kind, ground=OTHER_GROUND)
        batches.append(enlist(population, who, day[who], reason=reason, rng=rng))
    return joined(batches)


def by_mistake(population: Population, rows: Listings, rng: np.random.Generator) -> tuple[Listings, Listings]:
    """Listings of the wrong entity, and their withdrawals some days or weeks later."""
    where = np.flatnonzero((rows.kind == ABNORMAL) & (rng.random(len(rows.entity)) < MISTAKEN))
    others = rng.integers(0, len(population), len(where)).astype(np.int32)
    picked = replace(chosen(rows, where), entity=others)
    there = (population.registered[others] < picked.occurred) & (
        population.deregistered[others] > picked.occurred
    )
    there &= population.registered_known[others] <= picked.known  # an office errs among those it knows
    picked = chosen(picked, there)
    never = np.full(len(picked.entity), NEVER, np.int32)
    wrong = replace(picked, ended=never, end_known=never, forgotten=never)
    later = picked.known + rng.integers(3, 60, len(never))
    return wrong, replace(wrong, known=later.astype(np.int32))


def open_now(batches: list[Listings], day: int, entities: int) -> Ints:
    """Abnormal listings per entity that run on the day."""
    total = np.zeros(entities, np.int32)
    for batch in batches:
        rows = (batch.kind == ABNORMAL) & (batch.occurred < day) & (batch.ended > day)
        total += np.bincount(batch.entity[rows], minlength=entities).astype(np.int32)
    return total


def _for_duties(
    population: Population, duties: AnnualReports, listed: Days, rng: np.random.Generator
) -> Listings:
    count = len(listed)
    filed = np.where(duties.occurred < NEVER, duties.known + rng.integers(3, 21, count), NEVER)
    return _closed(
        population,
        Listings(
            entity=duties.entity,
            kind=np.full(count, ABNORMAL, np.int8),
            ground=np.full(count, REPORT_MISSING, np.int8),
            occurred=listed,
            known=known_after(listed, rng, usual=3, late_share=0.02),
            ended=np.maximum(filed, listed + 1).astype(np.int32),
            end_known=listed,
            forgotten=listed,
        ),
        rng,
    )


def _closed(population: Population, rows: Listings, rng: np.random.Generator) -> Listings:
    """A listing ends with its entity at the latest; its end becomes known, and some are repaired."""
    ended = np.minimum(rows.ended, np.maximum(population.deregistered[rows.entity], rows.occurred + 1))
    known = known_after(ended, rng, usual=5, late_share=0.05)
    end_known = np.where(ended < NEVER, np.maximum(known, rows.known), NEVER).astype(np.int32)
    return replace(rows, ended=ended, end_known=end_known, forgotten=repaired_listings(ended, end_known, rng))
