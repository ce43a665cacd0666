"""Every key of a TOML text is found on its line, however it is written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.mapping.city_mapping import MAPPINGS_FOLDER
from data_contracts.mapping.toml_places import line_of, toml_places

TEXT = '''# a comment with "marks" and [brackets]
title = "Town"  # after a value
dotted . "key with = and ]" = 1

[codes.rating]
"良（A）" = "good"
'single' = """two
lines with key = 1 and [a.table] and \\""" inside"""
last = "x"

[[feed]]
name = "first"
undated = [
  "occurred_on",  # why
  "known_on",
]
set_aside = { when = "a = '}'", because = "b" }
[feed.columns]
entity_id = { date = \'\'\'x
# no comment
\'\'\', day_first = true }
known_on = 2024-01-02T03:04:05

[[feed]]
name = "second"
nested = [[1, 2], { deep = [ { key = 1 } ] }]
  [feed.columns]
  entity_id = ""
  name = ''
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("dotted",), 3),
        (("dotted", "key with = and ]"), 3),
        (("codes", "rating"), 5),
        (("codes", "rating", "良（A）"), 6),
        (("codes", "rating", "single"), 7),
        (("codes", "rating", "last"), 9),
        (("feed", 0), 11),
        (("feed", 0, "name"), 12),
        (("feed", 0, "undated", 1), 15),
        (("feed", 0, "set_aside", "because"), 17),
        (("feed", 0, "columns"), 18),
        (("feed", 0, "columns", "entity_id", "date"), 19),
        (("feed", 0, "columns", "entity_id", "day_first"), 21),
        (("feed", 0, "columns", "known_on"), 22),
        (("feed", 1), 24),
        (("feed", 1, "nested", 0, 1), 26),
        (("feed", 1, "nested", 1, "deep", 0, "key"), 26),
        (("feed", 1, "columns", "name"), 29),
    ],
)
def test_a_key_is_found_on_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert toml_places(TEXT)[path] == line
    assert toml_places(TEXT.replace("\n", "\r\n"))[path] == line


def test_what_stands_nowhere_is_placed_where_it_would_belong() -> None:
    places = toml_places(TEXT)
    assert line_of(places, ("feed", 1, "columns", "entity_id", "missing")) == 28
    assert line_of(places, ("feed", 0, "columns", "missing")) == 18
    assert line_of(places, ("nothing",)) is None


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {path} if path else set()
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    return found.union(*(paths_of(member, (*path, key)) for key, member in members))


@pytest.mark.parametrize(
    "text", [TEXT, *(path.read_text("utf-8") for path in MAPPINGS_FOLDER.glob("*.toml"))]
)
def test_all_keys_that_tomllib_reads_are_found_and_no_others(text: str) -> None:
    places = toml_places(text)
    assert set(places) == paths_of(tomllib.loads(text))
    lines = text.splitlines()
    for path, line in places.items():
        if path and isinstance(path[-1], str):
            assert path[-1] in lines[line - 1], path


VALUES = st.recursive(
    st.sampled_from(
        ['"a"', "'b]'", '"""c\n= 1"""', "'''d\n[x]'''", "1.5", "true", "2024-01-02 03:04:05", '"\\""']
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "\n]"),
        st.lists(inner.filter(lambda text: "\n" not in text), max_size=3).map(
            lambda items: "{" + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + "}"
        ),
    ),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=5))
def test_the_keys_of_any_text_are_those_that_tomllib_reads(values: list[str]) -> None:
    text = "\n[table]\n".join(["", "\n".join(f"key{n} = {value}  # c" for n, value in enumerate(values))])
    assert set(toml_places(text)) == paths_of(tomllib.loads(text))
