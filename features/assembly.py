"""Puts the indicators together: one aggregation for each source, joined to the population.

Knows no engine and no file: tables come in and one expression goes out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.exceptions import IbisError
from ibis.expr.format import pretty

from data_contracts.contract import contract_names, load_contract
from data_contracts.lake import Lake
from data_contracts.near_names import near
from data_contracts.refusal import Refusal
from features.as_of import AsOf, Known, clocks
from features.catalogue import VIEWS
from features.indicator import DERIVED, Indicator, IndicatorError, Missing

TYPES = {"integer": "int64", "number": "float64", "category": "string"}
COLUMN_TYPES = {
    "string": "string", "integer": "int64", "number": "float64", "date": "date", "boolean": "boolean",
}  # fmt: skip
# Definitions are compared as they read on one fixed date, whatever date a snapshot has.
REFERENCE = AsOf(on=date(2001, 3, 4), used_on=date(2001, 3, 5))

# Indicators, and their values for the entities that have records of them.
Part = tuple[Sequence[Indicator], ir.Table]


class PopulationError(Refusal):
    """A lake without entities has no snapshot."""


def promised(table: str) -> ir.Table:
    """A table as its contract promises it, bound to no engine."""
    columns = load_contract(table).columns
    return ibis.table({column.name: COLUMN_TYPES[column.kind] for column in columns}, name=table)


def seen(source: str, known: Known) -> ir.Table:
    """The rows of a source as its indicators see them."""
    view = VIEWS.get(source)
    return known[source] if view is None else view(known)


def value(indicator: Indicator, table: ir.Table, as_of: AsOf) -> ir.Value:
    """The indicator's expression over what it sees; a column that is not there is refused by name."""
    try:
        expression = indicator.expression(table, as_of)
    except (AttributeError, IbisError) as cause:
        wrong = getattr(cause, "name", None) or str(cause)
        raise IndicatorError(
            expected=f"indicator {indicator.name!r} to use columns of {indicator.source}",
            got=f"{wrong!r}{near(str(wrong), table.columns)}",
            todo=f"correct the expression; there are {', '.join(table.columns)}",
        ) from cause
    return expression.cast(TYPES[indicator.kind])


def sources_of(catalogue: Sequence[Indicator], skipped: Collection[str]) -> dict[str, list[Indicator]]:
    """The indicators that are aggregated from records, by source; those that are skipped left out."""
    used = [i for i in catalogue if i.name not in skipped and i.source not in ("entities", DERIVED)]
    return {
        source: [i for i in used if i.source == source] for source in dict.fromkeys(i.source for i in used)
    }


def aggregates(source: str, known: Known, indicators: Sequence[Indicator]) -> ir.Table:
    """The indicators of a source, one row for each entity of which it has records."""
    events = seen(source, known)
    values = {i.name: value(i, events, known.as_of) for i in indicators}
    return events.group_by("entity_id").aggregate(**values)


def assemble(
    tables: Mapping[str, ir.Table],
    as_of: AsOf,
    catalogue: Sequence[Indicator],
    *,
    skipped: Collection[str],
    parts: Sequence[Part] | None = None,
) -> ir.Table:
    """One row for each entity of the population, one column for each indicator, sorted by entity.

    A skipped indicator is null everywhere; its expression is not even built. The aggregates of the sources
    are made here unless they are given, all of them, as `parts`.
    """
    if "entities" not in tables:
        raise PopulationError(
            expected="a lake with the table 'entities'",
            got=f"only {', '.join(sorted(tables)) or 'nothing'}",
            todo="admit the entities of the city first",
        )
    used = [indicator for indicator in catalogue if indicator.name not in skipped]
    known = Known(tables=tables, as_of=as_of)
    row = seen("entities", known)
    row = row.mutate(**{i.name: value(i, row, as_of) for i in used if i.source == "entities"})
    if parts is None:
        by_source = sources_of(catalogue, skipped)
        parts = [(some, aggregates(source, known, some)) for source, some in by_source.items()]
    row = _joined(row, parts)
    row = row.mutate(**{i.name: value(i, row, as_of) for i in used if i.source == DERIVED})
    empty = {i.name: ibis.null(TYPES[i.kind]) for i in catalogue if i.name in skipped}
    return row.mutate(**empty).select("entity_id", *(i.name for i in catalogue)).order_by("entity_id")


