"""The five national dimensions: how much of a score each of them makes, in whole points that add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.schema import Schema

# Notice of SAMR on credit-risk classification: 基础属性、动态、监管、关联、社会评价, in this order. The names
# are those of features.indicator.Dimension, which would bring ibis into every serving process.
DIMENSIONS = {
    "basic": ("基础属性", "Basic attributes"),
    "dynamic": ("动态", "Activity"),
    "supervision": ("监管", "Supervision"),
    "relation": ("关联", "Relations"),
    "social": ("社会评价", "Social opinion"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionPoints:
    """One dimension with the whole points that all its indicators make together."""

    dimension: str
    label_zh: str
    label_en: str
    points: int


def points_by_dimension(schema: Schema, indicators: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Points per dimension of every row, in the national order; shape (rows, 5).

    `indicators` are the whole points of every indicator, shape (rows, k). Every indicator belongs to one
    dimension, so each row sums to what its indicators sum to: the score before its bounds, less the base.
    """
    belongs = np.array([[spec.dimension == name for name in DIMENSIONS] for spec in schema], dtype=np.float64)
    # Sums of small whole numbers are exact in doubles, and the product runs in BLAS.
    return np.asarray(indicators @ belongs, dtype=np.int32)


def told_by_dimension(points: tuple[int, ...]) -> tuple[DimensionPoints, ...]:
    """The points of one decision with their names; empty for a decision of a register that kept none."""
    if not points:
        return ()
    return tuple(
        DimensionPoints(dimension=name, label_zh=zh, label_en=en, points=own)
        for (name, (zh, en)), own in zip(DIMENSIONS.items(), points, strict=True)
    )
