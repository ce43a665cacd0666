"""Puts the indicators together: one aggregation for each source, joined to the population.

Knows no engine and no file: tables come in and one expression goes out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.expr.format import pretty

from data_contracts.contract import contract_names, load_contract
from data_contracts.lake import Lake
from data_contracts.near_names import near
from data_contracts.refusal import Refusal
from features.as_of import AsOf, Known, clocks, known_by_export
from features.catalogue import VIEWS
from features.indicator import DERIVED, Indicator, IndicatorError, Missing
from features.lineage import columns_of

TYPES = {"integer": "int64", "number": "float64", "category": "string"}
COLUMN_TYPES = {
    "string": "string", "integer": "int64", "number": "float64", "date": "date", "boolean": "boolean",
}  # fmt: skip
# Definitions are compared as they read on fixed dates, whatever date a snapshot has: an ordinary one, and
# those at which the rules of a year, of a half and of a leap year turn.
REFERENCES = tuple(
    AsOf(on=day, used_on=day + timedelta(days=1))
    for day in (date(2001, 3, 4), date(2001, 6, 30), date(2001, 7, 1), date(2001, 12, 31), date(2004, 2, 29))
)
REFERENCE = REFERENCES[0]
NO_COLUMN = re.compile(r"^Column '(?P<name>.*?)' is not found in table")

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
    """The indicator's expression over what it sees, in its type; what is no such expression is refused."""
    try:
        expression = indicator.expression(table, as_of)
    except Refusal:
        raise
    except Exception as cause:
        raise _unbuilt(indicator, table, cause) from cause
    _refuse_misfit(indicator, expression)
    return expression.cast(TYPES[indicator.kind])


def _unbuilt(indicator: Indicator, table: ir.Table, cause: Exception) -> IndicatorError:
    """Why the expression cannot even be built: as a rule a column that is not there."""
    missing = NO_COLUMN.match(str(cause))
    wrong = missing["name"] if missing else None
    if isinstance(cause, AttributeError) and isinstance(cause.obj, ir.Table):
        wrong = cause.name
    if wrong is None:
        first = (str(cause).splitlines() or [""])[0]
        return IndicatorError(
            expected=f"indicator {indicator.name!r} to have an expression over {indicator.source}",
            got=f"{type(cause).__name__}: {first}",
            todo="write a function of the rows and the day: lambda rows, as_of: …",
        )
    return IndicatorError(
        expected=f"indicator {indicator.name!r} to use columns of {indicator.source}",
        got=f"{wrong!r}{near(wrong, table.columns)}",
        todo=f"correct the expression; there are {', '.join(table.columns)}",
    )


def _refuse_misfit(indicator: Indicator, expression: object) -> None:
    """Refuses what is no value, one in the wrong number, or one that a cast to its kind would cut."""
    if indicator.source in ("entities", DERIVED):
        shape, fits = "one value for each row", isinstance(expression, ir.Column)
    else:
        shape = "an aggregate of the rows, such as rows.count()"
        fits = isinstance(expression, ir.Scalar) and bool(expression.op().find(ops.Reduction))
    if not (isinstance(expression, ir.Value) and fits):
        raise IndicatorError(
            expected=f"the expression of indicator {indicator.name!r} to give {shape}",
            got=f"a {type(expression).__name__}",
            todo="return an expression of the rows",
        )
    kind = expression.type()
    takes = {"integer": kind.is_integer(), "number": kind.is_numeric(), "category": kind.is_string()}
    if not takes[indicator.kind]:
        raise IndicatorError(
            expected=f"the expression of indicator {indicator.name!r} to be of its kind {indicator.kind!r}",
            got=f"{kind}",
            todo="change kind, or round or convert inside the expression",
        )


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
    # In order from the start: joins keep it, and at the end two hundred columns would have to move.
    row = _joined(row.order_by("entity_id"), parts)
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
            columns[i.name] = filled(i, of_source[i.name])
    return chain.select(**columns)


def filled(indicator: Indicator, found: ir.Value) -> ir.Value:
    """What was found for an entity; without any record zero where the indicator means that."""
    return found.fill_null(0) if indicator.missing is Missing.ZERO else found


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
    """A digest of each indicator's meaning: its rule, window, expression and kind, but not its words.

    Refuses an indicator whose expression is none, or reads more than it declares.
    """
    return dict(_definitions(tuple(catalogue)))


