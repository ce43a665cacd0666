"""Strictness planted in visits assigned by lot is found, covered and shrunk; without lots nothing is said."""

from __future__ import annotations

import numpy as np
import pytest

from training.estimates.leniency import LeniencyRefused, Visits, estimate_leniency

INSPECTORS, OFFICES = 24, 4


def visits(strictness: np.ndarray, *, count: int = 4000, seed: int = 1, tilted: bool = False) -> Visits:
    """Visits of four offices with six inspectors each; `tilted` gives riskier entities to some of them."""
    generator = np.random.default_rng(seed)
    who = generator.integers(0, INSPECTORS, count)
    office = who % OFFICES
    expected = generator.beta(2, 8, count) + 0.05 * office
    if tilted:
        expected = expected + 0.2 * (who < INSPECTORS // 2)
    return Visits(
        inspector=[f"i{each:02d}" for each in who],
        office=[f"o{each}" for each in office],
        month=generator.integers(24_000, 24_012, count),
        label=(generator.random(count) < np.clip(expected + strictness[who], 0, 1)).astype(float),
        expected=expected,
    )


def planted(spread: float, seed: int) -> np.ndarray:
    """Effects with mean zero in every office."""
    effect = np.random.default_rng(seed).normal(scale=spread, size=INSPECTORS)
    return effect - np.array([effect[place % OFFICES :: OFFICES].mean() for place in range(INSPECTORS)])


def test_planted_strictness_is_covered_and_its_spread_found() -> None:
    covered, spreads = [], []
    for seed in range(20):
        truth = planted(0.08, 100 + seed)
        found = estimate_leniency(visits(truth, seed=seed))
        for one in found.inspectors:
            covered.append(one.low <= truth[int(one.inspector[1:])] <= one.high)
        spreads.append(found.spread)
        assert found.same < 0.01
    assert 0.91 <= np.mean(covered) <= 0.98
    assert np.mean(spreads) == pytest.approx(0.08 * np.sqrt(5 / 6), abs=0.012)


@pytest.mark.parametrize("spread", [0.03, 0.08])
def test_few_visits_widen_the_intervals_until_they_cover(spread: float) -> None:
    """23 visits of each: how much inspectors differ is itself doubtful, and may look like nothing."""
    covered, closer = [], []
    for seed in range(30):
        truth = planted(spread, 100 + seed)
        for one in estimate_leniency(visits(truth, count=552, seed=seed)).inspectors:
            own = truth[int(one.inspector[1:])]
            covered.append(one.low <= own <= one.high)
            closer.append(abs(one.effect - own) < abs(one.raw - own))
    assert 0.91 <= np.mean(covered) <= 0.995
    assert np.mean(closer) > 0.5


def test_the_strictest_comes_first_and_effects_are_drawn_to_the_mean() -> None:
    found = estimate_leniency(visits(planted(0.08, 3)))
    effects = [one.effect for one in found.inspectors]
    assert effects == sorted(effects, reverse=True)
    assert all(abs(one.effect) <= abs(one.raw) for one in found.inspectors)
    assert (found.visits, found.offices) == (4000, OFFICES)


def test_equal_inspectors_are_not_told_apart() -> None:
    """Of twenty cities without any strictness about one has a p-value below 0.05."""
    found = [estimate_leniency(visits(np.zeros(INSPECTORS), seed=seed)) for seed in range(20)]
    assert sum(one.same < 0.05 for one in found) <= 4
    assert np.mean([one.spread for one in found]) < 0.02


def test_an_assignment_that_was_not_by_lot_shows_in_the_balance() -> None:
    assert estimate_leniency(visits(np.zeros(INSPECTORS), tilted=True)).balance < 1e-6
    assert estimate_leniency(visits(np.zeros(INSPECTORS))).balance > 0.01


def test_where_inspectors_are_unknown_or_too_few_the_reason_is_given() -> None:
    some = visits(np.zeros(INSPECTORS), count=60)
    nobody = Visits(
        inspector=[None] * 60, office=some.office, month=some.month, label=some.label, expected=some.expected
    )
    with pytest.raises(LeniencyRefused, match=r"whose inspector is recorded; got none of 60"):
        estimate_leniency(nobody)
    alone = Visits(
        inspector=["i01"] * 60, office=some.office, month=some.month, label=some.label, expected=some.expected
    )
    with pytest.raises(LeniencyRefused, match=r"3 inspectors of known offices .* got 1 among 60 visits"):
        estimate_leniency(alone)


def test_of_an_inspector_who_never_met_a_colleague_nothing_is_known() -> None:
    """His office has nobody else: he keeps the mean, with an interval as wide as all inspectors spread."""
    base = visits(planted(0.08, 3))
    more = Visits(
        inspector=[*base.inspector, *["hermit"] * 20], office=[*base.office, *["island"] * 20],
        month=np.concatenate([base.month, np.full(20, 24_003)]),
        label=np.concatenate([base.label, np.ones(20)]),
        expected=np.concatenate([base.expected, np.full(20, 0.1)]),
    )  # fmt: skip
    found = estimate_leniency(more)
    [hermit] = [one for one in found.inspectors if one.inspector == "hermit"]
    assert hermit.effect == pytest.approx(0, abs=1e-9)
    assert hermit.high == pytest.approx(1.959964 * found.spread, rel=0.25)
    assert hermit.high >= max(one.high - one.effect for one in found.inspectors)


def test_offices_tied_by_one_visit_are_judged_each_by_itself() -> None:
    """An inspector helped out once elsewhere: that thread must not carry the doubt about whole offices."""
    base = visits(planted(0.08, 3))
    office = list(base.office)
    office[0] = f"o{(int(office[0][1:]) + 1) % OFFICES}"  # type: ignore[index]
    tied = Visits(
        inspector=base.inspector, office=office, month=base.month, label=base.label, expected=base.expected
    )
    alone, together = estimate_leniency(base), estimate_leniency(tied)
    assert together.spread == pytest.approx(alone.spread, rel=0.05)
    assert together.same < 0.01
