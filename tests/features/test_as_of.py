from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.contract import contract_names, load_contract
from features.as_of import AsOf, AsOfError, clocks, known_by_export, known_rows
from features.assembly import promised
from tests.lake_rows import Row, arrow_of, chained

T = AsOf(on=date(2024, 3, 1), used_on=date(2024, 6, 1))
BEFORE, ON, AFTER = date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 2)


def run(table: str, rows: list[Row], as_of: AsOf = T) -> list[Row]:
    return told(known_rows(table, promised(table), as_of), table, rows)


def told(expression: ibis.Table, table: str, rows: list[Row]) -> list[Row]:
    with duckdb.connect() as connection:
        connection.register(table, arrow_of(table, rows))
        return connection.sql(str(ibis.to_sql(expression, dialect="duckdb"))).to_arrow_table().to_pylist()


def test_a_snapshot_may_not_be_used_before_its_day() -> None:
    with pytest.raises(AsOfError, match="on its own day or later; got as of 2024-03-02, used on 2024-03-01"):
        AsOf(on=AFTER, used_on=ON)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1900, 1, 1), date(1949, 12, 31), date(9999, 12, 31)])
def test_a_day_outside_all_records_is_refused(day: date) -> None:
    with pytest.raises(AsOfError, match=f"days from 1950-01-01 to 9000-01-01; got {day}"):
        AsOf(on=day, used_on=day)


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
    assert {row["penalty_id"] for row in run("penalties", rows)} == {
        "on the day",
        "forgotten later",
    }


def test_an_undated_event_happened_when_it_was_known() -> None:
    (row,) = run("listings", [{"listing_id": "x", "occurred_on": None, "known_on": BEFORE}])
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
    (seen,) = run("listings", [row])
    assert seen["open_now"] is is_open
    assert (seen["ended_on"] is None) is is_open, "an end that is not known yet is not shown"


def test_an_attribute_is_the_last_one_known_and_a_gap_does_not_erase_it() -> None:
    rows = [
        {"entity_id": "a", "known_on": date(2020, 1, 1), "entity_type": "company", "region_code": "110101"},
        {"entity_id": "a", "known_on": date(2023, 1, 1), "entity_type": None, "region_code": "110102"},
        {"entity_id": "a", "known_on": AFTER, "entity_type": "branch", "region_code": "110103"},
    ]
    (row,) = run("entities", rows)
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
    there = {row["entity_id"] for row in run("entities", rows)}
    assert there == {"there", "goes later", "gone, known later"}


@pytest.mark.parametrize("table", [name for name in contract_names() if load_contract(name).clock("known")])
def test_the_rule_follows_from_the_clocks_of_the_table(table: str) -> None:
    columns = set(known_rows(table, promised(table), T).columns) - set(promised(table).columns)
    expected = {
        (False, False): set(), (True, False): {"happened_on"}, (True, True): {"happened_on", "open_now"},
    }  # fmt: skip
    contract = load_contract(table)
    kind = tuple(contract.clock(clock) is not None for clock in ("occurred", "ended"))
    assert columns == expected[kind]


def test_a_table_without_clocks_has_no_day() -> None:
    with pytest.raises(AsOfError, match="got 'codes', which keeps no clock"):
        known_rows("codes", promised("codes"), T)


def test_the_deciding_columns_of_intervals_include_both_days_of_the_end_and_those_of_versions() -> None:
    assert sorted(clocks("listings")) == [
        "listings.end_known_on", "listings.ended_on", "listings.forgotten_on", "listings.known_on",
        "listings.occurred_on", "listings.retracted", "listings.superseded_on",
    ]  # fmt: skip
    assert clocks("entities") == ()


FINED = {"penalty_id": "p", "kinds": "fine", "occurred_on": date(2024, 1, 1)}


