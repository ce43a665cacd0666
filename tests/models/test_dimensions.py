"""Points by the five dimensions: the names of the catalogue, and the same sum once more."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.indicator import Dimension
from models.deciding import decide
from models.decision import Decision, decision_of
from models.dimensions import DIMENSIONS, points_by_dimension, told_by_dimension
from models.release import Release
from models.schema import IndicatorSpec
from models.sentences import dimension_lines

SCHEMA = tuple(
    IndicatorSpec.of(indicator, categories=("x",) if indicator.kind == "category" else None)
    for indicator in CATALOGUE
)
DAY = date(2026, 6, 30)


def decisions(release: Release, snapshot: pa.Table) -> list[Decision]:
    table = decide(release, snapshot, as_of=DAY, used_on=DAY, snapshot_digest="s")
    return [decision_of(row) for row in table.to_pylist()]


def test_the_dimensions_are_those_of_the_catalogue() -> None:
    assert {d.value: (d.label_zh, d.label_en) for d in Dimension} == DIMENSIONS
    assert list(DIMENSIONS) == [d.value for d in Dimension]


@given(st.integers(0, 2**32 - 1))
def test_each_indicator_counts_in_its_own_dimension_and_no_point_is_lost(seed: int) -> None:
    points = np.random.default_rng(seed).integers(-400, 400, (7, len(SCHEMA))).astype(np.int32)
    found = points_by_dimension(SCHEMA, points)
    assert (found.sum(axis=1) == points.sum(axis=1)).all()
    for place, name in enumerate(DIMENSIONS):
        own = [n for n, spec in enumerate(SCHEMA) if spec.dimension == name]
        assert own
        assert (found[:, place] == points[:, own].sum(axis=1)).all()


def test_base_and_dimensions_are_the_score(release: Release, snapshot: pa.Table) -> None:
    for decision in decisions(release, snapshot):
        told = dimension_lines(decision, "zh")
        assert len(told) == 5
        assert decision.base_points + sum(line.points or 0 for line in told) + decision.clipped_points == (
            decision.score
        )


def test_a_decision_keeps_its_dimensions_in_json(release: Release, snapshot: pa.Table) -> None:
    decision = decisions(release, snapshot)[3]
    assert Decision.from_json(decision.to_json()).dimension_points == decision.dimension_points


def test_a_register_from_before_the_dimensions_is_still_read(release: Release, snapshot: pa.Table) -> None:
    table = decide(release, snapshot, as_of=DAY, used_on=DAY, snapshot_digest="s")
    (row,) = table.drop_columns(["dimension_points"]).slice(0, 1).to_pylist()
    decision = decision_of(row)
    assert (decision.dimension_points, told_by_dimension(decision.dimension_points)) == ((), ())
    assert dimension_lines(decision, "en") == ()
