"""Bad configurations end in a Python error that names the culprit; good ones fit the same bytes again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from data_contracts.refusal import Refusal
from models.schema import IndicatorSpec
from training.estimates.measures import auc
from training.fitting.boosting import (
    BoostingParameters,
    BoostingRefused,
    fit_booster,
    monotone_constraints,
    raw_scores,
)

SMALL = BoostingParameters(rounds=30, learning_rate=0.1, leaves=7, depth=3, rows_per_leaf=20)


def fit(
    planted: Any, label: np.ndarray | None = None, *, seed: int = 1, parameters: BoostingParameters = SMALL
) -> str:
    return fit_booster(
        planted.matrix, planted.label if label is None else label, planted.weight,
        schema=planted.schema, parameters=parameters, seed=seed, threads=1,
    )  # fmt: skip


def test_the_same_rows_and_seed_give_the_same_bytes(planted: Any) -> None:
    sampled = replace(SMALL, row_share=0.7, column_share=0.7)
    digests = {hashlib.sha256(fit(planted, parameters=sampled).encode()).hexdigest() for _ in range(2)}
    assert len(digests) == 1
    assert hashlib.sha256(fit(planted, seed=2, parameters=sampled).encode()).hexdigest() not in digests


def test_a_planted_order_is_learned_and_shuffled_labels_teach_nothing(planted: Any) -> None:
    """Fitted on the first half, judged on the second."""
    half = len(planted.label) // 2
    shuffled = np.random.default_rng(5).permutation(planted.label)
    figures = []
    for label in (planted.label, shuffled):
        model = fit_booster(
            planted.matrix[:half], label[:half], planted.weight[:half],
            schema=planted.schema, parameters=SMALL, seed=1, threads=1,
        )  # fmt: skip
        figures.append(
            auc(label[half:], raw_scores(model, planted.matrix[half:], threads=1), planted.weight[half:])
        )
    assert figures[0] > 0.72
    assert figures[1] == pytest.approx(0.5, abs=0.04)


def test_more_penalties_never_lower_the_score_and_age_never_raises_it(planted: Any) -> None:
    model = fit(planted)
    base = raw_scores(model, planted.matrix, threads=1)
    more, older = planted.matrix.copy(), planted.matrix.copy()
    more[:, 0] += np.random.default_rng(2).integers(1, 6, len(more))
    older[:, 1] += 20
    assert (raw_scores(model, more, threads=1) >= base).all()
    assert (raw_scores(model, older, threads=1) <= base).all()


def test_ordered_categories_split_into_ranges_of_neighbouring_codes(planted: Any) -> None:
    """Only a model of sets has categorical nodes."""
    ordered = fit(planted, parameters=replace(SMALL, ordered_categories=True))
    as_sets = fit(planted, parameters=replace(SMALL, category_l2=1.0, category_smoothing=1.0))
    assert "num_cat=0" in ordered
    assert not re.search(r"num_cat=[1-9]", ordered)
    assert re.search(r"num_cat=[1-9]", as_sets)


def test_the_mean_weight_does_not_change_the_model(planted: Any) -> None:
    """Sampling ratios of 3 % and 100 % must mean the same regularisation."""
    other = fit_booster(
        planted.matrix, planted.label, planted.weight * 32.0,
        schema=planted.schema, parameters=SMALL, seed=1, threads=1,
    )  # fmt: skip
    assert other == fit(planted)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"depth": 7}, "depth from 1 to 6; got 7"),
        ({"rounds": 0}, "rounds from 1 to 2000; got 0"),
        ({"learning_rate": float("nan")}, "learning_rate from"),
        ({"leaves": 32, "depth": 4}, "at most 16 leaves at depth 4; got leaves = 32"),
        ({"row_share": 0.0}, "row_share from"),
        ({"l2": -1.0}, "l2 from"),
        ({"bins": 100_000}, "bins from"),
    ],
)
def test_a_parameter_out_of_range_is_named(values: dict[str, Any], named: str) -> None:
    with pytest.raises(BoostingRefused, match=named):
        BoostingParameters(**values)


def test_a_constraint_on_a_category_is_an_error_and_not_the_end_of_the_process(planted: Any) -> None:
    """LightGBM 4.7 aborts on it; a schema made by other means than IndicatorSpec may still carry one."""
    directed = object.__new__(IndicatorSpec)
    for name in IndicatorSpec.__slots__:
        object.__setattr__(directed, name, getattr(planted.schema[2], name))
    object.__setattr__(directed, "direction", 1)
    with pytest.raises(
        BoostingRefused, match="direction 0 for a category; got direction 1 for industry_code_now"
    ):
        monotone_constraints([*planted.schema[:2], directed])


def test_rows_that_do_not_fit_are_refused_by_name(planted: Any) -> None:
    bad_codes, infinite, weight = planted.matrix.copy(), planted.matrix.copy(), planted.weight.copy()
    bad_codes[0, 2], infinite[0, 1], weight[0] = 3.0, np.inf, 0.0
    repeated = (planted.schema[0], planted.schema[0], planted.schema[2])
    cases: list[tuple[tuple[Any, ...], tuple[IndicatorSpec, ...], str]] = [
        (
            (planted.matrix, np.ones(3000), planted.weight),
            planted.schema,
            "got 3000 with a problem among 3000",
        ),
        ((planted.matrix, planted.label * 2, planted.weight), planted.schema, "labels 0 and 1"),
        (
            (planted.matrix[:, :2], planted.label, planted.weight),
            planted.schema,
            r"3 indicators.*got \(3000, 2\)",
        ),
        ((planted.matrix, planted.label, weight), planted.schema, "positive weights; got 0.0"),
        (
            (bad_codes, planted.label, planted.weight),
            planted.schema,
            "codes 0 to 2 of industry_code_now; got 0.0 to 3.0",
        ),
        ((infinite, planted.label, planted.weight), planted.schema, r"infinite \['entity_age_now'\]"),
        ((planted.matrix, planted.label, planted.weight), repeated, r"repeated \['penalties_count_365d'\]"),
    ]
    for arrays, schema, named in cases:
        with pytest.raises(Refusal, match=named):
            fit_booster(*arrays, schema=schema, parameters=SMALL, seed=1, threads=1)
