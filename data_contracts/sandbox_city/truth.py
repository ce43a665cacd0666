"""The hidden truth of a city, written beside it and read by tests and evaluation only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.sandbox_city.days import arrow_dates
from data_contracts.sandbox_city.history import QuarterTruth
from data_contracts.sandbox_city.inspections import Inspectors
from data_contracts.sandbox_city.raw_tables import inspector_ids

QUARTERS, INSPECTORS, PLANTED, EXPLAINED = (
    "quarters.parquet",
    "inspectors.parquet",
    "planted.json",
    "README.md",
)
SCHEMA = pa.schema(
    {"entity_id": pa.string(), "on": pa.date32(), "riskiness": pa.float32(), "probability": pa.float32()}
)
EXPLANATION = """\
# What the city knows and nobody in it does

For tests and evaluation. Nothing here is an export of an office; no indicator may read it.

| file | holds |
| --- | --- |
| `quarters.parquet` | one row per entity and quarter in which it could be drawn: `entity_id`, `on` (first day of the quarter), `riskiness` (hidden, about standard normal over the city), `probability` (chance that a random inspection by an inspector of mean strictness finds a problem in that quarter while the entity exists, with what related entities add to it; a visit on or after the day of its end finds no problem). One row group per quarter. |
| `inspectors.parquet` | `inspector`, `strictness` s: the inspector finds a problem with chance p + s p (1 - p); the mean of s in a district is zero. |
| `planted.json` | for each raw file: `rows` written; `admitted` rows, among them `versions` (later ones), `retractions` and `unknown_entities` (events of entities that the register does not have); `duplicates`, among them `completions` (a row repeated because a late fact of it became known); rejected rows by `reasons`; `near_misses`, rows whose entity id is one character off a known one (events are admitted, registrations rejected). rows = admitted + duplicates + sum of reasons. |

A mechanism other than a random draw shifts the log-odds of finding a problem: after a complaint +0.6, after a lead +0.9,
at a second visit -0.7. Every visit is made in the state of the quarter in which its day lies, second visits too.

The points by which the offices graded and targeted count events under the entity they belong to, from the day on which
they were first known: a complaint entered under another entity counts for the right one from the start, a listing made
by mistake for nobody, and a corrected or revoked decision as it was first made. The raw files of those days say otherwise, so
points computed anew from them differ for a few entities; the recorded probabilities are those of the draws as made.
"""  # noqa: E501 - rows of a Markdown table


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedFile:
    """What an admission must find in one raw file; see EXPLANATION."""

    rows: int
    admitted: int
    versions: int
    retractions: int
    unknown_entities: int
    duplicates: int
    completions: int
    near_misses: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a city knows and nobody in it does.

    `quarters`: entity_id, on, riskiness, probability of those in the frame.
    `inspectors`: inspector, strictness.
    """

    quarters: pa.Table
    inspectors: pa.Table
    planted: Mapping[str, PlantedFile]


def read_truth(folder: Path) -> Truth:
    """The truth that `generate` wrote into a folder."""
    planted = json.loads((folder / PLANTED).read_text("utf-8"))
    return Truth(
        quarters=pq.read_table(folder / QUARTERS),
        inspectors=pq.read_table(folder / INSPECTORS),
        planted={file: PlantedFile(**entry) for file, entry in planted.items()},
    )


def quarter_writer(folder: Path) -> pq.ParquetWriter:
    """The file that takes one quarter after the other."""
    return pq.ParquetWriter(folder / QUARTERS, SCHEMA, compression="zstd", use_dictionary=["on"])


def quarter_table(quarter: QuarterTruth, ids: pa.Array) -> pa.Table:
    """Riskiness and true chance of the entities in the frame of a quarter."""
    who = np.flatnonzero(quarter.frame)
    on = arrow_dates(np.full(len(who), quarter.start, np.int32))
    columns = [
        ids.take(pa.array(who)),
        on,
        pa.array(quarter.risk[who]),
        pa.array(quarter.violation[who]),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def write_inspectors(folder: Path, inspectors: Inspectors) -> None:
    """Writes how strict every inspector is."""
    columns = {"inspector": inspector_ids(inspectors), "strictness": pa.array(inspectors.strictness)}
    pq.write_table(pa.table(columns), folder / INSPECTORS, compression="zstd")


def write_planted(folder: Path, planted: Mapping[str, PlantedFile]) -> None:
    """Writes the exact counts per file, and what all the files mean."""
    counts = {file: asdict(entry) for file, entry in sorted(planted.items())}
    (folder / PLANTED).write_text(json.dumps(counts, indent=2) + "\n", "utf-8")
    (folder / EXPLAINED).write_text(EXPLANATION, "utf-8")
