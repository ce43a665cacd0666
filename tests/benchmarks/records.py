"""Records: a synthetic city is made, admitted and judged for quality, at three sizes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from data_contracts.lake import open_lake
from tests.benchmarks.subject import Step, Subject, Target, Work

CITY = "sandbox"
PROBLEMS = "problems.parquet"
# Issue 3: 3.5 million entities with about 50 million events, each step, on two cores.
TARGET = Target(seconds=600, gib=8)
BLOCK = 2**24


def rows_of(file: Path) -> int:
    """Rows of a raw file: as Parquet tells, or the lines of a text."""
    if file.suffix == ".parquet":
        return int(pq.read_metadata(file).num_rows)
    with file.open("rb") as text:
        return sum(block.count(b"\n") for block in iter(lambda: text.read(BLOCK), b""))


def files_in(folder: Path) -> Iterable[Path]:
    """Every file below a folder."""
    return (path for path in folder.rglob("*") if path.is_file())


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in files_in(folder))


def generated(home: Path) -> Work:
    """The raw files that the city consists of."""
    raw = home / CITY / "raw"
    return Work(rows=sum(rows_of(file) for file in files_in(raw)), size_bytes=size_of(raw))


def admitted(home: Path) -> Work:
    """Every row that was read, and the version of the lake that came of them."""
    raw, lake = generated(home), open_lake(home / CITY / "lake")
    return Work(rows=raw.rows, size_bytes=size_of(lake.folder))


def judged(home: Path) -> Work:
    """Every row of the lake, and the file of its problems."""
    lake = open_lake(home / CITY / "lake")
    rows = sum(table.rows for table in lake.tables.values())
    return Work(rows=rows, size_bytes=(home / PROBLEMS).stat().st_size)


SUBJECT = Subject(
    name="records",
    title="Records: generation, admission, quality",
    steps=(
        Step(
            name="generate",
            arguments=("data_contracts", "sandbox", "--entities", "{size}"),
            done=generated,
            target=TARGET,
        ),
        Step(
            name="admit",
            arguments=("data_contracts", "admit"),
            done=admitted,
            target=TARGET,
        ),
        Step(
            name="quality",
            arguments=("data_contracts", "quality", "--problems", f"{{home}}/{PROBLEMS}"),
            done=judged,
            target=TARGET,
        ),
    ),
    sizes=(35_000, 350_000, 3_500_000),
    size_word="entities",
)