@pytest.mark.parametrize(
    ("on", "fines"),
    [
        (date(2024, 1, 1), [100]),
        (date(2024, 1, 31), [100]),
        (date(2024, 2, 1), [900]),  # corrected
        (date(2024, 2, 29), [900]),
        (date(2024, 3, 1), []),  # withdrawn
        (date(2024, 3, 31), []),
        (date(2024, 4, 1), [300]),  # and put back
    ],
)
def test_of_a_corrected_record_the_version_of_the_day_is_seen_and_of_a_withdrawn_one_none(
    on: date, fines: list[int]
) -> None:
    rows = chained(
        FINED | {"known_on": date(2024, 1, 1), "fine_fen": 100},
        FINED | {"known_on": date(2024, 2, 1), "fine_fen": 900},
        FINED | {"known_on": date(2024, 3, 1), "fine_fen": 900, "retracted": True},
        FINED | {"known_on": date(2024, 4, 1), "fine_fen": 300},
    )
    seen = run("penalties", rows[::-1], AsOf(on=on, used_on=date(2026, 1, 1)))
    assert [row["fine_fen"] for row in seen] == fines


def test_a_correction_that_moves_the_record_into_the_future_leaves_none() -> None:
    rows = chained(
        FINED | {"known_on": BEFORE, "occurred_on": BEFORE}, FINED | {"known_on": ON, "occurred_on": AFTER}
    )
    assert run("penalties", rows) == []


@given(
    chain=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 90), st.booleans()),
        min_size=1, max_size=5, unique_by=lambda version: version[0],
    ),
    asked=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_on_any_day_a_key_has_at_most_one_row_which_is_the_last_known(
    chain: list[tuple[int, int, bool]], asked: int
) -> None:
    """Whatever the versions say of the day it happened, and whichever of them withdraw it."""
    first, on = date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=asked)
    versions = [
        FINED | {"known_on": first + timedelta(days=known), "occurred_on": first + timedelta(days=happened),
                 "retracted": retracted}
        for known, happened, retracted in sorted(chain)
    ]  # fmt: skip
    known = [version for version in versions if version["known_on"] <= on]
    expected = [v["known_on"] for v in known[-1:] if not v["retracted"] and v["occurred_on"] <= on]
    seen = run("penalties", chained(*versions), AsOf(on=on, used_on=on))
    assert [row["known_on"] for row in seen] == expected


DATED = [
    (table, column.name, column.dated_by)
    for table in contract_names()
    for column in load_contract(table).columns
    if column.dated_by is not None
]


@pytest.mark.parametrize(("table", "fact", "known_on"), DATED)
def test_a_fact_with_a_day_of_its_own_is_unknown_before_that_day(
    table: str, fact: str, known_on: str
) -> None:
    """Whatever table and column: the contract says which fact is dated by which day."""
    usual = ON if fact == known_on else "x"
    for day, seen in ((BEFORE, True), (ON, True), (AFTER, False), (None, False)):
        told_fact = day if fact == known_on else usual
        row = {"occurred_on": BEFORE, "known_on": BEFORE, fact: told_fact, known_on: day}
        (found,) = run(table, [row])
        assert (found[fact] is not None) is seen, day
        assert (found[known_on] is not None) is seen, day


def test_a_fact_of_an_end_is_known_with_the_end_where_only_that_has_a_day() -> None:
    row = {"occurred_on": BEFORE, "known_on": BEFORE, "ended_on": ON, "end_reason": "revoked"}
    (found,) = run("licences", [row])
    assert (found["open_now"], found["end_reason"]) == (False, "revoked")


@pytest.mark.parametrize(
    ("undated", "exported_on", "outcome"),
    [(["outcome"], ON, "upheld"), (["outcome"], AFTER, None), (["outcome"], None, None), ([], ON, None)],
)
def test_a_fact_that_a_feed_tells_without_its_day_was_known_by_the_export(
    undated: list[str], exported_on: date | None, outcome: str | None
) -> None:
    rows = [
        {"complaint_id": "settled", "occurred_on": BEFORE, "outcome": "upheld"},
        {"complaint_id": "open", "occurred_on": BEFORE},
    ]
    table = known_by_export("complaints", promised("complaints"), undated, exported_on)
    found = told(known_rows("complaints", table, T), "complaints", rows)
    by_id = {row["complaint_id"]: row for row in found}
    assert by_id["settled"]["outcome"] == outcome
    assert by_id["open"]["outcome_known_on"] is None


def test_a_late_fact_may_stand_in_a_column_that_a_file_declares_without_nulls() -> None:
    full = ibis.table(
        {name: kind.copy(nullable=False) for name, kind in promised("complaints").schema().items()},
        name="complaints",
    )
    assert known_rows("complaints", full, T).outcome.type().is_string()
