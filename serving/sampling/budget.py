"""The whole counts per grade that find most within a budget: a proposal of ratios, never a frozen count.

Apart from allocation.py because its solver takes a second to import, which freezing a plan saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from data_contracts.refusal import Refusal


class BudgetTooSmall(Refusal):
    """A budget that does not reach the least that each stratum must give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A grade in budget mode: its size, what a visit finds and costs (in any unit), its least and most."""

    grade: str
    size: int
    rate: float
    cost: float
    least: int = 0
    most: int | None = None


def allocate_within(wanted: Sequence[Wanted], *, budget: float) -> tuple[int, ...]:
    """The whole counts that find most within the budget; one grade each, in the order A to D.

    Maximises sum(rate x count) with least <= count <= most, the share of no grade above that of the
    next, and sum(cost x count) <= budget: an integer linear programme, solved exactly (HiGHS).
    Raises BudgetTooSmall.
    """
    most = [one.size if one.most is None else min(one.most, one.size) for one in wanted]
    least = [one.least for one in wanted]
    rows, upper = [[one.cost for one in wanted]], [budget]
    for place, (low, high) in enumerate(pairwise(wanted)):
        order = [0.0] * len(wanted)
        order[place], order[place + 1] = float(high.size), -float(low.size)
        rows.append(order)
        upper.append(0.0)
    solved = milp(
        -np.array([one.rate for one in wanted]),
        constraints=LinearConstraint(np.array(rows), ub=np.array(upper)),
        bounds=Bounds(np.array(least), np.array(most)),
        integrality=np.ones(len(wanted)),
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        needed = sum(one.cost * one.least for one in wanted)
        raise BudgetTooSmall(
            expected="a budget for the least of every grade, with shares that rise from A to D",
            got=f"a budget of {budget:g} where the least alone costs {needed:g}",
            todo="raise the budget, or lower the least counts; `serving frontier` names what conflicts",
        )
    return tuple(round(value) for value in solved.x)
