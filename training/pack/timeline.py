"""One line for every as-of date of a run: who was there, what was promised, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from training.estimates.measures import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """An as-of date; `auc` only on test dates, for no figure of a model comes from rows it saw."""

    on: date
    part: str
    population: int
    mean_probability: float
    psi: float
    # Shares of the final grades, A to D.
    shares: tuple[float, ...]
    inspected: int
    rate: Estimate
    auc: Estimate | None
