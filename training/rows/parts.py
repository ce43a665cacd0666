"""The labelled rows of one part of the split, and the scale that gives each of them a probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.calibration import Calibration
from models.schema import Schema
from training.estimates.measures import FloatArray, IntArray
from training.fitting.boosting import raw_scores
from training.rows.inspectors import starting_scores
from training.rows.matrix import LabelledRows, floats, stacked, values_of
from training.rows.selection import Selection, select_rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The labelled rows of one part of the split, stacked, with what their selection allows."""

    matrix: FloatArray
    label: FloatArray
    entity: IntArray
    selection: Selection
    unknown_entities: int
    forgotten: int
    unrecorded: int
    population: int
    # Where boosting starts for each row: the log-odds of its inspector. None: for all at the rate of all.
    start: FloatArray | None = None

    @property
    def coverage(self) -> float | None:
        """How many times the random rows' 1/π make up the population; none where nothing was drawn."""
        return self.selection.represented / self.population if self.selection.known else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale:
    """From a matrix to a probability."""

    schema: Schema
    booster: str
    calibration: Calibration
    threads: int

    def probability(self, matrix: FloatArray) -> FloatArray:
        """The calibrated probability of every row."""
        return self.calibration.probability(raw_scores(self.booster, matrix, threads=self.threads))

    def of_table(self, table: pa.Table) -> FloatArray:
        """The calibrated probability of every row of a snapshot's table."""
        return self.probability(values_of(self.schema, table))


def part_of(
    rows: Sequence[LabelledRows],
    schema: Schema,
    *,
    weight_cap: float,
    training_cap: float = math.inf,
    adjusted: bool = False,
) -> Part:
    """The labelled rows of several dates below one another; `adjusted` for their inspectors when boosted.

    Raises InspectorsRefused where rows are to be adjusted and no inspector is recorded.
    """
    mechanisms = [str(code) for each in rows for code in each.outcomes.column("mechanism").to_pylist()]
    probabilities = np.concatenate([floats(each.outcomes.column("inclusion_probability")) for each in rows])
    names = np.array([name for each in rows for name in each.outcomes.column("entity_id").to_pylist()])
    label = np.concatenate([each.label for each in rows])
    selection = select_rows(mechanisms, probabilities, weight_cap=weight_cap, training_cap=training_cap)
    return Part(
        matrix=stacked(schema, rows),
        label=label,
        entity=np.unique(names, return_inverse=True)[1].astype(np.int64),
        selection=selection,
        unknown_entities=sum(each.unknown_entities for each in rows),
        forgotten=sum(each.forgotten for each in rows),
        unrecorded=sum(each.unrecorded for each in rows),
        population=sum(each.population for each in rows),
        start=_start(rows, label, selection.training_weight) if adjusted else None,
    )


def _start(rows: Sequence[LabelledRows], label: FloatArray, weight: FloatArray) -> FloatArray:
    """Where boosting starts for every row: at the log-odds of its inspector on its as-of date."""
    inspectors = [name for each in rows for name in each.outcomes.column("inspector").to_pylist()]
    date = np.repeat(np.arange(len(rows)), [each.outcomes.num_rows for each in rows])
    return starting_scores(label, weight, inspectors, date)
