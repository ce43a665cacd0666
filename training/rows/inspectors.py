"""The strictness of inspectors taken out of what is learned: where boosting starts, never what is scored.

Inspectors differ more than entities do, and each has an area and entities of a kind. Trees that start from
the log-odds of a row's inspector only learn what tells apart the entities of one inspector; of the inspector
nothing is left in them. Without assignment by lot this is an adjustment, not an estimate of strictness: what
entities of an area have in common goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_contracts.refusal import Refusal
from training.estimates.measures import FloatArray, IntArray

# An inspector's rate counts as if so many visits at the rate of all had been added to it.
DRAWN_BY = 50.0


class InspectorsRefused(Refusal):
    """Rows that cannot be adjusted for their inspectors."""


def starting_scores(
    label: FloatArray, weight: FloatArray, inspector: Sequence[str | None], date: IntArray
) -> FloatArray:
    """The log-odds of every row's inspector at its as-of date, as many as rows; label 0 or 1, weight > 0.

    The rate of an inspector is drawn to that of all rows, and that of one date to the inspector's own:
    (Σwy + k·r) / (Σw + k), the posterior mean under a beta prior of k visits at rate r, weights of mean 1.
    Rows without an inspector count as those of one more. Raises InspectorsRefused where none is recorded.
    """
    if all(name is None for name in inspector):
        raise InspectorsRefused(
            expected="inspectors of the training rows, to adjust for",
            got=f"none in {len(inspector)} rows",
            todo="map inspections.inspector (a pseudonym), or set adjust_for_inspector = false in the recipe",
        )
    names = np.array(["" if name is None else name for name in inspector])
    who = np.unique(names, return_inverse=True)[1]
    cell = np.unique(np.stack([who, date]), axis=1, return_inverse=True)[1].ravel()
    counted = weight / weight.mean()
    everyone = np.full(len(label), float(np.average(label, weights=weight)))
    rate = _drawn(label, counted, cell, to=_drawn(label, counted, who, to=everyone))
    return np.asarray(np.log(rate / (1.0 - rate)), dtype=np.float64)


def _drawn(label: FloatArray, weight: FloatArray, group: IntArray, *, to: FloatArray) -> FloatArray:
    """Each row's rate of its group, drawn to another rate that is the same for all rows of the group."""
    problems, visits = np.bincount(group, weights=weight * label), np.bincount(group, weights=weight)
    return np.asarray((problems[group] + DRAWN_BY * to) / (visits[group] + DRAWN_BY), dtype=np.float64)
