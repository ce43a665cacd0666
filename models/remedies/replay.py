"""Replays acts: the edited records of many cases at once, through the catalogue's own indicators, on a day.

A case is an entity with some acts done. Its rows stand under a name of their own, so one query for each
source answers all; what is counted over others (relations, related parties) is computed of the entity itself.
A source whose table the acts leave alone is asked about the entity once, one without records not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.as_of import AsOf, Known
from features.assembly import aggregates, seen, sources_of, value
from features.catalogue import by_name
from features.engines.moving_days import REFERENCE
from features.indicator import DERIVED, PARTIES, Indicator, Missing
from models.remedies.answers import NUMBER, Answers, Variant
from models.remedies.neighbourhood import NEAR_TABLE, Engine, Reader, places_of
from models.remedies.records import Edit, Records, Row, key_of, merged

CASE_TABLE = "remedy_case_{}".format
COMBINED = "remedy_combined"
ENTITIES = "entities"
OF_ALL = ("relations", PARTIES)
# These count in years: their queries are written out for each day, all others once.
BY_YEAR = ("annual_reports", DERIVED)
TYPES = {"integer": pa.int64(), "number": pa.float64(), "category": pa.string()}

Edits = tuple[Edit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An entity with some of its records written anew."""

    entity_id: str
    edits: Edits = ()


