"""Visits before they are made: whom to see, when, why, and with which recorded probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city.columns import Codes, Floats, Ints
from data_contracts.sandbox_city.days import Days
from data_contracts.sandbox_city.policies import Draw

MECHANISMS = np.array(["random_draw", "targeted", "complaint", "lead", "follow_up"])
RANDOM, TARGETED, COMPLAINT, LEAD, FOLLOW_UP = range(5)
STRATA = 8  # draw number = quarter * STRATA + stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """One element per visit; without a random draw `probability` is 0 and `draw` is -1."""

    entity: Ints
    occurred: Days
    mechanism: Codes
    probability: Floats
    draw: Ints


def drawn(draw: Draw, days: npt.NDArray[Any], quarter: int) -> Visits:
    """Visits of a random draw, with its exact probabilities."""
    return Visits(
        entity=draw.entity,
        occurred=days.astype(np.int32),
        mechanism=np.full(len(days), RANDOM, np.int8),
        probability=draw.probability,
        draw=draw.stratum + np.int32(quarter * STRATA),
    )


def undrawn(entity: Ints, days: npt.NDArray[Any], mechanism: int) -> Visits:
    """Visits for which nobody drew lots."""
    return Visits(
        entity=entity,
        occurred=days.astype(np.int32),
        mechanism=np.full(len(days), mechanism, np.int8),
        probability=np.zeros(len(days)),
        draw=np.full(len(days), -1, np.int32),
    )
