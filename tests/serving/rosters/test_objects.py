"""The object roster: who gets which tag, who is concerned by which item, and that it never changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.as_of import AsOf
from serving.rosters.from_lake import objects_of_city
from serving.rosters.importing import PRESETS
from serving.rosters.item import Concerns, Item
from serving.rosters.objects import (
    ObjectRoster,
    ObjectsDamaged,
    ObjectsMissing,
    Origin,
    build_objects,
    concerned,
    entities_of,
    find_objects,
    open_objects,
)
from serving.rosters.persons import entities_behind
from serving.rosters.tag_rules import TagRulesRefused, read_tag_rules
from tests.serving.conftest import City

RULES = read_tag_rules(PRESETS / "sandbox" / "tags.toml")
ORIGIN = Origin(city="c", as_of="2026-06-30", register_digest="r", lake_digest="l")
ENTITIES = pa.table(
    {
        "entity_id": ["e3", "e1", "e2", "e4"],
        "name": ["阳光餐饮店", "信网络科技有限公司", None, "绿野农资店"],
        "entity_type": ["sole_trader", "company", None, "sole_trader"],
        "region_code": ["990101", "990116", None, "990105"],
        "industry_code": ["H", "I", None, "F"],
        "grade": ["B", "A", "C", "D"],
        "registered_capital_fen": pa.array([None, 50_000_000 * 100, None, 1], pa.int64()),
    }
)
LICENCES = pa.table(
    {"entity_id": ["e3", "e3", "e3", "stranger"], "kind": ["food_business", "drug", "drug", "publication"]}
)
ITEM = Item(
    code="i", name_zh="n", name_en="", kind="key", methods=("site",), field="f", law="l", department="d",
    skills=(), minutes=60, valid_from=date(2026, 1, 1),
)  # fmt: skip


def built(folder: Path) -> ObjectRoster:
    return build_objects(ENTITIES, LICENCES, RULES, origin=ORIGIN, folder=folder)


def test_every_entity_has_the_tags_of_its_rules(tmp_path: Path) -> None:
    roster = built(tmp_path)
    rows = {row.pop("entity_id"): row for row in roster.table.to_pylist()}
    assert list(rows) == ["e1", "e2", "e3", "e4"]
    assert rows["e3"] == {
        "entity_type": "sole_trader", "region_code": "990101", "industry_code": "H", "grade": "B",
        "station": "东湖所", "licences": "drug;food_business", "business_format": "餐饮",
        "category": "食品;药械", "carrier": "实体店铺", "scale": "个体",
    }  # fmt: skip
    assert (rows["e1"]["carrier"], rows["e1"]["scale"], rows["e1"]["station"]) == (
        "网络平台",
        "大型",
        "新港所",
    )
    assert (rows["e4"]["category"], rows["e4"]["station"]) == ("农资", "西陵所")
    assert {name: rows["e2"][name] for name in ("licences", "scale", "station")} == {
        "licences": "", "scale": "", "station": "",
    }  # fmt: skip
    assert roster.card.licences == {"drug": 1, "food_business": 1}
    assert roster.card.tags["业态:餐饮"] == 1
    assert roster.stations(["e3", "nobody", "e2"]) == {"e3": "东湖所", "nobody": "", "e2": ""}


@pytest.mark.parametrize(
    ("concerns", "ids"),
    [
        (Concerns(), ["e1", "e2", "e3", "e4"]),
        (Concerns(licences=("food_business", "publication")), ["e3"]),
        (Concerns(industries=("H", "F")), ["e3", "e4"]),
        (Concerns(entity_types=("sole_trader",), tags=("业态:餐饮", "载体:网络平台")), ["e3"]),
        (Concerns(tags=("业态:餐饮", "载体:网络平台")), ["e1", "e3"]),
        (Concerns(tags=("规模:餐饮",)), []),
    ],
)
def test_an_item_concerns_who_meets_each_of_its_lists(
    tmp_path: Path, concerns: Concerns, ids: list[str]
) -> None:
    roster = built(tmp_path)
    item = replace(ITEM, concerns=concerns)
    assert entities_of(roster, [item]).to_pylist() == ids
    assert sum(roster.counted("grade", concerned(roster, item)).values()) == len(ids)


def test_a_roster_is_made_once_and_a_changed_file_is_refused(tmp_path: Path) -> None:
    roster = built(tmp_path)
    (place,) = tmp_path.iterdir()
    assert built(tmp_path).card == roster.card == find_objects(tmp_path, register_digest="r").card
    shuffled = ENTITIES.take(pa.array([2, 0, 3, 1]))
    again = build_objects(shuffled, LICENCES, RULES, origin=ORIGIN, folder=tmp_path / "other")
    assert again.card.digest == roster.card.digest
    with pytest.raises(ObjectsMissing, match="of the current register, SHA-256 other…; got 1 of other"):
        find_objects(tmp_path, register_digest="other")
    (place / "objects.parquet").write_bytes(b"changed")
    with pytest.raises(ObjectsDamaged, match="restore the file, or remove the folder"):
        open_objects(place)
    with pytest.raises(ObjectsMissing, match=r"build it with `python -m serving objects build`"):
        open_objects(tmp_path / "nowhere")


def test_rules_tell_all_their_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "tags.toml"
    path.write_text(
        '[[tag]]\ndimension = "形状"\ntag = "圆"\nindustries = "H"\n'
        '[[tag]]\ndimension = "规模"\ntag = "大"\n',
        "utf-8",
    )
    with pytest.raises(TagRulesRefused) as refused:
        read_tag_rules(path)
    assert "unknown '形状', known are 业态, 品类, 载体, 规模" in refused.value.got
    assert "'industries' is a list of texts, got 'H'" in refused.value.got
    assert "tag '大': has no condition, so every entity would have the tag" in refused.value.got


def test_a_real_city_is_tagged_from_lake_and_register(city: City, tmp_path: Path) -> None:
    as_of = AsOf(on=city.register.as_of, used_on=city.register.used_on)
    roster = objects_of_city(
        city.register, city.lake, as_of, RULES, folder=tmp_path, memory_limit="1GB"
    )  # fmt: skip
    assert roster.card.rows == city.register.card.rows
    assert roster.card.register_digest == city.register.digest
    assert set(roster.card.licences) >= {"food_business"}
    food = replace(ITEM, concerns=Concerns(licences=("food_business",)))
    held = roster.card.licences["food_business"]
    assert int(np.count_nonzero(concerned(roster, food))) == held > 0
    assert "" not in roster.counted("station", np.ones(roster.card.rows, dtype=bool))


def test_persons_to_keep_away_from_are_entities_to_keep_away_from(city: City) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(city.lake.table("key_persons").path, columns=["person", "entity_id"])
    person = table["person"][0].as_py()
    behind = {row["entity_id"] for row in table.to_pylist() if row["person"] == person}
    assert entities_behind(city.lake, [person, "nobody"]) == {person: frozenset(behind)}
    assert entities_behind(city.lake, []) == {}
