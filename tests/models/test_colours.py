"""Colours of grades: the shipped policy, a city's own, and every way to write one wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.colours import DEFAULT, Colour, ColourPolicyRefused, default_colours, read_colours
from models.grades import GRADES, Grade


def test_the_shipped_policy_is_internal_and_green_yellow_red() -> None:
    policy = default_colours()
    assert [policy.of(grade).value for grade in GRADES] == ["green", "green", "yellow", "red"]
    assert [policy.for_the_public(grade) for grade in GRADES] == [None] * 4


def test_a_city_may_publish_four_colours(tmp_path: Path) -> None:
    text = DEFAULT.read_text("utf-8").replace("public = false", "public = true")
    own = tmp_path / "colours.toml"
    own.write_text(
        text.replace('B = "green"', 'B = "yellow"').replace('C = "yellow"', 'C = "orange"'), "utf-8"
    )
    policy = read_colours(own)
    assert policy.for_the_public(Grade.C) is Colour.ORANGE
    assert [policy.of(grade).label_zh for grade in GRADES] == ["绿", "黄", "橙", "红"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('D = "red"', "", "a colour for each of A, B, C and D"),
        ('D = "red"', 'D = "blue"', "colours among green, yellow, orange, red; got .'blue'."),
        ('D = "red"', 'D = "green"', "colours that never turn safer as grades get worse"),
        ("public = false", 'public = "no"', "a text, true or false, and a table"),
        ("public = false", "publik = false", "the keys name, public and colours"),
        ("public = false", "public =", "a colour policy in"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(before: str, after: str, said: str, tmp_path: Path) -> None:
    own = tmp_path / "colours.toml"
    own.write_text(DEFAULT.read_text("utf-8").replace(before, after), "utf-8")
    with pytest.raises(ColourPolicyRefused, match=said):
        read_colours(own)
