"""Penalties: kinds, procedure, field and amounts, and the day from which a repaired one may not be used."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Longs, Truths, chosen
from data_contracts.sandbox_city.days import Days
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.repairs import repaired_penalties, waiting_days

# Sets of kinds as an office writes them; the last three are grave.
KIND_WORDS = np.array(
    [
        "警告",
        "罚款",
        "警告、罚款",
        "罚款、没收违法所得",
        "罚款、责令停产停业",
        "罚款、吊销许可证件",
        "行政拘留",
    ]
)
KIND_SHARES = np.array([0.2, 0.42, 0.18, 0.2, 0.0, 0.0, 0.0])
GRAVE_SHARES = np.array([0.0, 0.0, 0.0, 0.3, 0.45, 0.2, 0.05])
WARNING, GRAVE_FROM, REVOKING, DETENTION = 0, 4, 5, 6
CONFISCATING = np.array([False, False, False, True, True, True, False])
FIELDS = np.array(["食品安全", "药品安全", "特种设备安全", "产品质量", "广告", "价格", "登记注册"])
FIELD_SHARES = np.array([0.33, 0.05, 0.05, 0.17, 0.12, 0.1, 0.18])
AUTHORITIES = np.array(["市场监管局", "城市管理局", "消防救援支队", "生态环境局", "税务局"])
SLOW_FIELDS = 2  # food, drugs and special equipment: repair takes twelve months
PER_QUARTER = 0.0035
CORRECTED, REVOKED = 0.015, 0.006


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """One element per decision; codes are places in the lists above."""

    entity: Ints
    occurred: Days
    known: Days
    forgotten: Days
    kinds: Codes
    simple: Truths
    field: Codes
    authority: Codes
    fine_fen: Longs
    confiscated_fen: Longs


def decide(entity: Ints, occurred: Days, *, grave: Truths, rng: np.random.Generator) -> Penalties:
    """Penalties of the entities on the days; `grave` ones are heavy in kind and amount."""
    count = len(entity)
    kinds = np.where(grave, rng.choice(7, count, p=GRAVE_SHARES), rng.choice(7, count, p=KIND_SHARES)).astype(
        np.int8
    )
    simple = ~grave & (kinds <= 1) & (rng.random(count) < 0.6)
    yuan = np.exp(np.where(simple, 6.2, 8.8) + 1.6 * grave + 1.2 * rng.standard_normal(count))
    fine = np.where((kinds == WARNING) | (kinds == DETENTION), 0, np.maximum(np.round(yuan), 50))
    taken = np.where(CONFISCATING[kinds], np.round(np.exp(7.5 + 1.5 * rng.standard_normal(count))), 0)
    field = rng.choice(7, count, p=FIELD_SHARES).astype(np.int8)
    known = known_after(occurred, rng, usual=7, late_share=0.12)
    wait = waiting_days(kinds == WARNING, (field <= SLOW_FIELDS) | (kinds >= GRAVE_FROM))
    return Penalties(
        entity=entity,
        occurred=occurred,
        known=known,
        forgotten=repaired_penalties(occurred, known, wait=wait, rng=rng),
        kinds=kinds,
        simple=simple,
        field=field,
        authority=rng.choice(5, count, p=[0.7, 0.12, 0.08, 0.06, 0.04]).astype(np.int8),
        fine_fen=fine.astype(np.int64) * 100,
        confiscated_fen=taken.astype(np.int64) * 100,
    )


def from_other_cases(
    population: Population, risk: Floats, span: tuple[int, int], rng: np.random.Generator
) -> Penalties:
    """Penalties of a quarter that no inspection of this office led to."""
    counts = rng.poisson(np.minimum(PER_QUARTER * np.exp(0.95 * risk), 2) * (span[1] - span[0]) / 91)
    who = np.repeat(np.arange(len(population), dtype=np.int32), counts)
    occurred = rng.integers(span[0], span[1], len(who)).astype(np.int32)
    there = (population.registered[who] < occurred) & (occurred < population.deregistered[who])
    who, occurred = who[there], occurred[there]
    return decide(who, occurred, grave=rng.random(len(who)) < 0.05 * np.exp(0.6 * risk[who]), rng=rng)


def corrected_amounts(rows: Penalties, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], Penalties]:
    """Places of fines that were entered too high, and the corrected decisions, known some weeks later."""
    wrong = (rows.fine_fen > 0) & (rng.random(len(rows.entity)) < CORRECTED)
    where = np.flatnonzero(wrong)
    picked = chosen(rows, where)
    lower = picked.fine_fen * rng.uniform(0.3, 0.9, len(where))
    return where, replace(
        picked,
        known=(picked.known + rng.integers(7, 120, len(where))).astype(np.int32),
        fine_fen=np.maximum(np.round(lower / 100), 1).astype(np.int64) * 100,
    )


def revoked(rows: Penalties, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], Penalties]:
    """Places of decisions that fell in reconsideration, and their rows with the day that was known."""
    where = np.flatnonzero(rng.random(len(rows.entity)) < REVOKED)
    picked = chosen(rows, where)
    return where, replace(picked, known=(picked.known + rng.integers(150, 400, len(where))).astype(np.int32))
