"""Which columns of the contracts the value of an expression depends on, through every view it is made of.

A column that only decides whether a row is there counts as well: a filter, a key of a group or of a join.
"""

from __future__ import annotations

from functools import reduce

import ibis.expr.operations as ops
import ibis.expr.types as ir

Columns = frozenset[tuple[str, str]]
NONE: Columns = frozenset()


def columns_of(value: ir.Value, rows: ir.Table) -> frozenset[str]:
    """The physical columns, as 'table.column', of a value made of the rows of a table."""
    lineage = _Lineage()
    found = lineage.of_value(value.op()) | lineage.of_rows(rows.op())
    return frozenset(f"{table}.{column}" for table, column in found)


class _Lineage:
    """What was found out so far: views share most of what they are made of."""

    def __init__(self) -> None:
        self.told: dict[tuple[ops.Node, str | None], Columns] = {}

    def of_value(self, node: ops.Node) -> Columns:
        """Those of a value; of a relation inside it, those that decide which rows it has."""
        if isinstance(node, ops.Field):
            return self._of_column(node.rel, node.name)
        if isinstance(node, ops.Relation):
            return self.of_rows(node)
        return self._all(*node.__children__)

    def of_rows(self, relation: ops.Relation) -> Columns:
        """Those that decide which rows there are."""
        key = (relation, None)
        if key not in self.told:
            self.told[key] = self._rows(relation)
        return self.told[key]

    def _rows(self, relation: ops.Relation) -> Columns:
        match relation:
            case ops.Filter():
                return self._all(relation.parent, *relation.predicates)
            case ops.Aggregate():
                return self._all(relation.parent, *relation.groups.values())
            case ops.JoinChain():
                # A left join looks up: the rows stay those of the left side.
                kept = [link for link in relation.rest if link.how != "left"]
                return self._all(relation.first, *(n for k in kept for n in (k.table, *k.predicates)))
            case _:
                return self._all(*(n for n in relation.__children__ if isinstance(n, ops.Relation)))

    def _of_column(self, relation: ops.Relation, name: str) -> Columns:
        key = (relation, name)
        if key not in self.told:
            self.told[key] = self._column(relation, name)
        return self.told[key]

    def _column(self, relation: ops.Relation, name: str) -> Columns:
        match relation:
            case ops.UnboundTable():
                return frozenset({(relation.name, name)})
            case ops.JoinReference():
                return self._of_column(relation.parent, name) | self.of_rows(relation.parent)
            case ops.Set():
                return self._of_column(relation.left, name) | self._of_column(relation.right, name)
            case ops.Aggregate():
                return self._all(relation.values[name], relation.parent)
            case ops.JoinChain():
                value = relation.values[name]
                sides = {field.rel for field in value.find(ops.Field, filter=ops.Value)}
                used = [link for link in relation.rest if link.table in sides]
                return self._all(value, *(p for link in used for p in link.predicates))
            case _:
                return self.of_value(relation.values[name])

    def _all(self, *nodes: ops.Node) -> Columns:
        return reduce(frozenset.union, map(self.of_value, nodes), NONE)
