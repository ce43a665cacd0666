"""An entity among its like, worked out by hand: which cell, which percentile, which peers, what differs."""

from __future__ import annotations

import pyarrow as pa
import pytest

from models.comparison import (
    LEVELS,
    Subject,
    difference_sentence,
    nearest,
    points_by_kind,
    standing,
    standing_sentence,
    what_differs,
)
from models.schema import Schema

OWN = Subject(
    entity_id="own", entity_type="company", region_code="110101", industry_code="F521", grade="C", score=560
)


def row(entity_id: str, **changed: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "entity_id": entity_id, "entity_type": "company", "region_code": "110101", "industry_code": "F521",
        "grade": "B", "score": 500,
    }  # fmt: skip
    return usual | changed


def city(*rows: dict[str, object]) -> pa.Table:
    own = row("own", grade=OWN.grade, score=OWN.score)
    return pa.Table.from_pylist([own, *rows])


def many(count: int, prefix: str = "o", **changed: object) -> list[dict[str, object]]:
    return [row(f"{prefix}{number:03d}", **changed) for number in range(count)]


def test_the_percentile_counts_ties_half() -> None:
    """Of 60 others 30 score lower, 20 the same, 10 higher: (30 + 10) / 60."""
    rows = [*many(30, "l"), *many(20, "t", score=560), *many(10, "h", score=600)]
    found = standing(city(*rows), OWN)
    assert (found.others, found.level) == (60, LEVELS[0])
    assert found.percentile == pytest.approx(100 * 40 / 60)
    assert standing_sentence(found, "zh") == (
        "在同区县、同行业大类、同类型的其他60户中，风险分高于67%（同分折半）。"
    )
    assert "60 other entities of its county, industry division and type" in standing_sentence(found, "en")


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ({"industry_code": "F522"}, 0),  # of the same division
        ({"industry_code": "F611"}, 1),
        ({"industry_code": "F611", "region_code": "110105"}, 2),
        ({"industry_code": "F611", "region_code": "310105"}, 3),
        ({"industry_code": None, "region_code": None}, 4),
        ({"industry_code": None, "region_code": None, "entity_type": "branch"}, 5),
    ],
)
def test_a_small_cell_gives_way_to_the_next(other: dict[str, object], level: int) -> None:
    found = standing(city(*many(49, "near"), *many(1, "far", **other)), OWN)
    assert (found.level, found.others) == (LEVELS[level], 50)


def test_alone_in_a_register_it_stands_in_the_middle() -> None:
    found = standing(city(), OWN)
    assert (found.others, found.percentile, found.candidates.num_rows) == (0, 50.0, 0)
    assert difference_sentence((), 0, "zh") == "其中没有等级更好的主体。"


def test_candidates_have_a_better_grade_and_are_nearest_in_score() -> None:
    rows = [
        *many(60, "c", grade="C", score=559),
        row("b2", score=550),
        row("b1", score=570),
        row("a", grade="A"),
    ]
    assert standing(city(*rows), OWN).candidates["entity_id"].to_pylist() == ["b1", "b2", "a"]


def test_the_nearest_differ_least_by_kind_and_ties_go_by_id() -> None:
    own = {"penalties": 40, "complaints": 20}
    others = {
        "z": {"penalties": 40},  # 20
        "y": {"penalties": 20, "complaints": 20},  # 20
        "x": {"complaints": 20},  # 40
        "w": {"penalties": 41, "complaints": 20, "inspections": -9},  # 10
    }
    assert [(peer.entity_id, peer.distance) for peer in nearest(own, others)] == [
        ("w", 10), ("y", 20), ("z", 20),
    ]  # fmt: skip
    found = what_differs(own, [others[name] for name in "wyz"])
    assert [(one.kind, one.points) for one in found] == [
        ("complaints", 7),
        ("penalties", 6),
        ("inspections", 3),
    ]
    assert difference_sentence(found[:2], 3, "zh") == (
        "与最接近的3户等级更好的主体相比，主要差在投诉举报（多7分）、行政处罚（多6分）。"
    )
    assert difference_sentence(found[:1], 3, "en") == (
        "Against the 3 nearest with a better grade it differs mainly in complaints (7 points more)."
    )
    assert "没有哪一类记录明显不同" in difference_sentence((), 2, "zh")


def test_told_reasons_are_summed_by_kind_of_record(release: object) -> None:
    schema: Schema = release.schema  # type: ignore[attr-defined]
    told = [("penalties_count_365d", 9), ("penalties_count_1095d", -2), ("age_years_now", 4)]
    assert points_by_kind(schema, told) == {"penalties": 7, "derived": 4}
