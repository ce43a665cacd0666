"""Two models on the same entities of the same day: who moved grade, and which indicators moved them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.contributions import contributions_of
from models.grades import GradeCuts
from training.estimates.measures import FloatArray
from training.judging.populations import evenly, population_of
from training.pack.stability import Migration, migrate
from training.rows.matrix import values_of
from training.rows.parts import Scale

# Contributions of so many movers tell why they moved.
EXPLAINED_MOVERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """An indicator, and how much it adds (in calibrated log-odds) to the second model over the first."""

    name: str
    change: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Places of the final grades (0 is A) of a snapshot's rows under two models, and how they moved."""

    on: date
    migration: Migration
    table: pa.Table
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    # Why those who got worse got worse, and those who got better: largest mean changes first.
    worse: tuple[Mover, ...]
    better: tuple[Mover, ...]


def compare_models(
    on: date, table: pa.Table, first: tuple[Scale, GradeCuts], second: tuple[Scale, GradeCuts]
) -> Comparison:
    """Both models over the entities of a snapshot's table, direct rules included."""
    one, two = population_of(on, table, *first), population_of(on, table, *second)
    return Comparison(
        on=on,
        migration=migrate((on, one.places), (on, two.places)),
        table=table,
        first=one.places,
        second=two.places,
        worse=_movers(table, two.places > one.places, first[0], second[0]),
        better=_movers(table, two.places < one.places, first[0], second[0]),
    )


def _movers(
    table: pa.Table, moved: NDArray[np.bool_], first: Scale, second: Scale, most: int = 5
) -> tuple[Mover, ...]:
    """The indicators whose mean contribution to the movers changed most; nothing if nobody moved."""
    places = np.flatnonzero(moved)
    if not len(places):
        return ()
    rows = table.take(pa.array(places[evenly(len(places), EXPLAINED_MOVERS)]))
    before, after = _mean_contributions(first, rows), _mean_contributions(second, rows)
    changes = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in {*before, *after}}
    ranked = sorted(changes.items(), key=lambda each: (-abs(each[1]), each[0]))
    return tuple(Mover(name=name, change=change) for name, change in ranked[:most])


def _mean_contributions(scale: Scale, rows: pa.Table) -> dict[str, float]:
    """The mean contribution of each indicator in calibrated log-odds."""
    values = values_of(scale.schema, rows)
    found: FloatArray = contributions_of(scale.booster, values, threads=scale.threads)[:, :-1].mean(axis=0)
    slope = scale.calibration.slope
    return {spec.name: float(slope * each) for spec, each in zip(scale.schema, found, strict=True)}
