"""What the object roster takes from lake and register: capital and licences as known that day."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.lake import Lake
from features.as_of import AsOf, known_entities, known_rows
from features.engines.on_duckdb import open_engine
from serving.rosters.objects import ENTITY_COLUMNS, ObjectRoster, Origin, build_objects
from serving.rosters.tag_rules import TagRules

_CAPITAL = "registered_capital_fen"
_NO_LICENCES = pa.table({"entity_id": pa.array([], pa.string()), "kind": pa.array([], pa.string())})


class GradedEntities(Protocol):
    """What the object roster needs of a grade register."""

    @property
    def path(self) -> Path:
        """Its Parquet file."""

    @property
    def digest(self) -> str:
        """The digest of the file."""


def objects_of_city(
    register: GradedEntities, lake: Lake, as_of: AsOf, rules: TagRules, *, folder: Path, memory_limit: str
) -> ObjectRoster:
    """The object roster of a register below `folder`; what the lake tells is what was known on its day."""
    with open_engine(lake, memory_limit=memory_limit) as engine:
        known = known_entities(engine.tables["entities"], as_of)
        capital = engine.frame(known.select("entity_id", _CAPITAL))
        licences = _NO_LICENCES
        if "licences" in lake.tables:
            rows = known_rows("licences", engine.tables["licences"], as_of)
            licences = engine.frame(rows.filter(rows.open_now).select("entity_id", "kind"))
    columns = [name for name in ENTITY_COLUMNS if name != _CAPITAL]
    entities = pq.read_table(register.path, columns=columns)
    places = pc.index_in(entities["entity_id"], capital["entity_id"].combine_chunks())
    entities = entities.append_column(_CAPITAL, capital[_CAPITAL].combine_chunks().take(places))
    origin = Origin(
        city=lake.city, as_of=as_of.on.isoformat(), register_digest=register.digest, lake_digest=lake.digest
    )
    return build_objects(entities, licences, rules, origin=origin, folder=folder)
