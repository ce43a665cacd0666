"""Writes a grade register: decides about every entity of a snapshot, once for all that it is made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.file_digest import file_digest
from features.digest import table_digest
from features.snapshot import Snapshot
from features.whole_folder import made_once
from models.change_guard import Past, PastRefused
from models.deciding import Occasion, decide_batches
from models.grades import LETTERS
from models.release import Release
from serving.register import (
    ATTRIBUTES,
    CARD_FILE,
    TABLE_FILE,
    Register,
    RegisterCard,
    RegisterMissing,
    open_register,
)

# Small enough that one entity is read in milliseconds, large enough that the footer of a city
# of millions stays below a few megabytes.
ROW_GROUP = 4096
DECIDED_AT_ONCE = 50 * ROW_GROUP


def write_register(
    release: Release,
    snapshot: Snapshot,
    attributes: pa.Table,
    *,
    folder: Path,
    previous: Register | None = None,
) -> Register:
    """Decides about every entity of the snapshot and opens the register; the same one is reused.

    The change guard holds grades against `previous`, an earlier register of the same release; a first one has
    no past. The same is one of the same release, days, indicators, lake, attributes and past; any other lies
    beside it.
    """
    previous = _held_against(previous, release, snapshot)
    known = _aligned(attributes, snapshot)
    origin = {
        "used_on": snapshot.as_of.used_on.isoformat(),
        "snapshot_digest": snapshot.digest,
        "lake_digest": snapshot.lake_digest,
        "attributes_digest": table_digest(known),
        "previous_as_of": previous.card.as_of if previous else "",
        "previous_digest": previous.digest if previous else "",
    }
    key = hashlib.sha256(json.dumps(origin).encode()).hexdigest()[:8]
    place = folder / snapshot.as_of.on.isoformat() / f"{release.release_id}-{key}"
    with made_once(place, CARD_FILE) as staged:
        if staged is not None:
            # The origin stands in the file too: registers of different origin never have one digest.
            past = past_of(previous, snapshot) if previous else None
            decided = _decided(release, snapshot, known, origin, past)
            counts, held = _written(staged / TABLE_FILE, decided)
            card = RegisterCard(
                city=snapshot.city,
                as_of=snapshot.as_of.on.isoformat(),
                release_id=release.release_id,
                digest=file_digest(staged / TABLE_FILE),
                rows=sum(counts.values()),
                counts=counts,
                held=held,
                **origin,
            )
            text = json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"
            (staged / CARD_FILE).write_text(text, "utf-8")
    return open_register(place)


def _held_against(previous: Register | None, release: Release, snapshot: Snapshot) -> Register | None:
    """The previous register, if the release guards changes at all."""
    if previous is None or not release.cuts.margin:
        return None
    card = previous.card
    same = (card.city, card.release_id) == (snapshot.city, release.release_id)
    if not same or previous.as_of >= snapshot.as_of.on:
        raise PastRefused(
            expected=f"a register of {snapshot.city} by {release.release_id} before {snapshot.as_of.on}",
            got=f"one of {card.city} by {card.release_id} as of {card.as_of}",
            todo="hold the grades against a register of the same release, or against none",
        )
    return previous


def past_of(previous: Register, snapshot: Snapshot) -> Past:
    """What the previous register said of the snapshot's entities, in their order; `""` of those it lacks.

    One index over its ids for the whole city: some 700 MiB at 3.5 million entities.
    """
    before = pq.read_table(previous.path, columns=["entity_id", "guarded_grade", "probability"])
    ids = snapshot.read(["entity_id"])["entity_id"].combine_chunks()
    places = pc.index_in(ids, before["entity_id"].combine_chunks())
    codes = pc.index_in(before["guarded_grade"].combine_chunks(), pa.array(LETTERS)).take(places)
    probability = before["probability"].combine_chunks().take(places)
    return Past(
        grade=np.array([*LETTERS, ""])[np.asarray(pc.fill_null(codes, len(LETTERS)))],
        probability=np.asarray(pc.fill_null(probability, np.nan)),
    )


def _aligned(attributes: pa.Table, snapshot: Snapshot) -> pa.Table:
    """The ids of the snapshot in its order, each with its known attributes, null where there are none.

    Once for the whole city: an index of its ids for every batch would make grading quadratic.
    """
    ids = snapshot.read(["entity_id"])["entity_id"].combine_chunks()
    places = pc.index_in(ids, attributes["entity_id"].combine_chunks())
    columns = {name: attributes[name].combine_chunks().take(places) for name in ATTRIBUTES}
    return pa.table({"entity_id": ids, **columns})


def _decided(
    release: Release, snapshot: Snapshot, known: pa.Table, origin: dict[str, str], past: Past | None
) -> Iterator[pa.Table]:
    """The decisions with the attributes behind the id, batch by batch; memory stays that of one batch."""
    occasion = Occasion(
        as_of=snapshot.as_of.on, used_on=snapshot.as_of.used_on, snapshot_digest=snapshot.digest
    )
    done = 0
    for rows in snapshot.batches(DECIDED_AT_ONCE):
        own = None if past is None else past.slice(done, rows.num_rows)
        for batch in decide_batches(release, rows, occasion, past=own):
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


def _written(path: Path, tables: Iterator[pa.Table]) -> tuple[dict[str, int], int]:
    """Writes the tables as one file; the entities of each grade, and those whose grade the guard held."""
    counts, held = dict.fromkeys(LETTERS, 0), 0
    writer: pq.ParquetWriter | None = None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=ROW_GROUP)
        for row in pc.value_counts(table["grade"]).to_pylist():
            counts[row["values"]] += row["counts"]
        held += int(pc.sum(pc.not_equal(table["model_grade"], table["guarded_grade"])).as_py())
    if writer is not None:
        writer.close()
    return counts, held
