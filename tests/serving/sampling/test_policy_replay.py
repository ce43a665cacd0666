"""Replays of whole cities against their hidden truth; who counts how often, and what does not count yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from serving.inspections.policies.past_draws import NoPastDraws, drawn_before
from serving.sampling.policy_replay import PastDraws, ReplayLine, replay
from tests.serving.sampling.lived_city import live

HENAN = {"A": "1/100", "B": "2/100", "C": "10/100", "D": "30/100"}
YEARS, CITIES = (2023, 2024, 2025), 20


def test_intervals_hold_the_hidden_truth_of_every_year(tmp_path: Path) -> None:
    """Cities of 20,000, graded by a register and drawn by the offices' own grades."""
    held, off = 0, []
    for seed in range(CITIES):
        city = live(20_000, seed)
        drawn = drawn_before(city.lake(tmp_path), registers=[city.register()], today=city.plan.last_day)
        assert drawn.unfinished == ("SJ-2026Q2",)
        for line in replay(drawn.by_entity(), HENAN):
            if line.breakdown == "all" and line.year in YEARS:
                truth = city.expected_findings(city.quarters_of(line.year), HENAN)
                assert line.findings is not None
                assert line.findings_low is not None
                assert line.findings_high is not None
                held += line.findings_low <= truth <= line.findings_high
                off.append(line.findings / truth - 1)
    # Of 60 intervals of 95 % each, fewer than 53 hold in one case of a hundred.
    assert held >= 53
    assert abs(np.mean(off)) < 2.6 * np.std(off) / np.sqrt(len(off))


def test_a_draw_is_not_replayed_before_its_results_are_in(tmp_path: Path) -> None:
    """A quarter and four days after its own, the first draw of 2023 is finished and the second is not."""
    city = live(10_000, 1)
    lake = city.lake(tmp_path)
    seen = drawn_before(replace(lake, exported_on=date(2023, 7, 4)), today=date(2023, 12, 31))
    assert "SJ-2023Q1" not in seen.unfinished
    assert "SJ-2023Q2" in seen.unfinished
    early = drawn_before(replace(lake, exported_on=date(2023, 4, 1)), today=date(2023, 12, 31))
    with pytest.raises(NoPastDraws, match=r"got only SJ-2023Q1, SJ-2023Q2, .* still coming in"):
        early.by_entity()


def draws(*, occasion: list[str], region: list[str], draw: list[str] | None = None) -> PastDraws:
    """Groups of ten A with one problem each, all drawn with a tenth."""
    rows = 10 * len(occasion)
    return PastDraws(
        year=np.full(rows, 2025),
        draw=np.repeat(draw or occasion, 10),
        occasion=np.repeat(occasion, 10),
        grade=np.full(rows, "A"),
        region=np.repeat(region, 10),
        size=np.full(rows, "small"),
        found=np.tile(np.arange(10) == 0, len(occasion)),
        chance=np.full(rows, 0.1),
    )


def whole(past: PastDraws) -> ReplayLine:
    """The line of everybody, under a ratio of a fifth."""
    return next(line for line in replay(past, {"A": "0.2"}) if line.breakdown == "all")


@pytest.mark.parametrize(
    ("past", "visits"),
    [
        (draws(occasion=["q1", "q2"], region=["110101", "110101"]), 20),
        (draws(occasion=["q1", "q1"], region=["110101", "110101"], draw=["q1-A", "q1-B"]), 40),
        (draws(occasion=["east", "west"], region=["110101", "110202"]), 40),
        (draws(occasion=["q1", "q1", "west"], region=["110101", "110202", "110202"]), 40),
    ],
    ids=["two draws of all", "two strata of a draw", "two draws of districts", "all, and one district again"],
)
def test_everybody_counts_once_a_year(past: PastDraws, visits: float) -> None:
    assert whole(past).visits == pytest.approx(visits)
    assert whole(past).hit_rate == pytest.approx(0.1)


def test_findings_of_a_group_vary_with_its_size_and_its_rate_does_not() -> None:
    """Drawn in one stratum, of which half is in each district: nobody knows how many live in either."""
    past = draws(occasion=["q1", "q1"], region=["110101", "110202"])
    one = next(line for line in replay(past, {"A": "0.2"}) if line.group == "110101")
    assert one.findings_high is not None
    assert one.visits is not None
    assert one.hit_high is not None
    assert one.findings_high > one.visits * one.hit_high
