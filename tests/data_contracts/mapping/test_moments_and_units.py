"""Days of moments with a time zone, epochs, amounts whose cell states a unit: from the file to the lake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_contracts.admission.admitting import Request
from data_contracts.admission.engine import AdmissionError
from data_contracts.mapping.city_mapping import MappingError, open_mapping
from data_contracts.rehearsal.rehearsing import rehearse

Rows = Callable[..., list[dict[str, Any]]]
FINES = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "fines"
table = "penalties"
file = "fines.*"
reject_limit = 1.0
[feed.columns]
penalty_id = "id"
entity_id = "entity"
kinds = { value = "fine" }
fine_fen = { fen = "fine", unit = "wan_yuan" }
occurred_on = { date = "day" }
known_on = { date = "day" }
"""
EVENING = datetime(2024, 3, 1, 18, 30, tzinfo=UTC)  # 2 March in Shanghai, 1 March in Chicago


def fines(town: Any, *cells: tuple[str, str], zone: str = "") -> Any:
    rows = [f'{number},e,"{fine}",{day}' for number, (fine, day) in enumerate(cells)]
    town.write("fines.csv", "\n".join(["id,entity,fine,day", *rows]) + "\n")
    return town.admit(town.mapping(zone + FINES))


@pytest.mark.parametrize(
    ("zone", "day"),
    [("", date(2024, 3, 2)), ('time_zone = "America/Chicago"', date(2024, 3, 1))],
)
def test_a_moment_falls_on_the_day_of_the_city_whatever_holds_it(
    town: Any,
    rows_of: Rows,
    parquet: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    day: date,
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Honolulu")  # where the machine stands is no matter
    (row,) = rows_of(fines(town, ("1", "2024-03-01T18:30:00Z"), zone=zone), "penalties")
    assert row["known_on"] == day
    (town.raw / "fines.csv").unlink()
    parquet(town.raw / "fines.parquet", {"id": ["1"], "entity": ["e"], "fine": ["1"], "day": [EVENING]})
    (row,) = rows_of(town.admit(town.mapping(zone + FINES)), "penalties")
    assert row["known_on"] == row["occurred_on"] == day


@pytest.mark.parametrize(("zone", "near"), [("Asia/Shangai", "Asia/Shanghai"), ("UTC+8", "")])
def test_a_zone_that_nobody_knows_is_refused(town: Any, zone: str, near: str) -> None:
    with pytest.raises(AdmissionError, match="time_zone of the mapping to name a zone") as caught:
        fines(town, ("1", "2024-03-01"), zone=f'time_zone = "{zone}"')
    assert zone in str(caught.value)
    assert near in str(caught.value)
    with pytest.raises(MappingError, match="the name of a zone such as Asia/Shanghai, got 8"):
        town.mapping("time_zone = 8" + FINES)


def found(town: Any, tmp_path: Path) -> Any:
    path = town.folder / "town.toml"
    opened = open_mapping(path)
    request = Request(mapping=opened.mapping, raw_folder=town.raw, admitted_on=date(2024, 7, 1), key=b"k")
    (tmp_path / "staging").mkdir()
    return rehearse(opened, request, tmp_path / "staging").findings


@pytest.mark.parametrize(("factor", "said"), [(1, "seconds"), (1000, "milliseconds")])
def test_what_to_write_for_an_epoch_is_told_and_works(
    town: Any, rows_of: Rows, parquet: Callable[..., None], tmp_path: Path, factor: int, said: str
) -> None:
    epoch = int(EVENING.timestamp()) * factor
    parquet(town.raw / "fines.parquet", {"id": ["1"], "entity": ["e"], "fine": ["1"], "day": [epoch]})
    town.mapping(FINES)
    (told,) = [finding for finding in found(town, tmp_path) if finding.where.endswith("occurred_on")]
    words, _, made = told.todo.partition(": ")
    assert words == f"these are {said} since 1970"
    (row,) = rows_of(town.admit(town.mapping(FINES.replace('{ date = "day" }', made))), "penalties")
    assert row["known_on"] == date(2024, 3, 2)


def test_a_cell_that_states_its_unit_is_believed_or_rejected(
    town: Any, rows_of: Rows, rejected_of: Rows, tmp_path: Path
) -> None:
    cells = ["0.5", "500万元", "3.5亿", "1000元", "¥500", "some", "无"]
    outcome = fines(town, *((cell, "2024-03-01") for cell in cells))
    assert {row["penalty_id"]: row["fine_fen"] for row in rows_of(outcome, "penalties")} == {
        "0": 500_000, "1": 500_000_000, "2": 35_000_000_000, "6": None,
    }  # fmt: skip
    rejected = rejected_of(outcome, "penalties")
    assert [(row["value"], row["reason"]) for row in rejected] == [
        (cell, "not_an_amount") for cell in ("1000元", "¥500", "some")
    ]
    other = (
        "the cell states another unit than the mapping: it says yuan and the mapping wan_yuan; "
        "correct whichever is wrong"
    )
    plain = "write a plain amount, or take it out of the text in the mapping expression"
    assert [row["todo"] for row in rejected] == [other, other, plain]
    assert [finding.todo for finding in found(town, tmp_path) if finding.rows] == [other, plain]
