"""From snapshots and outcomes to what the booster sees: indicators, and the labelled rows of every date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal
from features.indicator import Indicator
from models.direct_rules import settled_facts
from models.schema import ARROW_TYPES, IndicatorSpec, Schema
from models.scorer import matrix
from training.estimates.measures import FloatArray


class MatrixRefused(Refusal):
    """Snapshots from which no matrix can be made."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledRows:
    """The inspected entities of one as-of date: what was known of them then and what was found afterwards."""

    as_of: date
    indicators: pa.Table
    outcomes: pa.Table
    unknown_entities: int
    # Inspected entities whose deciding inspection may no longer be used; none of their visits is a label.
    forgotten: int
    # Inspected entities of whose deciding inspection nobody recorded the result.
    unrecorded: int
    # Entities of the snapshot, inspected or not.
    population: int

    @property
    def label(self) -> FloatArray:
        """1 where a problem was found."""
        return floats(self.outcomes.column("label"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenColumns:
    """The model's columns in catalogue order, and why each other indicator is left out."""

    schema: Schema
    dropped: Mapping[str, str]


def floats(column: pa.ChunkedArray) -> FloatArray:
    """A numeric column with NaN for null."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), float("nan")), dtype=np.float64)


def usable(outcomes: pa.Table) -> pa.Table:
    """The outcomes that are labels: the deciding inspection is not forgotten, and its result was recorded."""
    return outcomes.filter(
        pc.and_(pc.invert(outcomes.column("forgotten")), pc.is_valid(outcomes.column("label")))
    )


def join_labels(as_of: date, snapshot: pa.Table, outcomes: pa.Table) -> LabelledRows:
    """The snapshot's rows of labelled entities beside their outcomes; what is left out is counted."""
    told = usable(outcomes)
    forgotten = int(pc.sum(outcomes.column("forgotten")).as_py() or 0)
    places = pc.index_in(told.column("entity_id"), value_set=snapshot.column("entity_id").combine_chunks())
    known = pc.is_valid(places)
    return LabelledRows(
        as_of=as_of,
        indicators=snapshot.take(pc.drop_null(places)),
        outcomes=told.filter(known),
        unknown_entities=told.num_rows - int(pc.sum(known).as_py() or 0),
        forgotten=forgotten,
        unrecorded=outcomes.num_rows - told.num_rows - forgotten,
        population=snapshot.num_rows,
    )


def choose_columns(
    catalogue: Iterable[Indicator],
    training: Sequence[LabelledRows],
    *,
    unavailable: Mapping[str, str],
    excluded: Sequence[str],
) -> ChosenColumns:
    """The indicators that the records can tell on every date and that differ between the inspected."""
    indicators = {indicator.name: indicator for indicator in catalogue}
    _check_excluded(excluded, indicators)
    schema: list[IndicatorSpec] = []
    dropped: dict[str, str] = {}
    for name, indicator in indicators.items():
        reason = _policy_reason(indicator, excluded) or unavailable.get(name)
        values = (
            None
            if reason
            else pa.chunked_array([c for rows in training for c in rows.indicators.column(name).chunks])
        )
        if values is not None:
            reason = _constant_reason(values)
        if reason or values is None:
            dropped[name] = reason or "not in the snapshot"
        else:
            schema.append(_spec(indicator, values))
    if not schema:
        raise MatrixRefused(
            expected="at least one indicator that differs between the inspected entities",
            got=f"none of {len(indicators)}",
            todo="admit a source that tells entities apart, or correct excluded_indicators in the recipe",
        )
    return ChosenColumns(schema=tuple(schema), dropped=dropped)


def _policy_reason(indicator: Indicator, excluded: Sequence[str]) -> str | None:
    """Why an indicator stays out whatever its values are."""
    if indicator.name in excluded:
        return "excluded by the recipe"
    if not indicator.default_on:
        return "off by default"
    if indicator.name in settled_facts():
        return "decided by a direct rule"
    return None


def _constant_reason(values: pa.ChunkedArray) -> str | None:
    """Why a column that does not vary stays out."""
    if values.null_count == len(values):
        return "missing for every inspected entity of the training dates"
    if values.null_count == 0 and pc.count_distinct(values).as_py() == 1:
        return "the same for every inspected entity of the training dates"
    return None


def _spec(indicator: Indicator, values: pa.ChunkedArray) -> IndicatorSpec:
    """The indicator as the release keeps it; a category without a table gets the codes seen in training."""
    if indicator.kind == "category" and not indicator.categories:
        seen = sorted(str(code) for code in pc.unique(values.drop_null()).to_pylist())
        return IndicatorSpec.of(replace(indicator, categories=tuple(seen)))
    return IndicatorSpec.of(indicator)


def _check_excluded(excluded: Sequence[str], indicators: Mapping[str, Indicator]) -> None:
    """Refuses an exclusion that excludes nothing: a misspelt name would let the indicator in."""
    unknown = [name for name in excluded if name not in indicators]
    if unknown:
        raise MatrixRefused(
            expected="names of indicators in excluded_indicators",
            got=", ".join(unknown),
            todo="look the names up with `python -m features list`",
        )


def values_of(schema: Schema, table: pa.Table) -> FloatArray:
    """The schema's columns of a table as the booster takes them."""
    columns = [table.column(spec.name).cast(ARROW_TYPES[spec.kind]) for spec in schema]
    return matrix(schema, pa.table(columns, names=[spec.name for spec in schema]))


def stacked(schema: Schema, rows: Sequence[LabelledRows]) -> FloatArray:
    """The matrices of several dates one below the other."""
    return np.concatenate([values_of(schema, each.indicators) for each in rows])
