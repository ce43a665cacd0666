"""The canary stays silent where labels are shuffled, and a broken direction is found and named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.training.conftest import Planted
from training.fitting.boosting import BoostingParameters, fit_booster
from training.judging.probes import against_direction, shuffled_labels
from training.rows.parts import Part
from training.rows.selection import select_rows

SMALL = BoostingParameters(rounds=15, leaves=4, depth=2, rows_per_leaf=50)


def part(planted: Planted, rows: slice) -> Part:
    count = len(planted.label[rows])
    return Part(
        matrix=planted.matrix[rows], label=planted.label[rows], entity=np.arange(count),
        selection=select_rows(["random_draw"] * count, np.full(count, 0.5), weight_cap=100),
        unknown_entities=0, forgotten=0, unrecorded=0, population=2 * count,
    )  # fmt: skip


def test_shuffled_labels_rank_nothing(planted: Planted) -> None:
    canary = shuffled_labels(
        part(planted, slice(0, 2000)), part(planted, slice(2000, 3000)), planted.schema, SMALL, seed=3
    )
    assert abs(canary.auc - 0.5) < 0.03
    assert canary.spread > 0


def test_a_directed_indicator_that_scores_the_wrong_way_is_named(planted: Planted) -> None:
    """A booster made under the opposite directions, looked at with the right ones."""
    opposite = tuple(replace(spec, direction=0) for spec in planted.schema)
    booster = fit_booster(
        planted.matrix, planted.label, planted.weight, schema=opposite, parameters=SMALL, seed=1, threads=1
    )
    right = fit_booster(
        planted.matrix,
        planted.label,
        planted.weight,
        schema=planted.schema,
        parameters=SMALL,
        seed=1,
        threads=1,
    )
    turned = tuple(replace(spec, direction=-spec.direction) for spec in planted.schema)
    assert against_direction(right, planted.matrix, planted.schema, seed=1) == ()
    assert against_direction(booster, planted.matrix, turned, seed=1) == (
        "penalties_count_365d",
        "entity_age_now",
    )
