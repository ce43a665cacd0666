"""Records whose fields are equally long arrays: joining, choosing rows, and counting them per entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city.days import NEVER, Days

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


class Happenings(Protocol):
    """Rows that belong to an entity, happen on a day and become known on a day."""

    @property
    def entity(self) -> Ints: ...
    @property
    def occurred(self) -> Days: ...
    @property
    def known(self) -> Days: ...


R = TypeVar("R", bound=Any)


def chosen(record: R, rows: npt.NDArray[Any] | slice) -> R:
    """The rows of a record that a mask, an order or a slice picks."""
    picked = {field.name: getattr(record, field.name)[rows] for field in fields(record)}
    return replace(record, **picked)


def joined(batches: Sequence[R]) -> R:
    """The rows of several records of one kind, one after the other."""
    first = batches[0]
    together = {
        field.name: np.concatenate([getattr(batch, field.name) for batch in batches])
        for field in fields(first)
    }
    return replace(first, **together)


def entry_order(known: Days, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """The places of rows by day known, as an office would enter them; by lot within a day.

    The order in which rows were made would tell what becomes of them.
    """
    lot = rng.permutation(len(known))
    order: npt.NDArray[np.int64] = lot[np.argsort(_from_the_first(known[lot]), kind="stable")]
    return order


def _from_the_first(days: Days) -> npt.NDArray[Any]:
    """Days counted from the first; two bytes hold 179 years, and numpy sorts these in linear time."""
    since: npt.NDArray[Any] = days - days.min(initial=NEVER)
    return since.astype(np.uint16) if since.max(initial=0) < 1 << 16 else since


def count_happened(batches: Sequence[Happenings], since: int, until: int, entities: int) -> Longs:
    """Rows per entity that happened in [since, until)."""
    total = np.zeros(entities, np.int64)
    for batch in batches:
        rows = (batch.occurred >= since) & (batch.occurred < until)
        total += np.bincount(batch.entity[rows], minlength=entities)
    return total


def count_known(batches: Sequence[Happenings], since: int, until: int, entities: int) -> Longs:
    """Rows per entity that happened since `since` and were known before `until`."""
    total = np.zeros(entities, np.int64)
    for batch in batches:
        rows = (batch.occurred >= since) & (batch.known < until)
        total += np.bincount(batch.entity[rows], minlength=entities)
    return total
