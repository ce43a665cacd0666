"""The lake: opened by its current version, refused when missing or damaged."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_contracts.lake import LakeError, LakeNotFound, open_lake

ROWS = [("1", "甲", "food", "2024-01-02")]


def test_a_lake_tells_its_city_its_day_and_its_tables(town: Any) -> None:
    town.write_rows("a.csv", ROWS)
    town.admit()
    lake = open_lake(town.lake)
    assert (lake.city, lake.exported_on, list(lake.tables)) == ("town", date(2024, 6, 30), ["complaints"])
    assert lake.version == lake.digest[:16]
    assert (lake.table("complaints").rows, lake.table("complaints").undated) == (1, ())


def test_no_lake_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(LakeNotFound, match=r"admit records first: python -m data_contracts admit --city"):
        open_lake(tmp_path / "lake")


def test_an_unknown_table_is_refused_with_the_nearest_name(town: Any) -> None:
    town.write_rows("a.csv", ROWS)
    lake = town.admit().lake
    with pytest.raises(LakeNotFound, match=r"'complaint' \(did you mean 'complaints'"):
        lake.table("complaint")


@pytest.mark.parametrize("damage", ["lake.json", "tables/complaints.parquet"])
def test_a_damaged_lake_is_refused_and_made_anew_by_admission(town: Any, damage: str) -> None:
    town.write_rows("a.csv", ROWS)
    lake = town.admit().lake
    (lake.folder / damage).unlink()
    with pytest.raises(LakeError, match="to be whole"):
        open_lake(town.lake)
    again = town.admit()
    assert again.fresh
    assert open_lake(town.lake) == again.lake


def test_another_format_is_refused(town: Any) -> None:
    town.write_rows("a.csv", ROWS)
    lake = town.admit().lake
    (lake.folder / "lake.json").write_text('{"format": 99}')
    with pytest.raises(LakeError, match=r"lake\.json of another format"):
        open_lake(town.lake)
