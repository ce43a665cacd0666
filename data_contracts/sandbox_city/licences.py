"""Licences by trade: issued, renewed or left to lapse, given back, revoked after heavy penalties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Truths, chosen, joined
from data_contracts.sandbox_city.days import CHINESE_DAY, NEVER, Days, written_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.happenings import ends_known
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.penalties import REVOKING, Penalties
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance, on_days

KIND_WORDS = np.array(
    [
        "食品经营许可", "食品生产许可", "药品经营许可", "医疗器械经营许可", "特种设备生产许可",
        "工业产品生产许可", "危险化学品经营许可", "出版物经营许可", "其他许可",
    ]
)  # fmt: skip
AUTHORITY_WORDS = np.array(
    [
        "市场监管局", "市场监管局", "药品监管局", "药品监管局", "市场监管局",
        "市场监管局", "应急管理局", "新闻出版局", "行政审批局",
    ]
)  # fmt: skip
YEARS = np.array([5, 5, 5, 5, 4, 5, 3, 5, 4])
# Share of the entities of a trade that hold the kind, by letter of the industry.
HELD = (
    {"A": 0.05, "C": 0.03, "F": 0.42, "G": 0.05, "H": 0.95, "O": 0.05, "P": 0.1, "Q": 0.05},
    {"A": 0.03, "C": 0.12},
    {"C": 0.01, "F": 0.04, "Q": 0.15},
    {"C": 0.02, "F": 0.06, "M": 0.01, "Q": 0.15},
    {"C": 0.1, "E": 0.08, "G": 0.05, "H": 0.06, "K": 0.1},
    {"C": 0.08},
    {"C": 0.02, "F": 0.01, "G": 0.02},
    {"F": 0.03, "I": 0.02, "P": 0.06, "R": 0.2},
    {"E": 0.4, "G": 0.35, "H": 0.25, "J": 0.3, "K": 0.1, "L": 0.1, "O": 0.2, "P": 0.4, "Q": 0.3},
)
END_WORDS = np.array(["有效期届满", "申请注销", "吊销", "撤销"])
EXPIRED, SURRENDERED, REVOKED, WITHDRAWN = range(4)
ROUNDS = 4  # three years is the shortest validity, the histories last six
RENEWED_LOG_ODDS, RENEWED_SLOPE = 1.9, -0.8
LATE_RENEWALS = 0.35  # of those that did not renew in time
GIVEN_BACK, TAKEN_BACK = 0.05, 0.003  # of the licences, before their time is over
BARRED_DAYS = 5 * 365  # after a revocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Licences:
    """One element per licence issued; codes are places in the lists above."""

    entity: Ints
    occurred: Days
    known: Days
    ended: Days
    end_known: Days
    kind: Codes
    valid_until: Days
    reason: Codes


def make_licences(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    penalties: Penalties,
    rng: np.random.Generator,
) -> Licences:
    """Licences in force on the first day or issued later; a renewal is a licence of its own."""
    revoked = _revocations(population, penalties)
    batches = []
    for kind, shares in enumerate(HELD):
        held = np.array([shares.get(letter, 0.0) for letter in places.INDUSTRIES], np.float32)
        holds = rng.random(len(population), dtype=np.float32) < held[population.industry]
        who = np.flatnonzero(holds).astype(np.int32)
        issued = _first_issues(population, who, quarters[0] - YEARS[kind] * 365, quarters[0], rng)
        for _ in range(ROUNDS):
            there = (issued < population.deregistered[who]) & (issued <= last_day)
            who, issued = who[there], issued[there]
            rows = _issued(population, who, issued, kind, revoked, rng)
            batches.append(rows)
            risk = on_days(riskiness, quarters, who, rows.valid_until)
            again = _renewals(rows.valid_until, risk, rng)
            again = np.where(rows.reason == EXPIRED, again, NEVER)
            goes_on = again < NEVER
            who, issued = who[goes_on], again[goes_on].astype(np.int32)
    rows = joined(batches)
    barred = (rows.occurred > revoked[rows.entity]) & (rows.occurred < revoked[rows.entity] + BARRED_DAYS)
    return chosen(rows, ~barred)


def licences_table(rows: Licences, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The licensing office, in Chinese: 许可证编号, 统一社会信用代码, 许可类别 (KIND_WORDS), 发证机关,
    发证日期, 录入日期, 有效期至, 终止日期, 终止录入日期, 终止原因 (END_WORDS).

    Dates are written 2024年3月5日.
    """
    over = rows.ended < NEVER
    reasons = words(END_WORDS, rows.reason)
    return pa.table(
        {
            "许可证编号": numbered("XK", numbers),
            "统一社会信用代码": ids.take(pa.array(rows.entity)),
            "许可类别": words(KIND_WORDS, rows.kind),
            "发证机关": words(AUTHORITY_WORDS, rows.kind),
            "发证日期": written_dates(rows.occurred, CHINESE_DAY),
            "录入日期": written_dates(rows.known, CHINESE_DAY),
            "有效期至": written_dates(rows.valid_until, CHINESE_DAY),
            "终止日期": written_dates(rows.ended, CHINESE_DAY),
            "终止录入日期": written_dates(rows.end_known, CHINESE_DAY),
            "终止原因": pc.if_else(pa.array(over), reasons, pa.scalar(None, pa.string())),
        }
    )


