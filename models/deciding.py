"""Decides whole snapshots: score, grade, direct rules, points and reasons of every row, in batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.refusal import Refusal
from models.change_guard import Past, guarded
from models.contributions import contributions
from models.decision import Decision, decision_of
from models.dimensions import DIMENSIONS, points_by_dimension
from models.direct_rules import DirectRule, held, rules_in_force, worse_letters
from models.grades import grade_of
from models.points import points_of
from models.reasons import REASON_TYPE, reasons_of
from models.release import Release
from models.schema import SchemaMismatch, snapshot_columns
from models.scorer import Scorer, matrix

# A batch holds about ten float64 copies of rows × indicators: 20 480 × 188 stays near 300 MiB. A whole number
# of a register's row groups.
BATCH = 20_480
DECISION_SCHEMA = pa.schema(
    [
        ("entity_id", pa.string()),
        ("as_of", pa.date32()),
        ("used_on", pa.date32()),
        ("release_id", pa.string()),
        ("snapshot_digest", pa.string()),
        ("probability", pa.float64()),
        ("score", pa.int32()),
        ("unclipped", pa.float64()),
        ("base_points", pa.int32()),
        ("model_grade", pa.string()),
        ("guarded_grade", pa.string()),
        ("grade", pa.string()),
        ("rules", pa.list_(pa.string())),
        ("reasons", pa.list_(REASON_TYPE)),
        ("others_points", pa.int32()),
        ("dimension_points", pa.list_(pa.int32(), len(DIMENSIONS))),
    ]
)


class DatesRefused(Refusal):
    """A decision used before the day its records speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When and from what a snapshot is decided: the same for every row."""

    as_of: date
    used_on: date
    snapshot_digest: str

    def __post_init__(self) -> None:
        """Refuses a use before the date of the records."""
        if self.used_on < self.as_of:
            raise DatesRefused(
                expected="a day of use on or after the date of the records",
                got=f"as_of {self.as_of}, used_on {self.used_on}",
                todo="correct the dates",
            )


def decide(
    release: Release,
    snapshot_table: pa.Table,
    *,
    as_of: date,
    used_on: date,
    snapshot_digest: str,
    threads: int = 1,
) -> pa.Table:
    """One row of DECISION_SCHEMA for every row of the snapshot, in its order, without a past."""
    batches = decide_batches(
        release,
        snapshot_table,
        Occasion(as_of=as_of, used_on=used_on, snapshot_digest=snapshot_digest),
        threads=threads,
    )
    return pa.Table.from_batches(batches, schema=DECISION_SCHEMA)


def decide_batches(
    release: Release,
    snapshot_table: pa.Table,
    occasion: Occasion,
    *,
    past: Past | None = None,
    threads: int = 2,
) -> Iterator[pa.RecordBatch]:
    """The same in batches, some at a time beside each other, for a register written as it is made.

    `past` is what the same release said of the same rows before; the change guard holds grades against it.
    """
    _check_ids(snapshot_table)

    def decided(start: int) -> pa.RecordBatch:
        rows = snapshot_table.slice(start, BATCH)
        own = None if past is None else past.slice(start, rows.num_rows)
        return _batch(release, rows, occasion, past=own)

    starts = range(0, snapshot_table.num_rows, BATCH)
    if threads == 1 or len(starts) == 1:
        yield from map(decided, starts)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[pa.RecordBatch]] = deque()
        for start in starts:
            ahead.append(pool.submit(decided, start))
            # One more than there are threads, so that none waits for the reader; no more stay in memory.
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def decide_one(release: Release, snapshot_table: pa.Table, occasion: Occasion) -> Decision:
    """The decision of the only row of a table."""
    (batch,) = decide_batches(release, snapshot_table, occasion, threads=1)
    (row,) = batch.to_pylist()
    return decision_of(row)


def _batch(release: Release, rows: pa.Table, occasion: Occasion, *, past: Past | None) -> pa.RecordBatch:
    values = matrix(release.schema, snapshot_columns(release.schema, rows))
    raw = Scorer(release).raw(values)
    probability = release.calibration.probability(raw)
    parts = contributions(release, values, raw=raw)
    points = points_of(parts, raw, release.calibration)
    reasons = reasons_of(release.schema, rows, parts, points)
    by_dimension = points_by_dimension(release.schema, points.indicators)
    model_grade = grade_of(probability, release.cuts.cuts)
    # The guard stands before the direct rules: a fact that decides a grade is no noise.
    kept = model_grade if past is None else guarded(probability, past, release.cuts)
    hits, grade = _rules(rules_in_force(occasion.as_of), rows, kept)
    count = rows.num_rows
    columns = [
        rows.column("entity_id").combine_chunks(),
        pa.repeat(pa.scalar(occasion.as_of, pa.date32()), count),
        pa.repeat(pa.scalar(occasion.used_on, pa.date32()), count),
        pa.repeat(release.release_id, count),
        pa.repeat(occasion.snapshot_digest, count),
        pa.array(probability),
        pa.array(points.score),
        pa.array(points.unclipped),
        pa.array(points.base),
        pa.array(model_grade, pa.string()),
        pa.array(kept, pa.string()),
        pa.array(grade, pa.string()),
        hits,
        reasons.told,
        pa.array(reasons.others),
        pa.FixedSizeListArray.from_arrays(pa.array(by_dimension.ravel()), len(DIMENSIONS)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=DECISION_SCHEMA)


def _rules(
    rules: tuple[DirectRule, ...], rows: pa.Table, kept: npt.NDArray[np.str_]
) -> tuple[pa.ListArray, npt.NDArray[np.str_]]:
    """The codes of the rules that hold in every row, and the worse of the model's and their grades."""
    holds = held(rules, rows)
    codes = pa.array([rules[number].code for number in np.nonzero(holds)[1]], pa.string())
    offsets = np.concatenate([[0], holds.sum(axis=1).cumsum()]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), codes), worse_letters(kept, rules, holds)


def _check_ids(table: pa.Table) -> None:
    """Every row says whom it is about."""
    if "entity_id" not in table.column_names:
        raise SchemaMismatch(
            expected="the column entity_id", got="none", todo="read the snapshot with all its columns"
        )
    column = table.column("entity_id")
    if column.type != pa.string() or column.null_count:
        raise SchemaMismatch(
            expected="an entity_id of type string in every row",
            got=f"{column.type}, {column.null_count} null",
            todo="build the snapshot again with `python -m features build`",
        )
