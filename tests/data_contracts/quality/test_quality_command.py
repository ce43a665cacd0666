"""The command, run as a data steward runs it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_contracts.__main__ import app
from tests.typed import typed


@pytest.fixture
def steward(hand_made: Any, tmp_path: Path) -> Any:
    hand_made.write(tmp_path / "var" / "town" / "lake")

    settings = {"XINHENG_HOME": str(tmp_path / "var"), "COLUMNS": "100"}

    def run(*words: str, apart: bool = False) -> subprocess.CompletedProcess[str]:
        words = ("quality", "--city", "town", *words)
        if not apart:
            return typed(app, *words, settings=settings)
        command = [sys.executable, "-m", "data_contracts", *words]
        return subprocess.run(
            command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_a_line_for_each_table_and_provider(steward: Any) -> None:
    """In a process of its own, as a steward starts it."""
    done = steward(apart=True)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    # 18/25, 4/6, 8/10, 4/5 and 1.25/2, cut to one decimal; the mean of five of seven.
    assert ["entities", "72.0", "66.6", "80.0", "–", "80.0", "–", "62.5", "72.2", "5/7", "10"] in lines
    assert ["penalties", "100", "100", "100", "60.0", "100", "80.0", "100", "91.4", "7/7", "13"] in lines
    assert "nothing can be said" in done.stdout


def test_months_of_one_table_with_the_reasons_of_what_cannot_be_said(steward: Any) -> None:
    done = steward("--table", "entities")
    assert "2024-01" in done.stdout
    assert "unknown" in done.stdout
    assert "关联 linkage: the contract names no reference" in done.stdout


def test_json_of_one_month_with_weights(steward: Any) -> None:
    told = json.loads(steward("--json", "--month", "2024-02", "--weight", "linkage=0").stdout)
    penalties = told["tables"][1]
    assert [month["month"] for month in penalties["months"]] == ["2024-02"]
    assert penalties["months"][0]["linkage"] == {"share": 0.666667, "right": 2.0, "of": 3.0}
    assert told["weights"]["linkage"] == 0
    # Of the other six, one of one event was late.
    assert penalties["months"][0]["score"] == pytest.approx(500 / 6, abs=1e-4)


def test_rows_of_which_no_month_can_be_read(steward: Any) -> None:
    told = json.loads(steward("--json", "--month", "unknown", "--table", "entities").stdout)
    assert [(month["month"], month["read"]) for month in told["tables"][0]["months"]] == [("unknown", 1)]
    assert "month unknown" in steward("--month", "unknown").stdout


def test_lists_for_the_offices_beside_the_scores(steward: Any, tmp_path: Path) -> None:
    done = steward("--problems", str(tmp_path / "lists"))
    assert done.returncode == 0, done.stderr
    assert "8 problems of 2 offices written to" in " ".join(done.stdout.split())
    with (tmp_path / "lists" / "登记注册部门.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 6
    again = steward("--problems", str(tmp_path / "lists"))
    assert again.returncode == 2
    assert "Expected a new or empty folder for the problem lists" in again.stderr
    assert again.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--month", "2024-5"), "Expected a month such as 2026-05, or unknown; got '2024-5'"),
        (("--month", "1999-01"), "Expected a month in which a row of town became known (2024-01 to"),
        (("--table", "penalty"), "(did you mean 'penalties'?)"),
        (("--weight", "acuracy=2"), "(did you mean 'accuracy'?)"),
        (("--weight", "accuracy=-1"), "Expected a dimension and its weight"),
    ],
)
def test_a_wrong_word_is_refused_with_the_near_one(
    steward: Any, words: tuple[str, ...], message: str
) -> None:
    done = steward(*words)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
