"""What two days tell apart: how the expression of an indicator for one day differs from that for another.

As a rule only compared literals differ: rows whose values lie between the old and the new one are told
apart, all others stay what they were. Nothing is declared, so no new indicator can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

ENTITY = "entity_id"
# Operations whose value is one of these, and what that one is among.
CHOICES: Mapping[type, Callable[[Any], tuple[Any, ...]]] = {
    ops.Coalesce: lambda op: op.arg,
    ops.Least: lambda op: op.arg,
    ops.Greatest: lambda op: op.arg,
    ops.IfElse: lambda op: (op.true_expr, op.false_null_expr),
    ops.SearchedCase: lambda op: (*op.results, op.default),
    ops.Min: lambda op: (op.arg,),
    ops.Max: lambda op: (op.arg,),
    ops.ArgMin: lambda op: (op.arg,),
    ops.ArgMax: lambda op: (op.arg,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The values that a comparison takes otherwise on the two days: those of an interval.

    They are the values of one column, or of the first of several that is there.
    """

    columns: tuple[str, ...]
    low: Any
    high: Any
    with_low: bool
    with_high: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an indicator does between two days for an entity of which no row is swept: it grows by `growth`.

    `columns` are those of its source that it reads.
    """

    growth: int
    sweeps: frozenset[Sweep]
    columns: frozenset[str]


class _Another(Exception):  # noqa: N818 - it names what was found
    """The expressions differ in more than compared literals."""


def turn(before: ir.Value, after: ir.Value, source: str) -> Turn | None:
    """How a value of a group of rows differs between two days; None if that cannot be told row by row.

    It can when the two differ in compared literals only, and read no rows but the entity's own in `source`.
    """
    first, second = before.op(), after.op()
    if not all(_of_the_entity_alone(op, source) for op in (first, second)):
        return None
    growth, pairs = _growth(first, second)
    try:
        sweeps = frozenset(chain.from_iterable(_sweeps(*pair, set()) for pair in pairs))
    except _Another:
        return None
    return Turn(growth=growth, sweeps=sweeps, columns=frozenset({ENTITY, *_read(second, set())}))


def _of_the_entity_alone(root: ops.Node, source: str) -> bool:
    """Whether all that it reads are rows of one table, and those of an entity only for that entity."""
    relations: tuple[ops.Node, ...] = root.find(ops.Relation)
    windows: tuple[ops.Node, ...] = root.find(ops.WindowFunction)
    return all(_keeps_entities(one, source) for one in relations) and all(
        any(_is_entity(key) for key in window.group_by) for window in windows
    )


def _keeps_entities(relation: Any, source: str) -> bool:
    if isinstance(relation, ops.PhysicalTable):
        return bool(relation.name == source)
    if isinstance(relation, ops.Filter):
        return True
    if isinstance(relation, ops.Project):
        return _is_entity(relation.values.get(ENTITY))
    return isinstance(relation, ops.Aggregate) and _is_entity(relation.groups.get(ENTITY))


def _is_entity(value: Any) -> bool:
    return isinstance(value, ops.Field) and value.name == ENTITY


Pair = tuple[Any, Any]


def _growth(first: Any, second: Any) -> tuple[int, tuple[Pair, ...]]:
    """The days by which a plain count of days grows, and the pairs that are left to compare."""
    while isinstance(first, ops.Cast) and isinstance(second, ops.Cast) and first.to.is_integer():
        first, second = first.arg, second.arg
    if isinstance(first, ops.DateDelta) and isinstance(second, ops.DateDelta) and _in_days(first, second):
        ends, starts = (first.left, second.left), (first.right, second.right)
        if _are_literals(ends):
            return (ends[1].value - ends[0].value).days, (starts,)
        if _are_literals(starts):
            return (starts[0].value - starts[1].value).days, (ends,)
    return 0, ((first, second),)


def _in_days(*deltas: Any) -> bool:
    return all(getattr(delta.part, "value", None) == "day" for delta in deltas)


def _are_literals(pair: Pair) -> bool:
    return all(isinstance(side, ops.Literal) and side.value is not None for side in pair)


def _sweeps(first: Any, second: Any, seen: set[Pair]) -> Iterator[Sweep]:
    """Every interval in which a comparison somewhere below decides otherwise on the second day."""
    if isinstance(first, tuple | Mapping):
        yield from _of_parts(first, second, seen)
    elif first != second and (first, second) not in seen:
        seen.add((first, second))
        if (
            type(first) is not type(second)
            or isinstance(first, ops.Literal)
            or not isinstance(first, ops.Node)
        ):
            raise _Another
        for place, pair in enumerate(zip(first.__args__, second.__args__, strict=True)):
            if _are_literals(pair) and pair[0] != pair[1]:
                yield from _between_literals(second, place, sorted(one.value for one in pair))
            else:
                yield from _sweeps(*pair, seen)


def _of_parts(first: Any, second: Any, seen: set[Pair]) -> Iterator[Sweep]:
    if isinstance(first, Mapping):
        if list(first) != list(second):
            raise _Another
        first, second = tuple(first.values()), tuple(second.values())
    if len(first) != len(second):
        raise _Another
    for pair in zip(first, second, strict=True):
        yield from _sweeps(*pair, seen)


def _between_literals(comparison: Any, place: int, literals: list[Any]) -> Iterator[Sweep]:
    """The values that a comparison tells apart when a literal of it is another.

    `x > literal` tells the higher literal itself apart, `x >= literal` the lower one.
    """
    low, high = literals
    match comparison:
        case ops.Greater() | ops.LessEqual():
            above = place == 1
        case ops.Less() | ops.GreaterEqual():
            above = place == 0
        case ops.Between() if place > 0:
            above = place == 2
        case ops.Equals() | ops.NotEquals():
            for columns in _picked(comparison.__args__[1 - place]):
                for point in literals:
                    yield Sweep(columns=columns, low=point, high=point, with_low=True, with_high=True)
            return
        case _:
            raise _Another
    operand = comparison.arg if isinstance(comparison, ops.Between) else comparison.__args__[1 - place]
    for columns in _picked(operand):
        yield Sweep(columns=columns, low=low, high=high, with_low=not above, with_high=above)


def _read(value: Any, seen: set[Any]) -> Iterator[str]:
    """The columns of the rows on which an expression depends; a relation stands for which rows it has."""
    if isinstance(value, tuple):
        for part in value:
            yield from _read(part, seen)
    elif isinstance(value, ops.Node) and value not in seen:
        seen.add(value)
        match value:
            case ops.Field(rel=ops.PhysicalTable()):
                yield value.name
            case ops.Field():
                yield from _read((_meaning(value), value.rel), seen)
            case ops.Filter():
                yield from _read((*value.predicates, value.parent), seen)
            case ops.Project():
                yield from _read(value.parent, seen)
            case ops.Aggregate():
                yield from _read((*value.groups.values(), value.parent), seen)
            case _ if not isinstance(value, ops.Relation):
                yield from _read(value.__args__, seen)


def _picked(value: Any) -> frozenset[tuple[str, ...]]:
    """The columns among whose values that of an expression is; refuses one that makes new values."""
    plain = _plain(value)
    if plain is not None:
        return frozenset({plain})
    if isinstance(value, ops.Field):
        return _picked(_meaning(value))
    if isinstance(value, ops.Literal) and value.value is None:
        return frozenset()
    if type(value) not in CHOICES:
        raise _Another
    return frozenset(chain.from_iterable(_picked(choice) for choice in CHOICES[type(value)](value)))


def _plain(value: Any) -> tuple[str, ...] | None:
    """The columns of a row of which the first that is there is the value, if it is one and nothing else."""
    match value:
        case ops.Field(rel=ops.PhysicalTable()):
            return (value.name,)
        case ops.Field():
            return _plain(_meaning(value))
        case ops.Coalesce():
            parts = [_plain(part) for part in value.arg]
            return None if None in parts else tuple(chain.from_iterable(part or () for part in parts))
    return None


def _meaning(field: Any) -> Any:
    """What a column of a relation stands for, one relation further down."""
    match field.rel:
        case ops.Filter():
            return ops.Field(field.rel.parent, field.name)
        case ops.Project():
            return field.rel.values[field.name]
        case ops.Aggregate():
            return {**field.rel.groups, **field.rel.metrics}[field.name]
    raise _Another
