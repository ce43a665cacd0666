"""Estimates by hand, beside a survey library, and covering a known truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import svy

from serving.sampling.estimates import (
    EstimateRefused,
    RateEstimate,
    StratumSample,
    hajek,
    horvitz_thompson,
    jeffreys,
    poisson_total,
    violation_rate,
    wilson,
)

SIZES = {"A": 651, "B": 250, "C": 84, "D": 15}
DRAWN = {"A": 20, "B": 20, "C": 30, "D": 15}


def results(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """0/1 findings of a graded draw, D drawn whole."""
    generator = np.random.default_rng(seed)
    stratum = np.repeat(list(DRAWN), list(DRAWN.values()))
    pi = np.array([DRAWN[name] / SIZES[name] for name in stratum])
    chance = np.array([{"A": 0.1, "B": 0.2, "C": 0.3, "D": 0.6}[name] for name in stratum])
    return (generator.random(len(stratum)) < chance).astype(float), pi, stratum


def library(y: np.ndarray, pi: np.ndarray, stratum: np.ndarray) -> Any:
    frame = pl.DataFrame({"y": y, "w": 1 / pi, "stratum": stratum, "size": [SIZES[name] for name in stratum]})
    return svy.Sample(frame, svy.Design(stratum="stratum", wgt="w", pop_size="size")).estimation


def same(ours: RateEstimate, theirs: Any) -> None:
    (cell,) = theirs.estimates
    assert ours.value == pytest.approx(cell.est, rel=1e-9)
    assert ours.standard_error == pytest.approx(cell.se, rel=1e-9)
    assert (ours.low, ours.high) == pytest.approx((cell.lci, cell.uci), rel=1e-9)


def test_totals_and_means_equal_those_of_a_survey_library() -> None:
    y, pi, stratum = results()
    same(horvitz_thompson(y, pi, stratum, SIZES), library(y, pi, stratum).total("y"))
    same(hajek(y, pi, stratum, SIZES), library(y, pi, stratum).mean("y"))


def test_the_rate_and_its_error_equal_those_of_a_survey_library() -> None:
    """The interval is ours: theirs says nothing where nobody was found."""
    y, pi, stratum = results()
    found = violation_rate(
        [
            StratumSample(size=SIZES[name], drawn=DRAWN[name], found=int(y[stratum == name].sum()))
            for name in SIZES
        ]
    )
    (cell,) = library(y, pi, stratum).mean("y").estimates
    assert found.value == pytest.approx(cell.est, rel=1e-9)
    assert found.standard_error == pytest.approx(cell.se, rel=1e-9)


def test_a_draw_of_everybody_leaves_nothing_open() -> None:
    rate = violation_rate(
        [StratumSample(size=10, drawn=10, found=3), StratumSample(size=5, drawn=5, found=0)]
    )
    assert (rate.value, rate.low, rate.high, rate.standard_error) == pytest.approx((0.2, 0.2, 0.2, 0))


def test_nobody_found_of_few_is_not_certainty() -> None:
    assert wilson(0, 200) == pytest.approx((0.0, 0.0188), abs=1e-4)
    low, high = jeffreys(StratumSample(size=10**9, drawn=200, found=0), level=0.9)
    assert (low, high) == pytest.approx((0.0, 0.0095), abs=1e-4), "one-sided 95 %, QUALITY C1"
    two = violation_rate(
        [StratumSample(size=900, drawn=20, found=0), StratumSample(size=90, drawn=20, found=0)]
    )
    assert two.value == 0.0 < two.high


def test_a_poisson_total_by_hand() -> None:
    total = poisson_total(np.array([1.0, 2.0]), np.array([0.5, 1.0]))
    assert (total.value, total.standard_error) == pytest.approx((4.0, 2**0.5))


def test_results_from_which_nothing_follows_are_refused() -> None:
    with pytest.raises(EstimateRefused, match=r"at least one result, .* got .*drawn=0"):
        violation_rate([StratumSample(size=5, drawn=0, found=0)])
    y, pi, stratum = results()
    with pytest.raises(EstimateRefused, match="no result in stratum 'E' of 4"):
        hajek(y, pi, stratum, {**SIZES, "E": 4})
    with pytest.raises(EstimateRefused, match="probability that is not above 0"):
        horvitz_thompson(y, pi * 0, stratum, SIZES)
    with pytest.raises(EstimateRefused, match=r"two or more results .* got one in 'A'"):
        horvitz_thompson(np.ones(1), np.full(1, 0.1), np.array(["A"]), {"A": 10})


@pytest.mark.parametrize(
    ("counts", "at_most"), [((10, 12, 16, 15), 1.0), ((60, 40, 30, 15), 0.975), ((130, 50, 40, 15), 0.975)]
)
def test_the_interval_covers_the_truth_as_often_as_it_says(counts: tuple[int, ...], at_most: float) -> None:
    """Of a handful in each stratum it errs to the side of caution."""
    generator, sizes = np.random.default_rng(5), list(SIZES.values())
    guilty = [40, 30, 20, 9]
    truth, held, rounds = sum(guilty) / sum(sizes), 0, 2000
    found = [
        generator.hypergeometric(bad, size - bad, n, rounds)
        for bad, size, n in zip(guilty, sizes, counts, strict=True)
    ]
    for one in zip(*found, strict=True):
        rate = violation_rate(
            [
                StratumSample(size=size, drawn=n, found=int(x))
                for size, n, x in zip(sizes, counts, one, strict=True)
            ]
        )
        held += rate.low <= truth <= rate.high
    assert 0.93 <= held / rounds <= at_most
