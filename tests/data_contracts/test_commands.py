"""The commands, run as a person runs them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.__main__ import app
from data_contracts.lake import open_lake
from tests.typed import typed

INSPECTOR = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "visits"
table = "inspections"
file = "visits.csv"
[feed.columns]
inspection_id = "id"
entity_id = "entity"
occurred_on = "day"
known_on = "day"
mechanism = { value = "unknown" }
result_codes = "result"
inspector = { pseudonym = "inspector" }
"""


def run(town: Any, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return typed(app, *words, settings=settings_of(town) | settings)


def run_as_process(town: Any, *words: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as a person starts it: once for each command."""
    given = {name: told for name, told in settings_of(town).items() if told is not None}
    environment = {name: told for name, told in os.environ.items() if not name.startswith("XINHENG_")} | given
    command = [sys.executable, "-m", "data_contracts", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def settings_of(town: Any) -> dict[str, str | None]:
    return {
        "XINHENG_HOME": str(town.folder / "var"),
        "XINHENG_CITY": None,
        "XINHENG_PSEUDONYM_KEY": None,
        "COLUMNS": "200",
    }


@pytest.fixture
def visited(town: Any) -> Any:
    (town.folder / "town.toml").write_text(INSPECTOR, encoding="utf-8")
    town.write("visits.csv", "id,entity,day,result,inspector\n1,a,2024-01-02,no_problem,Li\n")
    return town


def arguments(town: Any, command: str) -> tuple[str, ...]:
    mapping = str(town.folder / "town.toml")
    return (command, "--city", "town", "--raw", str(town.raw), "--mapping", mapping)


def test_admit_report_and_a_second_admit(visited: Any) -> None:
    first = run_as_process(visited, *arguments(visited, "admit"))
    assert first.returncode == 0, first.stderr
    assert "Admitted town into" in first.stdout
    assert "were admitted before" in run(visited, *arguments(visited, "admit")).stdout
    report = run_as_process(visited, "report", "--city", "town", "--markdown").stdout
    assert "| visits | inspections | 1 | 1 | 1 | 0 | 0 | – |" in report
    key = visited.folder / "var" / "town" / "pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every path below a folder with its size and the time of its last change."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in [folder, *folder.rglob("*")]
    }


def test_check_shows_rows_and_writes_nothing(visited: Any) -> None:
    before = tree(visited.folder)
    done = run_as_process(visited, *arguments(visited, "check"))
    assert done.returncode == 0, done.stderr
    assert "2024-01-02" in done.stdout
    assert "Nothing was written" in done.stdout
    assert tree(visited.folder) == before


def test_a_person_is_a_pseudonym_in_check_and_an_other_one_each_time_without_a_key(visited: Any) -> None:
    first, second = (run(visited, *arguments(visited, "check")).stdout for _ in range(2))
    assert "Li" not in first.split()
    assert first != second
    run(visited, *arguments(visited, "admit"))
    first, second = (run(visited, *arguments(visited, "check")).stdout for _ in range(2))
    assert first == second


def test_check_takes_the_city_from_the_mapping_and_ends_with_2_if_something_is_wrong(visited: Any) -> None:
    path = visited.folder / "town.toml"
    path.write_text(path.read_text("utf-8").replace('"entity"', '"entty"'), encoding="utf-8")
    words = ("check", "--mapping", str(path), "--raw", str(visited.raw))
    done = run(visited, *words)
    assert done.returncode == 2
    assert "town.toml, line 10, feed 'visits', column entity_id: 'entty', which is no column" in done.stdout
    document = json.loads(run(visited, *words, "--json").stdout)
    assert document["admissible"] is False
    assert document["findings"][0]["line"] == 10


def test_a_draft_is_printed_and_nothing_is_written(visited: Any) -> None:
    before = tree(visited.folder)
    done = run_as_process(visited, "draft", str(visited.raw / "visits.csv"), "--city", "town")
    assert done.returncode == 0, done.stderr
    assert 'table = "inspections"' in done.stdout
    assert 'inspector = { pseudonym = "inspector" }' in done.stdout
    assert tree(visited.folder) == before


def test_a_refusal_is_told_in_three_parts_with_exit_code_2_and_nothing_written(visited: Any) -> None:
    (visited.raw / "visits.csv").unlink()
    done = run_as_process(visited, *arguments(visited, "admit"))
    assert done.returncode == 2
    assert "Expected a file for every feed of town" in done.stderr
    assert "To do: put the files there" in done.stderr
    assert [path for path in Path(visited.folder / "var").rglob("*") if path.is_file()] == []


def test_a_folder_is_no_mapping_file(visited: Any) -> None:
    done = run(visited, *arguments(visited, "admit")[:-1], str(visited.folder))
    assert done.returncode == 2
    assert "Expected a mapping file; got" in done.stderr


def test_a_mapping_of_another_city_is_refused(visited: Any) -> None:
    words = [word if word != "town" else "village" for word in arguments(visited, "admit")]
    done = run(visited, *words)
    assert done.returncode == 2
    assert "Expected a mapping file of the city village; got city = 'town'" in done.stderr


@pytest.mark.parametrize(
    "words", [("sandbox", "--entities", "100"), ("admit",), ("quality", "--problems", "{home}/p.csv")]
)
def test_a_home_that_cannot_be_written_is_told(visited: Any, words: tuple[str, ...]) -> None:
    (visited.folder / "file").write_text("no folder")
    home = str(visited.folder / "file" / "home")
    more = arguments(visited, "admit")[1:] if words == ("admit",) else ()
    done = run(visited, *(word.format(home=home) for word in words), *more, XINHENG_HOME=home)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Expected " in done.stderr
    assert home in done.stderr
    assert "To do: " in done.stderr


def pseudonyms(town: Any) -> list[str]:
    lake = open_lake(town.folder / "var" / "town" / "lake")
    return [row["inspector"] for row in pq.read_table(lake.table("inspections").path).to_pylist()]


@pytest.fixture
def admitted(visited: Any) -> Any:
    assert run(visited, *arguments(visited, "admit")).returncode == 0
    return visited


def test_another_key_is_refused_unless_all_pseudonyms_shall_change(admitted: Any) -> None:
    before, secret = pseudonyms(admitted), {"XINHENG_PSEUDONYM_KEY": "x" * 32}
    done = run(admitted, *arguments(admitted, "admit"), **secret)
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "Expected the key with which the pseudonyms in" in told
    assert "; got another one (fingerprint " in told
    assert (
        "To do: set XINHENG_PSEUDONYM_KEY to it, or put its file pseudonym.key back beside the lake;" in told
    )
    assert pseudonyms(admitted) == before
    assert run(admitted, *arguments(admitted, "admit"), "--new-key", **secret).returncode == 0
    assert pseudonyms(admitted) != before
    assert run(admitted, *arguments(admitted, "admit")).returncode == 2, (
        "the key in the file is now the other"
    )


def test_a_lost_key_is_refused_and_none_is_made_in_its_place(admitted: Any) -> None:
    before, key = pseudonyms(admitted), admitted.folder / "var" / "town" / "pseudonym.key"
    text = key.read_text()
    key.unlink()
    done = run(admitted, *arguments(admitted, "admit"))
    assert done.returncode == 2
    assert "; got no key. To do: set XINHENG_PSEUDONYM_KEY to it" in " ".join(done.stderr.split())
    assert not key.exists()
    assert pseudonyms(admitted) == before
    assert run(admitted, *arguments(admitted, "admit"), "--new-key").returncode == 0
    assert key.read_text() != text
    assert pseudonyms(admitted) != before


def test_a_new_key_keeps_the_one_before_aside_and_comes_back_to_it_if_admission_is_refused(
    admitted: Any,
) -> None:
    key = admitted.folder / "var" / "town" / "pseudonym.key"
    text = key.read_text()
    (admitted.raw / "stray.csv").write_text("a\n")
    assert run(admitted, *arguments(admitted, "admit"), "--new-key").returncode == 2
    assert key.read_text() == text
    (admitted.raw / "stray.csv").unlink()
    assert run(admitted, *arguments(admitted, "admit"), "--new-key").returncode == 0
    assert key.with_name("pseudonym.key.old").read_text() == text
    assert {stat.S_IMODE(path.stat().st_mode) for path in key.parent.glob("pseudonym.key*")} == {0o600}


def test_the_key_does_not_matter_where_no_person_is_named(visited: Any) -> None:
    path = visited.folder / "town.toml"
    path.write_text(INSPECTOR.replace('inspector = { pseudonym = "inspector" }\n', ""), encoding="utf-8")
    for settings in ({}, {"XINHENG_PSEUDONYM_KEY": "x" * 32}, {"XINHENG_PSEUDONYM_KEY": "y" * 32}):
        assert run(visited, *arguments(visited, "admit"), **settings).returncode == 0
    assert not (visited.folder / "var" / "town" / "pseudonym.key").exists()


def test_a_short_secret_is_refused_without_being_shown(visited: Any) -> None:
    done = run(visited, *arguments(visited, "admit"), XINHENG_PSEUDONYM_KEY="hunter2")
    assert done.returncode == 2
    assert (
        "Expected at least 32 characters as the secret; got 7 of them in XINHENG_PSEUDONYM_KEY" in done.stderr
    )
    assert "hunter2" not in done.stderr
