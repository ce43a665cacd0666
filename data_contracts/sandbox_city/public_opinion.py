"""Public opinion: what media and platforms say, mostly late, sometimes wrongly and then withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, joined
from data_contracts.sandbox_city.days import Days, arrow_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

TONES = np.array(["negative", "neutral", "positive"])
NEGATIVE, NEUTRAL, POSITIVE = range(3)
TOPICS = np.array(
    ["食品卫生", "服务态度", "价格争议", "虚假宣传", "拖欠款项", "安全事故", "经营动态", "公益活动"]
)
TOPIC_SHARES = np.array(
    [
        [0.26, 0.24, 0.16, 0.16, 0.1, 0.08, 0.0, 0.0],
        [0.08, 0.12, 0.1, 0.05, 0.02, 0.03, 0.5, 0.1],
        [0.05, 0.2, 0.0, 0.0, 0.0, 0.0, 0.45, 0.3],
    ]
)
CHANNELS = np.array(["短视频", "微博", "论坛", "新闻媒体", "点评网站"])
CHANNEL_SHARES = np.array([0.38, 0.2, 0.08, 0.12, 0.22])
PER_QUARTER = 0.0093
TAIL = 0.3  # shape of the gamma trait
WITHDRAWN = 0.03  # of the negative: the platform took it back as a rumour


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """One element per item; codes are places in the lists above."""

    entity: Ints
    occurred: Days
    known: Days
    tone: Codes
    topic: Codes
    channel: Codes
    reach: Ints


def make_public_opinion(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> Opinions:
    """Items of all quarters about entities that exist on the day."""
    trait = rng.gamma(TAIL, 1 / TAIL, len(population))
    seen = PER_QUARTER * trait * places.INDUSTRY_COMPLAINTS[population.industry]
    seen *= np.exp(0.6 * population.size)
    spans = zip(quarters, (*quarters[1:], last_day + 1), strict=True)
    return joined([_batch(population, riskiness[place], seen, span, rng) for place, span in enumerate(spans)])


def _batch(
    population: Population,
    riskiness: npt.NDArray[np.float32],
    seen: Floats,
    span: tuple[int, int],
    rng: np.random.Generator,
) -> Opinions:
    counts = rng.poisson(np.minimum(seen * np.exp(0.35 * riskiness), 20) * (span[1] - span[0]) / 91)
    who = np.repeat(np.arange(len(population), dtype=np.int32), counts)
    occurred = rng.integers(span[0], span[1], len(who)).astype(np.int32)
    there = (population.registered[who] <= occurred) & (occurred < population.deregistered[who])
    who, occurred = who[there], occurred[there]
    count = len(who)
    bad = rng.random(count) < chance(-0.3 + 0.8 * riskiness[who].astype(np.float64))
    tone = np.where(bad, NEGATIVE, np.where(rng.random(count) < 0.6, NEUTRAL, POSITIVE)).astype(np.int8)
    edges = np.cumsum(TOPIC_SHARES, axis=1)[tone, :-1]
    topic = (rng.random(count)[:, None] >= edges).sum(axis=1)
    reach = np.exp(5.5 + 1.8 * rng.standard_normal(count) + 0.6 * bad)
    return Opinions(
        entity=who,
        occurred=occurred,
        known=known_after(occurred, rng, usual=6, late_share=0.15),
        tone=tone,
        topic=topic.astype(np.int8),
        channel=np.searchsorted(np.cumsum(CHANNEL_SHARES)[:-1], rng.random(count)).astype(np.int8),
        reach=np.minimum(reach, 50_000_000).astype(np.int32),
    )


def rumours(rows: Opinions, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], Days]:
    """Places of negative items that were withdrawn, and the days on which that was known."""
    false = (rows.tone == NEGATIVE) & (rng.random(len(rows.entity)) < WITHDRAWN)
    where = np.flatnonzero(false)
    return where, (rows.known[where] + rng.integers(2, 60, len(where))).astype(np.int32)


def public_opinion_table(rows: Opinions, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The monitoring platform; it counts readers as text."""
    return pa.table(
        {
            "opinion_id": numbered("YQ", numbers),
            "about": ids.take(pa.array(rows.entity)),
            "tone": words(TONES, rows.tone),
            "topic": words(TOPICS, rows.topic),
            "channel": words(CHANNELS, rows.channel),
            "readers": pc.cast(pa.array(rows.reach), pa.string()),
            "published_on": arrow_dates(rows.occurred),
            "noticed_on": arrow_dates(rows.known),
        }
    )