def _first_issues(
    population: Population, who: Ints, earliest: int, first_day: int, rng: np.random.Generator
) -> Days:
    """Soon after registration; for older entities some day of the last validity before the first day."""
    soon = population.registered[who] + rng.integers(5, 91, len(who))
    before = np.maximum(rng.integers(earliest, first_day, len(who)), soon)
    return np.where(soon >= earliest, soon, before).astype(np.int32)


def _issued(
    population: Population,
    who: Ints,
    issued: Days,
    kind: int,
    revoked: Days,
    rng: np.random.Generator,
) -> Licences:
    """Licences with their ends: whatever comes first."""
    count = len(who)
    valid_until = (issued + YEARS[kind] * 365 - 1).astype(np.int32)
    some_day = issued + 1 + np.floor(rng.random(count) * (valid_until - issued - 1)).astype(np.int64)
    lot = rng.random(count)
    taken = np.where(lot < TAKEN_BACK, some_day, NEVER)
    given = np.where((lot >= TAKEN_BACK) & (lot < TAKEN_BACK + GIVEN_BACK), some_day, NEVER)
    given = np.minimum(given, population.deregistered[who])
    penalty = np.where(revoked[who] >= issued, revoked[who], NEVER)
    ends = np.stack([valid_until, given, penalty, taken])
    reason = np.argmin(ends, axis=0).astype(np.int8)
    ended = ends[reason, np.arange(count)].astype(np.int32)
    known = known_after(issued, rng, usual=5, late_share=0.04)
    return Licences(
        entity=who,
        occurred=issued,
        known=known,
        ended=ended,
        end_known=ends_known(ended, known, rng, usual=10, late_share=0.08),
        kind=np.full(count, kind, np.int8),
        valid_until=valid_until,
        reason=reason,
    )


def _renewals(valid_until: Days, risk: Floats, rng: np.random.Generator) -> Days:
    """The day of the next licence: without a gap, after a gap, or never. The riskier lapse more often."""
    renewed: Truths = rng.random(len(risk)) < chance(RENEWED_LOG_ODDS + RENEWED_SLOPE * risk)
    late = rng.random(len(risk)) < LATE_RENEWALS
    gap = np.where(renewed, 1, rng.integers(20, 200, len(risk)))
    return np.where(renewed | late, valid_until + gap, NEVER).astype(np.int32)


def _revocations(population: Population, penalties: Penalties) -> Days:
    """The first day on which a penalty took the licences of each entity."""
    first = np.full(len(population), NEVER, np.int32)
    rows = penalties.kinds == REVOKING
    np.minimum.at(first, penalties.entity[rows], penalties.occurred[rows])
    return first
