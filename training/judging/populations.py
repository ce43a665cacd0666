"""Everyone of a snapshot under a model: probabilities, final grades, a sample; and how they move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.contributions import contributions_of
from models.direct_rules import final_letters
from models.grades import GRADES, GradeCuts, grade_of
from models.schema import Schema
from training.estimates.measures import FloatArray
from training.pack.leaning import mean_sizes
from training.pack.stability import (
    Concentration,
    Migration,
    Shift,
    binned,
    coded,
    concentration,
    migrate,
    shift,
)
from training.rows.matrix import values_of
from training.rows.parts import Scale

# Indicators are compared on so many entities: enough to tell a PSI of 0.001, and small beside the score's.
SAMPLE = 50_000
# Exact contributions cost a millisecond a row; their means settle long before.
EXPLAINED = 1000
WATCHED_INDICATORS = 10
SCORE = "score"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """The entities of one date: calibrated probability, place of the final grade (0 is A), sampled values."""

    on: date
    entity: pa.ChunkedArray
    probability: FloatArray
    places: NDArray[np.intp]
    sample: FloatArray

    @property
    def counts(self) -> FloatArray:
        """Entities in each grade, A first."""
        return np.bincount(self.places, minlength=len(GRADES)).astype(np.float64)


def population_of(on: date, table: pa.Table, scale: Scale, cuts: GradeCuts) -> Population:
    """Everyone of a snapshot's table under the model and the direct rules."""
    matrix = values_of(scale.schema, table)
    probability = scale.probability(matrix)
    final = final_letters(grade_of(probability, cuts.cuts), table, on)
    return Population(
        on=on,
        entity=table.column("entity_id"),
        probability=probability,
        places=np.searchsorted([grade.value for grade in GRADES], final),
        sample=matrix[evenly(len(matrix), SAMPLE)],
    )


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most so many places spread evenly over the rows; the same rows in every run."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.intp))


def explained(scale: Scale, population: Population) -> tuple[FloatArray, FloatArray]:
    """Values and exact contributions (with the expected score last) of a sample."""
    values = population.sample[evenly(len(population.sample), EXPLAINED)]
    return values, contributions_of(scale.booster, values, threads=scale.threads)


def most_used(schema: Schema, scale: Scale, reference: Sequence[Population]) -> list[int]:
    """The places of the indicators on which the model leans most in the reference population."""
    sizes = sum(mean_sizes(explained(scale, each)[1]) for each in reference)
    order = np.argsort(-np.asarray(sizes), kind="stable")[:WATCHED_INDICATORS]
    return [int(place) for place in order if place < len(schema)]


def shifts(
    schema: Schema, reference: Sequence[Population], now: Population, indicators: Sequence[int]
) -> tuple[Shift, ...]:
    """How far score and indicators moved from the reference populations, most used first."""
    before = np.concatenate([each.sample for each in reference])
    found = [score_shift(reference, now)]
    for place in indicators:
        spec = schema[place]
        counts = (
            coded(before[:, place], now.sample[:, place], len(spec.categories))
            if spec.kind == "category"
            else binned(before[:, place], now.sample[:, place])
        )
        found.append(shift(spec.name, now.on, *counts))
    return tuple(found)


def score_shift(reference: Sequence[Population], now: Population) -> Shift:
    """The PSI of everyone's probability against the reference populations."""
    before = np.concatenate([each.probability for each in reference])
    return shift(SCORE, now.on, *binned(before, now.probability))


def migrations(populations: Sequence[Population]) -> tuple[Migration, ...]:
    """Grade by grade, the entities that two dates in a row share."""
    found = []
    for first, second in pairwise(populations):
        at = pc.index_in(second.entity, value_set=first.entity.combine_chunks())
        shared = np.asarray(pc.is_valid(at), dtype=np.bool_)
        before = first.places[np.asarray(pc.drop_null(at), dtype=np.intp)]
        found.append(migrate((first.on, before), (second.on, second.places[shared])))
    return tuple(found)


def concentrations(
    reference: Sequence[Population], populations: Sequence[Population]
) -> tuple[Concentration, ...]:
    """How unevenly entities lie over the grades, against the reference populations."""
    initial = np.sum([each.counts for each in reference], axis=0)
    return tuple(concentration(each.on, each.counts, initial) for each in populations)
