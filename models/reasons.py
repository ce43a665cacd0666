"""The reasons of many rows: the families of indicators with most points, one fact told once for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.points import Points
from models.schema import Schema

TOP = 5
REASON_TYPE = pa.struct(
    [("indicator", pa.string()), ("number", pa.float64()), ("text", pa.string()), ("points", pa.int32())]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One family of indicators that moved the score, told by its strongest member.

    `number` or, for a category, `text` is the member's value; both are None when it is missing.
    `points` are the whole family's. The sentence is made from these by models.sentences.
    """

    indicator: str
    number: float | None
    text: str | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reasons:
    """The told reasons of every row as a list column, and the points of all other families together."""

    told: pa.ListArray
    others: npt.NDArray[np.int32]


def reasons_of(schema: Schema, rows: pa.Table, parts: npt.NDArray[np.float64], points: Points) -> Reasons:
    """Reasons of every row; `rows` holds the values, `parts` the contributions behind the points."""
    told, others = _told(schema, parts, points)
    return Reasons(told=_reasons(schema, rows, told), others=others)


def family_points(
    schema: Schema, indicators: npt.NDArray[np.int32]
) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """The families in the order of their first indicator, and every row's whole points per family."""
    families = tuple(dict.fromkeys(spec.family for spec in schema))
    place = {family: number for number, family in enumerate(families)}
    of_family = np.array([place[spec.family] for spec in schema], dtype=np.intp)
    order = np.argsort(of_family, kind="stable")
    starts = np.searchsorted(of_family[order], np.arange(len(families)))
    return families, np.add.reduceat(indicators[:, order], starts, axis=1, dtype=np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    """The reasons of all rows end to end: whose (`row`), which (`indicator`), the family's `points`."""

    row: npt.NDArray[np.intp]
    indicator: npt.NDArray[np.intp]
    points: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int32]


def _told(
    schema: Schema, parts: npt.NDArray[np.float64], points: Points
) -> tuple[_Told, npt.NDArray[np.int32]]:
    """The five families with most points in each row, strongest first, and what all others sum to."""
    families, by_family = family_points(schema, points.indicators)
    leads = _leads(schema, families, parts, by_family)
    order = np.argsort(-np.abs(by_family), axis=1, kind="stable")[:, :TOP]
    top = np.take_along_axis(by_family, order, axis=1)
    kept = top != 0
    row, place = np.nonzero(kept)
    told = _Told(
        row=row,
        indicator=np.take_along_axis(leads, order, axis=1)[row, place],
        points=top[row, place],
        offsets=np.concatenate([[0], kept.sum(axis=1).cumsum()]).astype(np.int32),
    )
    return told, (by_family.sum(axis=1) - top.sum(axis=1)).astype(np.int32)


def _leads(
    schema: Schema,
    families: tuple[str, ...],
    parts: npt.NDArray[np.float64],
    by_family: npt.NDArray[np.int32],
) -> npt.NDArray[np.intp]:
    """In every row and family, the indicator that pulls hardest towards the family's sign is told."""
    leads = np.empty(by_family.shape, dtype=np.intp)
    for place, family in enumerate(families):
        members = np.array([number for number, spec in enumerate(schema) if spec.family == family])
        towards = parts[:, members] * np.sign(by_family[:, [place]])
        leads[:, place] = members[np.argmax(towards, axis=1)]
    return leads


def _reasons(schema: Schema, rows: pa.Table, told: _Told) -> pa.ListArray:
    number: pa.Array = pa.nulls(len(told.row), pa.float64())
    text: pa.Array = pa.nulls(len(told.row), pa.string())
    for place, spec in enumerate(schema):
        mask = told.indicator == place
        if mask.any():
            values = rows.column(spec.name).take(pa.array(told.row[mask])).combine_chunks()
            if spec.kind == "category":
                text = pc.replace_with_mask(text, pa.array(mask), values)
            else:
                number = pc.replace_with_mask(number, pa.array(mask), values.cast(pa.float64(), safe=False))
    names = pa.DictionaryArray.from_arrays(
        pa.array(told.indicator, pa.int32()), [spec.name for spec in schema]
    )
    reasons = pa.StructArray.from_arrays(
        [names.cast(pa.string()), number, text, pa.array(told.points)], fields=list(REASON_TYPE)
    )
    return pa.ListArray.from_arrays(pa.array(told.offsets), reasons)
