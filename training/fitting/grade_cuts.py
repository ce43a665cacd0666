"""Where grades begin: cuts so that the shares of the policy hold in the calibration population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_contracts.refusal import Refusal
from training.estimates.measures import FloatArray


class CutsRefused(Refusal):
    """Probabilities that cannot be cut into four grades."""


def choose_cuts(probabilities: FloatArray, shares: Sequence[float]) -> tuple[float, float, float]:
    """The three cuts A|B, B|C, C|D, each the smallest probability of the worse grade.

    Entities of equal probability stay together, so a cut goes where the share below is closest to the policy.
    """
    values, counts = np.unique(probabilities, return_counts=True)
    if len(values) < len(shares):
        raise CutsRefused(
            expected=f"at least {len(shares)} different probabilities in the calibration population",
            got=f"{len(values)} among {len(probabilities)} entities",
            todo="give the model more indicators, rounds or leaves: it cannot tell the entities apart",
        )
    below = np.concatenate([[0.0], np.cumsum(counts)[:-1]]) / len(probabilities)
    places: list[int] = []
    for number, target in enumerate(np.cumsum(shares)[:-1], start=1):
        # Every grade keeps at least one distinct probability: room is left below and above.
        lowest = (places[-1] if places else 0) + 1
        highest = len(values) - (len(shares) - number)
        places.append(lowest + int(np.argmin(np.abs(below[lowest : highest + 1] - target))))
    low, middle, high = (float(values[place]) for place in places)
    return low, middle, high
