"""The commands: a whole release is shown and verified, anything else ends in one message and exit code 2."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from features.as_of import AsOf
from features.snapshot import Snapshot
from models.__main__ import EntityUnknown, app, decided
from models.manifest import sha256
from models.release import Release


@pytest.fixture
def run(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs a command on an installation whose sandbox city has the copied release."""
    (tmp_path / "releases").mkdir()
    copied.parent.joinpath("releases", "sandbox").mkdir()
    copied.rename(tmp_path / "releases" / "sandbox" / copied.name)
    monkeypatch.setenv("XINHENG_RELEASES", str(tmp_path / "releases"))
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return command


@pytest.fixture
def day_of_records(snapshot: pa.Table, release: Release, tmp_path: Path) -> Snapshot:
    pq.write_table(snapshot, tmp_path / "snapshot.parquet")
    day = date(2026, 6, 30)
    return Snapshot(
        folder=tmp_path, city="sandbox", as_of=AsOf(on=day, used_on=day), rows=300, digest="s",
        file_digest=sha256((tmp_path / "snapshot.parquet").read_bytes()),
        definitions_digest="d", lake_digest="l", columns=tuple(snapshot.column_names[1:]), unavailable={},
    )  # fmt: skip


def test_show_tells_origin_measures_and_columns(run) -> None:  # type: ignore[no-untyped-def]
    shown = run("show")
    assert shown.exit_code == 0, shown.stderr
    for words in ("problem_found within 180 days", "by han on 2025-01-01", "entity_type_now"):
        assert words in shown.stdout


def test_show_puts_the_value_before_its_interval_and_the_grades_in_a_table(run) -> None:  # type: ignore[no-untyped-def]
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in run("show").stdout.splitlines()]
    assert ["auc", "0.700", "0.600 – 0.800"] in rows
    assert ["D", "1.5%", "41", "15", "36.6%", "25.0% – 50.0%"] in rows


def test_verify_says_that_a_release_is_whole(run) -> None:  # type: ignore[no-untyped-def]
    assert "10 golden rows score as in training" in run("verify").stdout


def test_verify_refuses_a_damaged_release(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    card = next((tmp_path / "releases" / "sandbox").glob("*/card.md"))
    card.write_text("# A better release\n", "utf-8")
    refused = run("verify")
    assert refused.exit_code == 2
    assert "Expected card.md with SHA-256" in refused.stderr
    assert "do not edit it" in refused.stderr


def test_another_city_has_no_release(run) -> None:  # type: ignore[no-untyped-def]
    refused = run("show", "--city", "chicago")
    assert refused.exit_code == 2
    assert "To do: train one" in refused.stderr


def test_explain_refuses_a_day_without_a_snapshot(run) -> None:  # type: ignore[no-untyped-def]
    refused = run("explain", "E00001", "--as-of", "2026-06-30")
    assert refused.exit_code == 2
    assert "Expected" in refused.stderr


def test_explain_refuses_a_date_that_is_none(run) -> None:  # type: ignore[no-untyped-def]
    assert run("explain", "E00001", "--as-of", "last week").exit_code == 2


def test_an_entity_of_the_snapshot_is_decided(release: Release, day_of_records: Snapshot) -> None:
    decision = decided(release, day_of_records, "E00017")
    assert json.loads(decision.to_json())["entity_id"] == "E00017"


def test_an_entity_that_is_not_there_is_refused(release: Release, day_of_records: Snapshot) -> None:
    with pytest.raises(
        EntityUnknown, match="an entity of the 300 in the snapshot of 2026-06-30; got 'E99999'"
    ):
        decided(release, day_of_records, "E99999")


def test_rules_lists_those_in_force_on_a_day(run) -> None:  # type: ignore[no-untyped-def]
    assert "abnormal_three_years_2016" in run("rules").stdout
    shown = run("rules", "--on", "2026-06-30", "--language", "en").stdout
    assert "abnormal_three_years_2016" not in shown
    assert "debtor_listed_now >= 1" in shown
