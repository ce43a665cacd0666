"""The indicator rows that a register was made from: found by the digest on its card, read by entity."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.file_digest import file_digest
from features.digest import parts_of
from features.snapshot import CARD_FILE, TABLE_FILE
from serving.register import RegisterCard

ROWS_AT_ONCE = 100_000


def row_of(
    folder: Path | None, card: RegisterCard, entity_id: str, columns: Sequence[str]
) -> pa.Table | None:
    """The one row of an entity, with entity_id and the columns; None without the snapshot or the entity."""
    for part in _parts(folder, card):
        metadata = pq.read_metadata(part)
        place = metadata.schema.names.index("entity_id")
        told = [metadata.row_group(g).column(place).statistics for g in range(metadata.num_row_groups)]
        groups = range(
            bisect_left([one.max for one in told], entity_id),
            bisect_right([one.min for one in told], entity_id),
        )
        with pq.ParquetFile(part, metadata=metadata, memory_map=True) as file:
            for group in groups:
                rows = file.read_row_group(group, columns=["entity_id", *columns], use_threads=False)
                found = pc.index(rows["entity_id"], entity_id).as_py()
                if found >= 0:
                    return rows.slice(found, 1)
    return None


def rows_of(
    folder: Path | None, card: RegisterCard, ids: pa.Array, columns: Sequence[str]
) -> pa.Table | None:
    """The rows of some entities in the order of their ids; None without the snapshot."""
    parts = _parts(folder, card)
    if not parts:
        return None
    found = []
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=["entity_id", *columns]):
                found.append(batch.filter(pc.is_in(batch["entity_id"], value_set=ids)))
    return pa.Table.from_batches(found).sort_by("entity_id").select(["entity_id", *columns])


def _parts(folder: Path | None, card: RegisterCard) -> tuple[Path, ...]:
    return () if folder is None else _found(folder, card.as_of, card.snapshot_digest)


@lru_cache(maxsize=32)
def _found(folder: Path, as_of: str, digest: str) -> tuple[Path, ...]:
    """The files of the snapshot of that digest, if they are the ones that were written; none otherwise.

    Looked for once a process: a snapshot is made before its register and never changed.
    """
    for path in sorted((folder / as_of).glob(f"[!.]*/{CARD_FILE}")):
        try:
            card = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        table = path.parent / TABLE_FILE
        if isinstance(card, dict) and card.get("digest") == digest and table.is_file():
            return tuple(parts_of(table)) if file_digest(table) == card.get("file_digest") else ()
    return ()
