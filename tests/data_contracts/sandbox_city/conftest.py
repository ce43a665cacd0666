"""The small sandbox city as tests of this folder read it, and a larger one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Admission
from data_contracts.sandbox_city import CityFiles, SandboxPlan, generate
from data_contracts.sandbox_city.truth import Truth, read_truth


@pytest.fixture(scope="session")
def plan(sandbox_plan: SandboxPlan) -> SandboxPlan:
    return sandbox_plan


@pytest.fixture(scope="session")
def city(sandbox_files: CityFiles) -> CityFiles:
    return sandbox_files


@pytest.fixture(scope="session")
def medium_city(tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    """A city of 50,000 entities, as written."""
    folder = tmp_path_factory.mktemp("medium")
    return generate(SandboxPlan(entities=50_000, seed=2), folder / "raw", folder / "truth")


@pytest.fixture(scope="session")
def truth(city: CityFiles) -> Truth:
    return read_truth(city.truth_folder)


@pytest.fixture(scope="session")
def admission(sandbox_admitted: Admission) -> Admission:
    return sandbox_admitted


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
