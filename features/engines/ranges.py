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
import pyarrow.parquet as pq

from data_contracts.place import store_of, within_store

ENTITY = "entity_id"
# Versions of entities. Fewer take less memory, but each range costs a second of planning.
ROWS_PER_RANGE = 1_600_000


def is_by_entity(expression: ir.Table) -> bool:
    """Whether the rows are sorted by entity, so that ranges of entities follow one another."""
    op = expression.op()
    return isinstance(op, ops.Sort) and getattr(op.keys[0], "name", None) == ENTITY


def cuts(entities: Path, rows_per_range: int = ROWS_PER_RANGE) -> tuple[str, ...]:
    """First entities of all ranges but the first, as the statistics of the file tell them.

    Of a file that is not sorted the ranges are uneven, no more.
    """
    metadata = pq.read_metadata(within_store(entities), filesystem=store_of(entities))
    place = metadata.schema.names.index(ENTITY)
    found, rows = set(), 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        statistics = group.column(place).statistics
        if rows >= rows_per_range and statistics is not None and statistics.has_min_max:
            found.add(str(statistics.min))
            rows = 0
        rows += group.num_rows
    return tuple(sorted(found))


def in_ranges(expression: ir.Table, cuts: tuple[str, ...]) -> Iterator[ir.Table]:
    """The rows of each range of entities, in no order: all of them together are those of the expression."""
    op = expression.op()
    rows = op.parent.to_expr() if isinstance(op, ops.Sort) else expression
    for low, high in pairwise((None, *cuts, None)):
        some = rows if low is None else rows.filter(rows[ENTITY] >= low)
        some = some if high is None else some.filter(some[ENTITY] < high)
        yield some


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
