"""A small city of three files in a temporary folder, and ways to admit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Admission, Request, admit
from data_contracts.mapping.city_mapping import CityMapping, mapping_path, read_mapping
from data_contracts.sandbox_city import CityFiles, SandboxPlan, generate

PUBLIC_RECORDS = Path(__file__).parents[2] / "../shared/data"

COMPLAINTS = """
[[feed]]
name = "letters"
table = "complaints"
file = "*.csv"
reject_limit = {limit}
[feed.columns]
complaint_id = '"编号"'
entity_id = '"主体"'
channel = {{ value = "letter" }}
kind = {{ value = "complaint" }}
topic = '"事项"'
occurred_on = {{ date = '"日期"' }}
known_on = {{ date = '"日期"' }}
"""
HEAD = 'city = "town"\ntitle = "Town"\nexported_on = 2024-06-30\n'


class Town:
    """A raw folder, a lake folder and a mapping that can be written and admitted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.lake = folder / "lake"
        self.raw.mkdir()

    def mapping(self, text: str) -> CityMapping:
        path = self.folder / "town.toml"
        path.write_text(text, encoding="utf-8")
        return read_mapping(path)

    def letters(self, limit: float = 1.0) -> CityMapping:
        return self.mapping(HEAD + COMPLAINTS.format(limit=limit))

    def write(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.raw / name).write_bytes(text.encode(encoding))

    def write_rows(self, name: str, rows: list[tuple[str, ...]]) -> None:
        lines = ["编号,主体,事项,日期", *(",".join(row) for row in rows)]
        self.write(name, "\n".join(lines) + "\n")

    def admit(
        self, mapping: CityMapping | None = None, key: bytes = b"k", memory_limit: str = "1GB", **more: Any
    ) -> Admission:
        request = Request(
            mapping=mapping or self.letters(),
            raw_folder=self.raw,
            admitted_on=date(2024, 7, 1),
            key=key,
            memory_limit=memory_limit,
            **more,
        )
        return admit(request, self.lake)

    def nothing_written(self) -> bool:
        return not self.lake.exists()


def _admitted(city: str, raw: Path, on: date, key: bytes, lake: Path) -> Admission:
    mapping = read_mapping(mapping_path(city))
    return admit(Request(mapping=mapping, raw_folder=raw, admitted_on=on, key=key), lake)


@pytest.fixture(scope="session")
def beijing_admitted(tmp_path_factory: pytest.TempPathFactory) -> Admission:
    """The public records of Beijing, for all tests that read their lake."""
    raw = PUBLIC_RECORDS / "beijing/raw-masked"
    return _admitted("beijing", raw, date(2026, 11, 1), b"test", tmp_path_factory.mktemp("beijing") / "lake")


@pytest.fixture(scope="session")
def chicago_admitted(tmp_path_factory: pytest.TempPathFactory) -> Admission:
    """The public records of Chicago, for all tests that read their lake."""
    raw = PUBLIC_RECORDS / "chicago/events"
    return _admitted("chicago", raw, date(2026, 11, 1), b"test", tmp_path_factory.mktemp("chicago") / "lake")


@pytest.fixture(scope="session")
def sandbox_plan() -> SandboxPlan:
    return SandboxPlan(entities=1_500, seed=11)


@pytest.fixture(scope="session")
def sandbox_files(sandbox_plan: SandboxPlan, tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    """The one small city for all tests that only read it."""
    folder = tmp_path_factory.mktemp("city")
    return generate(sandbox_plan, folder / "raw", folder / "truth")


@pytest.fixture(scope="session")
def sandbox_admitted(sandbox_files: CityFiles, tmp_path_factory: pytest.TempPathFactory) -> Admission:
    key = b"the people of this city are invented"
    lake = tmp_path_factory.mktemp("lake")
    return _admitted("sandbox", sandbox_files.raw_folder, date(2026, 6, 30), key, lake)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def new_town(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Town]:
    return lambda: Town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def rows_of() -> Callable[[Admission, str], list[dict[str, object]]]:
    def read(outcome: Admission, table: str) -> list[dict[str, object]]:
        return pq.read_table(outcome.lake.table(table).path).to_pylist()

    return read


@pytest.fixture
def rejected_of() -> Callable[[Admission, str], list[dict[str, object]]]:
    def read(outcome: Admission, table: str) -> list[dict[str, object]]:
        return pq.read_table(outcome.lake.folder / "rejected" / f"{table}.parquet").to_pylist()

    return read


@pytest.fixture
def parquet() -> Callable[[Path, Mapping[str, list[object]]], None]:
    def write(path: Path, columns: Mapping[str, list[object]]) -> None:
        pq.write_table(pa.table(dict(columns)), path)

    return write
