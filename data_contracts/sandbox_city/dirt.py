"""Dirt on purpose: faulty copies of good rows, and rows sent twice, with an exact count of each kind.

A faulty row has one fault and stands beside the good row it was copied from, so cleaning loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city.columns import Truths
from data_contracts.sandbox_city.exports import Lines

DIRTY_SHARE = 0.008  # of the rows of a block; of a small one more, so that every kind of fault has its row
MOST_DIRTY_SHARE = 0.02
DUPLICATES, NEAR_MISSES, UNKNOWN_ENTITIES = "duplicates", "near_misses", "unknown_entities"

Change = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is made of copies of good rows: `kind` is the reason code that must find them.

    `rows` makes rows; `line`, for text files only, spoils the bytes of a line. `among` picks what may be
    copied.
    """

    kind: str
    rows: Callable[[pa.Table], pa.Table] | None = None
    line: Callable[[bytes], bytes] | None = None
    among: Callable[[pa.Table], pa.Array] | None = None
    near: bool = False  # its rows bear an id one character off a known one


@dataclass(frozen=True, slots=True, kw_only=True)
class Soiled:
    """A block with dirt in it: the table, lines that are no rows, and how many of each kind were planted."""

    table: pa.Table
    lines: Lines
    planted: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Everything an admission has to account for."""
        return int(self.table.num_rows) + len(self.lines)


def soil(
    table: pa.Table,
    faults: tuple[Fault, ...],
    rng: np.random.Generator,
    *,
    copyable: Truths,
    lines_of: Callable[[pa.Table], bytes] | None = None,
) -> Soiled:
    """Plants each fault about equally often, at random places of a block. `lines_of` writes rows as text.

    A row that is not `copyable` stays alone: what is missing in a withdrawal is no fault.
    """
    rows = table.num_rows
    parts, lines, planted = [table], [], Counter[str]()
    for fault, count in zip(faults, _counts(rows, len(faults), rng), strict=True):
        copies = _copies(table, fault, count, copyable=copyable, rng=rng)
        if copies.num_rows == 0:
            continue
        if fault.rows is not None:
            made = fault.rows(copies)
            parts.append(made)
            planted[fault.kind] += made.num_rows
            planted[NEAR_MISSES] += made.num_rows if fault.near and fault.kind != NEAR_MISSES else 0
        elif fault.line is not None and lines_of is not None:
            texts = lines_of(copies).splitlines()
            lines += [fault.line(line) + b"\n" for line in texts]
            planted[fault.kind] += len(texts)
    added = sum(part.num_rows for part in parts[1:])
    places = np.append(np.arange(rows), rng.integers(0, rows + 1, added) - 0.5)
    mixed = pa.concat_tables(parts).take(pa.array(np.argsort(places, kind="stable")))
    before = rng.integers(0, mixed.num_rows + 1, len(lines))
    return Soiled(
        table=mixed,
        lines=tuple(zip(before.tolist(), lines, strict=True)),
        planted={kind: count for kind, count in sorted(planted.items()) if count},
    )


def _counts(rows: int, kinds: int, rng: np.random.Generator) -> list[int]:
    """How many rows to copy for each kind; the kinds that get one more are drawn by lot."""
    total = max(int(rows * DIRTY_SHARE), min(kinds, int(rows * MOST_DIRTY_SHARE)))
    more = rng.permutation(kinds) < total % kinds if kinds else np.zeros(0, np.bool_)
    return [int(count) for count in total // max(kinds, 1) + more]


def _copies(
    table: pa.Table, fault: Fault, count: int, *, copyable: Truths, rng: np.random.Generator
) -> pa.Table:
    fits = copyable
    if fault.among is not None:
        fits = fits & fault.among(table).to_numpy(zero_copy_only=False)
    places = np.flatnonzero(fits)
    return table.take(pa.array(rng.choice(places, min(count, len(places)), replace=False)))


def with_values(kind: str, values: Mapping[str, Any], **more: Any) -> Fault:
    """A fault that sets columns: to a constant, or to what a function makes of the column."""

    def rows(copies: pa.Table) -> pa.Table:
        return changed(copies, values)

    return Fault(kind=kind, rows=rows, **more)


def changed(copies: pa.Table, values: Mapping[str, Any]) -> pa.Table:
    """The copies with other values in some columns."""
    for name, value in values.items():
        place = copies.schema.get_field_index(name)
        column = copies.column(place).combine_chunks()
        made = value(column) if callable(value) else pa.repeat(pa.scalar(value, column.type), len(column))
        copies = copies.set_column(place, copies.schema.field(place), pc.cast(made, column.type))
    return copies


def marked(suffix: str) -> Change:
    """Keys of rows that are nobody's: the key of the good row and a suffix."""
    return lambda keys: pc.binary_join_element_wise(keys, suffix, "")


def wrong_check(codes: pa.Array) -> pa.Array:
    """Another last character: one off, and never the code of another entity, for the check is wrong."""
    last = pc.utf8_slice_codeunits(codes, 17, 18)
    wrong = pc.if_else(pc.equal(last, "0"), "1", "0")
    return pc.binary_join_element_wise(pc.utf8_slice_codeunits(codes, 0, 17), wrong, "")


def of_nowhere(codes: pa.Array) -> pa.Array:
    """Codes of a district that does not exist: at least three characters off every code of the city."""
    return pc.utf8_replace_slice(codes, 2, 8, "990099")
