"""Why no plan keeps every limit: the smallest set of limits that cannot hold together, with numbers.

Deletion filter (J. Chinneck and E. Dravnieks, Locating minimal infeasible constraint sets in linear programs,
ORSA J. Computing 3, 1991): a limit without which the rest is still impossible is not to blame. What is left
at the end is impossible together, and possible as soon as any one of it is given up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from serving.sampling.convex_plan import ConvexPlan

ERROR = "error"
# A target that is met but for the last digits of the solver is met.
_MET = 1 + 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The codes of limits that cannot hold together; the officer-hours that the others of them need, and the
    standard error that the others allow at best (None where that limit is not among them).
    """

    codes: tuple[str, ...]
    hours_needed: float | None
    error_reached: float | None


def conflict_of(plan: ConvexPlan, target: float | None) -> Conflict | None:
    """The minimal set of limits in conflict, or None if all hold together; `target`: standard error."""
    if _possible(plan, target, ()):
        return None
    codes = [row.code for row in plan.rows] + ([ERROR] if target is not None else [])
    out: set[str] = set()
    for code in sorted(codes, key=_to_blame_last):
        if not _possible(plan, target, out | {code}):
            out.add(code)
    kept = [code for code in codes if code not in out]
    return Conflict(
        codes=tuple(kept),
        hours_needed=_hours_needed(plan, None if ERROR in out else target, out) if "hours" in kept else None,
        error_reached=plan.least_error(out) if ERROR in kept else None,
    )


def _to_blame_last(code: str) -> tuple[bool, str]:
    """Hours are tried last: of several minimal sets the one that a planner can pay for is told."""
    return code == "hours", ""


def _possible(plan: ConvexPlan, target: float | None, without: Collection[str]) -> bool:
    """Whether some counts keep the rows that are left, and the target if it is left."""
    if target is None or ERROR in without:
        return plan.most(np.zeros(len(plan.cells)), None, without) is not None
    return plan.least_error(without) <= target * _MET


def _hours_needed(plan: ConvexPlan, target: float | None, out: Collection[str]) -> float | None:
    """The fewest officer-hours with which the other limits of the conflict hold."""
    hours = np.array([cell.hours for cell in plan.cells])
    solved = plan.most(-hours, target, {*out, "hours"})
    return None if solved is None else float(hours @ solved.counts)
