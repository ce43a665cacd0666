"""What a canary brings back: how well models of shuffled labels rank the honest test rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The mean AUC over several shuffles, and the standard deviation of single ones."""

    auc: float
    spread: float
    shuffles: int
