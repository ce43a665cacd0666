"""The quantile bands of a register, made once and kept as a small file in its folder, named by its digest."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.life_line import BAND_SCHEMA, bands
from serving.register import Register


def register_bands(register: Register) -> pa.Table:
    """Rows of BAND_SCHEMA of a register; kept beside it where its folder may be written."""
    path = register.folder / f"bands-{register.digest[:16]}.parquet"
    kept = _read(path, path.stat().st_mtime_ns) if path.is_file() else None
    return _made(register, path) if kept is None else kept


@lru_cache(maxsize=8)
def _read(path: Path, _: int) -> pa.Table | None:
    table = pq.read_table(path)
    return table if table.schema.equals(BAND_SCHEMA) else None


def _made(register: Register, path: Path) -> pa.Table:
    columns = ["score", "registered_on", "industry_code", "entity_type"]
    table = bands(pq.read_table(register.path, columns=columns), register.as_of)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    # A serving machine may hold registers it must not write to: it makes the bands at every look.
    with suppress(OSError):
        pq.write_table(table, staged)
        staged.replace(path)
    return table
