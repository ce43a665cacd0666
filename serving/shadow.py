"""Shadow scoring: a challenger grades the very entities of a served register; nothing served is touched.

The challenger has no past, so its change guard holds nothing: its grades are those of a first register.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.refusal import Refusal
from features.snapshot import Snapshot
from features.whole_folder import made_once
from models.direct_rules import final_letters
from models.grades import LETTERS, moved_shares, places_of
from models.release import Release
from models.schema import snapshot_columns
from models.scorer import Scorer
from serving.register import TABLE_FILE, Register

REPORT_FILE = "shadow.json"
MOVED_FILE = "moved.parquet"
ROWS_AT_ONCE = 20_000
MOVED = pa.schema(
    [
        ("entity_id", pa.string()), ("served_grade", pa.string()), ("shadow_grade", pa.string()),
        ("served_probability", pa.float64()), ("shadow_probability", pa.float64()),
    ]
)  # fmt: skip


class ShadowRefused(Refusal):
    """A challenger or a snapshot that does not belong beside the served register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """What would change: entities from served grades (rows, A to D) to the challenger's (columns)."""

    city: str
    as_of: str
    live: str
    challenger: str
    register_digest: str
    snapshot_digest: str
    entities: int
    matrix: tuple[tuple[int, ...], ...]
    churn: float
    jumps: float


def shadow(register: Register, challenger: Release, snapshot: Snapshot) -> tuple[Shadow, Path]:
    """The comparison and its folder, beside the register's; made once, with everyone who would move."""
    card = register.card
    if challenger.release_id == card.release_id or challenger.manifest.city != card.city:
        raise ShadowRefused(
            expected=f"a challenger of {card.city} beside the live {card.release_id}",
            got=f"{challenger.release_id} of {challenger.manifest.city}",
            todo="name another release of the same city",
        )
    if snapshot.digest != card.snapshot_digest:
        raise ShadowRefused(
            expected=f"the snapshot that the register was graded from, {card.snapshot_digest[:16]}",
            got=snapshot.digest[:16],
            todo="grade the date again with the live release, then compare",
        )
    place = register.folder.parent / f"shadow-{challenger.release_id}-{card.digest[:8]}"
    with made_once(place, REPORT_FILE) as staged:
        if staged is not None:
            matrix = np.zeros((len(LETTERS), len(LETTERS)), dtype=np.int64)
            with pq.ParquetWriter(staged / MOVED_FILE, MOVED, compression="zstd") as writer:
                for moved in _compared(register, challenger, snapshot, matrix):
                    writer.write_table(moved)
            report = json.dumps(asdict(_report(register, challenger, matrix)), indent=2) + "\n"
            (staged / REPORT_FILE).write_text(report, "utf-8")
    told = json.loads((place / REPORT_FILE).read_text("utf-8"))
    return Shadow(**(told | {"matrix": tuple(map(tuple, told["matrix"]))})), place


def _report(register: Register, challenger: Release, matrix: npt.NDArray[np.int64]) -> Shadow:
    churn, jumps = moved_shares(matrix)
    return Shadow(
        city=register.card.city, as_of=register.card.as_of, live=register.card.release_id,
        challenger=challenger.release_id, register_digest=register.digest,
        snapshot_digest=register.card.snapshot_digest, entities=int(matrix.sum()),
        matrix=tuple(tuple(int(count) for count in row) for row in matrix),
        churn=churn,
        jumps=jumps,
    )  # fmt: skip


def _compared(
    register: Register, challenger: Release, snapshot: Snapshot, matrix: npt.NDArray[np.int64]
) -> Iterator[pa.Table]:
    """Counts every entity in the matrix; gives those whose final grade would differ, batch by batch."""
    columns = ["entity_id", "grade", "probability"]
    served = pq.read_table(register.folder / TABLE_FILE, columns=columns).combine_chunks()
    done = 0
    for rows in snapshot.batches(ROWS_AT_ONCE):
        ours = served.slice(done, rows.num_rows)
        if not ours.column("entity_id").equals(rows.column("entity_id")):
            raise ShadowRefused(
                expected="the register's entities in the order of its snapshot",
                got=f"another order or other entities near row {done}",
                todo="grade the date again with the live release, then compare",
            )
        scores = Scorer(challenger).score(snapshot_columns(challenger.schema, rows))
        before = pc.index_in(ours.column("grade"), value_set=pa.array(LETTERS)).to_numpy()
        graded = final_letters(scores.grade, rows, snapshot.as_of.on)
        after = places_of(graded)
        np.add.at(matrix, (before, after), 1)
        moved = pa.table(
            [
                ours.column("entity_id"), ours.column("grade"), pa.array(graded, pa.string()),
                ours.column("probability"), pa.array(scores.probability),
            ],
            schema=MOVED,
        )  # fmt: skip
        yield moved.filter(pa.array(before != after))
        done += rows.num_rows
