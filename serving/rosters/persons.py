"""The entities behind a person, from whom an inspector keeps away; read without an engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pyarrow.parquet as pq

from data_contracts.lake import Lake


def entities_behind(lake: Lake, persons: Iterable[str]) -> dict[str, frozenset[str]]:
    """The entities in which each of these persons (pseudonyms of the lake) holds or held a post.

    Posts that ended count as well: who led a firm until last year is no stranger to it.
    """
    asked = sorted(set(persons))
    if not asked or "key_persons" not in lake.tables:
        return {}
    table = pq.read_table(
        lake.table("key_persons").path, columns=["person", "entity_id"], filters=[("person", "in", asked)]
    )
    found = defaultdict[str, set[str]](set)
    for person, entity_id in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        found[person].add(entity_id)
    return {person: frozenset(entities) for person, entities in found.items()}
