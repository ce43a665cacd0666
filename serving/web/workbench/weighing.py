"""The form's plan on the frontier: what the same hours could find at any precision, and at the plan's own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import ceil, isfinite
from typing import TYPE_CHECKING

import numpy as np

from models.grades import LETTERS
from serving.sampling.policy import ORDINARY
from serving.web.hit_rates import HitRate
from serving.web.workbench.drawn_preview import Drawn

if TYPE_CHECKING:
    from serving.sampling.capacity import Cell, Limits
    from serving.sampling.frontier import Frontier, Point
    from serving.sampling.shadow_prices import Price

_POINTS = 9
_CURVES_KEPT = 64
_SAME = 1e-9
_FEWEST_DIGITS, _MOST_DIGITS = 2, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The own plan, the best one of the same precision, the curve and the even draw; empty where none is.

    `percents` are the fields of the form that make each point. `conflict` says in 中文 and English why no
    plan keeps all limits; `best` is None where the own precision cannot be reached within them. `rates` are
    those of a visit to each grade.
    """

    own: Point
    points: tuple[Point, ...]
    percents: tuple[str, ...]
    even: Point | None
    best: Point | None
    best_percents: str
    conflict: tuple[str, str] | None
    hours: float
    rates: tuple[HitRate, ...]


class _Solver:
    """The solver takes seconds to import: once for each process, beside the requests."""

    def __init__(self) -> None:
        self._ready, self._begun = threading.Event(), threading.Lock()

    def is_ready(self, wait: float) -> bool:
        """Whether it can be asked; the first question begins the import and waits so many seconds for it."""
        if not self._ready.is_set() and self._begun.acquire(blocking=False):
            threading.Thread(target=self._load, daemon=True, name="solver").start()
        return self._ready.wait(wait)

    def _load(self) -> None:
        """Imports it; if that fails, who asks next gets the error in a request of their own."""
        try:
            import serving.sampling.frontier  # noqa: F401, PLC0415
        finally:
            self._ready.set()


SOLVER = _Solver()


def weigh(drawn: Drawn, *, hours: float | None) -> Weighed:
    """Weighs what a form draws against every plan of the same hours (None: as many as the counts take).

    Only ratios of grades are weighed: who is drawn by a rule of its own is drawn under every plan.
    Raises CapacityRefused where a line that holds somebody has no measured rate.
    """
    from serving.sampling import frontier as curves  # noqa: PLC0415 - see _Solver
    from serving.sampling.capacity import limits_under  # noqa: PLC0415

    policy, found, cells = drawn.policy, drawn.found, _cells(drawn)
    own = curves.evaluate(cells, np.array([drawn.counts[cell.name] for cell in cells], np.float64))
    budget = own.hours if hours is None else hours
    limits = limits_under(
        policy,
        hours=budget,
        enterprises=found.total_enterprises,
        visited=found.visited_enterprises,
    )
    # The law asks it of the year and of all plans: a plan of few objects owes no more than its own share.
    share = ceil(Fraction(policy.legal_floor) * sum(found.enterprises.values()))
    limits = replace(limits, legal_visits=min(limits.legal_visits, share))
    if all(cell.fixed is not None for cell in cells):
        return _weighed(drawn, own, hours=budget)
    try:
        curve = _curve(cells, limits)
    except curves.PlanInfeasible as infeasible:
        told = (infeasible.told_zh, infeasible.told_en)
        return _weighed(drawn, own, hours=budget, conflict=told)
    return _weighed(drawn, own, hours=budget, curve=curve, best=_best(cells, limits, own))


