"""Mapping files: every mistake is named, with its place and the nearest known word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data_contracts.mapping.city_mapping import (
    MAPPINGS_FOLDER,
    MappingError,
    mapping_path,
    open_mapping,
    read_mapping,
)

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
        (
            '{ date = "exported_on" }',
            '{ date = "exported_on", day_first = "yes" }',
            "column known_on: 'day_first' is true or false, got 'yes'",
        ),
        ('{ date = "exported_on" }', "{ date = 5 }", "column known_on: 'date' is a text, got 5"),
        ('city = "town"', "", 'the top of the file: city = "NAME" is missing'),
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


def test_every_mistake_stands_at_its_line(town: Any) -> None:
    message = refused(town, 'name = "ratings"', 'name = "ratings"\nprovider = ""\nencoding = "gb18031"')
    assert "line 8, feed 'ratings': 'provider' is who hands the file over, in words, got ''" in message
    assert "line 9, feed 'ratings': 'encoding' is the name of an encoding, got 'gb18031'" in message


def test_a_mapping_is_read_as_far_as_it_can_be(town: Any) -> None:
    path = town.folder / "town.toml"
    path.write_text(GOOD.replace('file = "ratings.csv"', 'file = "ratings.csv"\nfrmat = "csv"'), "utf-8")
    opened = open_mapping(path)
    assert [feed.name for feed in opened.mapping.feeds] == ["ratings"]
    assert opened.unsound == {1}
    assert [opened.line(*complaint.place.path) for complaint in opened.complaints] == [10]


def test_the_provider_is_the_contracts_if_the_feed_names_none(town: Any) -> None:
    (feed,) = town.mapping(GOOD).feeds
    assert feed.provider == feed.contract.source.provided_by
    named = GOOD.replace('name = "ratings"', 'name = "ratings"\nprovider = "the office"')
    assert town.mapping(named).feeds[0].provider == "the office"


def test_what_admission_computes_is_not_mapped(town: Any) -> None:
    message = refused(town, 'evaluation_id = "id"', 'evaluation_id = "id"\nsuperseded_on = { date = "day" }')
    assert "line 13, feed 'ratings', column superseded_on: admission writes it from the versions" in message


def test_a_row_that_only_withdraws_needs_its_key_and_its_day(town: Any) -> None:
    text = GOOD[: GOOD.index("entity_id")] + 'known_on = "day"\nretracted = { value = true }\n'
    (feed,) = town.mapping(text).feeds
    assert [column.target for column in feed.columns] == ["evaluation_id", "known_on", "retracted"]
    with pytest.raises(MappingError, match="column 'entity_id' is required"):
        town.mapping(text.replace("{ value = true }", '"withdrawn"'))


PERSONS = """
city = "town"
exported_on = 2024-06-30
[[feed]]
table = "key_persons"
file = "persons.csv"
undated = ["occurred_on"]
[feed.columns]
record_id = "id"
entity_id = "entity"
person = PERSON
group = { value = "licensed_pharmacist" }
known_on = { date = "exported_on" }
"""


@pytest.mark.parametrize(
    ("person", "text"),
    [
        ('"name"', "line 11, feed 'key_persons from persons.csv', column person: it may name persons"),
        ('{ shown = "badge" }', "'shown' says why the column names nobody"),
        ('{ shown = "badge", because = " " }', "'shown' says why the column names nobody"),
        ('{ code = "name", table = "x" }', "it may name persons"),
    ],
)
def test_a_personal_column_is_hidden_or_declared_to_name_nobody(town: Any, person: str, text: str) -> None:
    with pytest.raises(MappingError) as caught:
        town.mapping(PERSONS.replace("PERSON", person))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "person", ['{ pseudonym = "姓名（全）" }', '{ shown = "badge", because = "numbers" }']
)
def test_a_person_may_be_a_pseudonym_or_shown_for_a_reason(town: Any, person: str) -> None:
    (feed,) = town.mapping(PERSONS.replace("PERSON", person)).feeds
    assert feed.uses_pseudonyms == ("pseudonym" in person)


def test_columns_of_persons_may_be_declared_without_being_mapped(town: Any) -> None:
    named = GOOD.replace('name = "ratings"', 'name = "ratings"\npersons = ["who"]')
    (feed,) = town.mapping(named).feeds
    assert feed.persons == ("who",)
    assert feed.uses_pseudonyms
