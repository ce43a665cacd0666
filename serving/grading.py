"""Writes a grade register: decides about every entity of a snapshot, once for all that it is made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.file_digest import file_digest
from features.digest import table_digest
from features.snapshot import Snapshot
from features.whole_folder import made_once
from models.deciding import Occasion, decide_batches
from models.release import Release
from serving.register import (
    ATTRIBUTES,
    CARD_FILE,
    GRADES,
    TABLE_FILE,
    Register,
    RegisterCard,
    RegisterMissing,
    open_register,
)

# Small enough that one entity is read in milliseconds, large enough that the footer of a city
# of millions stays below a few megabytes.
ROW_GROUP = 4096
DECIDED_AT_ONCE = 5 * ROW_GROUP


def write_register(release: Release, snapshot: Snapshot, attributes: pa.Table, *, folder: Path) -> Register:
    """Decides about every entity of the snapshot and opens the register; the same one is reused.

    The same is one of the same release, days, indicators, lake and attributes; any other lies beside it.
    """
    known = _aligned(attributes, snapshot)
    origin = {
        "used_on": snapshot.as_of.used_on.isoformat(),
        "snapshot_digest": snapshot.digest,
        "lake_digest": snapshot.lake_digest,
        "attributes_digest": table_digest(known),
    }
    key = hashlib.sha256(json.dumps(origin).encode()).hexdigest()[:8]
    place = folder / snapshot.as_of.on.isoformat() / f"{release.release_id}-{key}"
    with made_once(place, CARD_FILE) as staged:
        if staged is not None:
            # The origin stands in the file too: registers of different origin never have one digest.
            decided = _decided(release, snapshot, known, origin)
            counts = _written(staged / TABLE_FILE, decided)
            card = RegisterCard(
                city=snapshot.city,
                as_of=snapshot.as_of.on.isoformat(),
                release_id=release.release_id,
                digest=file_digest(staged / TABLE_FILE),
                rows=sum(counts.values()),
                counts=counts,
                **origin,
            )
            text = json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"
            (staged / CARD_FILE).write_text(text, "utf-8")
    return open_register(place)


def _aligned(attributes: pa.Table, snapshot: Snapshot) -> pa.Table:
    """The known attributes in the snapshot's order, null where there are none.

    Once for the whole city: an index of its ids for every batch would make grading quadratic.
    """
    ids = snapshot.read(["entity_id"])["entity_id"].combine_chunks()
    places = pc.index_in(ids, attributes["entity_id"].combine_chunks())
    return pa.table({name: attributes[name].combine_chunks().take(places) for name in ATTRIBUTES})


def _decided(
    release: Release, snapshot: Snapshot, known: pa.Table, origin: dict[str, str]
) -> Iterator[pa.Table]:
    """The decisions with the attributes behind the id, batch by batch; memory stays that of one batch."""
    occasion = Occasion(
        as_of=snapshot.as_of.on, used_on=snapshot.as_of.used_on, snapshot_digest=snapshot.digest
    )
    done = 0
    for rows in snapshot.batches(DECIDED_AT_ONCE):
        for batch in decide_batches(release, rows, occasion):
            decided, of_batch = pa.Table.from_batches([batch]), known.slice(done, batch.num_rows)
            for position, name in enumerate(ATTRIBUTES, start=1):
                decided = decided.add_column(position, name, of_batch[name])
            yield decided.replace_schema_metadata(origin)
            done += batch.num_rows
    if not done:
        raise RegisterMissing(
            expected=f"at least one entity in the snapshot of {snapshot.as_of.on}",
            got=f"{snapshot.path}: no rows",
            todo="check that entities are admitted and known on that date",
        )


def _written(path: Path, tables: Iterator[pa.Table]) -> dict[str, int]:
    """Writes the tables as one file; the entities of each grade."""
    counts = dict.fromkeys(GRADES, 0)
    writer: pq.ParquetWriter | None = None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=ROW_GROUP)
        for row in pc.value_counts(table["grade"]).to_pylist():
            counts[row["values"]] += row["counts"]
    if writer is not None:
        writer.close()
    return counts
