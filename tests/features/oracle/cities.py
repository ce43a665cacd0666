"""A city of nasty rows, and every indicator of it as the oracle tells it: a module here for each source."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from typing import Any

from data_contracts.contract import load_contract
from features.catalogue import CATALOGUE
from features.indicator import DERIVED
from features.professional import fields
from tests.features.oracle import combinations, entities
from tests.features.oracle.known import Known
from tests.features.oracle.nasty import ENTITIES, clock, versions
from tests.lake_rows import Row

# By name of the source: `MOST` rows of an entity, `row(chance, t)`, `values(known)`.
SOURCES = {
    source: import_module(f"tests.features.oracle.{source}")
    for source in sorted({i.source for i in CATALOGUE} - {"entities", DERIVED})
}
# By name of the field: `values(known)`.
FIELDS = [import_module(f"tests.features.oracle.professional.{name}") for name in fields()]


def nasty_city(chance: random.Random, t: date) -> dict[str, list[Row]]:
    """Rows about t: same days, ties, borders of windows, late knowledge, repairs, nulls, zeros."""
    city: dict[str, list[Row]] = {"entities": entities.rows(chance, t)}
    for table, source in SOURCES.items():
        if not hasattr(source, "row"):
            continue
        key = load_contract(table).key[0]
        rows = [
            {key: f"{entity}-{number}", "entity_id": entity, **clock(chance, t), **source.row(chance, t)}
            for entity in ENTITIES
            for number in range(chance.randint(0, source.MOST))
        ]
        city[table] = [version for row in rows for version in versions(chance, t, row, source.row)]
        chance.shuffle(city[table])
    return city


def told(city: dict[str, list[Row]], t: date, u: date) -> dict[str, Row]:
    """Every indicator of every entity of the population."""
    by_entity: dict[str, dict[str, list[Row]]] = {e: {table: [] for table in city} for e in ENTITIES}
    for table, rows in city.items():
        for row in rows:
            by_entity[row["entity_id"]][table].append(row)
    knowns: dict[str, Known] = {}
    for entity, rows_of in by_entity.items():
        knowns[entity] = Known(entity, rows_of, t, u, knowns)
    return {entity: dict(_values(known)) for entity, known in knowns.items() if known.there}


def _values(known: Known) -> Iterator[tuple[str, Any]]:
    row = entities.values(known)
    for source in (*SOURCES.values(), *FIELDS):
        row |= source.values(known)
    yield from (row | combinations.values(known, row)).items()