def _joined(row: ir.Table, parts: Sequence[Part]) -> ir.Table:
    """The rows with the aggregates of all sources beside them; no record is zero where that is meant.

    One chain of joins and one choice of columns: a query nested once for each source would spell out every
    column each time, a million letters that Spark takes longer to read than to carry out.
    """
    columns = {name: row[name] for name in row.columns}
    chain = row
    for indicators, sums in parts:
        # The subject gets a name of its own: joins rename equal columns, and each join in another way.
        subject = f"subject_of_{indicators[0].source}"
        of_source = sums.rename({subject: "entity_id"})
        chain = chain.left_join(of_source, row.entity_id == of_source[subject])
        for i in indicators:
            found = of_source[i.name]
            columns[i.name] = found.fill_null(0) if i.missing is Missing.ZERO else found
    return chain.select(**columns)


def unavailable(catalogue: Sequence[Indicator], lake: Lake, as_of: AsOf) -> dict[str, str]:
    """Indicators that this lake cannot give at this date, each with its reason."""
    found = {indicator.name: next(_hindrances(indicator, lake, as_of), None) for indicator in catalogue}
    return {name: reason for name, reason in found.items() if reason is not None}


def _hindrances(indicator: Indicator, lake: Lake, as_of: AsOf) -> Iterator[str]:
    tables = sorted({column.partition(".")[0] for column in indicator.reads})
    for table in tables:
        if table not in lake.tables:
            yield f"the city has no table {table!r}"
    if lake.exported_on is not None and as_of.on >= lake.exported_on:
        return
    for column in sorted({*indicator.reads, *(clock for table in tables for clock in clocks(table))}):
        table, _, name = column.partition(".")
        if name in lake.tables[table].undated:
            yield f"{column} is undated: known only as of the export on {lake.exported_on}"


def needed(indicator: Indicator, catalogue: Sequence[Indicator]) -> tuple[Indicator, ...]:
    """The indicator after those that it combines: enough of the catalogue to compute it."""
    if indicator.source != DERIVED:
        return (indicator,)
    row = _row_so_far(seen("entities", _promise()), catalogue)
    used = _used(value(indicator, row, REFERENCE))
    return (*(i for i in catalogue if i.name in used and i.source != DERIVED), indicator)


def definitions(catalogue: Sequence[Indicator]) -> dict[str, str]:
    """A digest of each indicator's meaning: its rule, window, expression and kind, but not its words."""
    sources = {"entities", *(indicator.source for indicator in catalogue)} - {DERIVED}
    promise = _promise()
    views = {source: seen(source, promise) for source in sources}
    row = _row_so_far(views["entities"], catalogue)
    found: dict[str, str] = {}
    for indicator in catalogue:
        if indicator.source == DERIVED:
            used = sorted(_used(value(indicator, row, REFERENCE)))
            # Only what it combines: other indicators come and go without changing it.
            narrow = row.select(*used).schema()
            combined = value(indicator, ibis.table(narrow, name="row"), REFERENCE)
            parts = [pretty(combined.op()), *(found[name] for name in used if name in found)]
        else:
            view = views[indicator.source]
            expression = value(indicator, view, REFERENCE).name("value")
            parts = [pretty(view.select("entity_id", expression).op())]
        found[indicator.name] = _definition(indicator, "".join(parts))
    return found


def _promise() -> Known:
    """Every table as its contract promises it, as known on the day of reference."""
    return Known(tables={name: promised(name) for name in contract_names()}, as_of=REFERENCE)


def _row_so_far(entities: ir.Table, catalogue: Sequence[Indicator]) -> ir.Table:
    """What a combination may read: the entity's own columns and the indicators of the sources."""
    columns = dict(entities.schema().items())
    columns |= {i.name: TYPES[i.kind] for i in catalogue if i.source != DERIVED}
    return ibis.table(columns, name="row")


def _used(expression: ir.Value) -> set[str]:
    """Names of the columns that an expression reads."""
    return {field.name for field in expression.op().find(ops.Field)}


def _definition(indicator: Indicator, text: str) -> str:
    parts = (
        indicator.name, indicator.source, indicator.kind, indicator.missing.value, str(indicator.window_days),
        ";".join(indicator.categories), ";".join(indicator.reads), text,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
