"""Rules over whole rows: chances belong to draws, ends to listings, and undated columns are declared."""

from __future__ import annotations

from typing import Any

import pytest

INSPECTIONS = """
city = "town"
exported_on = 2024-06-30
[codes.result]
"01" = "no_problem"
"08" = "ordered_to_correct"
"09" = "problem_pending"
[[feed]]
name = "visits"
table = "inspections"
file = "visits.csv"
reject_limit = 1.0
[feed.columns]
inspection_id = "id"
entity_id = "'e'"
occurred_on = "'2024-01-01'"
known_on = "'2024-01-02'"
mechanism = "mechanism"
inclusion_probability = "chance"
result_codes = { codes = "results", table = "result" }
inspector = { pseudonym = "inspector" }
"""
LISTINGS = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "lists"
table = "listings"
file = "lists.csv"
reject_limit = 1.0
[feed.columns]
listing_id = "'x'"
entity_id = "'e'"
kind = { value = "abnormal" }
occurred_on = "began"
known_on = "began"
ended_on = "ended"
end_known_on = "told"
"""


def inspected(town: Any, row: str, key: bytes = b"k", **more: Any) -> Any:
    town.write("visits.csv", f"id,mechanism,chance,results,inspector\n{row}\n")
    return town.admit(town.mapping(INSPECTIONS), key=key, **more)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,random_draw,0.03,01,z", None),
        ("1,random_draw,1,08;09,z", None),
        ("1,targeted,,01,z", None),
        ("1,random_draw,,01,z", "probability_without_draw"),
        ("1,targeted,0.5,01,z", "probability_without_draw"),
        ("1,random_draw,0,01,z", "below_minimum"),
        ("1,random_draw,1.01,01,z", "above_maximum"),
        ("1,random_draw,often,01,z", "not_a_number"),
        ("1,lottery,,01,z", "unknown_code"),
        ("1,targeted,,01;08,z", "clean_and_problem"),
        ("1,targeted,,77,z", "unknown_code"),
        ("1,targeted,,,z", None),
    ],
)
def test_an_inspection_keeps_its_rules(town: Any, rejected_of: Any, row: str, reason: str | None) -> None:
    outcome = inspected(town, row)
    assert [found["reason"] for found in rejected_of(outcome, "inspections")] == ([reason] if reason else [])


def test_several_results_are_sorted(town: Any, rows_of: Any) -> None:
    (row,) = rows_of(inspected(town, "1,targeted,,09;08,z"), "inspections")
    assert row["result_codes"] == "ordered_to_correct;problem_pending"


def test_an_inspector_arrives_as_a_pseudonym_that_depends_on_the_key(town: Any, rows_of: Any) -> None:
    (one,) = rows_of(inspected(town, "1,targeted,,01,Zhang San"), "inspections")
    other = inspected(town, "1,targeted,,01,Zhang San", key=b"other", new_key=True)
    (two,) = rows_of(other, "inspections")
    assert one["inspector"] != two["inspector"]
    assert all(len(row["inspector"]) == 25 and "Zhang" not in row["inspector"] for row in (one, two))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-01-01,,", None),
        ("2024-01-01,2024-02-01,2024-02-03", None),
        ("2024-01-01,2023-12-31,2024-02-03", "ended_before_it_began"),
        ("2024-01-01,2024-02-01,", "end_without_knowledge"),
        ("2024-01-01,,2024-02-01", "end_without_knowledge"),
        ("2024-01-01,2024-02-01,2024-07-01", "end_known_in_future"),
        (",,", "missing"),
    ],
)
def test_a_listing_keeps_its_rules(town: Any, rejected_of: Any, row: str, reason: str | None) -> None:
    town.write("lists.csv", f"began,ended,told\n{row}\n")
    outcome = town.admit(town.mapping(LISTINGS))
    assert [found["reason"] for found in rejected_of(outcome, "listings")] == ([reason] if reason else [])


def test_an_undated_list_is_admitted_and_says_so(town: Any, rows_of: Any) -> None:
    town.write("lists.csv", "began,ended,told\n,,\n")
    text = LISTINGS.replace('file = "lists.csv"', 'file = "lists.csv"\nundated = ["occurred_on"]')
    text = text.replace('occurred_on = "began"\nknown_on = "began"', 'known_on = "exported_on"')
    outcome = town.admit(town.mapping(text))
    assert outcome.lake.table("listings").undated == ("occurred_on",)
    (row,) = rows_of(outcome, "listings")
    assert (row["occurred_on"], str(row["known_on"])) == (None, "2024-06-30")


def test_a_rejected_row_hides_the_person_too(town: Any, rejected_of: Any) -> None:
    (row,) = rejected_of(inspected(town, "1,lottery,,01,Zhang San"), "inspections")
    assert "Zhang" not in str(row)
    assert '"inspector":"P' in row["row"]
