"""Complaints and reports from the public: heavy-tailed; some by suspected professional claimants."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Truths, joined
from data_contracts.sandbox_city.days import NEVER, Days
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

CHANNELS = np.array(["12315", "12345", "platform", "letter", "other"])
KINDS = np.array(["complaint", "report", "contact"])
OUTCOMES = np.array(["upheld", "rejected", "mediated", "pending"])
TOPICS = np.array(
    [
        "商品质量", "售后服务", "虚假宣传", "价格", "合同", "食品安全", "食物中毒", "预付卡", "假冒伪劣",
        "无照经营",
    ]
)  # fmt: skip
TOPIC_SHARES = np.array([0.24, 0.2, 0.12, 0.1, 0.1, 0.09, 0.01, 0.07, 0.04, 0.03])
UPHELD, REJECTED, MEDIATED, PENDING = range(4)

PER_QUARTER = 0.035
WRONGLY_ASSIGNED = 0.006
SHORTEST_ANSWER, MEAN_ANSWER = 5, 18  # days after it became known
TAIL = 0.35  # shape of the gamma trait: the smaller, the heavier the tail
PROFESSIONAL_PER_QUARTER = 0.006  # falls on the large, whatever their riskiness


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """One element per complaint; codes are places in the lists above.

    `answered` is the day on which the outcome was known.
    """

    entity: Ints
    occurred: Days
    known: Days
    answered: Days
    channel: Codes
    kind: Codes
    topic: Codes
    outcome: Codes
    professional: Truths


def make_complaints(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> Complaints:
    """Complaints of all quarters about entities that exist on the day."""
    trait = rng.gamma(TAIL, 1 / TAIL, len(population))
    exposure = places.INDUSTRY_COMPLAINTS[population.industry] * np.exp(0.4 * population.size)
    professional = PROFESSIONAL_PER_QUARTER * np.exp(1.2 * population.size - 0.7) * exposure
    ends = (*quarters[1:], last_day + 1)
    batches = []
    for place, (start, end) in enumerate(zip(quarters, ends, strict=True)):
        honest = PER_QUARTER * trait * exposure * np.exp(0.7 * riskiness[place].astype(np.float64))
        for rates, suspected in ((honest, False), (professional, True)):
            batch = _batch(population, rates, (start, end), rng, suspected=suspected)
            batches.append(_answered(batch, riskiness[place], rng))
    return joined(batches)


def _batch(
    population: Population,
    rates: Floats,
    span: tuple[int, int],
    rng: np.random.Generator,
    *,
    suspected: bool,
) -> Complaints:
    counts = rng.poisson(np.minimum(rates, 40) * (span[1] - span[0]) / 91)
    who = np.repeat(np.arange(len(population), dtype=np.int32), counts)
    occurred = rng.integers(span[0], span[1], len(who)).astype(np.int32)
    there = (population.registered[who] <= occurred) & (occurred < population.deregistered[who])
    who, occurred = who[there], occurred[there]
    count = len(who)
    kinds = [0.1, 0.9, 0.0] if suspected else [0.72, 0.2, 0.08]
    known = known_after(occurred, rng, usual=3, late_share=0.08)
    return Complaints(
        entity=who,
        occurred=occurred,
        known=known,
        answered=known,
        channel=rng.choice(5, count, p=[0.5, 0.3, 0.1, 0.04, 0.06]).astype(np.int8),
        kind=rng.choice(3, count, p=kinds).astype(np.int8),
        topic=rng.choice(len(TOPICS), count, p=TOPIC_SHARES).astype(np.int8),
        outcome=np.zeros(count, np.int8),
        professional=np.full(count, suspected) & (rng.random(count) < 0.85),
    )


def _answered(batch: Complaints, riskiness: Floats, rng: np.random.Generator) -> Complaints:
    """Outcomes: upheld the more often the riskier the entity; professional claims are mostly rejected."""
    count = len(batch.entity)
    upheld = np.where(batch.professional, 0.08, chance(0.7 * riskiness[batch.entity] - 1.2))
    draw = rng.random(count)
    rest = np.where(draw < upheld + (1 - upheld) * 0.45, MEDIATED, REJECTED)
    outcome = np.where(draw < upheld, UPHELD, np.where(draw > 0.97, PENDING, rest)).astype(np.int8)
    days = batch.known + SHORTEST_ANSWER + rng.exponential(MEAN_ANSWER, count).astype(np.int32)
    return replace(
        batch, outcome=outcome, answered=np.where(outcome == PENDING, NEVER, days).astype(np.int32)
    )


def wrongly_assigned(
    population: Population, rows: Complaints, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Ints]:
    """Places of complaints that were first entered under another entity, and that entity."""
    where = np.flatnonzero(rng.random(len(rows.entity)) < WRONGLY_ASSIGNED)
    others = rng.integers(0, len(population), len(where)).astype(np.int32)
    there = (population.registered[others] < rows.occurred[where]) & (others != rows.entity[where])
    there &= population.registered_known[others] <= rows.known[where]  # an office errs among those it knows
    return where[there], others[there]
