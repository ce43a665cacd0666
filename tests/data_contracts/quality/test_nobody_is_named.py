"""A sandbox city leaves no name and no number of identity outside its raw folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from data_contracts.__main__ import app
from data_contracts.sandbox_city import SandboxPlan, generate

HELD = {
    "key_persons.parquet": ("person_name", "person_no"),
    "relations_of_people.parquet": ("related_name", "related_no"),
    "registry_changes_of_people.parquet": ("before_text", "after_text"),
}
KEY = "a key for people who are invented only"


def planted(raw: Path) -> Iterator[str]:
    """Names and numbers of people; what is no name nor number of identity is an address."""
    for file, columns in HELD.items():
        table = pq.read_table(raw / file, columns=list(columns))
        for column in columns:
            yield from (text for text in table[column].to_pylist() if text and is_of_person(text))


def is_of_person(text: str) -> bool:
    return bool(re.fullmatch(r"[\u4e00-\u9fff]{2,3}|[0-9]{17}[0-9X]", text))


def words_of(text: str) -> set[str]:
    """Runs of Chinese characters, and of digits and letters: a name stands between other signs."""
    return set(re.findall(r"[\u4e00-\u9fff]+|[0-9A-Za-z]+", text))


def text_of(path: Path) -> str:
    return str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text("utf-8")


def test_no_output_names_anybody_of_the_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    raw = home / "sandbox" / "raw"
    generate(SandboxPlan(entities=400, seed=3), raw, tmp_path / "truth")
    monkeypatch.setenv("XINHENG_HOME", str(home))
    monkeypatch.setenv("XINHENG_CITY", "sandbox")
    monkeypatch.setenv("XINHENG_PSEUDONYM_KEY", KEY)
    said = []
    for command in (
        ["check"],
        ["admit"],
        ["report"],
        ["quality", "--problems", str(tmp_path / "problems")],
        ["quality", "--problems", str(tmp_path / "problems.csv")],
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, (command, result.output)
        said.append(result.output)
    files = [path for path in (home / "sandbox" / "lake").rglob("*") if path.is_file()]
    files += [path for path in tmp_path.glob("problems*/**/*") if path.is_file()] + [
        tmp_path / "problems.csv"
    ]
    people = set(planted(raw))
    assert len(people) > 500
    assert {path.name for path in files} >= {"lake.json", "report.json", "near_misses.parquet"}
    named = {str(path): found for path in files if (found := people & words_of(text_of(path)))}
    assert named == {}
    assert [people & words_of(text) for text in said] == [set()] * len(said)
