"""How long after it happened the authority knew: mostly days, sometimes weeks."""

from __future__ import annotations

import numpy as np

from data_contracts.sandbox_city.days import Days


def known_after(occurred: Days, rng: np.random.Generator, *, usual: int, late_share: float) -> Days:
    """Days of knowledge: up to `usual` days later, for `late_share` of the rows two to twelve weeks more."""
    count = len(occurred)
    lag = rng.integers(0, usual + 1, count)
    late = rng.random(count) < late_share
    lag += late * rng.integers(14, 85, count)
    return (occurred + lag).astype(np.int32)


def working_day_after(days: Days, offsets: Days) -> Days:
    """The working day (Monday to Friday) that lies `offsets` working days after `days`."""
    moved = np.busday_offset(days.astype("datetime64[D]"), offsets, roll="backward")
    return moved.astype(np.int64).astype(np.int32)
