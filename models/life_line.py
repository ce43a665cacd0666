"""The life line (周期图): scores by age, against quantile bands of an industry and of a type in the city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
COLUMNS = ("q10", "q25", "q50", "q75", "q90")
# A tenth of fewer is less than two entities.
LEAST = 20
# Beyond, ages are so few that they stand together.
OLDEST = 30
DAYS_A_YEAR = 365.25
BY_INDUSTRY, BY_TYPE = "industry", "type"
BAND_SCHEMA = pa.schema(
    [("by", pa.string()), ("code", pa.string()), ("age", pa.int32()), ("count", pa.int64())]
    + [(name, pa.float64()) for name in COLUMNS]
)
Ages = npt.NDArray[np.int64]


class AgeUnknown(Refusal):
    """An entity without its day of registration has no age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The entity's score on a day, at its age in years."""

    on: date
    age: float
    score: int


def age_on(registered_on: date | None, on: date) -> float:
    """Years since registration, of 365.25 days; raises AgeUnknown without the day or before it."""
    if registered_on is None or registered_on > on:
        raise AgeUnknown(
            expected=f"a day of registration by {on}", got=str(registered_on), todo="show no life line"
        )
    return (on - registered_on).days / DAYS_A_YEAR


def bands(entities: pa.Table, on: date) -> pa.Table:
    """Rows of BAND_SCHEMA: quantiles of the score by whole years of age, of every industry section and type.

    `entities` has score, registered_on, industry_code and entity_type of a register. An age with fewer than
    20 entities has no row; 30 stands for 30 years and more. Quantiles are interpolated as numpy's default.
    """
    known = entities.filter(
        pc.fill_null(pc.less_equal(entities["registered_on"], pa.scalar(on, pa.date32())), False)
    )
    days = pc.days_between(known["registered_on"], pa.scalar(on, pa.date32()))
    ages = np.minimum(np.asarray(days, dtype=np.float64) // DAYS_A_YEAR, OLDEST).astype(np.int64)
    score = np.asarray(known["score"], dtype=np.float64)
    section = pc.utf8_slice_codeunits(known["industry_code"], 0, 1)
    tables = [
        _bands(by, codes.combine_chunks(), ages, score)
        for by, codes in ((BY_INDUSTRY, section), (BY_TYPE, known["entity_type"]))
    ]
    return pa.concat_tables(tables)


def _bands(by: str, codes: pa.Array, ages: Ages, score: npt.NDArray[np.float64]) -> pa.Table:
    """The bands of one grouping: everything is sorted once and read at computed places."""
    there = np.asarray(pc.is_valid(codes))
    coded = codes.drop_null().dictionary_encode()
    names, place = coded.dictionary.to_pylist(), np.asarray(coded.indices, dtype=np.int64)
    key = place * (OLDEST + 1) + ages[there]
    order = np.lexsort((score[there], key))
    sorted_score = score[there][order]
    keys, start, count = np.unique(key[order], return_index=True, return_counts=True)
    enough = count >= LEAST
    keys, start, count = keys[enough], start[enough], count[enough]
    columns = {}
    for name, share in zip(COLUMNS, QUANTILES, strict=True):
        at = start + share * (count - 1)
        low = np.floor(at).astype(np.int64)
        high = np.minimum(low + 1, start + count - 1)
        columns[name] = sorted_score[low] + (at - low) * (sorted_score[high] - sorted_score[low])
    table = pa.table(
        {
            "by": pa.repeat(by, len(keys)),
            "code": pa.array([names[one // (OLDEST + 1)] for one in keys], pa.string()),
            "age": pa.array(keys % (OLDEST + 1), pa.int32()),
            "count": pa.array(count, pa.int64()),
            **columns,
        },
        schema=BAND_SCHEMA,
    )
    return table.sort_by([("code", "ascending"), ("age", "ascending")])


def bands_of(table: pa.Table, by: str, code: str | None) -> pa.Table:
    """The rows of one industry section or type, by age."""
    return table.filter(pc.and_(pc.equal(table["by"], by), pc.equal(table["code"], code or "")))
