"""Rare happenings to entities while they exist, and the days on which ends become known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city.columns import Ints
from data_contracts.sandbox_city.days import NEVER, Days
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.population import Population


def happening(
    population: Population,
    rates: npt.NDArray[np.floating[Any]],
    span: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[Ints, Days]:
    """Entities to which something happens in a span of days, and the day, while they exist.

    `rates` are per 91 days; what is rare enough happens to an entity once in a span at most.
    """
    chances = rates * np.float32((span[1] - span[0]) / 91)
    who = np.flatnonzero(rng.random(len(population), dtype=np.float32) < chances).astype(np.int32)
    occurred = rng.integers(span[0], span[1], len(who)).astype(np.int32)
    there = (population.registered[who] <= occurred) & (occurred < population.deregistered[who])
    return who[there], occurred[there]


def ends_known(ended: Days, known: Days, rng: np.random.Generator, *, usual: int, late_share: float) -> Days:
    """When an end became known: never before the row itself; NEVER for what has no end."""
    later = known_after(ended, rng, usual=usual, late_share=late_share)
    return np.where(ended < NEVER, np.maximum(later, known), NEVER).astype(np.int32)
