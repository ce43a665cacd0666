"""The SQL of versions against a second telling of its rules in Python, on rows as nasty as they come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.admission import row_versions, unique_rows
from data_contracts.contract import load_contract
from data_contracts.conversions import quoted
from tests.data_contracts.admission.version_oracle import Table, outcome_of

LISTINGS = Table(key="listing_id", firm=("ground", "occurred_on"), late=("ended_on", "end_known_on"))
COMPLAINTS = Table(
    key="complaint_id",
    firm=("topic", "suspected_professional"),
    late=("outcome", "outcome_known_on"),
    open_codes=frozenset({"pending"}),
)
VIOLATIONS = Table(key="violation_id", firm=("code", "severity"), late=("corrected_on",))
DAYS = [date(2024, 1, day) for day in (2, 3, 4, 5, 6)]


def days(*more: date) -> st.SearchStrategy[date | None]:
    return st.sampled_from([None, *DAYS[:2], *more])


def rows_for(table: Table, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries(
        {
            table.key: st.sampled_from(["a", "a", "a", "b"]),
            "known_on": st.sampled_from(DAYS),
            "retracted": st.sampled_from([None, False, False, True]),
            "forgotten_on": days(DAYS[3]),
            **values,
        }
    )
    return st.lists(row, max_size=12)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def literal(value: Any) -> str:
    return "NULL" if value is None else quoted(str(value))


def sorted_out(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """The lake and the disputed rows that the SQL makes of good rows."""
    contract, run = load_contract(table), connection.execute
    columns = ", ".join(f"{column.name} {column.sql_type}" for column in contract.columns)
    run(f"CREATE OR REPLACE TABLE good ({columns}, row_position BIGINT)")
    if rows:
        lines = ", ".join(
            f"({', '.join(literal(value) for _, value in sorted(row.items()))}, {position})"
            for position, row in enumerate(rows)
        )
        run(f"INSERT INTO good ({', '.join(sorted(rows[0]))}, row_position) VALUES {lines}")
    for name, query in (
        ("contested_keys", unique_rows.contested_sql(contract)),
        ("contested", unique_rows.contested_rows_sql(contract)),
        ("statements", row_versions.statements_sql(contract)),
        ("histories", row_versions.histories_sql(contract)),
        ("versions", row_versions.versions_sql(contract)),
        ("disputes", row_versions.disputes_sql(contract)),
        ("completing", row_versions.completing_sql(contract)),
        ("admitted", unique_rows.admitted_sql(contract)),
    ):
        run(f"CREATE OR REPLACE TABLE {name} AS {query}")
    found = run(f"SELECT * FROM admitted ORDER BY {unique_rows.order_of(contract)}")
    names = [part[0] for part in found.description]
    lake = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    key = contract.key[0]
    refused = run(f"SELECT reason, count(*) FROM good JOIN disputes USING ({key}, known_on) GROUP BY 1")
    return lake, refused.fetchall()


def agrees(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, rows: list[dict[str, Any]], seed: int
) -> None:
    expected = outcome_of(rows, table)
    shuffled = random.Random(seed).sample(rows, len(rows))
    lakes = []
    for told in (rows, shuffled):
        lake, refused = sorted_out(connection, name, told)
        parts = ("known_on", "retracted", *table.firm, *table.late, "forgotten_on", "superseded_on")
        found = {(row[table.key], row["known_on"]): {part: row[part] for part in parts} for row in lake}
        assert found == expected.lake
        assert dict(refused) == dict(expected.rejected)
        lakes.append([{part: row[part] for part in row if part != "row_position"} for row in lake])
    assert lakes[0] == lakes[1]


many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seeds = st.integers(0, 1_000)


@many
@given(
    rows=rows_for(
        LISTINGS,
        ground=st.sampled_from([None, "other", "unreachable"]),
        occurred_on=days(),
        ended_on=days(),
        end_known_on=days(),
    ),
    seed=seeds,
)
def test_ends_of_listings(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], seed: int
) -> None:
    agrees(connection, "listings", LISTINGS, rows, seed)


@many
@given(
    rows=rows_for(
        COMPLAINTS,
        topic=st.sampled_from([None, "food"]),
        suspected_professional=st.sampled_from([None, True, False]),
        outcome=st.sampled_from([None, "pending", "upheld", "rejected"]),
        outcome_known_on=days(),
    ),
    seed=seeds,
)
def test_outcomes_of_complaints(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], seed: int
) -> None:
    agrees(connection, "complaints", COMPLAINTS, rows, seed)


@many
@given(
    rows=rows_for(
        VIOLATIONS,
        code=st.sampled_from(["1", "2"]),
        severity=st.sampled_from(["minor", "serious"]),
        corrected_on=days(),
    ),
    seed=seeds,
)
def test_corrections_of_violations(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], seed: int
) -> None:
    agrees(connection, "violations", VIOLATIONS, rows, seed)


def test_the_parts_of_columns_are_read_from_the_contract() -> None:
    shape = row_versions.shape_of(load_contract("complaints"))
    assert [column.name for column in shape.late] == ["outcome", "outcome_known_on"]
    assert (shape.owner, shape.known, shape.forgotten) == (("complaint_id",), "known_on", "forgotten_on")
    assert row_versions.shape_of(load_contract("entities")).firm == ()
    assert row_versions.shape_of(load_contract("codes")).statement == ("table_name", "code", "valid_from")
