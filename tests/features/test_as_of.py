from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from features.as_of import AsOf, AsOfError, clocks, known_entities, known_events, known_intervals, known_rule
from features.assembly import promised

T = AsOf(on=date(2024, 3, 1), used_on=date(2024, 6, 1))
BEFORE, ON, AFTER = date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 2)
Row = dict[str, Any]


def run(rule: Callable[..., ibis.Table], table: str, rows: list[Row]) -> list[Row]:
    unbound = promised(table)
    with duckdb.connect() as connection:
        schema = unbound.schema().to_pyarrow()
        connection.register(table, pa.Table.from_pylist(rows, schema=schema))
        return (
            connection.sql(str(ibis.to_sql(rule(unbound, T), dialect="duckdb"))).to_arrow_table().to_pylist()
        )


def test_a_snapshot_may_not_be_used_before_its_day() -> None:
    with pytest.raises(AsOfError, match="on its own day or later; got as of 2024-03-02, used on 2024-03-01"):
        AsOf(on=AFTER, used_on=ON)


def test_a_moment_is_no_day() -> None:
    with pytest.raises(AsOfError, match="Expected plain days; got datetime"):
        AsOf(on=datetime(2024, 3, 1, tzinfo=UTC), used_on=AFTER)


def test_events_must_have_happened_be_known_and_not_be_forgotten() -> None:
    rows = [
        {"penalty_id": "on the day", "occurred_on": ON, "known_on": ON},
        {"penalty_id": "known late", "occurred_on": BEFORE, "known_on": AFTER},
        {"penalty_id": "dated ahead", "occurred_on": AFTER, "known_on": ON},
        {
            "penalty_id": "forgotten on the day of use",
            "occurred_on": ON,
            "known_on": ON,
            "forgotten_on": T.used_on,
        },
        {
            "penalty_id": "forgotten later",
            "occurred_on": ON,
            "known_on": ON,
            "forgotten_on": date(2024, 6, 2),
        },
    ]
    assert {row["penalty_id"] for row in run(known_events, "penalties", rows)} == {
        "on the day",
        "forgotten later",
    }


def test_an_undated_event_happened_when_it_was_known() -> None:
    (row,) = run(known_events, "listings", [{"listing_id": "x", "occurred_on": None, "known_on": BEFORE}])
    assert row["happened_on"] == BEFORE


@pytest.mark.parametrize(
    ("ended", "end_known", "is_open"),
    [
        (None, None, True),
        (BEFORE, BEFORE, False),
        (ON, ON, False),
        (BEFORE, AFTER, True),  # ended, but nobody knew
        (AFTER, BEFORE, True),  # the end is announced for later
        (BEFORE, None, False),  # known when it ended
        (None, BEFORE, False),  # ended when it was known
    ],
)
def test_an_interval_is_open_until_its_end_has_come_and_is_known(
    ended: date | None, end_known: date | None, is_open: bool
) -> None:
    row = {
        "listing_id": "x",
        "occurred_on": BEFORE,
        "known_on": BEFORE,
        "ended_on": ended,
        "end_known_on": end_known,
    }
    (seen,) = run(known_intervals, "listings", [row])
    assert seen["open_now"] is is_open
    assert (seen["ended_on"] is None) is is_open, "an end that is not known yet is not shown"


def test_an_attribute_is_the_last_one_known_and_a_gap_does_not_erase_it() -> None:
    rows = [
        {"entity_id": "a", "known_on": date(2020, 1, 1), "entity_type": "company", "region_code": "110101"},
        {"entity_id": "a", "known_on": date(2023, 1, 1), "entity_type": None, "region_code": "110102"},
        {"entity_id": "a", "known_on": AFTER, "entity_type": "branch", "region_code": "110103"},
    ]
    (row,) = run(known_entities, "entities", rows)
    assert (row["entity_type"], row["region_code"]) == ("company", "110102")


def test_the_population_is_without_those_known_to_be_gone_and_those_not_known_yet() -> None:
    rows = [
        {"entity_id": "there", "known_on": BEFORE},
        {"entity_id": "goes later", "known_on": BEFORE, "deregistered_on": AFTER},
        {"entity_id": "gone", "known_on": BEFORE, "deregistered_on": ON},
        {"entity_id": "gone, known later", "known_on": date(2020, 1, 1)},
        {"entity_id": "gone, known later", "known_on": AFTER, "deregistered_on": BEFORE},
        {"entity_id": "not known yet", "known_on": AFTER},
    ]
    there = {row["entity_id"] for row in run(known_entities, "entities", rows)}
    assert there == {"there", "goes later", "gone, known later"}


@pytest.mark.parametrize(
    ("table", "rule"),
    [("entities", known_entities), ("listings", known_intervals), ("penalties", known_events)],
)
def test_the_rule_follows_from_the_clocks_of_the_table(table: str, rule: Any) -> None:
    assert known_rule(promised(table)) is rule


def test_the_deciding_columns_of_intervals_include_both_days_of_the_end() -> None:
    assert clocks("listings", promised("listings").columns) == (
        "listings.occurred_on", "listings.known_on", "listings.forgotten_on", "listings.ended_on",
        "listings.end_known_on",
    )  # fmt: skip
