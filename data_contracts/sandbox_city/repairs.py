"""Credit repair: the day from which a record may be neither shown nor used. Part of the records only."""

from __future__ import annotations

import numpy as np

from data_contracts.sandbox_city.columns import Truths
from data_contracts.sandbox_city.days import NEVER, Days

REPAIRED_PENALTIES = 0.35
REPAIRED_LISTINGS = 0.30


def repaired_penalties(
    occurred: Days, known: Days, *, grave: Truths, light: Truths, slow: Truths, rng: np.random.Generator
) -> Days:
    """After 3 months for light ones, 6 in general, 12 for food, drugs, special equipment and grave ones."""
    wait = np.where(light, 90, np.where(slow | grave, 365, 183))
    asked = occurred + wait + rng.exponential(120, len(occurred)).astype(np.int64)
    repaired = rng.random(len(occurred)) < np.where(grave, REPAIRED_PENALTIES / 2, REPAIRED_PENALTIES)
    return np.where(repaired, np.maximum(asked, known + 1), NEVER).astype(np.int32)


def repaired_listings(ended: Days, end_known: Days, rng: np.random.Generator) -> Days:
    """Some time after the listing ended, for those who ask."""
    asked = np.maximum(ended, end_known) + 30 + rng.exponential(150, len(ended)).astype(np.int64)
    repaired = (rng.random(len(ended)) < REPAIRED_LISTINGS) & (ended < NEVER)
    return np.where(repaired, asked, NEVER).astype(np.int32)
