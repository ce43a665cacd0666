"""Everyone of a snapshot under a model: probabilities, final grades, a sample; and how they move.

Grades are as in a first register, without a past; only `guard_effects` holds them from date to date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.change_guard import Past, guarded
from models.contributions import contributions_of
from models.direct_rules import final_letters
from models.grades import GRADES, Grade, GradeCuts, grade_of, moved_shares, places_of
from models.schema import Schema
from training.estimates.measures import FloatArray
from training.pack.leaning import mean_sizes
from training.pack.stability import (
    Concentration,
    GuardEffect,
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
REGION = "entity_region_now"
# Fewer entities of a region scatter more than any alarm; of many regions the largest are told.
SMALLEST_REGION, MOST_REGIONS = 100, 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """The entities of one date: calibrated probability, place of the final grade (0 is A), sampled values.

    `floor` is the place that the direct rules alone give, 0 where none holds; `region` is None where the
    records do not tell it.
    """

    on: date
    entity: pa.ChunkedArray
    probability: FloatArray
    places: NDArray[np.intp]
    floor: NDArray[np.intp]
    sample: FloatArray
    region: pa.DictionaryArray | None = None

    def of_region(self, code: str) -> FloatArray:
        """The probabilities of a region's entities."""
        if self.region is None:
            return np.empty(0)
        place = pc.index(self.region.dictionary, code).as_py()
        indices = np.asarray(pc.fill_null(self.region.indices, -1))
        return self.probability[indices == place] if place >= 0 else np.empty(0)

    @property
    def counts(self) -> FloatArray:
        """Entities in each grade, A first."""
        return np.bincount(self.places, minlength=len(GRADES)).astype(np.float64)


def population_of(on: date, table: pa.Table, scale: Scale, cuts: GradeCuts) -> Population:
    """Everyone of a snapshot's table under the model and the direct rules."""
    matrix = values_of(scale.schema, table)
    probability = scale.probability(matrix)
    floor = places_of(final_letters(np.full(len(matrix), Grade.A.value), table, on))
    return Population(
        on=on,
        entity=table.column("entity_id"),
        probability=probability,
        places=np.maximum(places_of(grade_of(probability, cuts.cuts)), floor),
        floor=floor,
        sample=matrix[evenly(len(matrix), SAMPLE)],
        region=_regions(table),
    )


def _regions(table: pa.Table) -> pa.DictionaryArray | None:
    """The region of every row as codes: as text a city of millions would take a gigabyte over its dates."""
    if REGION not in table.column_names:
        return None
    return table.column(REGION).combine_chunks().dictionary_encode()


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


def region_shifts(reference: Sequence[Population], now: Population) -> tuple[Shift, ...]:
    """The PSI of the score within each large region against the same region before, the largest first."""
    sizes: dict[str, int] = {}
    for each in reference:
        counted = [] if each.region is None else pc.value_counts(each.region.drop_null()).to_pylist()
        for row in counted:
            sizes[row["values"]] = sizes.get(row["values"], 0) + row["counts"]
    largest = sorted(
        (code for code, n in sizes.items() if n >= SMALLEST_REGION), key=lambda c: (-sizes[c], c)
    )
    found = []
    for code in largest[:MOST_REGIONS]:
        before, here = np.concatenate([each.of_region(code) for each in reference]), now.of_region(code)
        if len(here):
            found.append(shift(code, now.on, *binned(before, here)))
    return tuple(found)


def migrations(populations: Sequence[Population]) -> tuple[Migration, ...]:
    """Grade by grade, the entities that two dates in a row share."""
    found = []
    for first, second in pairwise(populations):
        at = pc.index_in(second.entity, value_set=first.entity.combine_chunks())
        shared = np.asarray(pc.is_valid(at), dtype=np.bool_)
        before = first.places[np.asarray(pc.drop_null(at), dtype=np.intp)]
        found.append(migrate((first.on, before), (second.on, second.places[shared])))
    return tuple(found)


def guard_effects(populations: Sequence[Population], cuts: GradeCuts) -> tuple[GuardEffect, ...]:
    """What the change guard does from each date to the next; at the first one nobody has a past."""
    at = [_places_before(first, second) for first, second in pairwise(populations)]
    model = _held_over_time(populations, cuts, at)
    free = [each.places for each in populations]
    kept = [np.maximum(places_of(own), each.floor) for own, each in zip(model, populations, strict=True)]
    found = []
    for number, (first, second) in enumerate(pairwise(populations)):
        shared = at[number] >= 0
        held = model[number + 1] != grade_of(second.probability, cuts.cuts)
        churn, jumps = _moved(free, at, number)
        guarded_churn, guarded_jumps = _moved(kept, at, number)
        found.append(
            GuardEffect(
                first=first.on, second=second.on, margin=cuts.margin,
                churn=churn, guarded_churn=guarded_churn, jumps=jumps, guarded_jumps=guarded_jumps,
                held=float(held[shared].mean()) if shared.any() else 0.0,
                returned=_returned(free, at, number), guarded_returned=_returned(kept, at, number),
            )
        )  # fmt: skip
    return tuple(found)


def _held_over_time(
    populations: Sequence[Population], cuts: GradeCuts, at: Sequence[NDArray[np.intp]]
) -> list[NDArray[np.str_]]:
    """The model grades of every date, each held against those of the date before."""
    kept = [grade_of(each.probability, cuts.cuts) for each in populations[:1]]
    for places, (before, now) in zip(at, pairwise(populations), strict=True):
        past = Past(
            grade=np.where(places >= 0, kept[-1][places], ""),
            probability=np.where(places >= 0, before.probability[places], np.nan),
        )
        kept.append(guarded(now.probability, past, cuts))
    return kept


def _places_before(before: Population, now: Population) -> NDArray[np.intp]:
    """For every entity of now its place before, or -1."""
    found = pc.index_in(now.entity, value_set=before.entity.combine_chunks())
    return np.asarray(pc.fill_null(found, -1), dtype=np.intp)


def _moved(
    places: Sequence[NDArray[np.intp]], at: Sequence[NDArray[np.intp]], number: int
) -> tuple[float, float]:
    """The shares of shared entities that moved from this date to the next, and by two or more."""
    shared = at[number] >= 0
    matrix = np.zeros((len(GRADES), len(GRADES)), dtype=np.int64)
    np.add.at(matrix, (places[number][at[number][shared]], places[number + 1][shared]), 1)
    return moved_shares(matrix)


def _returned(
    places: Sequence[NDArray[np.intp]], at: Sequence[NDArray[np.intp]], number: int
) -> float | None:
    """Of those that had moved to this date, the share that is back at the next one."""
    if not number:
        return None
    known = np.flatnonzero(at[number] >= 0)
    here = at[number][known]
    known, here = known[at[number - 1][here] >= 0], here[at[number - 1][here] >= 0]
    origin = places[number - 1][at[number - 1][here]]
    moved = origin != places[number][here]
    return float(np.mean(places[number + 1][known][moved] == origin[moved])) if moved.any() else None


def concentrations(
    reference: Sequence[Population], populations: Sequence[Population]
) -> tuple[Concentration, ...]:
    """How unevenly entities lie over the grades, against the reference populations."""
    initial = np.sum([each.counts for each in reference], axis=0)
    return tuple(concentration(each.on, each.counts, initial) for each in populations)
