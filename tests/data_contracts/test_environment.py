"""The settings: wrong ones are refused by the variable's name, and no city leads out of the folders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from data_contracts.environment import Environment, SettingRefused

COMMANDS = (
    ("data_contracts", "report"),
    ("features", "build", "--as-of", "2026-06-30"),
    ("models", "show"),
    ("training", "fit", "--by", "han"),
    ("serving", "migrate"),
    ("serving", "run"),
)


@pytest.mark.parametrize("port", ["abc", "99999", "0", "-1", "", "80.5"])
def test_a_port_that_is_none_is_refused_by_its_variable(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("XINHENG_PORT", port)
    with pytest.raises(SettingRefused, match=f"from 1 to 65535 as the port; got '{port}' in XINHENG_PORT"):
        Environment()


@pytest.mark.parametrize("city", ["../r1trick", "", "/tmp", "a/b", "a b", ".", "a\n", "a" * 65, "信宁"])
def test_a_city_that_leads_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch, city: str) -> None:
    with pytest.raises(SettingRefused, match=r"letters, digits, - or _ .* in --city"):
        Environment().of_city(city)
    monkeypatch.setenv("XINHENG_CITY", city)
    with pytest.raises(SettingRefused, match="in XINHENG_CITY"):
        Environment()


@pytest.mark.parametrize("limit", ["4GB", "800 MB", "8GiB"])
def test_a_limit_of_memory_is_an_amount(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("XINHENG_MEMORY_LIMIT", limit)
    assert Environment().memory_limit == limit


@pytest.mark.parametrize("limit", ["", "4", "much", "0GB", "-1GB", "99MB", "4GB'; DROP TABLE x", "80%"])
def test_a_limit_that_is_no_amount_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("XINHENG_MEMORY_LIMIT", limit)
    with pytest.raises(SettingRefused, match="an amount of memory from 100MB, such as 4GB or 800MB; got"):
        Environment()


def test_another_city_keeps_every_other_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("XINHENG_PSEUDONYM_KEY", "a secret of thirty-two characters")
    here = Environment(port=4321)
    there = here.of_city("Qing-dao_2")
    assert there.city_folder == tmp_path / "Qing-dao_2"
    assert (there.port, there.pseudonym_key) == (4321, here.pseudonym_key)
    assert here.of_city(None) is here


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_entry_point_tells_it_and_ends_with_2(command: tuple[str, ...], tmp_path: Path) -> None:
    settings = {"XINHENG_PORT": "abc", "XINHENG_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", *command], env=settings, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2, ended.stderr
    assert "got 'abc' in XINHENG_PORT. To do: correct it" in ended.stderr
    assert "Traceback" not in ended.stderr
