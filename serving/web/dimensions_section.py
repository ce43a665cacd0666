"""The section of the entity page with the points of the five dimensions, each a bar from the middle."""

from __future__ import annotations

from dataclasses import dataclass

from models.decision import Decision
from models.dimensions import told_by_dimension

# Half the width of a bar's rail; the largest of the five fills it.
HALF = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionBar:
    """One dimension: its points, and where its bar starts (`left`) and how wide it is on a rail of 200."""

    label: str
    points: int
    direction: str
    left: float
    width: float


def dimension_bars(decision: Decision, language: str) -> tuple[DimensionBar, ...]:
    """The five bars in the national order; none for a decision of a register that kept no dimensions."""
    told = told_by_dimension(decision.dimension_points)
    largest = max([1, *(abs(one.points) for one in told)])
    bars = []
    for one in told:
        width = HALF * abs(one.points) / largest
        bars.append(
            DimensionBar(
                label=one.label_en if language == "en" else one.label_zh,
                points=one.points,
                direction="up" if one.points > 0 else "down" if one.points < 0 else "flat",
                left=HALF - width if one.points < 0 else HALF,
                width=width,
            )
        )
    return tuple(bars)