@lru_cache(maxsize=16)
def _definitions(catalogue: tuple[Indicator, ...]) -> tuple[tuple[str, str], ...]:
    """Worked out once: commands ask several times, and nothing but the catalogue decides."""
    promises = [_promise(as_of) for as_of in REFERENCES]
    sources = {"entities", *(indicator.source for indicator in catalogue)} - {DERIVED}
    views = {source: [seen(source, promise) for promise in promises] for source in sources}
    _refuse_undeclared(catalogue, {source: days[0] for source, days in views.items()})
    rules = {source: "".join(pretty(view.op()) for view in views[source]) for source in sources}
    row = _row_so_far(views["entities"][0], catalogue)
    found: dict[str, str] = {}
    for indicator in catalogue:
        if indicator.source == DERIVED:
            used = sorted(_used(value(indicator, row, REFERENCE)))
            # Only what it combines: other indicators come and go without changing it.
            narrow = row.select(*used).schema()
            parts = [found[name] for name in used if name in found]
        else:
            narrow = views[indicator.source][0].schema()
            parts = [rules[indicator.source]]
        rows = ibis.table(narrow, name="row")
        parts += [pretty(value(indicator, rows, as_of).op()) for as_of in REFERENCES]
        found[indicator.name] = _definition(indicator, "".join((*parts, _given(indicator))))
    return tuple(found.items())


def _given(indicator: Indicator) -> str:
    """What an indicator is given where records, or the days on which facts became known, are missing."""
    column = ibis.table({"found": TYPES[indicator.kind]}, name="row").found
    exported = [
        pretty(known_by_export(table, promised(table), promised(table).columns, REFERENCE.on).op())
        for table in sorted({column.partition(".")[0] for column in indicator.reads})
    ]
    return "".join((pretty(filled(indicator, column).op()), *exported))


def _refuse_undeclared(catalogue: Sequence[Indicator], views: Mapping[str, ir.Table]) -> None:
    """Refuses an indicator that depends on a column it does not declare: where that is undated or missing
    nobody would know that the indicator is.
    """
    own = views["entities"]
    row = _row_so_far(own, catalogue)
    combinations = [i.name for i in catalogue if i.source == DERIVED]
    uses: dict[str, frozenset[str]] = {}
    for indicator in catalogue:
        if indicator.source != DERIVED:
            rows = views[indicator.source]
            uses[indicator.name] = columns_of(value(indicator, rows, REFERENCE), rows)
        else:
            _refuse_combination(indicator, row, combinations)
            used = _used(value(indicator, row, REFERENCE))
            of_parts = [uses[i] if i in uses else columns_of(own[i], own) for i in used]
            uses[indicator.name] = frozenset().union(*of_parts)
        undeclared = sorted(uses[indicator.name] - _declared(indicator.reads))
        if undeclared:
            raise IndicatorError(
                expected=f"indicator {indicator.name!r} to declare all columns it depends on",
                got=f"uses {', '.join(undeclared)}, not in reads",
                todo=f"add {', '.join(map(repr, undeclared))} to reads",
            )


def _refuse_combination(indicator: Indicator, row: ir.Table, combinations: Sequence[str]) -> None:
    """Refuses a combination of combinations by that name: which column is missing would mislead."""
    others = {name: "int64" for name in combinations if name not in row.columns}
    wider = ibis.table({**row.schema(), **others}, name="row")
    both = sorted(_used(value(indicator, wider, REFERENCE)) & {*combinations})
    if both:
        raise IndicatorError(
            expected=f"indicator {indicator.name!r} to combine indicators of the sources",
            got=f"{', '.join(map(repr, both))}: a combination cannot read a combination",
            todo="use what that one combines",
        )


@lru_cache(maxsize=512)
def _declared(reads: tuple[str, ...]) -> frozenset[str]:
    """The declared columns, the days on which they became known, and what decides which rows are seen."""
    told = set(reads) | {"entities.known_on", "entities.deregistered_on"}
    for column in reads:
        table, _, name = column.partition(".")
        told.add(f"{table}.{load_contract(table).column(name).dated_by}")
    for table in contract_names():
        told |= {*clocks(table), *(f"{table}.{name}" for name in (*load_contract(table).key, "entity_id"))}
    return frozenset(told)


def _promise(as_of: AsOf = REFERENCE) -> Known:
    """Every table as its contract promises it, as known on a day of reference."""
    return Known(tables={name: promised(name) for name in contract_names()}, as_of=as_of)


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
