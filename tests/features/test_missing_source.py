"""A source that a city lacks is null, never zero; a column nobody has is refused before a row is read."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.assembly import PopulationError, assemble, definitions, needed, unavailable
from features.catalogue import by_name
from features.engines.on_duckdb import DuckEngine, open_engine
from features.indicator import Indicator, IndicatorError
from features.portable import total, within
from features.professional import catalogue_of, fields
from features.snapshot import build_snapshot
from tests.features.conftest import SOURCES
from tests.features.oracle.cities import nasty_city
from tests.lake_rows import Row, write_lake

T = AsOf(on=date(2024, 2, 29), used_on=date(2024, 3, 10))
# The professional catalogues too.
WHOLE = catalogue_of(tuple(fields()))
READ = sorted({column.partition(".")[0] for i in WHOLE for column in i.reads} - {"entities"})


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A city with records in every table that an indicator reads."""
    city = nasty_city(random.Random(1), T.on)
    assert set(city) >= set(SOURCES), "each source has nasty rows"
    return write_lake(tmp_path_factory.mktemp("city"), {table: city[table] for table in SOURCES})


def values(lake: Lake, catalogue: Sequence[Indicator] = WHOLE) -> pa.Table:
    skipped = unavailable(catalogue, lake, T)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        return engine.frame(assemble(engine.tables, T, catalogue, skipped=skipped))


@pytest.fixture(scope="module")
def whole(lake: Lake) -> pa.Table:
    """Every indicator, no table missing."""
    return values(lake)


@pytest.mark.parametrize("table", READ)
def test_a_missing_table_is_null_where_it_is_read_and_changes_nothing_elsewhere(
    table: str, lake: Lake, whole: pa.Table
) -> None:
    """None but its readers is skipped; of the others a third is computed, another third for the next one."""
    less = replace(lake, tables={name: told for name, told in lake.tables.items() if name != table})
    gone = [i.name for i in WHOLE if any(column.startswith(f"{table}.") for column in i.reads)]
    assert gone, "some indicator reads it"
    assert list(unavailable(WHOLE, less, T)) == gone
    third = {i.name for one in WHOLE[READ.index(table) % 3 :: 3] for i in needed(one, WHOLE)}
    part = values(less, [i for i in WHOLE if i.name in {*gone, *third}])
    assert all(part[name].null_count == part.num_rows for name in gone)
    others = [name for name in part.column_names if name not in gone]
    assert len(others) > len(WHOLE) // 4
    assert part.select(others).equals(whole.select(others))
    assert any(whole[name].null_count < whole.num_rows for name in gone), "it was not null with the table"


def test_without_entities_nobody_can_be_described(lake: Lake) -> None:
    rest = {name: told for name, told in lake.tables.items() if name != "entities"}
    with pytest.raises(PopulationError, match="with the table 'entities'"):
        values(replace(lake, tables=rest))


MISSPELT = replace(
    by_name()["penalties_fine_365d"],
    expression=lambda penalties, as_of: total(penalties.fine_fenn, within(penalties, as_of, 365)),
)
ENTITIES: list[Row] = [{"entity_id": "a", "id_kind": "local", "known_on": date(2020, 1, 1)}]
FINES: list[Row] = [
    {
        "entity_id": "a",
        "penalty_id": f"{n}",
        "kinds": "fine",
        "fine_fen": n,
        "occurred_on": T.on - timedelta(n),
    }
    for n in range(100)
]


@pytest.fixture
def unreadable(tmp_path: Path) -> Iterator[tuple[DuckEngine, Lake]]:
    """A lake whose penalties tell their columns, but fail as soon as a row of them is read."""
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": FINES})
    path = lake.tables["penalties"].path
    content = bytearray(path.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:footer] = bytes(footer - 4)
    path.write_bytes(content)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        yield engine, lake


def test_a_misspelt_column_is_refused_by_name_before_a_row_is_read(
    unreadable: tuple[DuckEngine, Lake], tmp_path: Path
) -> None:
    engine, lake = unreadable
    with pytest.raises(
        IndicatorError,
        match=r"'penalties_fine_365d' to use columns of penalties; got 'fine_fenn' \(did you mean 'fine_fen'",
    ):
        build_snapshot(engine, lake, T, tmp_path / "s", catalogue=(MISSPELT,))
    assert not (tmp_path / "s").exists()


def test_the_rows_of_that_lake_cannot_be_read(unreadable: tuple[DuckEngine, Lake], tmp_path: Path) -> None:
    """Otherwise the refusal above would not show that it came first."""
    engine, lake = unreadable
    with pytest.raises(duckdb.Error):
        build_snapshot(engine, lake, T, tmp_path / "s", catalogue=(by_name()["penalties_fine_365d"],))


def test_a_misspelt_column_is_refused_without_any_table() -> None:
    with pytest.raises(IndicatorError, match="did you mean 'fine_fen'"):
        definitions((MISSPELT,))
