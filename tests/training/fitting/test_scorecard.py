"""The scorecard finds what was planted, keeps directions, and gives what is missing a place of its own."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.conftest import Planted, spec
from training.estimates.measures import MeasureRefused, auc
from training.fitting.scorecard import fit_scorecard


def test_a_planted_problem_is_ranked_nearly_as_well_as_its_truth_allows(planted: Planted) -> None:
    card = fit_scorecard(planted.schema, planted.matrix[:2000], planted.label[:2000], planted.weight[:2000])
    later, weight = planted.label[2000:], planted.weight[2000:]
    assert auc(later, card.score(planted.matrix[2000:]), weight) > 0.7
    assert (card.weights > 0).all()


def test_bins_of_a_directed_indicator_rise_with_it(planted: Planted) -> None:
    card = fit_scorecard(planted.schema, planted.matrix, planted.label, planted.weight)
    [penalties] = [one for one in card.bins if one.column == 0]
    [age] = [one for one in card.bins if one.column == 1]
    assert (np.diff(penalties.evidence[:-1]) >= -1e-9).all()
    assert (np.diff(age.evidence[:-1]) <= 1e-9).all()


def test_evidence_by_hand_with_missing_values_in_a_bin_of_their_own() -> None:
    """600 rows: rate 0.1 below the cut, 0.4 above, 0.9 where the value is missing; 20 rows of prior each."""
    values = np.repeat([1.0, 2.0, np.nan], [300, 200, 100])
    label = np.concatenate([np.arange(300) < 30, np.arange(200) < 80, np.arange(100) < 90]).astype(float)
    card = fit_scorecard((spec("some_thing_now", direction=1),), values[:, None], label, np.ones(600))
    [bins] = card.bins
    assert bins.cuts.tolist() == [1.5]
    rate = 200 / 600
    rates = (np.array([30, 80, 90]) + 20 * rate) / (np.array([300, 200, 100]) + 20)
    expected = np.log(rates / (1 - rates)) - np.log(rate / (1 - rate))
    assert bins.evidence == pytest.approx(expected)
    assert bins.of(np.array([[1.5], [1.6], [np.nan]])) == pytest.approx(expected)


def test_codes_of_a_category_each_have_a_bin_and_weights_of_rows_count() -> None:
    codes = np.tile([0.0, 1.0, 2.0], 200)
    label = ((codes == 2) & (np.arange(600) % 2 == 0)).astype(float)
    weight = np.where(codes == 0, 5.0, 1.0)
    schema = (spec("industry_code_now", kind="category", categories=("52", "61", "62")),)
    card = fit_scorecard(schema, codes[:, None], label, weight)
    low, other, high = card.score(np.array([[0.0], [1.0], [2.0]]))
    assert low < other < high
    assert card.score(np.array([[np.nan]]))[0] == pytest.approx(0.0)


def test_noise_gives_an_empty_card_and_one_class_is_refused() -> None:
    generator = np.random.default_rng(2)
    noise, label = generator.random((20000, 1)), (np.arange(20000) % 2).astype(float)
    card = fit_scorecard((spec("some_noise_now"),), noise, label, np.ones(20000))
    assert card.bins == ()
    assert card.score(noise[:3]).tolist() == [0, 0, 0]
    with pytest.raises(MeasureRefused, match="got 0 with a problem among 20000"):
        fit_scorecard((spec("some_noise_now"),), noise, np.zeros(20000), np.ones(20000))
