"""Commitments of credit: given instead of a proof, for a repair, or of one's own will; kept or broken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city.columns import Codes, Ints, Truths, joined
from data_contracts.sandbox_city.days import DASHED_DAY, NEVER, Days, written_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

KIND_WORDS = np.array(["告知承诺", "信用修复承诺", "自律承诺"])
NOTIFICATION, REPAIR, SELF_DISCIPLINE = range(3)
OUTCOME_WORDS = np.array(["已履行", "未履行"])
RATES = np.array([0.0075, 0.0015, 0.005])  # per quarter
RISK_SLOPES = np.array([0.0, 0.7, -0.2])  # who repairs has done something before
TERMS = np.array([60, 180, 365])  # days until a commitment is due
OUTCOMES_NEVER_TOLD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """One element per commitment; `broken` counts only where it has ended."""

    entity: Ints
    kind: Codes
    occurred: Days
    known: Days
    due: Days
    broken: Truths
    ended: Days
    end_known: Days


def make_commitments(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> Commitments:
    """Commitments of all quarters by entities that exist on the day."""
    batches = []
    for place, (start, end) in enumerate(zip(quarters, (*quarters[1:], last_day + 1), strict=True)):
        risk = riskiness[place]
        for kind, rate in enumerate(RATES):
            chances = rate * np.exp(RISK_SLOPES[kind] * risk) * (end - start) / 91
            who = np.flatnonzero(rng.random(len(population), dtype=np.float32) < chances).astype(np.int32)
            occurred = rng.integers(start, end, len(who)).astype(np.int32)
            there = (population.registered[who] <= occurred) & (occurred < population.deregistered[who])
            batches.append(_batch(population, who[there], occurred[there], kind=kind, risk=risk, rng=rng))
    return joined(batches)


def _batch(
    population: Population,
    who: Ints,
    occurred: Days,
    *,
    kind: int,
    risk: np.typing.NDArray[np.float32],
    rng: np.random.Generator,
) -> Commitments:
    count = len(who)
    due = (occurred + TERMS[kind] // 2 + rng.integers(0, TERMS[kind], count)).astype(np.int32)
    broken = rng.random(count) < chance(-2.2 + 1.0 * risk[who].astype(np.float64))
    checked = np.where(broken, due + rng.integers(1, 90, count), due - rng.integers(0, 20, count))
    told = (rng.random(count) >= OUTCOMES_NEVER_TOLD) & (checked < population.deregistered[who])
    ended = np.where(told, np.maximum(checked, occurred), NEVER).astype(np.int32)
    known = known_after(occurred, rng, usual=3, late_share=0.05)
    later = np.maximum(known_after(ended, rng, usual=10, late_share=0.15), known)
    return Commitments(
        entity=who,
        kind=np.full(count, kind, np.int8),
        occurred=occurred,
        known=known,
        due=due,
        broken=broken,
        ended=ended,
        end_known=np.where(told, later, NEVER).astype(np.int32),
    )


def commitments_table(rows: Commitments, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The credit office's list of commitments; the outcome is empty until it is known."""
    outcome = words(OUTCOME_WORDS, rows.broken.astype(np.int8))
    return pa.table(
        {
            "承诺编号": numbered("CN", numbers),
            "信用代码": ids.take(pa.array(rows.entity)),
            "承诺类型": words(KIND_WORDS, rows.kind),
            "承诺日期": written_dates(rows.occurred, DASHED_DAY),
            "录入日期": written_dates(rows.known, DASHED_DAY),
            "履行期限": written_dates(rows.due, DASHED_DAY),
            "履行情况": pc.if_else(pa.array(rows.ended < NEVER), outcome, pa.scalar(None, pa.string())),
            "核查日期": written_dates(rows.ended, DASHED_DAY),
            "核查录入日期": written_dates(rows.end_known, DASHED_DAY),
        }
    )
