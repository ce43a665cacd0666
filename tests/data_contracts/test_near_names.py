"""Near names: what offices add to a name, and what people mistype, is found; the rest is left alone."""

from __future__ import annotations

import pytest

from data_contracts.near_names import likeness, near, nearest


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("entityid", ["entity_id", "uscc"], ["entity_id"]),
        ("社会信用代码", ["统一社会信用代码", "企业名称"], ["统一社会信用代码"]),
        ("罚款金额", ["罚款金额（万元）", "没收金额"], ["罚款金额（万元）"]),
        ("ＤＡＹ", ["day", "days"], ["day", "days"]),
        ("evaluation", ["relations", "evaluations"], ["evaluations"]),
        ("nothing like it", ["entity_id", "uscc"], []),
        ("（）", ["entity_id"], []),
    ],
)
def test_the_nearest_known_names_are_found(name: str, known: list[str], found: list[str]) -> None:
    assert nearest(name, known) == found


def test_nothing_near_is_nothing_said() -> None:
    assert near("xyz", ["abc"]) == ""
    assert near("entityid", ["entity_id"]) == " (did you mean 'entity_id'?)"


def test_likeness_does_not_see_width_case_and_marks() -> None:
    assert likeness("Entity-ID", "ｅｎｔｉｔｙ　ｉｄ") == 1
