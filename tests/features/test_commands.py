from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import features
from data_contracts.lake import Lake
from features.__main__ import app
from features.catalogue import CATALOGUE
from features.professional import catalogue_of

ENTITIES = [{"entity_id": "a", "id_kind": "local", "known_on": date(2020, 1, 1)}]


@pytest.fixture
def home(tmp_path: Path, lake_of: Callable[..., Lake], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with the city `small`."""
    lake_of({"entities": ENTITIES})
    (tmp_path / "small").mkdir()
    (tmp_path / "lake").rename(tmp_path / "small" / "lake")
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_build_makes_a_series_and_says_what_is_null(home: Path) -> None:
    code, output = run(
        "build", "--city", "small", "--every", "quarter", "--from", "2024-02-01", "--to", "2024-10-01"
    )
    assert code == 0, output
    made = sorted(path.name for path in (home / "small" / "snapshots").iterdir())
    assert made == ["2024-04-01", "2024-07-01", "2024-10-01"]
    assert f"2024-04-01: 1 entities, 9 of {len(CATALOGUE)} indicators" in output
    assert "indicators are null: the city has no table 'penalties'." in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["build", "--city", "small"], "neither --as-of nor --every"),
        (["build", "--city", "small", "--every", "month"], "--every, --from and --to together"),
        (
            ["build", "--city", "small", "--every", "quarter", "--from", "2024-05-02", "--to", "2024-05-20"],
            "days between which a quarter begins; got from 2024-05-02 to 2024-05-20, with the first day of "
            "none. To do: name the days with --as-of, or begin with --from 2024-04-01",
        ),
        (["build", "--city", "small", "--as-of", "0001-01-01"], "days from 1950-01-01"),
        (
            ["build", "--city", "small", "--as-of", "2024-07-01", "--threads", "1000000"],
            "got --threads 1000000",
        ),
        (
            ["build", "--city", "small", "--as-of", "2024-07-01", "--used-on", "2024-06-01"],
            "used on 2024-06-01",
        ),
        (["build", "--city", "nowhere", "--as-of", "2024-07-01"], "python -m data_contracts admit"),
        (
            ["refresh", "--city", "small", "--as-of", "2024-07-02", "--used-on", "2024-12-01"],
            "--as-of 2024-07-02 --used-on 2024-12-01 --city small.",
        ),
        (
            ["refresh", "--city", "small", "--as-of", "2024-07-02", "--field", "food"],
            "--city small --field food.",
        ),
        (["list", "--source", "penalty"], "'penalty' (did you mean 'penalties'?)"),
        (["list", "--dimension", "社会"], "use one of basic, dynamic, supervision, relation, social"),
        (["sql", "penalties_count"], "'penalties_count' (did you mean 'penalties_count_90d'"),
    ],
)
def test_a_wrong_command_is_refused_with_what_to_do(home: Path, words: list[str], message: str) -> None:
    code, output = run(*words)
    assert code == 2
    assert message in output
    assert "To do:" in output
    assert not (home / "small" / "snapshots").exists()


def test_list_shows_what_the_filters_ask_for() -> None:
    code, output = run("list", "--source", "penalties", "--direction", "less")
    assert code == 0
    assert "penalties_recency_last" in output
    assert "penalties_count_365d" not in output


def test_the_page_has_a_line_for_every_indicator() -> None:
    _, output = run("list", "--markdown")
    names = re.findall(r"^\| `(\w+)` \|", output, re.M)
    assert sorted(names) == sorted(i.name for i in CATALOGUE)


def test_the_page_of_the_catalogue_is_up_to_date() -> None:
    _, output = run("list", "--markdown")
    page = (Path(features.__file__).parent / "CATALOGUE.md").read_text("utf-8")
    assert page == output, "run: python -m features list --markdown > features/CATALOGUE.md"


def test_the_readme_counts_the_indicators() -> None:
    readme = (Path(features.__file__).parents[1] / "README.md").read_text("utf-8")
    assert f"[the {len(CATALOGUE)} indicators](features/CATALOGUE.md)" in readme


def test_sql_shows_the_query_of_one_indicator() -> None:
    code, output = run("sql", "penalties_count_365d", "--as-of", "2024-07-01")
    assert code == 0
    assert "MAKE_DATE(2023, 7, 2)" in output, "the day before the window begins"
    assert 'AS "penalties_count_365d"' in output


def test_refresh_says_of_each_source_how_many_entities_it_computed(home: Path) -> None:
    days = ["--used-on", "2024-12-01", "--city", "small"]
    code, output = run("build", "--as-of", "2024-07-01", *days)
    assert code == 0, output
    code, output = run("refresh", "--as-of", "2024-07-02", *days)
    assert code == 0, output
    assert "2024-07-02: 1 entities" in output
    assert "From that of 2024-07-01; entities computed anew:" in output
    code, output = run("refresh", "--as-of", "2024-07-02", *days)
    assert "It was there already; nothing was computed." in output


def test_refresh_makes_the_snapshot_of_a_field_too(home: Path) -> None:
    words = ["--used-on", "2024-12-01", "--city", "small", "--field", "food"]
    code, output = run("build", "--as-of", "2024-07-01", *words)
    assert code == 0, output
    code, output = run("refresh", "--as-of", "2024-07-02", *words)
    assert code == 0, output
    assert f"of {len(catalogue_of(('food',)))} indicators" in output
