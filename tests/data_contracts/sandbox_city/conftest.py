"""One small city for all tests of this folder, admitted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Admission, Request, admit
from data_contracts.mapping.city_mapping import mapping_path, read_mapping
from data_contracts.sandbox_city import CityFiles, SandboxPlan, generate
from data_contracts.sandbox_city.truth import Truth, read_truth


@pytest.fixture(scope="session")
def plan() -> SandboxPlan:
    return SandboxPlan(entities=1_500, seed=11)


@pytest.fixture(scope="session")
def city(plan: SandboxPlan, tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    folder = tmp_path_factory.mktemp("city")
    return generate(plan, folder / "raw", folder / "truth")


@pytest.fixture(scope="session")
def medium_city(tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    """A city of 50,000 entities, as written."""
    folder = tmp_path_factory.mktemp("medium")
    return generate(SandboxPlan(entities=50_000, seed=2), folder / "raw", folder / "truth")


@pytest.fixture(scope="session")
def truth(city: CityFiles) -> Truth:
    return read_truth(city.truth_folder)


@pytest.fixture(scope="session")
def admission(city: CityFiles, tmp_path_factory: pytest.TempPathFactory) -> Admission:
    request = Request(
        mapping=read_mapping(mapping_path("sandbox")),
        raw_folder=city.raw_folder,
        admitted_on=date(2026, 6, 30),
        key=b"the people of this city are invented",
    )
    return admit(request, tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="session")
def every_row(admission: Admission) -> Callable[[str], pa.Table]:
    """All rows of a table: superseded versions, withdrawals and events of unknown entities too."""

    def read(table: str) -> pa.Table:
        return pq.read_table(Path(admission.lake.table(table).path))

    return read


@pytest.fixture(scope="session")
def admitted(every_row: Callable[[str], pa.Table]) -> Callable[[str], pa.Table]:
    """The rows of a table that count on the last day."""
    known = pc.unique(every_row("entities")["entity_id"])

    def read(table: str) -> pa.Table:
        rows = every_row(table)
        if table == "entities":
            return rows
        counts = pc.and_(pc.is_null(rows["superseded_on"]), pc.invert(rows["retracted"]))
        return rows.filter(pc.and_(counts, pc.is_in(rows["entity_id"], known)))

    return read
