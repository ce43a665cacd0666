"""The page that teaches mappings, run as it stands: file, mapping, commands and what they print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.__main__ import app
from data_contracts.mapping.city_mapping import FEED_KEYS, MAPPINGS_FOLDER
from data_contracts.mapping.mapped_column import WAYS

PAGE = (MAPPINGS_FOLDER / "README.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for name, text in FENCES if name == kind]


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("XINHENG_PSEUDONYM_KEY", raising=False)
    (tmp_path / "example").mkdir()
    (tmp_path / "example" / "fines.csv").write_text(blocks("csv")[0], encoding="utf-8")
    (tmp_path / "river.toml").write_text(blocks("toml")[0], encoding="utf-8")
    return tmp_path


def follows(block: str, code: int) -> None:
    """Runs the command of a block: its lines are printed in this order, with others between them."""
    command, *lines = block.splitlines()
    done = CliRunner().invoke(app, command.split()[4:])
    assert done.exit_code == code, done.output
    printed = [line.rstrip() for line in done.output.splitlines()]
    place = 0
    for line in lines:
        found = [number for number in range(place, len(printed)) if printed[number].startswith(line)]
        assert found, f"{line!r} is not printed after line {place} of\n{done.output}"
        place = found[0] + 1


def test_the_page_does_what_it_says(newcomer: Any) -> None:
    draft, first_check, second_check, admit = blocks("console")
    follows(draft, 0)
    follows(first_check, 2)
    mapping = newcomer / "river.toml"
    text = mapping.read_text("utf-8").replace('"社会信用代码"', '"统一社会信用代码"')
    mapping.write_text(text, encoding="utf-8")
    follows(second_check, 2)
    assert not (newcomer / "var").exists()
    added = text.replace('"警告" = "warning"\n', '"警告" = "warning"\n"责令关门" = "closure"\n')
    mapping.write_text(added, encoding="utf-8")
    follows(admit, 0)


def test_the_page_is_one_page_and_names_every_way_and_key() -> None:
    assert len(PAGE.splitlines()) <= 150
    assert [word for word in (*WAYS, *FEED_KEYS) if not re.search(rf"\b{word}\b", PAGE)] == []
