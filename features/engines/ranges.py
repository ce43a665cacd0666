"""A query over a whole city in ranges of entities: each fits into the memory and reads its own records.

The lake is sorted by entity, so a range finds its rows without reading the others'. Only what is computed out
of several tables, such as related parties, reads the whole city for any range: it is taken out and made once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.conversions import quoted
from data_contracts.place import store_of, within_store

ENTITY = "entity_id"
# Stand for the bounds of a range in a query; no code of an entity is like them.
BEGIN, END = "<first of the range>", "<first of the next>"
# No code begins with the last letters that there are.
BEYOND = "\U0010ffff" * 4
# Versions of entities. Fewer take less memory, but each range costs a second of planning.
ROWS_PER_RANGE = 1_600_000
# Rows in order that are worth a piece of their own.
ROWS_PER_PIECE = 1_000


def is_by_entity(expression: ir.Table) -> bool:
    """Whether the rows are sorted by entity, so that ranges of entities follow one another."""
    op = expression.op()
    return isinstance(op, ops.Sort) and getattr(op.keys[0], "name", None) == ENTITY


def cuts(entities: Path, rows_per_range: int = ROWS_PER_RANGE) -> tuple[str, ...]:
    """First entities of all ranges but the first, as the statistics of the file tell them.

    A range takes half of what is left at most, down to a quarter of a full one: nothing is computed beside
    the writing of the last. Of a file that is not sorted the ranges are uneven, no more.
    """
    metadata = pq.read_metadata(within_store(entities), filesystem=store_of(entities))
    place = metadata.schema.names.index(ENTITY)
    found, rows, left = set(), 0, metadata.num_rows
    if left <= rows_per_range:
        return ()
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        statistics = group.column(place).statistics
        full = min(rows_per_range, max((left + rows) // 2, rows_per_range // 4))
        if rows >= full and statistics is not None and statistics.has_min_max:
            found.add(str(statistics.min))
            rows = 0
        rows += group.num_rows
        left -= group.num_rows
    return tuple(sorted(found))


def range_of(expression: ir.Table) -> ir.Table:
    """The rows from the entity BEGIN to before the entity END, in no order; the two are put in as text.

    The query of a range has a hundred thousand letters: it is written once and not for each range.
    """
    op = expression.op()
    rows = op.parent.to_expr() if isinstance(op, ops.Sort) else expression
    return rows.filter(rows[ENTITY] >= BEGIN, rows[ENTITY] < END)


def in_ranges(query: str, cuts: tuple[str, ...]) -> Iterator[str]:
    """The query of `range_of` for each range: all their rows together are those of the whole expression."""
    for low, high in pairwise(("", *cuts, BEYOND)):
        yield query.replace(quoted(BEGIN), quoted(low)).replace(quoted(END), quoted(high))


def across_entities(expression: ir.Table) -> list[ops.Aggregate]:
    """The aggregates that read more than one table, the outermost of each: other entities enter into them."""
    found: list[ops.Aggregate] = []
    _gather(expression.op(), found, set())
    return found


def _gather(node: ops.Node, found: list[ops.Aggregate], seen: set[ops.Node]) -> None:
    if node in seen:
        return
    seen.add(node)
    if isinstance(node, ops.Aggregate) and len(node.find(ops.PhysicalTable)) > 1:
        found.append(node)
        return
    for below in node.__children__:
        _gather(below, found, seen)


def replaced(expression: ir.Table, made: Mapping[ops.Node, ops.Node]) -> ir.Table:
    """The expression with tables in place of what they were made from."""
    return expression.op().replace(dict(made)).to_expr() if made else expression


def by_entity(table: pa.Table) -> pa.Table:
    """The rows sorted by entity. Each thread hands over what it joined in pieces that are in order: to put
    those in order moves nothing, where to move rows one by one costs a tenth of the whole.
    """
    # Straight from the memory: pyarrow's own way imports pandas.
    order = np.frombuffer(pc.sort_indices(table[ENTITY]).buffers()[1], np.uint64).astype(np.int64)
    ends = np.flatnonzero(np.diff(order) != 1) + 1
    if not len(order) or len(ends) * ROWS_PER_PIECE > len(order):
        return table.take(pa.array(order))
    pieces = pairwise([0, *ends.tolist(), len(order)])
    return pa.concat_tables([table.slice(order[low], high - low) for low, high in pieces if low < high])
