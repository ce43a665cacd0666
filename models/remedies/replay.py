"""Replays acts: the edited records of many cases at once, through the catalogue's own indicators, on one day.

A case is an entity with some acts done. Its rows stand under a name of their own, so one query answers all
cases; what is counted over others (relations, related parties) is computed of the entity itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.as_of import AsOf, Known
from features.assembly import Part, aggregates, assemble, sources_of
from features.indicator import PARTIES, Indicator
from models.remedies.neighbourhood import NEAR_TABLE, Engine, Reader, places_of
from models.remedies.records import Edit, Records, Row, key_of

CASE_TABLE = "remedy_case_{}".format
CASES = "remedy_cases"
OF_ALL = ("relations", PARTIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An entity with some of its records written anew."""

    entity_id: str
    edits: tuple[Edit, ...] = ()


class Replay:
    """One lake on one day, asked about other days. The queries of a day are written out once and kept.

    Not safe in two threads: it holds one set of rows at a time.
    """

    def __init__(
        self, engine: Engine, days: AsOf, catalogue: Sequence[Indicator], skipped: Collection[str]
    ) -> None:
        """Asks an engine over the lake, as it was known on the days, for the indicators of a catalogue."""
        self.engine, self.days, self.catalogue, self.skipped = engine, days, catalogue, skipped
        sources = {"entities", "registry_changes", *sources_of(catalogue, skipped)}
        if PARTIES in sources:
            sources |= {"relations", "listings", "penalties"}
        self._reader = Reader(engine, days, sources - {PARTIES})
        self._questions: dict[AsOf, Callable[[], pa.Table]] = {}
        self._own: Mapping[str, pa.Table] = {}
        self._near: Mapping[str, ir.Table] = {}
        self._places: dict[str, dict[str, tuple[int, int]]] = {}

    def look_at(self, entities: Sequence[str]) -> dict[str, Records]:
        """Reads the records of the entities and of those near them; later cases may be of these only."""
        rows = self._reader.read(entities)
        self._own = rows.own
        self._places = {name: places_of(table, entities) for name, table in rows.own.items()}
        self._near = {name: self.engine.hold(NEAR_TABLE(name), table) for name, table in rows.near.items()}
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
        names = [f"{number:08d}" for number in range(len(cases))]
        subjects = [case.entity_id for case in cases]
        owners = self.engine.hold(CASES, pa.table({"case_id": names, "subject": subjects}))
        held = {
            name: self.engine.hold(CASE_TABLE(name), self._rows_of_cases(name, cases, names))
            for name in self._own
        }
        as_of = AsOf(on=on, used_on=max(on, self.days.used_on))
        if as_of not in self._questions:
            self._questions[as_of] = self.engine.question(self._expression(as_of, held, owners))
        return self._questions[as_of]()

    def _expression(self, as_of: AsOf, cases: Mapping[str, ir.Table], subjects: ir.Table) -> ir.Table:
        parts: list[Part] = []
        for source, indicators in sources_of(self.catalogue, self.skipped).items():
            if source not in OF_ALL:
                parts.append((indicators, aggregates(source, Known(tables=cases, as_of=as_of), indicators)))
                continue
            found = aggregates(source, Known(tables=self._near, as_of=as_of), indicators)
            told = subjects.inner_join(found, [("subject", "entity_id")])
            parts.append((indicators, told.select(*(i.name for i in indicators), entity_id="case_id")))
        return assemble(cases, as_of, self.catalogue, skipped=self.skipped, parts=parts)

    def _rows_of_cases(self, table: str, cases: Sequence[Case], names: Sequence[str]) -> pa.Table:
        """The rows of a table for every case, under its name: the entity's own, less those written anew."""
        base, places = self._own[table], self._places[table]
        kept: list[np.ndarray] = []
        owners: list[str] = []
        fresh: list[dict[str, object]] = []
        for case, name in zip(cases, names, strict=True):
            first, last = places[case.entity_id]
            edits = unique([edit for edit in case.edits if edit.table == table])
            rows = np.arange(first, last)
            if edits:
                gone = self._replaced(table, first, last, edits)
                rows = rows[~gone]
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


def unique(edits: Sequence[Edit]) -> list[Edit]:
    """The edits, each record once: two acts may ask for the same filing."""
    named = {(e.replaces, e.row[key_of(e.table)] if e.replaces is None else None, e.table): e for e in edits}
    return list(named.values())


def numbers_of(rows: pa.Table) -> np.ndarray:
    """The numbers of the cases that have a row."""
    return np.asarray(pc.cast(rows["entity_id"], pa.int64()))
