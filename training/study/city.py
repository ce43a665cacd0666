"""A sandbox city on one day: every entity's indicators, and the truth about it that nobody in it knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.lake import open_lake
from data_contracts.refusal import Refusal
from data_contracts.sandbox_city import policies, truth
from data_contracts.sandbox_city.policies import KnownFacts
from features.as_of import AsOf
from features.catalogue import CATALOGUE
from features.engines.on_duckdb import open_engine
from features.snapshot import build_snapshot
from models.schema import Schema
from training.estimates.measures import FloatArray
from training.rows.matrix import LabelledRows, choose_columns, floats, values_of

DAYS_A_YEAR = 365


class StudyRefused(Refusal):
    """A folder or a day about which no truth is known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class City:
    """Entities × indicators on one day, and beside each entity its truth; arrays run parallel to the rows."""

    on: date
    indicators: pa.Table
    unavailable: dict[str, str]
    # The true chance that a random inspection in the quarter finds a problem.
    probability: FloatArray
    # What drives it, and what leads follow.
    riskiness: FloatArray
    # The points by which the office grades, and the year's complaints.
    points: FloatArray
    complaints: FloatArray

    def __len__(self) -> int:
        """How many entities could be drawn."""
        return len(self.probability)

    def columns(self, *, without_source: str | None = None) -> Schema:
        """The columns that a fit would choose, all of them or without those of one source."""
        everyone = LabelledRows(
            as_of=self.on, indicators=self.indicators, outcomes=self.indicators.select([]),
            unknown_entities=0, forgotten=0, unrecorded=0, population=len(self),
        )  # fmt: skip
        excluded = [each.name for each in CATALOGUE if each.source == without_source]
        chosen = choose_columns(CATALOGUE, [everyone], unavailable=self.unavailable, excluded=excluded)
        return chosen.schema

    def matrix(self, schema: Schema) -> FloatArray:
        """The columns as the booster takes them."""
        return values_of(schema, self.indicators)


def read_city(folder: Path, on: date, *, snapshots: Path | None = None) -> City:
    """The city of a folder with `lake/` and `truth/` on the first day of a quarter.

    The snapshot is built unless it is there, in `snapshots` or in the city's own folder of them.
    """
    known = _truth(folder / "truth", on)
    lake = open_lake(folder / "lake")
    days = AsOf(on=on, used_on=lake.exported_on or on)
    with open_engine(lake) as engine:
        snapshot = build_snapshot(engine, lake, days, snapshots or folder / "snapshots")
    table = snapshot.read()
    places = pc.index_in(table.column("entity_id"), value_set=known.column("entity_id").combine_chunks())
    drawable = pc.is_valid(places)
    table, known = table.filter(drawable), known.take(pc.drop_null(places))
    return City(
        on=on,
        indicators=table,
        unavailable=dict(snapshot.unavailable),
        probability=floats(known.column("probability")),
        riskiness=floats(known.column("riskiness")),
        points=policies.points(_facts(table), 0),
        complaints=_counts(table, "complaints_count_365d").astype(np.float64),
    )


def _truth(folder: Path, on: date) -> pa.Table:
    """What is true of every entity in the quarter that begins on the day."""
    file = folder / truth.QUARTERS
    if not file.exists():
        raise StudyRefused(
            expected=f"a sandbox city with its truth in {folder}",
            got="none",
            todo="make one: python -m data_contracts sandbox, and admit it",
        )
    known = pq.read_table(file, filters=[("on", "=", on)])
    if known.num_rows == 0:
        raise StudyRefused(
            expected="the first day of a quarter of the city's history",
            got=str(on),
            todo="choose 1 January, 1 April, 1 July or 1 October of one of its years",
        )
    return known


def _facts(table: pa.Table) -> KnownFacts:
    """What the office counts for its points, from the indicators of the same windows."""
    age = floats(table.column("entity_age_now")) * DAYS_A_YEAR
    return KnownFacts(
        listed=_counts(table, "listings_count_1095d"),
        penalties=_counts(table, "penalties_count_1095d"),
        complaints=_counts(table, "complaints_count_365d"),
        problems=_counts(table, "inspections_problems_1095d"),
        registered=(-np.nan_to_num(age)).astype(np.int32),
    )


def _counts(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    return np.nan_to_num(floats(table.column(name))).astype(np.int64)
