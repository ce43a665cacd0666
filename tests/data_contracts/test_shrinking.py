"""Deliveries that shrink: told by check and by admit, refused by neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.__main__ import app
from data_contracts.report import FeedCount, Report
from data_contracts.shrinking import Delivered, delivered, shrinking

LETTERS = """city = "town"
exported_on = 2024-06-30
[[feed]]
name = "letters"
table = "complaints"
file = "*.csv"
[feed.columns]
complaint_id = "编号"
entity_id = "主体"
channel = { value = "letter" }
kind = { value = "complaint" }
occurred_on = { date = "日期" }
known_on = { date = "日期" }
"""


def report(rows: int, *empty: str) -> Report:
    count = FeedCount(
        feed="letters", table="complaints", files=("a.csv",), read=rows, admitted=rows, rejected=0,
        duplicates=0, reject_limit=0.05, reasons={}, examples=(), empty=empty,
    )  # fmt: skip
    return Report(city="town", title="", version="v", exported_on="2024-06-30", feeds=(count,))


@pytest.mark.parametrize(
    ("rows", "before", "told"),
    [
        (6, 10, []),
        (5, 10, ["5 rows, 50% of the 10 that the lake has read of it"]),
        (0, 10, ["0 rows, 0% of the 10 that the lake has read of it"]),
        (0, 0, []),
        (20, 10, []),
        (1, None, []),
    ],
)
def test_fewer_rows_than_six_of_ten_are_told(rows: int, before: int | None, told: list[str]) -> None:
    feeds = delivered(report(rows))
    assert list(shrinking(feeds, None if before is None else report(before))) == told


def test_another_feed_of_the_same_name_is_no_measure() -> None:
    other = Delivered(feed="letters", table="listings", rows=1, empty=())
    assert list(shrinking([other], report(10))) == []


def test_files_without_rows_are_named() -> None:
    assert list(shrinking(delivered(report(3, "b.csv")), None)) == ["b.csv has no rows"]


def test_check_and_admit_tell_of_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    raw = tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "town.toml").write_text(LETTERS, encoding="utf-8")
    rows = [f"{number},x,2024-01-02" for number in range(10)]
    (raw / "a.csv").write_text("\n".join(("编号,主体,日期", *rows)) + "\n", encoding="utf-8")
    asked = ["--mapping", str(tmp_path / "town.toml"), "--raw", str(raw)]
    assert "lake has read" not in CliRunner().invoke(app, ["admit", *asked]).output
    (raw / "a.csv").write_text("\n".join(("编号,主体,日期", *rows[:4])) + "\n", encoding="utf-8")
    (raw / "b.csv").write_text("编号,主体,日期\n", encoding="utf-8")
    for command in ("check", "admit"):
        done = CliRunner().invoke(app, [command, *asked])
        assert done.exit_code == 0, done.output
        assert "feed 'letters': b.csv has no rows" in done.output
        assert "feed 'letters': 4 rows, 40% of the 10 that the lake has read of it" in done.output
