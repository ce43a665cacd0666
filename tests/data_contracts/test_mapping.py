"""Mapping files: every mistake is named, with its place and the nearest known word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data_contracts.mapping import MAPPINGS_FOLDER, MappingError, mapping_path, read_mapping

GOOD = """
city = "town"
exported_on = 2024-06-30
[codes.rating]
A = "good"
[[feed]]
name = "ratings"
table = "evaluations"
file = "ratings.csv"
undated = ["occurred_on"]
[feed.columns]
evaluation_id = "id"
entity_id = "entity"
scheme = { value = "stars" }
grade = { code = "stars", table = "rating" }
known_on = { date = "exported_on" }
"""


def refused(town: Any, old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(MappingError) as caught:
        town.mapping(GOOD.replace(old, new))
    return str(caught.value)


def test_a_good_mapping_is_read(town: Any) -> None:
    mapping = town.mapping(GOOD)
    assert mapping.tables == ("evaluations",)
    assert [column.target for column in mapping.feeds[0].columns] == [
        "evaluation_id", "entity_id", "scheme", "grade", "known_on",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            'city = "town"',
            'city = "town"\nexportd_on = 1',
            "unknown 'exportd_on' (did you mean 'exported_on'?)",
        ),
        ('file = "ratings.csv"', 'fil = "ratings.csv"', "unknown 'fil' (did you mean 'file'?)"),
        (
            'file = "ratings.csv"',
            'fil = "ratings.csv"',
            "'file' is a file name or a pattern such as '*.csv', got None",
        ),
        (
            'table = "evaluations"',
            'table = "evaluation"',
            "table: unknown 'evaluation' (did you mean 'evaluations'?)",
        ),
        (
            'evaluation_id = "id"',
            'evaluationid = "id"',
            "columns: unknown 'evaluationid' (did you mean 'evaluation_id'?)",
        ),
        (
            'evaluation_id = "id"',
            'evaluationid = "id"',
            "column 'evaluation_id' is required by the contract evaluations",
        ),
        ('undated = ["occurred_on"]', "", "column 'occurred_on' is required by the contract evaluations"),
        (
            'undated = ["occurred_on"]',
            'undated = "occurred_on"',
            "'undated' is a list of column names, got 'occurred_on'",
        ),
        ('undated = ["occurred_on"]', 'undated = ["occurred_on", "known_on"]', "undated: unknown 'known_on'"),
        (
            'table = "rating" }',
            'table = "ratings" }',
            "code table: unknown 'ratings' (did you mean 'rating'?)",
        ),
        ('A = "good"', 'A = "goood"', "line 5, codes.rating for grade: unknown 'goood' (did you mean 'good'"),
        (
            'scheme = { value = "stars" }',
            "scheme = { value = 5 }",
            "column scheme: the contract wants a string, got 5",
        ),
        (
            'scheme = { value = "stars" }',
            'scheme = { vallue = "stars" }',
            "expected a SQL expression or one of date, code",
        ),
        (
            'scheme = { value = "stars" }',
            'scheme = { fen = "x" }',
            "'fen' makes an integer, and the contract wants a string",
        ),
        (
            '{ date = "exported_on" }',
            '{ date = "exported_on", dayfirst = true }',
            "unknown 'dayfirst' (did you mean 'day_first'?)",
        ),
        (
            'name = "ratings"',
            'name = "ratings"\nreject_limit = 5',
            "'reject_limit' is a share from 0 to 1, got 5",
        ),
        (
            'name = "ratings"',
            'name = "ratings"\nencoding = "gb18031"',
            "'encoding' is the name of an encoding, got 'gb18031'",
        ),
        ("2024-06-30", "'yesterday'", "exported_on: expected a date such as 2026-06-30, got 'yesterday'"),
        ('"id"', '" "', "column evaluation_id: the expression is empty"),
    ],
)
def test_a_mistake_is_named_with_its_place(town: Any, old: str, new: str, text: str) -> None:
    assert text in refused(town, old, new)


def test_all_mistakes_are_told_at_once(town: Any) -> None:
    message = refused(
        town, 'file = "ratings.csv"', 'file = "ratings.csv"\nfrmat = "csv"\nreject_limits = 0.1'
    )
    assert "'frmat' (did you mean 'format'?)" in message
    assert "'reject_limits' (did you mean 'reject_limit'?)" in message
    assert message.endswith("To do: correct the mapping file in 2 place(s).")


def test_a_name_used_twice_is_refused(town: Any) -> None:
    with pytest.raises(MappingError, match="feed 'ratings': the name is used twice"):
        town.mapping(GOOD + GOOD[GOOD.index("[[feed]]") :])


def test_a_file_that_is_no_toml_is_refused(town: Any) -> None:
    with pytest.raises(
        MappingError, match=r"Expected town\.toml to be TOML in UTF-8; got .+ To do: correct the line"
    ):
        town.mapping("city = ")


def test_a_city_without_a_mapping_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(MappingError, match=r"'beijng' \(did you mean 'beijing'\?\)"):
        mapping_path("beijng")


@pytest.mark.parametrize("path", sorted(MAPPINGS_FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_mappings_that_come_with_the_product_are_good(path: Path) -> None:
    assert read_mapping(path).city == path.stem


def test_a_pseudonym_of_more_than_a_column_is_refused(town: Any) -> None:
    message = refused(town, 'scheme = { value = "stars" }', "scheme = { pseudonym = \"name || 'x'\" }")
    assert "'pseudonym' takes one column, so that rejected rows hide it too" in message
