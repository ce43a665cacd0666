"""The solver behind the frontier: counts per cell that keep named linear rows and a standard error.

Imported by whoever shows a frontier and by nobody else: cvxpy takes one to two seconds to import.
Shares (count / size) are the variables and every row is scaled, so that one tolerance fits all; problems are
compiled once and asked many times (disciplined parametrised programs), a few milliseconds each.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cvxpy
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from serving.sampling.capacity import Cell, Floats, Row, spread_terms, standard_error

# A row that is left out is loosened by so much of its own scale.
_LOOSE = 1e4
_SURE = 1e-7
# Whole counts beside a solution that are all tried, by steps for each cell, as long as they are so few.
_STEPS, _MOST_TRIED = 2, 20_000
_EXACT = 1e-13
# By nodes and not by time, so that a busy machine proposes the same counts.
_MOST_NODES = 1_000
# How far whole counts may lie from the solution, as parts of it.
_WINDOWS = (0.0, 0.01, 0.05, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Counts (one per cell), and by how much the objective grows if a row's bound grows by one (one per row);
    `error_price`: the same for the bound on the standard error.
    """

    counts: Floats
    prices: Floats
    error_price: float


class ConvexPlan:
    """Asks one set of cells and rows for the best counts, under any target and without any of the rows."""

    def __init__(self, cells: Sequence[Cell], rows: Sequence[Row]) -> None:
        """Stores them; problems are compiled when first asked for."""
        self.cells, self.rows = tuple(cells), tuple(rows)
        self.size = np.array([cell.size for cell in cells], dtype=np.float64)
        matrix = np.array([row.coefficients for row in rows]) * self.size
        self.scale = np.abs(matrix).max(axis=1)
        self.matrix = matrix / self.scale[:, None]
        self.bounds = np.array([row.bound for row in rows]) / self.scale
        terms, self.rest = spread_terms(cells)
        self.terms = terms / self.size
        self.unit = max(float(self.terms.sum()), 1e-300)
        self.free = np.array([cell.fixed is None for cell in cells])
        self.fixed = np.array([float(cell.fixed or 0) for cell in cells])

    def most(self, objective: Floats, target: float | None, without: Collection[str] = ()) -> Solved | None:
        """Counts for which objective x counts is largest; None if none keep the rows and the target."""
        if target is None or not self.terms.any():
            return self._most_linear(objective, without)
        return self._most_under(objective, target, without)

    def least_error(self, without: Collection[str] = ()) -> float:
        """The smallest standard error within the rows, infinite if no counts keep them.

        Unbounded this is Neyman's allocation (J. Neyman, On the two different aspects of the
        representative method, J. Royal Stat. Soc. 97, 1934).
        """
        if self._most_linear(np.zeros(len(self.cells)), without) is None:
            return math.inf
        if not self.terms.any():
            return 0.0
        problem, shares, bounds = self._calmest
        bounds.value = self._loosened(without)
        return standard_error(self.cells, self.size * shares.value) if _solved(problem) else math.inf

    def whole(self, objective: Floats, near: Floats, target: float | None) -> Floats:
        """The best whole counts within the rows and the target beside the solution `near`.

        The nearest ones are tried all, which takes a hundredth of what an integer programme does. If none
        holds, one is asked: the spread is taken by its tangent, and tightened until the target holds too;
        the window grows until whole counts fit, because an order of ratios that binds moves the larger grade
        by many. Where none meet the target (a few entities, nearly all drawn) the calmest are given.
        """
        terms, rest = spread_terms(self.cells)
        if target is None or not terms.any():
            found = self._integers(objective, np.zeros_like(near), self.size, ())
            return np.asarray(np.floor(near + _SURE) if found is None else found)
        if (nearest := self._nearest(objective, near, target)) is not None:
            return nearest
        gradient = -terms / near**2
        flat = gradient @ near + rest - float(np.sum(terms / near))
        for width in _WINDOWS:
            low, high = np.floor(near * (1 - width)) - 2, np.ceil(near * (1 + width)) + 2
            allowed = target**2
            for _ in range(4):
                tangent = LinearConstraint(gradient[None, :] / self.unit, ub=(flat + allowed) / self.unit)
                found = self._integers(objective, low, high, (tangent,))
                if found is None:
                    break
                excess = standard_error(self.cells, found) ** 2 - target**2
                if excess <= 0:
                    return np.asarray(found)
                allowed -= 1.05 * excess
        calmest = self._integers(-gradient / self.unit, np.zeros_like(near), self.size, ())
        return np.asarray(np.floor(near + _SURE) if calmest is None else calmest)

    def _nearest(self, objective: Floats, near: Floats, target: float) -> Floats | None:
        """The best of all whole counts at most _STEPS from a solution; None if none holds, or too many."""
        low = np.maximum(np.floor(near) - _STEPS, 0)[self.free]
        high = np.minimum(np.ceil(near) + _STEPS, self.size)[self.free]
        if np.prod(high - low + 1) > _MOST_TRIED:
            return None
        ranges = [np.arange(first, last + 1) for first, last in zip(low, high, strict=True)]
        tried = np.stack([axis.ravel() for axis in np.meshgrid(*ranges)], axis=1)
        counts = np.tile(self.fixed, (len(tried), 1))
        counts[:, self.free] = tried
        terms, rest = spread_terms(self.cells)
        needed = terms > 0
        variance = np.sum(terms[needed] / np.maximum(counts[:, needed], 1e-12), axis=1) - rest
        keeps = np.all(counts @ (self.matrix / self.size).T <= self.bounds + _EXACT, axis=1)
        held = counts[keeps & (variance <= target**2)]
        return np.asarray(held[np.argmax(held @ objective)]) if len(held) else None

    def _integers(self, objective: Floats, low: Floats, high: Floats, more: tuple[Any, ...]) -> Any:
        """The best whole counts between low and high within the rows (HiGHS); None if it finds none."""
        least = np.where(self.free, np.maximum(low, 0), self.fixed)
        most = np.where(self.free, np.minimum(high, self.size), self.fixed)
        found = milp(
            -objective,
            constraints=[LinearConstraint(self.matrix / self.size, ub=self.bounds + 1e-12), *more],
            bounds=Bounds(least, most),
            integrality=np.ones(len(low)),
            options={"mip_rel_gap": 1e-6, "node_limit": _MOST_NODES},
        )
        return None if found.x is None else np.round(np.asarray(found.x))

    def _loosened(self, without: Collection[str]) -> Floats:
        """The bounds, with the left-out rows out of reach."""
        left_out = np.array([row.code in without for row in self.rows])
        return np.where(left_out, _LOOSE, self.bounds)

    def _most_linear(self, objective: Floats, without: Collection[str]) -> Solved | None:
        """The same without a target: a linear programme."""
        bounds = self._loosened(without)
        share = self.fixed / self.size
        within = np.stack([np.where(self.free, 0.0, share), np.where(self.free, np.inf, share)], axis=1)
        found = linprog(-objective * self.size, A_ub=self.matrix, b_ub=bounds, bounds=within)
        if found.x is None:
            return None
        prices = -np.asarray(found.ineqlin.marginals) / self.scale
        return Solved(counts=np.asarray(found.x) * self.size, prices=prices, error_price=0.0)

    def _most_under(self, objective: Floats, target: float, without: Collection[str]) -> Solved | None:
        """The same under a target: a second-order cone programme."""
        problem, shares, bounds, weights, spread = self._best
        scale = max(float(np.abs(objective * self.size).max()), 1e-300)
        weights.value, bounds.value = objective * self.size / scale, self._loosened(without)
        spread.value = (target**2 + self.rest) / self.unit
        if not _solved(problem):
            return None
        prices = np.asarray(problem.constraints[0].dual_value) * scale / self.scale
        by_variance = float(problem.constraints[1].dual_value) * scale / self.unit
        return Solved(
            counts=self.size * np.maximum(shares.value, 0.0),
            prices=np.maximum(prices, 0.0),
            error_price=max(by_variance, 0.0) * 2 * target,
        )

    @cached_property
    def _best(self) -> tuple[Any, Any, Any, Any, Any]:
        shares = self._shares()
        bounds, weights = cvxpy.Parameter(len(self.rows)), cvxpy.Parameter(len(self.cells))
        spread = cvxpy.Parameter()
        limits = [self.matrix @ shares <= bounds, self._spread(shares) <= spread]
        return cvxpy.Problem(cvxpy.Maximize(weights @ shares), limits), shares, bounds, weights, spread

    @cached_property
    def _calmest(self) -> tuple[Any, Any, Any]:
        shares, bounds = self._shares(), cvxpy.Parameter(len(self.rows))
        problem = cvxpy.Problem(cvxpy.Minimize(self._spread(shares)), [self.matrix @ shares <= bounds])
        return problem, shares, bounds

    def _shares(self) -> Any:
        """The shares as variables, those of fixed cells as the numbers they are."""
        place = np.eye(len(self.cells))[:, self.free]
        return place @ cvxpy.Variable(int(self.free.sum())) + self.fixed / self.size

    def _spread(self, shares: Any) -> Any:
        """The sum of terms over shares, as parts of the whole."""
        places = np.flatnonzero(self.terms)
        return (self.terms[places] / self.unit) @ cvxpy.inv_pos(shares[places])


def _solved(problem: Any) -> bool:
    """Whether the solver found the optimum."""
    try:
        with warnings.catch_warnings():
            # Told by the status too: within its last digits the solver warns, and the target is judged again.
            warnings.simplefilter("ignore", UserWarning)
            problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.SolverError:
        return False
    return problem.status in (cvxpy.OPTIMAL, cvxpy.OPTIMAL_INACCURATE)
