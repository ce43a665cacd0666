"""The recorded probabilities are the true ones, and what inspections find follows the hidden riskiness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data_contracts.codes import problem_codes
from data_contracts.sandbox_city import policies
from data_contracts.sandbox_city.truth import Truth

Admitted = Callable[[str], pa.Table]
PROBLEMS = "|".join(problem_codes())


@pytest.fixture(scope="module")
def inspections(admitted: Admitted) -> pd.DataFrame:
    rows: pd.DataFrame = admitted("inspections").to_pandas()
    rows["problem"] = rows.result_codes.str.contains(PROBLEMS)
    return rows


@pytest.fixture(scope="module")
def drawn(inspections: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Random draws with the hidden truth of their entity and quarter."""
    rows = inspections[inspections.mechanism == "random_draw"].copy()
    rows["on"] = pd.PeriodIndex(pd.to_datetime(rows.occurred_on), freq="Q").start_time.date
    return rows.merge(truth.quarters.to_pandas(), on=["entity_id", "on"], validate="many_to_one")


def test_a_probability_is_recorded_for_random_draws_and_for_nothing_else(inspections: pd.DataFrame) -> None:
    is_random = inspections.mechanism == "random_draw"
    assert (inspections.inclusion_probability.notna() == is_random).all()
    assert (inspections.draw_id.notna() == is_random).all()
    assert set(inspections.mechanism) == {"random_draw", "targeted", "complaint", "lead", "follow_up"}


def test_inspections_of_a_draw_over_their_probability_give_exactly_the_frame(
    drawn: pd.DataFrame, truth: Truth
) -> None:
    """n / (n/N) = N: over the strata of a quarter this is the number of entities that could be drawn."""
    frames = truth.quarters.to_pandas().groupby("on").size()
    weights = (1 / drawn.inclusion_probability).groupby(drawn["on"]).sum()
    settled = frames.index < pd.Timestamp("2026-01-01").date()  # later results are not all known yet
    assert settled.sum() == 22
    np.testing.assert_allclose(weights[settled], frames[settled], rtol=1e-9)


def test_the_policy_of_each_year_is_seen_in_the_probabilities(drawn: pd.DataFrame) -> None:
    year = pd.to_datetime(drawn["on"]).dt.year
    flat = drawn[year <= 2022]
    assert flat.draw_id.str.endswith("-ALL").all()
    assert flat.inclusion_probability.to_numpy() == pytest.approx(0.0075, abs=0.0005)
    by_grade = drawn[year >= 2023].groupby(drawn.draw_id.str[-1]).inclusion_probability.mean()
    assert by_grade.to_numpy() == pytest.approx([0.0075, 0.015, 0.0375, 0.1], rel=0.25)


def test_no_entity_is_drawn_twice_in_one_quarter(drawn: pd.DataFrame) -> None:
    assert not drawn.duplicated(["entity_id", "on"]).any()


def test_targeted_inspections_begin_in_2025_and_find_more(inspections: pd.DataFrame) -> None:
    targeted = inspections[inspections.mechanism == "targeted"]
    assert min(targeted.occurred_on).year == 2025
    assert targeted.problem.mean() > inspections[inspections.mechanism == "random_draw"].problem.mean()


def test_a_draw_takes_every_member_of_a_stratum_equally_often() -> None:
    """4 000 draws of 3 out of 400 and of 1 out of 10: within five standard errors of the record."""
    grade = np.repeat(np.array([0, 3], np.int8), [400, 10])
    rng = np.random.default_rng(5)
    counts, recorded = np.zeros(410), np.zeros(410)
    for _ in range(4_000):
        draw = policies.random_draw(grade, 2023, rng)
        counts[draw.entity] += 1
        recorded[draw.entity] = draw.probability
    error = 5 * np.sqrt(recorded * (1 - recorded) / 4_000)
    assert (np.abs(counts / 4_000 - recorded) < error).all()
    assert recorded[0] == pytest.approx(3 / 400)
    assert recorded[-1] == pytest.approx(1 / 10)


def test_grades_have_the_shares_of_the_plan_and_equal_points_are_ordered_by_lot() -> None:
    frame = np.ones(2_000, bool)
    frame[:500] = False
    first, second = (policies.grades(np.zeros(2_000), frame, np.random.default_rng(seed)) for seed in (1, 2))
    for grade in (first, second):
        assert np.bincount(grade[frame]).tolist() == [975, 375, 128, 22]
        assert (grade[~frame] == -1).all()
    assert (first != second).any()


def test_the_problem_rate_under_a_flat_draw_is_realistic(truth: Truth) -> None:
    assert 0.10 < truth.quarters.to_pandas().probability.mean() < 0.18


def test_found_problems_agree_with_the_true_probabilities(drawn: pd.DataFrame) -> None:
    """Strictness of inspectors cancels: the sum of found minus expected lies within four standard errors."""
    expected = drawn.probability.to_numpy(float)
    difference = drawn.problem.sum() - expected.sum()
    assert abs(difference) < 4 * np.sqrt((expected * (1 - expected)).sum())


def test_the_weighted_estimate_covers_the_truth_of_the_city(drawn: pd.DataFrame, truth: Truth) -> None:
    weights = 1 / drawn.inclusion_probability
    estimate = np.average(drawn.problem, weights=weights)
    error = np.sqrt((weights**2 * (drawn.problem - estimate) ** 2).sum()) / weights.sum()
    assert abs(estimate - truth.quarters.to_pandas().probability.mean()) < 4 * error


def test_the_violation_rate_rises_with_riskiness(drawn: pd.DataFrame, truth: Truth) -> None:
    both = truth.quarters.to_pandas()
    quarters = pd.qcut(both.riskiness, 4, labels=False)
    true_rates = both.groupby(quarters).probability.mean()
    assert true_rates.is_monotonic_increasing
    assert true_rates.iloc[-1] > 6 * true_rates.iloc[0]
    found = drawn.groupby(pd.qcut(drawn.riskiness, 3, labels=False)).problem.mean()
    assert found.is_monotonic_increasing


def test_the_riskiest_one_and_a_half_in_a_hundred_are_mostly_violators(truth: Truth) -> None:
    probability = np.sort(truth.quarters["probability"].to_numpy())
    low = probability[: int(0.65 * len(probability))].mean()
    high = probability[int(0.985 * len(probability)) :].mean()
    assert low < 0.06
    assert 0.6 < high < 0.9


def test_riskiness_persists_and_drifts_slowly(truth: Truth) -> None:
    wide = truth.quarters.to_pandas().pivot_table(index="entity_id", columns="on", values="riskiness")
    first, next_one, last = (wide.iloc[:, place] for place in (0, 1, -1))
    assert first.corr(next_one) > 0.97
    assert 0.5 < first.corr(last) < 0.9


def test_inspectors_differ_and_their_strictness_cancels_in_each_district(truth: Truth) -> None:
    inspectors = truth.inspectors.to_pandas()
    by_district = inspectors.groupby(inspectors.inspector.str[:6]).strictness
    assert by_district.sum().abs().max() < 1e-9
    assert by_district.size().min() >= 2
    assert inspectors.strictness.std() > 0.1


def test_a_clean_result_has_no_counts_and_a_problem_has_a_code(inspections: pd.DataFrame) -> None:
    counts = inspections[["critical_count", "serious_count", "minor_count"]].sum(axis=1)
    assert (counts[~inspections.problem] == 0).all()
    codes = set(";".join(inspections.result_codes).split(";"))
    assert len(codes) >= 9
    assert set(inspections.result_codes[~inspections.problem]) <= {
        "no_problem",
        "activity_not_found",
        "other",
    }
