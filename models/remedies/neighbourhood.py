"""The rows of a lake that can matter to some entities, as they were known on a day: few enough for memory.

Of relations also those of everybody who shares a person, an address or a contact with them, and of all these
others what marks a related party: so what is computed of these rows is what is computed of the whole city.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from data_contracts.contract import load_contract
from features.as_of import AsOf, day
from features.engines.moving_days import REFERENCE

ASKED, NEAR, KEYS = "remedy_asked", "remedy_near", "remedy_keys"
# What the views of relations and of related parties read of others.
OF_OTHERS = ("entities", "listings", "penalties", "relations")
NEAR_TABLE = "remedy_near_{}".format


class Engine(Protocol):
    """An engine that runs expressions over a lake and over rows that are handed to it."""

    @property
    def tables(self) -> Mapping[str, ir.Table]:
        """The lake's tables by name."""

    def hold(self, name: str, rows: pa.Table) -> ir.Table:
        """Rows in memory as a table of that name; a later one takes its place."""

    def question(self, expression: ir.Table) -> Callable[[], pa.Table]:
        """The rows whenever they are asked for, of what is held then."""

    def question_of_days(self, expression: ir.Table) -> Callable[[AsOf], pa.Table]:
        """The same for any days, of an expression about the days of reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """By table the entities' `own` rows, sorted by entity, and those of them and all `near` them."""

    own: Mapping[str, pa.Table]
    near: Mapping[str, pa.Table]


class Reader:
    """Reads neighbourhoods; its queries are planned once."""

    def __init__(self, engine: Engine, days: AsOf, sources: Collection[str]) -> None:
        """Reads the tables of `sources` that the city has, cut to what was known on the days."""
        self.engine, self.days = engine, days
        self.tables = {
            name: known_by(name, engine.tables[name], REFERENCE) for name in sources if name in engine.tables
        }
        self._questions: dict[str, Callable[[AsOf], pa.Table]] = {}

    def read(self, entities: Collection[str]) -> Neighbourhood:
        """The rows that can matter to the entities."""
        asked = self._held(ASKED, pa.array(sorted(entities), pa.string()))
        near: dict[str, pa.Table] = {}
        if "relations" in self.tables:
            near["relations"] = self._relations(asked, entities)
        others = self._held(NEAR, _others(near.get("relations"), entities))
        for name in OF_OTHERS:
            if name in self.tables and name != "relations":
                near[name] = self._of(f"near {name}", self.tables[name], others)
        own = {
            name: self._of(f"own {name}", rows, asked).sort_by("entity_id")
            for name, rows in self.tables.items()
            if name != "relations"
        }
        return Neighbourhood(own=own, near=near)

    def _relations(self, asked: ir.Table, entities: Collection[str]) -> pa.Table:
        """The relations of the entities, to them, and of all others to what they are related to."""
        relations = self.tables["relations"]
        mine = self._of("ties", relations, asked)["related_id"].combine_chunks()
        ids = pa.concat_arrays([mine, pa.array(sorted(entities), pa.string())])
        keys = self._held(KEYS, ids.unique())
        tied = relations.entity_id.isin(asked.id) | relations.related_id.isin(keys.id)
        return self._asked("relations", relations.filter(tied))

    def _of(self, question: str, rows: ir.Table, ids: ir.Table) -> pa.Table:
        return self._asked(question, rows.filter(rows.entity_id.isin(ids.id)))

    def _asked(self, question: str, expression: ir.Table) -> pa.Table:
        if question not in self._questions:
            self._questions[question] = self.engine.question_of_days(expression)
        return self._questions[question](self.days)

    def _held(self, name: str, ids: pa.Array) -> ir.Table:
        return self.engine.hold(name, pa.table({"id": ids}))


def _others(relations: pa.Table | None, entities: Collection[str]) -> pa.Array:
    ids = pa.array(sorted(entities), pa.string())
    if relations is None:
        return ids
    columns = [relations[name].combine_chunks() for name in ("entity_id", "related_id")]
    return pa.concat_arrays([ids, *columns]).unique()


def known_by(name: str, table: ir.Table, days: AsOf) -> ir.Table:
    """The table as it stood when nothing later than the days was known: what came after has not come yet."""
    contract = load_contract(name)
    known = table.filter(table.known_on <= day(days.on))
    cut: dict[str, ir.Value] = {}
    for clock, last in (("superseded", days.on), ("forgotten", days.used_on)):
        for column in contract.columns:
            if column.clock == clock and column.name in table.columns:
                cut[column.name] = _until(known[column.name], known[column.name] <= day(last))
    if contract.clock("ended") is not None:
        told = (ibis.coalesce(known.end_known_on, known.ended_on) <= day(days.on)).fill_null(False)
        cut |= {name: _until(known[name], told) for name in ("ended_on", "end_known_on")}
    for column in contract.columns:
        if column.dated_by is not None:
            there = ibis.coalesce(known[column.dated_by], _end_of(known, column.dated_by))
            told = (there <= day(days.on)).fill_null(False)
            cut |= {one: _until(known[one], told) for one in (column.name, column.dated_by)}
    return known.mutate(**cut) if cut else known


def _end_of(known: ir.Table, dated_by: str) -> ir.Value:
    return known.ended_on if dated_by == "end_known_on" else known[dated_by]


def _until(value: ir.Value, told: ir.BooleanValue) -> ir.Value:
    return told.ifelse(value, ibis.null(value.type()))


def places_of(rows: pa.Table, entities: Sequence[str]) -> dict[str, tuple[int, int]]:
    """From where to where the rows of each entity lie, in rows sorted by entity."""
    found: dict[str, tuple[int, int]] = {}
    for place, entity in enumerate(rows["entity_id"].to_pylist()):
        first, _ = found.get(entity, (place, place))
        found[entity] = (first, place + 1)
    return {entity: found.get(entity, (0, 0)) for entity in entities}
