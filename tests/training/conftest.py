"""A planted problem: two directed numbers, one category, and outcomes drawn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from models.schema import IndicatorSpec


def spec(
    name: str, *, kind: str = "number", direction: int = 0, categories: tuple[str, ...] = ()
) -> IndicatorSpec:
    return IndicatorSpec(
        name=name, kind=kind, direction=direction, categories=categories, family=name, dimension="basic",
        unit="次", unit_en="times", label_zh="指标", label_en=name, raises_zh="{value}", raises_en="{value}",
        lowers_zh="{value}", lowers_en="{value}", missing="null", window_days=None, changeable=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Rows whose log-odds are known."""

    matrix: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    schema: tuple[IndicatorSpec, ...]


@pytest.fixture(scope="session")
def planted() -> Planted:
    generator = np.random.default_rng(1)
    count = 3000
    matrix = np.column_stack(
        [generator.poisson(1.5, count), generator.random(count) * 100, generator.integers(0, 3, count)]
    ).astype(float)
    log_odds = (
        0.8 * matrix[:, 0] - 0.02 * matrix[:, 1] + np.array([-0.5, 0.0, 0.5])[matrix[:, 2].astype(int)] - 1.5
    )
    matrix[::17, 1] = np.nan
    return Planted(
        matrix=matrix,
        label=(generator.random(count) < 1 / (1 + np.exp(-log_odds))).astype(float),
        weight=np.ones(count),
        schema=(
            spec("penalties_count_365d", direction=1),
            spec("entity_age_now", direction=-1),
            spec("industry_code_now", kind="category", categories=("52", "61", "62")),
        ),
    )
