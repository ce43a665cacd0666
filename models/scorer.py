"""Scores a table of indicators: the Arrow table becomes a float64 matrix here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.grades import grade_of
from models.release import Release
from models.schema import IndicatorSpec, Schema, SchemaMismatch, check_schema

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What the model says of every row; `unseen` counts categories the model was not trained on."""

    raw: Floats
    probability: Floats
    grade: npt.NDArray[np.str_]
    unseen: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores tables with one release. `threads` stays 1 in a service: after a fork LightGBM hangs with 2."""

    release: Release
    threads: int = 1

    def score(self, table: pa.Table) -> Scores:
        """Raw log-odds, calibrated probability and model grade of every row."""
        raw = self.raw(matrix(self.release.schema, table))
        probability = self.release.calibration.probability(raw)
        return Scores(
            raw=raw,
            probability=probability,
            grade=grade_of(probability, self.release.cuts.cuts),
            unseen=unseen_categories(self.release.schema, table),
        )

    def raw(self, values: Floats) -> Floats:
        """Raw log-odds of a matrix whose columns are those of the release."""
        if not len(values):
            return np.empty(0, dtype=np.float64)
        raw = self.release.booster.predict(values, raw_score=True, num_threads=self.threads)
        return np.asarray(raw, dtype=np.float64)


def matrix(schema: Schema, table: pa.Table) -> Floats:
    """The table as float64 rows; null and a category unseen in training become NaN, a real NaN is refused."""
    check_schema(schema, table)
    values = np.empty((table.num_rows, len(schema)), dtype=np.float64)
    for place, spec in enumerate(schema):
        values[:, place] = (
            _codes(spec, table.column(place))
            if spec.kind == "category"
            else _numbers(spec, table.column(place))
        )
    return values


def unseen_categories(schema: Schema, table: pa.Table) -> dict[str, int]:
    """How many rows hold a category outside the release's fixed table, by column; a sign of drift."""
    counts: dict[str, int] = {}
    for place, spec in enumerate(schema):
        if spec.kind == "category":
            known = pc.is_in(
                table.column(place), value_set=pa.array(spec.categories, pa.string()), skip_nulls=False
            )
            unseen = pc.sum(pc.and_(pc.invert(known), pc.is_valid(table.column(place)))).as_py() or 0
            if unseen:
                counts[spec.name] = int(unseen)
    return counts


def _codes(spec: IndicatorSpec, column: pa.ChunkedArray) -> Floats:
    codes = pc.index_in(column, value_set=pa.array(spec.categories, pa.string()))
    return _floats(codes)


def _numbers(spec: IndicatorSpec, column: pa.ChunkedArray) -> Floats:
    values = _floats(column)
    wrong = np.flatnonzero(np.isinf(values) | (np.isnan(values) & np.asarray(column.is_valid())))
    if len(wrong):
        raise SchemaMismatch(
            expected=f"finite numbers or null in column {spec.name}",
            got=f"{values[wrong[0]]} in row {wrong[0] + 1} ({len(wrong)} such rows)",
            todo="correct the expression of the indicator; a missing value is null",
        )
    return values


def _floats(column: pa.ChunkedArray) -> Floats:
    # Through Arrow's own cast: to_numpy of integers with nulls would go by way of Python objects.
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64(), safe=False), float("nan")), dtype=np.float64)
