"""The frontier: by hand, against a grid, its prices against what they promise, and conflicts named."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from serving.sampling import convex_plan
from serving.sampling.capacity import (
    CapacityRefused,
    Cell,
    Limits,
    Rate,
    cells_under,
    checked,
    limits_under,
    rows_of,
    standard_error,
)
from serving.sampling.convex_plan import ConvexPlan
from serving.sampling.frontier import PlanInfeasible, Point, best_at, evaluate, frontier, point_at
from serving.sampling.policy import Policy, parse_ratios
from tests.benchmarks.frontier import simulated_error

# Dandong 2023 with assumed rates of violation.
SIZES = {"A": 31107, "B": 12044, "C": 3682, "D": 721}
RATES = {"A": 0.01, "B": 0.03, "C": 0.10, "D": 0.25}
DANDONG = tuple(Cell(name=g, grade=g, size=SIZES[g], rate=RATES[g], rate_error=RATES[g] / 10) for g in SIZES)
OFFICE = Limits(hours=1500, exploration_floor=0.001)


@pytest.mark.parametrize(
    ("counts", "findings", "error"),
    [
        ((981, 380, 116, 23), 38.56, 0.0039),
        ((707, 469, 252, 71), 64.09, 0.0035),
        ((140, 216, 496, 648), 219.48, 0.0063),
        ((470, 340, 290, 400), 143.9, 0.0040),
    ],
    ids=["proportional", "neyman", "risk only", "a grid's best at 0.004"],
)
def test_findings_and_standard_error_by_hand(counts: tuple[int, ...], findings: float, error: float) -> None:
    point = evaluate(DANDONG, np.array(counts, dtype=float))
    assert point.findings == pytest.approx(findings)
    assert round(point.standard_error, 4) == error
    assert point.visits == sum(counts)


def test_the_ends_of_the_curve_are_neyman_and_the_riskiest() -> None:
    curve = frontier(DANDONG, OFFICE, points=5)
    assert list(curve.points[0].counts.values()) == pytest.approx([707, 469, 252, 71], abs=8)
    assert curve.points[-1].counts == {"A": 32, "B": 13, "C": 734, "D": 721}
    assert curve.proportional.findings == pytest.approx(38.5, abs=1)


def test_a_plan_at_a_precision_finds_more_than_any_of_a_grid() -> None:
    best = point_at(DANDONG, OFFICE, target=0.004)
    grid = range(120, 721, 40)
    found = [
        evaluate(DANDONG, np.array([1500 - b - c - d, b, c, d], dtype=float))
        for b in grid
        for c in range(120, 500, 40)
        for d in range(200, 600, 40)
        if 1500 - b - c - d > 31
    ]
    kept = [
        one.findings for one in found if one.standard_error <= 0.004 and falls_nowhere(one.counts, DANDONG)
    ]
    assert len(kept) > 20
    assert best.findings > max(kept) - 0.5
    assert best.standard_error <= 0.004


def test_what_is_drawn_by_a_rule_of_its_own_stands_fast_and_the_rest_is_best_of_all() -> None:
    """Every plan of a tiny office written out: none within hours and precision finds more."""
    cells = (
        Cell(name="A", grade="A", size=30, rate=0.1, hours=1.0),
        Cell(name="B", grade="B", size=20, rate=0.3, hours=1.5),
        Cell(name="-", grade="-", size=25, rate=0.2, hours=2.0, fixed=4),
        Cell(name="B/full", grade="B", size=3, rate=0.5, hours=1.0, fixed=3),
    )
    limits = Limits(hours=30, exploration_floor=0.05, legal_visits=12)
    for target in (None, 0.08, 0.085):
        point = point_at(cells, limits, target=target)
        assert (point.counts["-"], point.counts["B/full"]) == (4, 3)
        assert point.hours <= 30
        every = [
            evaluate(cells, np.array([a, b, 4, 3], dtype=float)) for a in range(2, 31) for b in range(1, 21)
        ]
        kept = [
            one.findings
            for one in every
            if one.hours <= 30 and one.visits >= 12 and one.counts["A"] * 20 <= one.counts["B"] * 30
            if target is None or one.standard_error <= target
        ]
        assert kept
        assert point.findings == pytest.approx(max(kept))
        assert target is None or best_at(cells, limits, target=target) == point
        assert not {one.code for one in point.prices} & {"floor:-", "available:-", "order:B-B/full"}
    for point in frontier(cells, limits, points=4).points:
        assert (point.counts["-"], point.counts["B/full"]) == (4, 3)


def test_a_curve_of_whole_counts_asks_the_integer_programme_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """It took most of the time of a live page, when each point asked it up to sixteen times."""
    asked, programme = [], convex_plan.milp

    def counted(*given: object, **named: object) -> object:
        asked.append(1)
        return programme(*given, **named)

    monkeypatch.setattr(convex_plan, "milp", counted)
    curve = frontier(DANDONG, Limits(hours=1500, exploration_floor=0.001, legal_visits=1427), points=9)
    assert len(curve.points) == 9
    assert len(asked) <= 9
    assert best_at(DANDONG, OFFICE, target=0.0001) is None
    assert len(asked) <= 9, "a precision out of reach is told without asking why"


def test_hours_that_do_not_even_pay_for_what_is_fixed_are_in_conflict() -> None:
    cells = (
        Cell(name="A", grade="A", size=30, rate=0.1),
        Cell(name="-", grade="-", size=25, rate=0.2, fixed=20),
    )
    with pytest.raises(PlanInfeasible, match=r"at most 20 officer-hours"):
        point_at(cells, Limits(hours=20, exploration_floor=0.1))
    assert point_at(cells, Limits(hours=23, exploration_floor=0.1)).counts == {"A": 3, "-": 20}
    with pytest.raises(CapacityRefused, match=r"cell -: grade '-'; cell A: 31 drawn of 30"):
        checked((replace(cells[1], fixed=None), replace(cells[0], fixed=31)), OFFICE)


def falls_nowhere(counts: dict[str, int], cells: tuple[Cell, ...]) -> bool:
    sizes = {cell.name: cell.size for cell in cells}
    return all(counts[a] * sizes[b] <= counts[b] * sizes[a] for a, b in pairwise(counts))


@st.composite
def offices(draw: st.DrawFn) -> tuple[tuple[Cell, ...], Limits, float | None]:
    cells = tuple(
        Cell(
            name=grade,
            grade=grade,
            size=draw(st.integers(5, 5000)),
            rate=draw(st.integers(0, 20)) / 20,
            hours=draw(st.sampled_from([1.0, 2.5])),
            full=grade == "D" and draw(st.booleans()),
        )
        for grade in "ABCD"
    )
    size = sum(cell.size for cell in cells)
    limits = Limits(
        hours=draw(st.integers(1, 2 * size)),
        exploration_floor=0.01,
        legal_visits=draw(st.integers(0, size // 5)),
    )
    return cells, limits, draw(st.none() | st.sampled_from([0.004, 0.02, 0.05]))


# Without shrinking, which takes minutes where every example solves a dozen programmes.
@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(offices())
def test_a_point_keeps_every_limit_in_whole_counts_or_says_which_conflict(
    office: tuple[tuple[Cell, ...], Limits, float | None],
) -> None:
    cells, limits, target = office
    try:
        point = point_at(cells, limits, target=target)
    except PlanInfeasible as refusal:
        plan = ConvexPlan(cells, rows := rows_of(cells, limits))
        codes = set(refusal.conflict.codes)
        assert codes <= {row.code for row in rows} | {"error"}
        others = [code for code in (*(row.code for row in rows), "error") if code not in codes]
        assert not possible(plan, target, others), "the named limits conflict by themselves"
        for code in codes:
            assert possible(plan, target, [*others, code]), "each of them is needed for the conflict"
        return
    counts = np.array(list(point.counts.values()), dtype=float)
    for row in rows_of(cells, limits):
        assert row.coefficients @ counts <= row.bound + 1e-6 * max(abs(row.bound), 1), row.code
    few = min(cell.size for cell in cells) < 1000
    assert target is None or few or point.standard_error <= target * (1 + 1e-6)
    shares = [Fraction(text) for text in point.ratios.values()]
    assert shares == sorted(shares)


def possible(plan: ConvexPlan, target: float | None, without: list[str]) -> bool:
    if target is None or "error" in without:
        return plan.most(np.zeros(len(plan.cells)), None, without) is not None
    return plan.least_error(without) <= target * (1 + 1e-5)


def price(point: Point, code: str) -> float:
    return next(one.value for one in point.prices if one.code == code)


@pytest.mark.parametrize("target", [None, 0.0045, 0.004])
def test_the_price_of_an_hour_is_what_another_hour_finds(target: float | None) -> None:
    point = point_at(DANDONG, OFFICE, target=target)
    richer = point_at(DANDONG, replace(OFFICE, hours=1540), target=target)
    assert richer.findings - point.findings == pytest.approx(40 * price(point, "hours"), rel=0.1)


def test_the_price_of_precision_is_what_less_of_it_finds() -> None:
    point, vaguer = (point_at(DANDONG, OFFICE, target=target) for target in (0.0042, 0.0043))
    assert vaguer.findings - point.findings == pytest.approx(price(point, "error"), rel=0.15)


def test_every_limit_has_a_price_in_its_unit_and_a_sentence() -> None:
    point = point_at(DANDONG, replace(OFFICE, legal_visits=1400), target=None)
    assert {one.code.split(":")[0] for one in point.prices} == {
        "hours",
        "floor",
        "available",
        "legal",
        "order",
    }
    told = {one.code: (one.told_zh, one.told_en) for one in point.prices}
    assert told["hours"] == (
        "每增加1个执法工时，预计多发现0.1个问题。", "One more officer-hour finds 0.1 more problems.",
    )  # fmt: skip
    assert told["legal"][1] == "The legal floor does not bind."
    assert told["floor:A"][1] == "A floor of A lower by one percentage point finds 28 more problems."


@pytest.mark.parametrize(
    ("limits", "cells", "target", "told"),
    [
        (
            replace(OFFICE, legal_visits=1600), DANDONG, None,
            "2 limits that cannot hold together: "
            "at most 1,500 officer-hours; at least 1,600 enterprises (law)"
            "; the others need 1,600 officer-hours",
        ),
        (
            replace(OFFICE, hours=300), DANDONG, 0.003,
            "2 limits that cannot hold together: "
            "at most 300 officer-hours; a standard error of at most 0.0030"
            r"; the others need \d,\d+ officer-hours; the others allow a standard error of 0.0\d+ at best",
        ),
        (
            replace(OFFICE, hours=500), tuple(replace(c, full=c.grade == "D") for c in DANDONG), None,
            "2 limits that cannot hold together: at most 500 officer-hours; all 721 of D (full coverage); "
            "the others need 721 officer-hours",
        ),
    ],
    ids=["law and hours", "precision and hours", "full coverage and hours"],
)  # fmt: skip
def test_limits_that_conflict_are_named_with_their_numbers(
    limits: Limits, cells: tuple[Cell, ...], target: float | None, told: str
) -> None:
    with pytest.raises(PlanInfeasible) as refused:
        point_at(cells, limits, target=target)
    assert re.fullmatch(told.replace("(", r"\(").replace(")", r"\)"), refused.value.got)
    assert refused.value.told_zh.startswith("以下2项要求不能同时满足：执法工时不超过")


def test_cells_that_cannot_be_are_refused_all_at_once() -> None:
    with pytest.raises(CapacityRefused, match="cell A: grade 'E'; cell A: rate 2; cell A twice; -1 hours"):
        checked(
            [Cell(name="A", grade="E", size=1, rate=2), Cell(name="A", grade="A", size=1, rate=0)],
            Limits(hours=-1, exploration_floor=0),
        )


def test_a_policy_sets_the_limits_and_an_unknown_rate_is_refused() -> None:
    policy = Policy(ratios=parse_ratios("A=0.02,B=0.05,C=0.2,D=1"), full_grades=("D",))
    limits = limits_under(policy, hours=10, enterprises=1001, visited=1)
    assert (limits.legal_visits, limits.exploration_floor) == (30, 0.005)
    rates = {"A": Rate(rate=0.1, rate_error=0.01)}
    (cell,) = cells_under(policy, sizes={"A": 5}, enterprises={"A": 3}, rates=rates, hours_per_visit=4)
    assert (cell.size, cell.enterprises, cell.full) == (5, 3, False)
    with pytest.raises(CapacityRefused, match="got none for D"):
        cells_under(policy, sizes={"D": 5}, enterprises={}, rates=rates, hours_per_visit=4)


@pytest.mark.parametrize("counts", [(981, 380, 116, 23), (140, 216, 496, 648), (470, 340, 290, 400)])
def test_the_predicted_standard_error_is_the_simulated_one(counts: tuple[int, ...]) -> None:
    """20,000 draws of a city with fixed violators; its own standard error is then 0.5 % off at most."""
    seen = simulated_error(DANDONG, counts, draws=20_000, seed=7)
    assert standard_error(DANDONG, np.array(counts, dtype=float)) == pytest.approx(seen, rel=0.05)
