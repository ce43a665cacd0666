"""Writing registers: the same is reused, any other lies beside it, and names stand beside their own ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.as_of import AsOf
from serving import grading
from serving.grading import write_register
from serving.register import ATTRIBUTES, Register

USED_LATER = AsOf(on=date(2026, 6, 30), used_on=date(2026, 8, 1))


def corrected(attributes: pa.Table) -> pa.Table:
    """The same attributes under corrected names."""
    names = pc.binary_join_element_wise(attributes["name"], pa.scalar("(corrected)"), " ")
    return attributes.set_column(attributes.column_names.index("name"), "name", names)


def test_the_same_register_is_reused_whatever_the_order_of_the_attributes(city: Any) -> None:
    before = city.register.path.stat().st_mtime_ns
    turned = city.attributes.take(pa.array(range(city.attributes.num_rows))[::-1])
    again = write_register(city.release, city.snapshot, turned, folder=city.home / "sandbox" / "register")
    assert (again.folder, again.digest) == (city.register.folder, city.register.digest)
    assert again.path.stat().st_mtime_ns == before


def test_another_day_of_use_and_corrected_names_make_another_register(city: Any, tmp_path: Path) -> None:
    first = write_register(city.release, city.snapshot, city.attributes, folder=tmp_path)
    later = replace(city.snapshot, as_of=USED_LATER)
    other = write_register(city.release, later, corrected(city.attributes), folder=tmp_path)
    line = other.page(limit=1).lines[0]
    assert (other.used_on, (line.name or "")[-11:]) == (USED_LATER.used_on, "(corrected)")
    assert other.find(line.entity_id).decision.used_on == USED_LATER.used_on
    assert "(corrected)" not in (first.find(line.entity_id).name or "")


def test_every_part_of_its_origin_alone_makes_another_register(city: Any, tmp_path: Path) -> None:
    snapshot, attributes = city.snapshot, city.attributes
    made = [
        write_register(city.release, snapshot, attributes, folder=tmp_path),
        write_register(city.release, replace(snapshot, as_of=USED_LATER), attributes, folder=tmp_path),
        write_register(city.release, replace(snapshot, lake_digest="newer"), attributes, folder=tmp_path),
        write_register(city.release, snapshot, corrected(attributes), folder=tmp_path),
    ]
    assert len({register.folder for register in made}) == len({register.digest for register in made}) == 4
    assert [register.card.lake_digest for register in made][2] == "newer"
    assert made[0].card.attributes_digest != made[3].card.attributes_digest


def test_names_stand_beside_their_ids_in_every_batch(
    city: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "DECIDED_AT_ONCE", 7)
    few = city.attributes.slice(0, 250)
    register = write_register(city.release, city.snapshot, few, folder=tmp_path)
    expected = {row["entity_id"]: row for row in few.to_pylist()}
    for line in register.page(limit=500).lines:
        entry, known = register.find(line.entity_id), expected.get(line.entity_id, {})
        assert [getattr(entry, name) for name in ATTRIBUTES] == [known.get(name) for name in ATTRIBUTES]


def test_two_gradings_at_once_make_one_register(city: Any, tmp_path: Path) -> None:
    made: list[Register] = []

    def grade() -> None:
        made.append(write_register(city.release, city.snapshot, city.attributes, folder=tmp_path))

    graders = [Thread(target=grade) for _ in range(3)]
    for grader in graders:
        grader.start()
    for grader in graders:
        grader.join(60)
    assert len({register.digest for register in made}) == 1
    assert len(made) == 3
    assert list((tmp_path / "2026-06-30").iterdir()) == [made[0].folder]