def _cells(drawn: Drawn) -> tuple[Cell, ...]:
    """A cell for each line that holds somebody; those beside the grades stand fast."""
    from serving.sampling.capacity import CapacityRefused, Cell  # noqa: PLC0415 - see _Solver

    sizes, chances = drawn.found.sizes, drawn.expected.chances
    if unknown := [line for line, size in sizes.items() if size and line not in chances]:
        raise CapacityRefused(
            expected="a hit rate for every grade that holds entities",
            got=f"none for {', '.join(unknown)}",
            todo="draw some of these grades first, or take the rates of a release whose validation has them",
        )
    codes, enterprises = [item.code for item in drawn.items], drawn.found.enterprises
    whole = set(codes) & set(drawn.policy.key_items)
    return tuple(
        Cell(
            name=line,
            grade=line if line in LETTERS else ORDINARY,
            size=size,
            enterprises=enterprises[line],
            rate=chances[line].rate,
            rate_error=min(chances[line].rate_error, 1.0),
            hours=drawn.expected.hours[line],
            full=bool(whole) or line in drawn.policy.full_grades,
            fixed=None if line in LETTERS else drawn.counts[line],
        )
        for line, size in sizes.items()
        if size
    )


def percents_of(counts: Mapping[str, int], sizes: Mapping[str, int], floor: str) -> str:
    """Percents for the form, "2/4/12/40", whose ratios draw just these counts; none is below the floor.

    An empty grade takes the percent of the one below it, which keeps the order.
    """
    shares = [Fraction(counts.get(one, 0), sizes[one]) if sizes.get(one) else None for one in LETTERS]
    known = [share for share in shares if share is not None]
    filled: list[Fraction] = []
    for share in shares:
        filled.append(share if share is not None else filled[-1] if filled else known[0])
    least = Fraction(floor) * 100
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS + 1):
        cut = [Fraction(int(share * 100 * 10**digits), 10**digits) for share in filled]
        if all(
            percent >= least and (not sizes.get(one) or -(-percent / 100 * sizes[one] // 1) == counts[one])
            for one, percent in zip(LETTERS, cut, strict=True)
        ):
            break
    return "/".join(f"{float(percent):.{digits}f}".rstrip("0").rstrip(".") for percent in cut)


def _weighed(
    drawn: Drawn,
    own: Point,
    *,
    hours: float,
    curve: Frontier | None = None,
    best: Point | None = None,
    conflict: tuple[str, str] | None = None,
) -> Weighed:
    """The parts together, with the fields that make each point."""

    def fields(point: Point) -> str:
        return percents_of(point.counts, drawn.found.sizes, drawn.policy.exploration_floor)

    points = _rising(curve.points) if curve else ()
    return Weighed(
        own=own,
        points=points,
        percents=tuple(fields(point) for point in points),
        even=curve.proportional if curve else None,
        best=best,
        best_percents=fields(best) if best else "",
        conflict=conflict,
        hours=hours,
        rates=drawn.rates,
    )


def _rising(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points that no other one beats: whole counts of a small plan wobble around the curve."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda one: (one.standard_error, -one.findings)):
        if not kept or point.findings > kept[-1].findings + _SAME:
            kept.append(point)
    return tuple(kept)


@lru_cache(maxsize=_CURVES_KEPT)
def _curve(cells: tuple[Cell, ...], limits: Limits) -> Frontier:
    """The curve; who moves only the ratios within the same hours asks for the same one."""
    from serving.sampling.frontier import frontier  # noqa: PLC0415 - see _Solver

    return frontier(cells, limits, points=_POINTS)


def _best(cells: tuple[Cell, ...], limits: Limits, own: Point) -> Point | None:
    """The plan that finds most at the precision of the own one; None where the limits do not allow it."""
    from serving.sampling.frontier import best_at  # noqa: PLC0415 - see _Solver

    if not isfinite(own.standard_error) or own.standard_error <= 0:
        return None
    return best_at(cells, limits, target=own.standard_error)


def binding(point: Point | None) -> tuple[Price, ...]:
    """The limits that bind at a point, the dearest first."""
    prices = point.prices if point else ()
    return tuple(sorted((one for one in prices if one.binds), key=lambda one: -one.value))
