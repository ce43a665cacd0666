"""Rows of entities that nobody registered, and the known ids they may have meant: told, never repaired."""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.admission import near_misses
from data_contracts.admission.engine import Engine
from data_contracts.admission.unique_rows import has_entities
from data_contracts.contract import load_contract
from data_contracts.conversions import quoted
from data_contracts.report import StrangerCount


def find_strangers(engine: Engine, tables: Sequence[str]) -> tuple[StrangerCount, ...]:
    """Writes near_misses.parquet and counts what is unknown; without a register of entities, nothing is."""
    target = engine.version / "near_misses.parquet"
    if "entities" not in tables:
        engine.run(f"COPY ({near_misses.NOTHING}) TO {quoted(str(target))} (FORMAT parquet)")
        return ()
    folder = engine.version / "tables"
    with_entities = [name for name in tables if name != "entities" and has_entities(load_contract(name))]
    paths = [(name, folder / f"{name}.parquet") for name in with_entities]
    engine.keep("known_ids", near_misses.known_ids_sql(folder / "entities.parquet"))
    engine.keep("strangers", near_misses.strangers_sql(paths))
    engine.run(f"CREATE OR REPLACE TABLE comparable AS {near_misses.comparable_sql()}")
    engine.run("CREATE OR REPLACE TABLE near_ids (given_id VARCHAR, near_id VARCHAR)")
    for half in ("left", "right"):
        engine.keep(f"alike_{half}", near_misses.alike_sql(half))
    longest = engine.run("SELECT coalesce(max(length(given_id)), 0) FROM comparable").fetchall()[0][0]
    for place in range(1, longest + 1):
        engine.run(f"INSERT INTO near_ids {near_misses.near_at_sql(place)}")
    engine.run(f"COPY ({near_misses.near_misses_sql()}) TO {quoted(str(target))} (FORMAT parquet)")
    counts = engine.run(near_misses.counts_sql()).fetchall()
    engine.forget("known_ids", "strangers", "alike_left", "alike_right", "refused_entities")
    return tuple(
        StrangerCount(
            table=table,
            where=where,
            rows=rows,
            ids=ids,
            near_rows=near_rows,
            near_ids=near_ids,
            not_compared=left,
        )
        for table, where, rows, ids, near_rows, near_ids, left in counts
    )
