"""Hit rates: weighted, shrunk toward the grade, with intervals; and what past draws say of other ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from serving.sampling.hit_rates import DrawsRefused, item_rates
from serving.sampling.policy_replay import PastDraws, replay


def texts(*values: str) -> np.ndarray:
    return np.array(values, dtype=str)


def test_a_rate_weighs_each_row_by_what_it_stands_for() -> None:
    """A problem drawn with 1/2 stands for 2, a clean one drawn with 1/6 for 6: a quarter; Kish: 64 / 40."""
    (whole, _) = item_rates(
        texts("A", "A"), texts("x", "x"), np.array([True, False]), np.array([1 / 2, 1 / 6])
    )
    assert (whole.raw, whole.inspected, whole.problems) == (pytest.approx(0.25), 2, 1)
    assert whole.effective == pytest.approx(1.6)
    assert whole.rate == pytest.approx((0.5 + 1.6 * 0.25) / 2.6)


def test_items_alike_lean_on_their_grade_and_items_apart_stand_alone() -> None:
    item = np.repeat(["many", "few"], [1000, 4])
    alike = np.concatenate([np.arange(1000) % 10 == 0, [False] * 4])
    by_name = {one.item: one for one in item_rates(np.full(1004, "B"), item, alike, np.full(1004, 0.1))}
    assert by_name["few"].raw == 0
    assert by_name["few"].rate == pytest.approx(0.1, abs=0.02)
    item = np.repeat(["good", "bad"], [1000, 1000])
    apart = np.concatenate([np.arange(1000) % 50 == 0, np.arange(1000) % 2 == 0])
    by_name = {one.item: one for one in item_rates(np.full(2000, "B"), item, apart, np.full(2000, 0.1))}
    assert by_name["good"].rate == pytest.approx(0.02, abs=0.003)
    assert by_name["bad"].rate == pytest.approx(0.5, abs=0.005)


def test_the_shrunk_rates_lie_nearer_the_truth_and_their_intervals_hold_it() -> None:
    """Sixty items whose true rates spread around 15 %, thirty visits each, in forty cities."""
    chance = np.random.default_rng(5)
    item = np.repeat([f"i{n:02d}" for n in range(60)], 30)
    raw, shrunk, held = 0.0, 0.0, 0
    for _ in range(40):
        truth = chance.beta(15, 85, size=60)
        found = chance.random(1800) < np.repeat(truth, 30)
        rates = item_rates(np.full(1800, "C"), item, found, np.full(1800, 0.05))[1:]
        raw += sum((one.raw - p) ** 2 for one, p in zip(rates, truth, strict=True))
        shrunk += sum((one.rate - p) ** 2 for one, p in zip(rates, truth, strict=True))
        held += sum(one.low <= p <= one.high for one, p in zip(rates, truth, strict=True))
    assert shrunk < 0.5 * raw
    assert 0.9 < held / 2400 < 0.97


def test_a_grade_nobody_drew_has_no_rate_and_bad_columns_are_refused() -> None:
    rates = item_rates(texts("A"), texts("x"), np.array([True]), np.array([1.0]))
    assert {one.grade for one in rates} == {"A"}
    with pytest.raises(DrawsRefused, match=r"got lengths \[1\], 1 chances outside"):
        item_rates(texts("A"), texts("x"), np.array([True]), np.array([0.0]))


def past(**changed: Any) -> PastDraws:
    """Ten of 100 A (one problem) and five of 10 D (three problems), both drawn once in 2025."""
    columns: dict[str, Any] = {
        "year": np.full(15, 2025), "draw": np.full(15, "q1"), "occasion": np.full(15, "q1"),
        "grade": np.repeat(["A", "D"], [10, 5]),
        "region": np.repeat(["11", "12", "12"], [5, 5, 5]), "size": np.full(15, "small"),
        "found": np.array([1] + [0] * 9 + [1, 1, 1, 0, 0], dtype=bool),
        "chance": np.repeat([0.1, 0.5], [10, 5]),
    }  # fmt: skip
    return PastDraws(**(columns | changed))


def test_other_ratios_by_hand() -> None:
    """20 % of 100 A and all 10 of D: 20 visits with 2 findings, and 10 with 6."""
    lines = {(one.breakdown, one.group): one for one in replay(past(), {"A": "0.2", "D": "1"})}
    assert (lines["all", "all"].visits, lines["all", "all"].findings) == (pytest.approx(30), pytest.approx(8))
    assert lines["grade", "A"].hit_rate == pytest.approx(0.1)
    assert lines["grade", "D"].visits == pytest.approx(10)
    assert lines["region", "12"].visits == pytest.approx(20)
    assert lines["grade", "A"].findings_low < 2 < lines["grade", "A"].findings_high


def test_a_grade_without_draws_has_no_support_and_says_so() -> None:
    lines = {(one.breakdown, one.group): one for one in replay(past(), {"A": "0.2", "B": "0.1", "D": "1"})}
    assert lines["grade", "B"].visits is None
    assert lines["grade", "B"].no_support == ("B",)
    assert lines["all", "all"].no_support == ("B",)
    assert lines["grade", "A"].no_support == ()


def test_two_draws_of_a_year_are_averaged_and_not_added() -> None:
    twice = {name: np.tile(getattr(past(), name), 2) for name in PastDraws.__dataclass_fields__}
    twice["draw"] = twice["occasion"] = np.repeat(["q1", "q2"], 15)
    (line, *_) = replay(PastDraws(**twice), {"A": "0.2", "D": "1"})
    assert (line.visits, line.findings) == (pytest.approx(30), pytest.approx(8))


def test_intervals_hold_the_findings_that_the_ratios_would_have_made() -> None:
    """A generated city with known violators, drawn by flat ratios 400 times, replayed under graded ones."""
    chance = np.random.default_rng(3)
    sizes, rates = {"A": 4000, "B": 2000, "C": 800, "D": 200}, {"A": 0.03, "B": 0.1, "C": 0.3, "D": 0.6}
    drawn = {"A": 200, "B": 150, "C": 100, "D": 60}
    ratios = {"A": "0.02", "B": "0.05", "C": "0.2", "D": "1"}
    truth = {grade: chance.random(size) < rates[grade] for grade, size in sizes.items()}
    expected = sum(float(ratios[grade]) * truth[grade].sum() for grade in sizes)
    grade = np.repeat(list(drawn), list(drawn.values()))
    held, total = 0, 0.0
    for _ in range(400):
        found = np.concatenate([chance.permutation(truth[g])[:n] for g, n in drawn.items()])
        line = replay(
            PastDraws(
                year=np.full(len(grade), 2025), draw=np.full(len(grade), "q"),
                occasion=np.full(len(grade), "q"), grade=grade,
                region=np.full(len(grade), "r"), size=np.full(len(grade), "s"), found=found,
                chance=np.repeat([n / sizes[g] for g, n in drawn.items()], list(drawn.values())),
            ),
            ratios,
        )[0]  # fmt: skip
        assert line.findings is not None
        assert line.findings_low is not None
        assert line.findings_high is not None
        total += line.findings
        held += line.findings_low <= expected <= line.findings_high
    assert total / 400 == pytest.approx(expected, rel=0.01)
    assert 0.92 <= held / 400 <= 0.98
