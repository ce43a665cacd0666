"""The hidden truth of a city, written beside it and read by tests and evaluation only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.sandbox_city.days import arrow_dates
from data_contracts.sandbox_city.dirt import TWICE, Soiled
from data_contracts.sandbox_city.history import History
from data_contracts.sandbox_city.inspections import Inspectors
from data_contracts.sandbox_city.raw_tables import inspector_ids
from data_contracts.sandbox_city.riskiness import Riskiness

RISKINESS, VIOLATIONS, INSPECTORS = "riskiness.parquet", "violation_probability.parquet", "inspectors.parquet"
PLANTED = "planted.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedFile:
    """Dirt in one raw file: rows written, good rows among them, repeated rows, faulty rows by reason code."""

    rows: int
    clean_rows: int
    duplicates: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a city knows and nobody in it does.

    `riskiness`: entity_id, on, riskiness. `violations`: entity_id, on, probability of those in the frame.
    `inspectors`: inspector, strictness.
    """

    riskiness: pa.Table
    violations: pa.Table
    inspectors: pa.Table
    planted: Mapping[str, PlantedFile]


def read_truth(folder: Path) -> Truth:
    """The truth that `generate` wrote into a folder."""
    planted = json.loads((folder / PLANTED).read_text("utf-8"))
    return Truth(
        riskiness=pq.read_table(folder / RISKINESS),
        violations=pq.read_table(folder / VIOLATIONS),
        inspectors=pq.read_table(folder / INSPECTORS),
        planted={file: PlantedFile(**entry) for file, entry in planted.items()},
    )


def write_by_quarter(
    folder: Path, riskiness: Riskiness, history: History, *, quarters: tuple[int, ...], ids: pa.Array
) -> None:
    """Writes riskiness and true chances, one row group per quarter, for the entities then in the frame."""
    for name, column, values in (
        (RISKINESS, "riskiness", list(riskiness)),
        (VIOLATIONS, "probability", history.violations),
    ):
        schema = pa.schema({"entity_id": pa.string(), "on": pa.date32(), column: pa.float32()})
        with pq.ParquetWriter(folder / name, schema, compression="zstd") as file:
            for start, frame, numbers in zip(quarters, history.frames, values, strict=True):
                who = np.flatnonzero(frame)
                on = arrow_dates(np.full(len(who), start, np.int32))
                columns = [ids.take(pa.array(who)), on, pa.array(numbers[who])]
                file.write_table(pa.Table.from_arrays(columns, schema=schema))


def write_inspectors(folder: Path, inspectors: Inspectors) -> None:
    """Writes how strict every inspector is."""
    columns = {"inspector": inspector_ids(inspectors), "strictness": pa.array(inspectors.strictness)}
    pq.write_table(pa.table(columns), folder / INSPECTORS, compression="zstd")


def write_planted(folder: Path, soiled: Mapping[str, Soiled]) -> None:
    """Writes the exact count of each kind of dirt per file."""
    planted = {
        file: {
            "rows": dirty.table.num_rows,
            "clean_rows": dirty.clean_rows,
            "duplicates": dirty.planted[TWICE],
            "reasons": {reason: count for reason, count in sorted(dirty.planted.items()) if reason != TWICE},
        }
        for file, dirty in sorted(soiled.items())
    }
    (folder / PLANTED).write_text(json.dumps(planted, indent=2) + "\n", "utf-8")
