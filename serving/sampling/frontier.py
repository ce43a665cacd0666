"""The frontier: the most findings for every standard error of the violation rate, and what it costs.

A planner picks a point. Each point says its counts, its expected findings with an interval, its hours, and
what one more unit of every limit would be worth. Limits that cannot hold together are refused with the
smallest set of them that conflicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from data_contracts.refusal import Refusal
from serving.sampling.capacity import (
    Cell,
    Floats,
    Limits,
    checked,
    findings,
    rows_of,
    standard_error,
)
from serving.sampling.conflicts import Conflict, conflict_of
from serving.sampling.convex_plan import ConvexPlan, Solved
from serving.sampling.shadow_prices import Price, conflict_told, priced

_NORMAL = 1.959963984540054
# Asked again by so much less, a target within the last digits of what can be reached is met.
_MET = 1 + 1e-5


class PlanInfeasible(Refusal):
    """Limits that no plan keeps; `conflict` is the smallest set of them, told by `told_zh` and `told_en`."""

    def __init__(self, conflict: Conflict, told: tuple[str, str]) -> None:
        """Keeps the conflict for pages that show it limit by limit."""
        super().__init__(
            expected="limits that some plan keeps",
            got=told[1],
            todo="give up or loosen any one of these limits; each of them alone would do",
        )
        self.conflict = conflict
        self.told_zh, self.told_en = told


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One plan: whole counts by cell, their shares as exact texts for a policy, and what to expect.

    findings with low and high (95 %, from the uncertainty of the rates); standard_error of the violation
    rate; hours and visits; target: the bound that was asked for (None: none). prices: one for each limit.
    """

    target: float | None
    counts: dict[str, int]
    ratios: dict[str, str]
    findings: float
    low: float
    high: float
    standard_error: float
    hours: float
    visits: int
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The points from the smallest standard error to the most findings, and the proportional plan beside."""

    points: tuple[Point, ...]
    proportional: Point


def point_at(cells: Sequence[Cell], limits: Limits, *, target: float | None = None) -> Point:
    """The plan with the most expected findings whose standard error is at most `target` (0.004; None: any).

    A concave maximum over linear limits and one convex bound, so it is the global one. Raises PlanInfeasible
    with the limits that conflict, CapacityRefused for cells and limits that cannot be.
    """
    known = checked(cells, limits)
    return _point(ConvexPlan(known, rows_of(known, limits)), limits, target)


def best_at(cells: Sequence[Cell], limits: Limits, *, target: float) -> Point | None:
    """The same, or None where no plan keeps limits and target: to say why takes many questions more."""
    known = checked(cells, limits)
    plan = ConvexPlan(known, rows_of(known, limits))
    rates = np.array([cell.rate for cell in known])
    for near in (target, target * _MET):
        if (solved := plan.most(rates, near)) is not None:
            return _in_whole(plan, solved, rates, near)
    return None


def frontier(cells: Sequence[Cell], limits: Limits, *, points: int = 12) -> Frontier:
    """The whole curve, from the least standard error within the limits to the most findings."""
    known = checked(cells, limits)
    plan = ConvexPlan(known, rows_of(known, limits))
    most = _point(plan, limits, None)
    least = plan.least_error() * (1 + 1e-4)
    curve = [most]
    if least < most.standard_error:
        # Whole counts wobble around the curve; between its ends the steps are even in the logarithm.
        targets = np.geomspace(least, most.standard_error, points)[:-1]
        curve = [*(_point(plan, limits, float(target)) for target in targets), most]
    return Frontier(points=tuple(curve), proportional=_proportional(plan, limits))


def evaluate(cells: Sequence[Cell], counts: Floats) -> Point:
    """What counts of a planner's own would find, cost and teach, without prices. Shape: one count a cell."""
    return _told(cells, counts, None, ())


def _point(plan: ConvexPlan, limits: Limits, target: float | None) -> Point:
    """One solved point in whole counts."""
    rates = np.array([cell.rate for cell in plan.cells])
    solved = plan.most(rates, target)
    if solved is None:
        conflict = conflict_of(plan, target)
        if conflict is None:
            # Within the last digits of what can be reached: ask for that much less.
            return _point(plan, limits, (target or 0.0) * _MET)
        raise PlanInfeasible(conflict, conflict_told(conflict, plan.rows, target))
    return _in_whole(plan, solved, rates, target)


def _in_whole(plan: ConvexPlan, solved: Solved, rates: Floats, target: float | None) -> Point:
    """The point of a solution."""
    counts = plan.whole(rates, solved.counts, target)
    return _told(plan.cells, counts, target, _prices(plan, solved, target))


def _prices(plan: ConvexPlan, solved: Solved, target: float | None) -> tuple[Price, ...]:
    """The shadow price of every limit."""
    return priced(plan.cells, plan.rows, solved.prices, None if target is None else solved.error_price)


def _told(cells: Sequence[Cell], counts: Floats, target: float | None, prices: tuple[Price, ...]) -> Point:
    """A point from its counts."""
    expected, spread = findings(cells, counts)
    hours = np.array([cell.hours for cell in cells])
    named = {cell.name: round(float(count)) for cell, count in zip(cells, counts, strict=True)}
    return Point(
        target=target,
        counts=named,
        ratios={cell.name: _share(named[cell.name], cell.size) for cell in cells},
        findings=expected,
        low=max(expected - _NORMAL * spread, 0.0),
        high=min(expected + _NORMAL * spread, float(counts.sum())),
        standard_error=standard_error(cells, counts),
        hours=float(hours @ counts),
        visits=round(float(counts.sum())),
        prices=prices,
    )


def _share(count: int, size: int) -> str:
    """Exact, so that a policy with this ratio draws just this count."""
    return str(Fraction(count, size))


def _proportional(plan: ConvexPlan, limits: Limits) -> Point:
    """The same hours spread evenly over everybody: what a draw without grades would give."""
    size = plan.size
    hours = np.array([cell.hours for cell in plan.cells])
    share = min(limits.hours / float(hours @ size), 1.0)
    return _told(plan.cells, np.floor(share * size), None, ())
