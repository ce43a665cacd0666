"""How entities are chosen: the naive points index of the office, and draws with recorded probabilities.

2020 to 2022 a flat draw; 2023 and 2024 a draw graded by the points; from 2025 targeted checks on top of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Longs, Truths
from data_contracts.sandbox_city.days import Days

FLAT_PER_YEAR = 0.03
GRADED_PER_YEAR = np.array([0.03, 0.06, 0.15, 0.40])  # grades A to D of the points index
GRADE_SHARES = np.array([0.65, 0.25, 0.085, 0.015])
GRADED_FROM, TARGETED_FROM = 2023, 2025
TARGETED_SHARE = 0.02  # of the frame, by points, may be chosen outside the draw
TARGETED_CHANCE = 0.12
FLAT_STRATUM = 4  # after the strata 0 to 3 of the grades A to D


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The chosen of one quarter: who, with which probability, in which stratum."""

    entity: Ints
    probability: Floats
    stratum: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFacts:
    """What the office knew about every entity on the first day of a quarter."""

    listed: Longs
    penalties: Longs
    complaints: Longs
    problems: Longs
    registered: Days


def points(facts: KnownFacts, day: int) -> Floats:
    """A points table as offices have used: hand-made weights over what is known."""
    return np.asarray(
        25.0 * (facts.listed > 0)
        + 15.0 * np.minimum(facts.penalties, 3)
        + 4.0 * np.minimum(facts.complaints, 6)
        + 12.0 * np.minimum(facts.problems, 2)
        + 6.0 * (day - facts.registered < 2 * 365)
    )


def grades(points_now: Floats, frame: Truths, rng: np.random.Generator) -> Codes:
    """Grades 0 to 3 of the entities in the frame by shares; equal points are ordered by lot. -1 elsewhere."""
    who = np.flatnonzero(frame)
    order = np.lexsort((rng.random(len(who)), points_now[who]))
    edges = np.round(np.cumsum(GRADE_SHARES)[:-1] * len(who)).astype(np.int64)
    grade = np.full(len(frame), -1, np.int8)
    grade[who[order]] = np.searchsorted(edges, np.arange(len(who)), side="right")
    return grade


def random_draw(grade: Codes, year: int, rng: np.random.Generator) -> Draw:
    """Simple random samples of fixed size, independent per stratum: the probability n/N is exact."""
    strata = grade if year >= GRADED_FROM else np.where(grade >= 0, FLAT_STRATUM, -1)
    ratios = np.append(GRADED_PER_YEAR, FLAT_PER_YEAR) / 4
    parts = []
    for stratum in np.unique(strata[strata >= 0]):
        members = np.flatnonzero(strata == stratum)
        size = max(1, round(len(members) * ratios[stratum]))
        who = np.sort(rng.choice(members, size, replace=False)).astype(np.int32)
        parts.append((who, np.full(size, size / len(members)), np.full(size, stratum, np.int8)))
    return Draw(
        entity=np.concatenate([part[0] for part in parts]),
        probability=np.concatenate([part[1] for part in parts]),
        stratum=np.concatenate([part[2] for part in parts]),
    )


def targeted(points_now: Floats, free: Truths, year: int, rng: np.random.Generator) -> Ints:
    """From 2025: some of those with most points among the not drawn. No probability is recorded for them."""
    if year < TARGETED_FROM:
        return np.zeros(0, np.int32)
    who = np.flatnonzero(free)
    top = who[np.argsort(-points_now[who], kind="stable")[: int(len(who) * TARGETED_SHARE)]]
    return np.sort(top[rng.random(len(top)) < TARGETED_CHANCE]).astype(np.int32)
