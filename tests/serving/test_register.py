"""The grade register: complete, immutable, found by id, paged and counted."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from models.deciding import decide
from models.decision import decision_of
from serving.register import RegisterDamaged, RegisterMissing, UnknownEntity, open_register


def ids_of(city: Any) -> list[str]:
    return pq.read_table(city.register.path, columns=["entity_id"])["entity_id"].to_pylist()


def test_the_register_holds_every_entity_of_the_snapshot_once_sorted_by_id(city: Any) -> None:
    ids = ids_of(city)
    assert ids == sorted(set(ids))
    assert len(ids) == city.snapshot.rows == city.register.card.rows == sum(city.register.counts().values())


def test_an_entry_is_the_decision_that_deciding_again_gives(city: Any) -> None:
    snapshot = city.snapshot
    again = decide(
        city.release, snapshot.read(), as_of=snapshot.as_of.on, used_on=snapshot.as_of.used_on,
        snapshot_digest=snapshot.digest,
    )  # fmt: skip
    for row in again.slice(0, 20).to_pylist():
        assert city.register.find(row["entity_id"]).decision == decision_of(row)


def test_every_entity_is_found_within_milliseconds(city: Any) -> None:
    city.register.warm()
    ids = ids_of(city)[::10]
    start = time.perf_counter()
    for entity_id in ids:
        assert city.register.find(entity_id).entity_id == entity_id
    assert (time.perf_counter() - start) / len(ids) < 0.05


@pytest.mark.parametrize("unknown", ["", "0", "zzzz", "911100000000000000"])
def test_an_unknown_entity_is_refused_with_its_id(city: Any, unknown: str) -> None:
    with pytest.raises(UnknownEntity, match=r"register as of 2026-06-30.*check the id, or search by name"):
        city.register.find(unknown)


def test_an_entity_of_another_region_is_as_unknown_as_one_that_is_not_there(city: Any) -> None:
    with pytest.raises(UnknownEntity, match=r"in region nowhere\*"):
        city.register.find(ids_of(city)[0], region_prefix="nowhere")


def test_pages_are_ordered_from_the_riskiest_and_meet_without_gap(city: Any) -> None:
    first = city.register.page(limit=30)
    both = city.register.page(limit=60)
    second = city.register.page(offset=30, limit=30)
    assert both.lines == (*first.lines, *second.lines)
    assert [line.grade for line in both.lines] == sorted((line.grade for line in both.lines), reverse=True)


def test_a_page_is_filtered_by_grade_text_and_region(city: Any) -> None:
    line = city.register.page(grade="B", limit=1).lines[0]
    assert city.register.page(grade="B").matching == city.register.counts()["B"]
    assert line in city.register.page(text=line.entity_id[3:].lower()).lines
    assert line in city.register.page(text=(line.name or "")[:4], limit=300).lines
    region = (line.region_code or "")[:4]
    within = city.register.page(region_prefix=region, limit=300)
    assert within.matching == sum(city.register.counts(region).values())
    assert all((one.region_code or "").startswith(region) for one in within.lines)


def test_rows_for_a_frame_are_sorted_and_of_the_region_only(city: Any) -> None:
    rows = list(city.register.rows())
    assert [row[0] for row in rows] == ids_of(city)
    region = rows[0][2][:4]
    assert list(city.register.rows(region)) == [row for row in rows if row[2].startswith(region)]


def test_a_changed_file_is_refused(city: Any, tmp_path: Path) -> None:
    copy = shutil.copytree(city.register.folder, tmp_path / "copy")
    with (copy / "register.parquet").open("r+b") as file:
        file.seek(100)
        file.write(b"?")
    with pytest.raises(
        RegisterDamaged, match=r"register.parquet with SHA-256 .*restore the file from backup"
    ):
        open_register(copy)


def test_a_missing_register_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(RegisterMissing, match="python -m serving grade"):
        open_register(tmp_path)


def test_a_card_of_earlier_days_is_refused_with_the_command(city: Any, tmp_path: Path) -> None:
    copy = shutil.copytree(city.register.folder, tmp_path / "copy")
    card = json.loads((copy / "register.json").read_text("utf-8"))
    del card["lake_digest"]
    (copy / "register.json").write_text(json.dumps(card), "utf-8")
    with pytest.raises(RegisterDamaged, match=r"lake_digest.*To do: grade the date again"):
        open_register(copy)


def test_a_register_without_its_file_is_refused(city: Any, tmp_path: Path) -> None:
    copy = shutil.copytree(city.register.folder, tmp_path / "copy")
    (copy / "register.parquet").unlink()
    with pytest.raises(RegisterDamaged, match="no such file"):
        open_register(copy)
