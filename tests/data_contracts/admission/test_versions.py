"""Versions of entities: rows complete each other, say what is new, and never depend on their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAPPING = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "register"
table = "entities"
file = "register*.csv"
reject_limit = 1.0
[feed.columns]
entity_id = "id"
id_kind = { value = "local" }
name = "name"
region_code = "region"
known_on = "known"
"""


def admitted(town: Any, rows_of: Callable[..., Any], text: str, more: str = "") -> list[tuple[Any, ...]]:
    town.write("register.csv", "id,name,region,known\n" + text)
    if more:
        town.write("register2.csv", "id,name,region,known\n" + more)
    outcome = town.admit(town.mapping(MAPPING))
    read, kept, rejected, duplicates = outcome.report.totals
    assert read == kept + rejected + duplicates
    return [
        (row["entity_id"], str(row["known_on"]), row["name"], row["region_code"])
        for row in rows_of(outcome, "entities")
    ]


def test_rows_of_one_day_complete_each_other(town: Any, rows_of: Any) -> None:
    rows = "a,Alpha,,2024-01-01\na,,R1,2024-01-01\n"
    assert admitted(town, rows_of, rows) == [("a", "2024-01-01", "Alpha", "R1")]


def test_a_later_row_that_states_less_takes_nothing_away(town: Any, rows_of: Any) -> None:
    rows = "a,Alpha,R1,2024-01-01\na,,R2,2024-02-01\na,Alpha,,2024-03-01\n"
    assert admitted(town, rows_of, rows) == [
        ("a", "2024-01-01", "Alpha", "R1"),
        ("a", "2024-02-01", "Alpha", "R2"),
    ]


def test_an_earlier_version_never_learns_from_a_later_one(town: Any, rows_of: Any) -> None:
    rows = "a,Alpha,R1,2024-02-01\na,,,2024-01-01\n"
    assert admitted(town, rows_of, rows) == [
        ("a", "2024-01-01", None, None),
        ("a", "2024-02-01", "Alpha", "R1"),
    ]


def test_a_change_back_is_a_version_again(town: Any, rows_of: Any) -> None:
    rows = "a,Alpha,R1,2024-01-01\na,Beta,,2024-02-01\na,Alpha,,2024-03-01\n"
    assert [row[2] for row in admitted(town, rows_of, rows)] == ["Alpha", "Beta", "Alpha"]


def test_rows_of_one_day_that_disagree_are_rejected_and_other_days_stay(
    town: Any, rows_of: Any, rejected_of: Any
) -> None:
    rows = "a,Alpha,R1,2024-01-01\na,Beta,,2024-02-01\n"
    kept = admitted(town, rows_of, rows, "a,Gamma,,2024-02-01\n")
    assert kept == [("a", "2024-01-01", "Alpha", "R1")]
    rejected = rejected_of(town.admit(town.mapping(MAPPING)), "entities")
    assert {(row["reason"], row["column"], row["value"]) for row in rejected} == {
        ("conflicting_key", "name", "a 2024-02-01")
    }


def test_the_files_may_come_in_any_order(new_town: Callable[[], Any], rows_of: Any) -> None:
    first, second = "a,Alpha,,2024-01-01\nb,B,,2024-01-01\n", "a,,R1,2024-01-01\nb,,R2,2024-02-01\n"
    assert admitted(new_town(), rows_of, first, second) == admitted(new_town(), rows_of, second, first)