class Replay:
    """One lake on one day, asked about other days. Queries are written out once and kept.

    Not safe in two threads: it holds one set of rows at a time.
    """

    def __init__(
        self, engine: Engine, days: AsOf, catalogue: Sequence[Indicator], skipped: Collection[str]
    ) -> None:
        """Asks an engine over the lake, as it was known on the days, for the indicators of a catalogue."""
        self.engine, self.days, self.catalogue, self.skipped = engine, days, catalogue, skipped
        self._by_source = sources_of(catalogue, skipped)
        sources = {ENTITIES, "registry_changes", *self._by_source}
        if PARTIES in sources:
            sources |= {"relations", "listings", "penalties"}
        self._reader = Reader(engine, days, sources - {PARTIES})
        self._reads: list[str] = []
        self._questions: dict[tuple[str, date], Callable[[AsOf], pa.Table]] = {}
        self._own: Mapping[str, pa.Table] = {}
        self._near: Mapping[str, ir.Table] = {}
        self._places: dict[str, dict[str, tuple[int, int]]] = {}
        self._answers: dict[tuple[str, date], Answers] = {}
        self._held: dict[str, tuple[list[Variant], ir.Table | None]] = {}

    def look_at(self, entities: Sequence[str]) -> dict[str, Records]:
        """Reads the records of the entities and of those near them; later cases may be of these only."""
        rows = self._reader.read(entities)
        self._own, self._answers, self._held = rows.own, {}, {}
        self._places = {name: places_of(table, entities) for name, table in rows.own.items()}
        tied = "relations" in rows.near and rows.near["relations"].num_rows
        near = rows.near if tied else {}
        self._near = {name: self.engine.hold(NEAR_TABLE(name), table) for name, table in near.items()}
        columns = {name: table.column_names for name, table in rows.own.items()}
        return {
            entity: Records(
                entity_id=entity,
                days=self.days,
                rows={name: self._of(name, entity) for name in rows.own},
                columns=columns,
            )
            for entity in entities
        }

    def unrelated(self, entities: Sequence[str]) -> list[str]:
        """Those of the entities, taken in order, that share nothing and nobody with one taken before."""
        relations = self._reader.read(entities).near.get("relations")
        keys: dict[str, set[str]] = {entity: {entity} for entity in entities}
        if relations is not None:
            pairs = zip(relations["entity_id"].to_pylist(), relations["related_id"].to_pylist(), strict=True)
            for entity, other in pairs:
                if entity in keys:
                    keys[entity].add(other)
        taken: set[str] = set()
        apart = []
        for entity, own in keys.items():
            if not own & taken:
                apart.append(entity)
                taken |= own
        return apart

    def _of(self, table: str, entity: str) -> list[Row]:
        first, last = self._places[table][entity]
        return self._own[table].slice(first, last - first).to_pylist() if last > first else []

    def indicators(self, cases: Sequence[Case], on: date) -> pa.Table:
        """The indicators of every case as of a day, with its number as `entity_id`, in their order.

        A case of an entity that is not there on that day has no row.
        """
        as_of = AsOf(on=on, used_on=max(on, self.days.used_on))
        written = [_by_table(case.edits) for case in cases]
        row = self._answered(ENTITIES, cases, written, as_of)
        there = np.flatnonzero(np.asarray(row["entity_id"].is_valid())).tolist()
        present, their = [cases[at] for at in there], [written[at] for at in there]
        columns = dict(zip(row.column_names, row.take(pa.array(there)).columns, strict=True))
        columns["entity_id"] = pa.array([f"{number:08d}" for number in there], pa.string())
        for source, indicators in self._by_source.items():
            found = self._answered(source, present, their, as_of)
            for i in indicators:
                told = found[i.name]
                columns[i.name] = pc.fill_null(told, 0) if i.missing is Missing.ZERO else told
        columns |= self._combined(pa.table(columns), as_of)
        unknown = [i for i in self.catalogue if i.name in self.skipped]
        columns |= {i.name: pa.nulls(len(there), TYPES[i.kind]) for i in unknown}
        return pa.table({name: columns[name] for name in ("entity_id", *(i.name for i in self.catalogue))})

    def _answered(
        self, source: str, cases: Sequence[Case], written: Sequence[Mapping[str, Edits]], as_of: AsOf
    ) -> pa.Table:
        """What a source tells of the cases, in their order; nulls where it has no record."""
        key = (source, as_of.on)
        if key not in self._answers:
            self._answers[key] = Answers(None if source == ENTITIES else self._schema(source))
        answers, asked = self._answers[key], []
        new: dict[Variant, Edits] = {}
        for case, tables in zip(cases, written, strict=True):
            edits = tables.get(source, ()) if source not in OF_ALL else ()
            variant = (case.entity_id, frozenset(edit.told for edit in edits))
            asked.append(variant)
            if variant not in answers:
                new[variant] = edits
        if new:
            ask = self._asked_of_all if source in OF_ALL else self._asked
            answers.add(list(new), ask(source, new, as_of))
        return answers.of(asked)

    def _schema(self, source: str) -> pa.Schema:
        return pa.schema([(i.name, TYPES[i.kind]) for i in self._by_source[source]])

    def _asked(self, source: str, new: Mapping[Variant, Edits], as_of: AsOf) -> pa.Table | None:
        """The answers about variants of the entities' own records."""
        variants = list(new)
        if source not in self._held or self._held[source][0] != variants:
            rows = self._rows_of(source, new)
            held = self.engine.hold(CASE_TABLE(source), rows) if rows.num_rows else None
            self._held[source] = (variants, held)
        table = self._held[source][1]
        if table is None:
            return None
        found = self._question(source, {source: table}, as_of)
        return found.append_column(NUMBER, pc.cast(found["entity_id"], pa.int64()))

    def _asked_of_all(self, source: str, new: Mapping[Variant, Edits], as_of: AsOf) -> pa.Table | None:
        """The answers about entities among others, whose records stay as they are."""
        if not self._near:
            return None
        found = self._question(source, self._near, as_of)
        numbers = pc.index_in(found["entity_id"], pa.array([entity for entity, _ in new], pa.string()))
        told = found.append_column(NUMBER, pc.cast(numbers, pa.int64()))
        return told.filter(pc.is_valid(told[NUMBER]))

    def _question(self, source: str, tables: Mapping[str, ir.Table], as_of: AsOf) -> pa.Table:
        """The answer of a source on a day, from what is held."""
        told = as_of if source in BY_YEAR else REFERENCE
        key = (source, told.on)
        if key not in self._questions:
            held = tuple((name, table.op()) for name, table in tables.items())
            names = tuple(i.name for i in self._told_of(source))
            self._questions[key] = self.engine.question_of_days(asked_of(source, names, held, told))
        return self._questions[key](as_of)

    def _told_of(self, source: str) -> list[Indicator]:
        return [i for i in self.catalogue if i.source == source and i.name not in self.skipped]

    def _combined(self, rows: pa.Table, as_of: AsOf) -> dict[str, pa.ChunkedArray]:
        """The combinations of the indicators in rows, in their order."""
        if not self._reads:
            every = ibis.table(ibis.Schema.from_pyarrow(rows.schema), name=COMBINED)
            values = [value(i, every, as_of).op() for i in self._told_of(DERIVED)]
            self._reads = sorted(
                {field.name for one in values for field in one.find(ops.Field)} | {"entity_id"}
            )
        held = self.engine.hold(COMBINED, rows.select(self._reads))
        found = self._question(DERIVED, {DERIVED: held}, as_of)
        return {i.name: found[i.name] for i in self._told_of(DERIVED)}

    def _rows_of(self, table: str, variants: Mapping[Variant, Edits]) -> pa.Table:
        """The rows of a table for every variant, under its number; those written anew in their places."""
        base, places = self._own[table], self._places[table]
        kept: list[np.ndarray] = []
        owners: list[str] = []
        fresh: list[dict[str, object]] = []
        for number, ((entity, _), edits) in enumerate(variants.items()):
            first, last = places[entity]
            rows, name = np.arange(first, last), f"{number:08d}"
            if edits:
                rows = rows[~self._replaced(table, first, last, edits)]
                fresh += [{**edit.row, "entity_id": name} for edit in edits]
            kept.append(rows)
            owners += [name] * len(rows)
        chosen = base.take(pa.array(np.concatenate(kept) if kept else [], pa.int64()))
        place = base.column_names.index("entity_id")
        told = chosen.set_column(place, "entity_id", pa.array(owners, pa.string()))
        return pa.concat_tables([told.cast(base.schema), pa.Table.from_pylist(fresh, schema=base.schema)])

    def _replaced(self, table: str, first: int, last: int, edits: Sequence[Edit]) -> np.ndarray:
        gone = {edit.replaces for edit in edits if edit.replaces}
        own = self._own[table].slice(first, last - first)
        ids, days = own[key_of(table)].to_pylist(), own["known_on"].to_pylist()
        return np.array([pair in gone for pair in zip(ids, days, strict=True)], dtype=bool)


@lru_cache(maxsize=256)
def asked_of(
    source: str, names: tuple[str, ...], tables: tuple[tuple[str, ops.Relation], ...], as_of: AsOf
) -> ir.Table:
    """The question for some indicators of a source; kept, as the next lake is asked the same.

    `tables` are those the source sees, by name; of the combinations one with all that they combine.
    """
    indicators = [by_name()[name] for name in names]
    known = Known(tables={name: node.to_expr() for name, node in tables}, as_of=as_of)
    if source not in (ENTITIES, DERIVED):
        return aggregates(source, known, indicators)
    row = seen(ENTITIES, known) if source == ENTITIES else known.tables[DERIVED]
    told = {i.name: value(i, row, as_of) for i in indicators}
    return row.mutate(**told) if source == ENTITIES else row.select("entity_id", **told).order_by("entity_id")


def _by_table(edits: Sequence[Edit]) -> dict[str, Edits]:
    found: dict[str, Edits] = {}
    for edit in merged(edits):
        found[edit.table] = (*found.get(edit.table, ()), edit)
    return found


def numbers_of(rows: pa.Table) -> np.ndarray:
    """The numbers of the cases that have a row."""
    return np.asarray(pc.cast(rows["entity_id"], pa.int64()))
