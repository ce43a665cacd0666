"""The measures against sklearn, by hand for ties, and the bootstrap by entity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from training.estimates.measures import (
    Judged,
    MeasureRefused,
    auc,
    average_precision,
    brier,
    check_two_classes,
    entity_multiplicities,
    estimate,
    gain,
    lift,
    rate,
    rate_interval,
)


def rows(count: int, seed: int, *, distinct: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    label = (generator.random(count) < 0.3).astype(float)
    label[:2] = 0.0, 1.0
    score = generator.integers(0, distinct, count) / distinct
    return label, score, generator.integers(1, 30, count).astype(float)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), distinct=st.sampled_from([1, 2, 7, 1_000_000]))
def test_weighted_ranking_figures_equal_sklearn(seed: int, distinct: int) -> None:
    label, score, weight = rows(200, seed, distinct=distinct)
    assert auc(label, score, weight) == pytest.approx(roc_auc_score(label, score, sample_weight=weight))
    assert average_precision(label, score, weight) == pytest.approx(
        average_precision_score(label, score, sample_weight=weight)
    )
    assert brier(label, score, weight) == pytest.approx(brier_score_loss(label, score, sample_weight=weight))


def test_lift_takes_the_part_of_a_tied_group_that_fits() -> None:
    """Ten rows, 20 % = two places: a problem row on top, then four tied rows with one problem."""
    label = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], dtype=float)
    score = np.array([9, 5, 5, 5, 5, 1, 1, 1, 1, 1], dtype=float)
    assert lift(label, score, np.ones(10), share=0.2) == pytest.approx((1 + 0.25) / 2 / 0.2)


def test_a_constant_score_lifts_nothing() -> None:
    label = np.array([1.0, 0.0, 0.0, 1.0])
    assert lift(label, np.zeros(4), np.ones(4)) == pytest.approx(1.0)
    assert auc(label, np.zeros(4), np.ones(4)) == 0.5


def test_a_weight_counts_like_so_many_rows() -> None:
    label, score, weight = np.array([1.0, 0.0, 0.0]), np.array([0.5, 0.2, 0.7]), np.array([1.0, 3.0, 1.0])
    assert auc(label, score, weight) == 0.75
    assert rate(label, score, weight) == 0.2


def test_the_rows_of_an_entity_come_and_stay_away_together() -> None:
    entity = np.array([4, 4, 8, 8, 8, 9])
    for times in entity_multiplicities(entity, repetitions=50, seed=3):
        assert times[0] == times[1]
        assert times[2] == times[3] == times[4]
        assert times[0] + times[2] + times[5] == 3


def test_repeated_rows_of_one_entity_do_not_narrow_the_interval() -> None:
    """A hundred copies of the same forty entities are still forty entities."""
    label, score, weight = rows(40, 5, distinct=1000)
    once = Judged(label=label, score=score, weight=weight * 0 + 1, entity=np.arange(40))
    copied = Judged(
        label=np.tile(label, 100),
        score=np.tile(score, 100),
        weight=np.ones(4000),
        entity=np.tile(np.arange(40), 100),
    )
    narrow = estimate(once, auc, repetitions=200, seed=1)
    wide = estimate(copied, auc, repetitions=200, seed=1)
    assert wide.low == pytest.approx(narrow.low)
    assert wide.high == pytest.approx(narrow.high)
    assert narrow.low < narrow.value < narrow.high


def test_the_same_seed_gives_the_same_interval() -> None:
    label, score, weight = rows(60, 2, distinct=50)
    graded = Judged(label=label, score=score, weight=weight, entity=np.arange(60))
    assert estimate(graded, auc, repetitions=20, seed=9) == estimate(graded, auc, repetitions=20, seed=9)


def test_labels_of_one_class_are_refused_with_their_count() -> None:
    with pytest.raises(
        MeasureRefused, match="with and without a problem in the test rows; got 0 with a problem among 5"
    ):
        check_two_classes(np.zeros(5), where="the test rows")


def test_a_grade_without_problems_may_still_have_some() -> None:
    """Jeffreys for 0 of 10: from zero to 0.218 (the reference value of Beta(0.5, 10.5) at 97.5 %)."""
    none = Judged(label=np.zeros(10), score=np.zeros(10), weight=np.full(10, 3.0), entity=np.arange(10))
    assert (rate_interval(none).low, rate_interval(none).high) == (0.0, pytest.approx(0.2172, abs=1e-3))


def test_a_rate_is_as_sure_as_its_entities_are_many() -> None:
    once = Judged(label=np.array([1.0, 0, 0, 0]), score=np.zeros(4), weight=np.ones(4), entity=np.arange(4))
    thrice = Judged(
        label=np.tile(once.label, 3), score=np.zeros(12), weight=np.ones(12), entity=np.tile(once.entity, 3)
    )
    assert rate_interval(thrice) == rate_interval(once)


def test_a_score_gains_nothing_over_itself_and_something_over_chance() -> None:
    label, score, weight = rows(300, 3, distinct=1_000_000)
    better = Judged(label=label, score=score + label, weight=weight, entity=np.arange(300)).ranked()
    assert gain(better, better.score, auc, repetitions=20, seed=1).high == 0.0
    assert gain(better, score, auc, repetitions=50, seed=1).low > 0.2
