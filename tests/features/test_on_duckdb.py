from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.lake import Lake
from features.engines.memory import MemoryRefused, as_java, memory_bytes
from features.engines.on_duckdb import open_engine


def test_rows_of_a_lake_and_of_a_file_beside_it_make_one_set(
    lake_of: Callable[..., Lake], tmp_path: Path
) -> None:
    """Admission writes columns that are never null as such; a refresh of an admitted city was refused."""
    lake = lake_of({"entities": [{"entity_id": "a", "id_kind": "local", "known_on": date(2024, 1, 1)}]})
    path = lake.tables["entities"].path
    table = pq.read_table(path)
    required = table.schema.set(
        table.schema.get_field_index("entity_id"), pa.field("entity_id", pa.string(), nullable=False)
    )
    pq.write_table(table.cast(required), path)
    beside = tmp_path / "beside.parquet"
    pq.write_table(pa.table({"entity_id": ["b"]}), beside)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        own = engine.tables["entities"].select("entity_id")
        both = engine.frame(own.union(engine.file("beside", beside), distinct=True).order_by("entity_id"))
    assert both["entity_id"].to_pylist() == ["a", "b"]


def test_a_question_answers_what_is_held_then(lake_of: Callable[..., Lake]) -> None:
    """A plan made over one value must not conclude that there is no other."""
    lake = lake_of({"entities": [{"entity_id": "a", "id_kind": "local", "known_on": date(2024, 1, 1)}]})
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        held = engine.hold("held_rows", pa.table({"id": ["a"], "number": [1]}))
        large = held.filter(held.number > 5).order_by("id").select("id")
        question = engine.question(large)
        assert question().num_rows == 0
        engine.hold("held_rows", pa.table({"id": ["b", "c", "d"], "number": [7, 2, 10**12]}))
        assert question()["id"].to_pylist() == ["b", "d"]
        engine.hold(
            "held_rows", pa.table({"id": pa.array([], pa.string()), "number": pa.array([], pa.int64())})
        )
        assert question().num_rows == 0


@pytest.mark.parametrize(
    ("limit", "amount", "java"),
    [
        ("8GB", 8 * 1000**3, "7629m"),
        ("1.5GB", 1500 * 1000**2, "1430m"),
        ("800MB", 800 * 1000**2, "762m"),
        ("2TB", 2 * 1000**4, "1907348m"),
        ("4 GiB", 4 * 1024**3, "4096m"),
        ("8g", 8 * 1000**3, "7629m"),
    ],
)
def test_an_amount_of_memory_is_the_same_on_every_engine(
    lake_of: Callable[..., Lake], limit: str, amount: int, java: str
) -> None:
    assert (memory_bytes(limit), as_java(limit)) == (amount, java)
    with open_engine(lake_of({}), memory_limit=limit, threads=1) as engine:
        assert engine.connection.execute("SELECT current_setting('memory_limit')").fetchall()


@pytest.mark.parametrize("limit", ["8", "abc", "1MB", "-8GB", "8GB'; DROP", "80%", "", "99999999TB", "1e9GB"])
def test_an_amount_of_memory_that_is_none_is_refused_before_the_engine_opens(
    lake_of: Callable[..., Lake], limit: str
) -> None:
    with pytest.raises(MemoryRefused, match=r"from 100MB, such as 8GB, .* correct --memory-limit"):
        open_engine(lake_of({}), memory_limit=limit, threads=1)


def test_memory_that_does_not_suffice_is_refused_with_the_option_that_gives_more(
    lake_of: Callable[..., Lake],
) -> None:
    with (
        pytest.raises(MemoryRefused, match=r"memory, .* got Out of Memory .* set --memory-limit higher"),
        open_engine(lake_of({}), memory_limit="100MB", threads=1) as engine,
    ):
        engine.connection.execute("SELECT list(range) FROM range(100_000_000)").fetchall()
    with pytest.raises(duckdb.ConnectionException):
        engine.connection.execute("SELECT 1")
