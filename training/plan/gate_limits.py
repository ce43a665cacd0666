"""The limits of the gates: policy, from the recipe's table [gates], checked when it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from data_contracts.refusal import Refusal


class GateLimitsRefused(Refusal):
    """A limit that no gate can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """What each gate asks; the defaults are the standard, and a gate with another limit says so."""

    # Fewer tell neither rates nor a ranking with useful intervals.
    effective_rows: float = 200.0
    # QUALITY D2: the posterior probability that the true rates rise from A to D.
    order_probability: float = 0.95
    # How far the mean AUC over shuffled labels may lie from 0.5.
    canary: float = 0.03
    # Holm-corrected: a grade whose probability is surely below what inspections found.
    jeffreys_p: float = 0.05
    slope_low: float = 0.5
    slope_high: float = 2.0
    # Σ 1/π of the random rows over the population of their dates.
    coverage_low: float = 0.9
    coverage_high: float = 1.1
    # The rule of thumb of the trade: 0.1 is a shift to look at, 0.25 one to act on.
    psi: float = 0.25

    def __post_init__(self) -> None:
        """Refuses a limit outside its range, and two ends that leave nothing between them."""
        ranges = {
            "effective_rows": (1.0, 1e9), "order_probability": (0.5, 1.0), "canary": (0.001, 0.2),
            "jeffreys_p": (0.0, 0.5), "slope_low": (0.0, 1.0), "slope_high": (1.0, 100.0),
            "coverage_low": (0.0, 1.0), "coverage_high": (1.0, 100.0), "psi": (0.01, 10.0),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
                raise GateLimitsRefused(
                    expected=f"{name} from {low:g} to {high:g}",
                    got=repr(value),
                    todo=f"correct {name} under [gates] in the recipe",
                )

    def standard(self, name: str) -> str:
        """Nothing where the limit is the standard one; otherwise what the standard is, for readers to see."""
        (usual,) = [field.default for field in fields(self) if field.name == name]
        return "" if getattr(self, name) == usual else f" (standard {usual:g})"
