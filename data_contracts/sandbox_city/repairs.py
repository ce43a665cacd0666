"""Credit repair: the day from which a record may be neither shown nor used. Part of the records only."""

from __future__ import annotations

import numpy as np

from data_contracts.sandbox_city.columns import Truths
from data_contracts.sandbox_city.days import NEVER, Days

REPAIRED_PENALTIES = 0.35
REPAIRED_HEAVY = 0.2  # of those that wait a year
REPAIRED_LISTINGS = 0.30
LIGHT_DAYS, GENERAL_DAYS, HEAVY_DAYS = 90, 183, 365


def waiting_days(light: Truths, heavy: Truths) -> Days:
    """3 months for light penalties, 12 for heavy ones and for food, drugs and special equipment, else 6."""
    return np.where(light, LIGHT_DAYS, np.where(heavy, HEAVY_DAYS, GENERAL_DAYS)).astype(np.int32)


def repaired_penalties(occurred: Days, known: Days, *, wait: Days, rng: np.random.Generator) -> Days:
    """Some time after the waiting period, for those who ask."""
    asked = occurred + wait + rng.exponential(120, len(occurred)).astype(np.int64)
    repaired = rng.random(len(occurred)) < np.where(wait == HEAVY_DAYS, REPAIRED_HEAVY, REPAIRED_PENALTIES)
    return np.where(repaired, np.maximum(asked, known + 1), NEVER).astype(np.int32)


def repaired_listings(ended: Days, end_known: Days, rng: np.random.Generator) -> Days:
    """Some time after the listing ended, for those who ask."""
    asked = np.maximum(ended, end_known) + 30 + rng.exponential(150, len(ended)).astype(np.int64)
    repaired = (rng.random(len(ended)) < REPAIRED_LISTINGS) & (ended < NEVER)
    return np.where(repaired, asked, NEVER).astype(np.int32)
