"""The one door: a raw file of any kind but Parquet becomes Parquet of text columns with line numbers."""

from __future__ import annotations

from pathlib import Path

from data_contracts.mapping.reading import Reading
from data_contracts.raw.delimited import delimited_to_parquet
from data_contracts.raw.files import RawFile
from data_contracts.raw.hopeless import Judge
from data_contracts.raw.json_records import json_lines_to_parquet, json_to_parquet
from data_contracts.raw.kinds import kind_of
from data_contracts.raw.workbook import workbook_to_parquet

_WRITERS = {
    "csv": delimited_to_parquet,
    "xlsx": workbook_to_parquet,
    "json": json_to_parquet,
    "jsonl": json_lines_to_parquet,
}


def text_to_parquet(raw: RawFile, reading: Reading, target: Path, *, reject_limit: float = 1.0) -> int:
    """Writes a file of any kind but Parquet as text columns with line numbers; returns the number of rows.

    A file whose rows are mostly none, and more than `reject_limit`, is refused before its end.
    """
    return _WRITERS[kind_of(raw, reading)](raw, reading, target, Judge(raw, reject_limit))
