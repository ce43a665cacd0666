"""Quality of the sandbox city: the ledger lists exactly the dirt that was planted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Admission
from data_contracts.quality import Quality, measure, problems
from data_contracts.sandbox_city import CityFiles
from data_contracts.sandbox_city.truth import Truth, read_truth


@pytest.fixture(scope="module")
def city(sandbox_admitted: Admission, sandbox_files: CityFiles) -> tuple[Admission, Truth]:
    return sandbox_admitted, read_truth(sandbox_files.truth_folder)


@pytest.fixture(scope="module")
def quality(city: tuple[Admission, Truth], tmp_path_factory: pytest.TempPathFactory) -> Quality:
    return measure(city[0].lake, tmp_path_factory.mktemp("scratch"))


def planted(city: tuple[Admission, Truth], what: str) -> Counter[str]:
    """Planted rows of one kind by table."""
    admission, truth = city
    found: Counter[str] = Counter()
    for feed in admission.report.feeds:
        found[feed.table] += sum(int(getattr(truth.planted[file], what)) for file in feed.files)
    return found


def test_the_ledger_lists_exactly_the_planted_dirt(city: tuple[Admission, Truth], tmp_path: Path) -> None:
    admission, truth = city
    (tmp_path / "scratch").mkdir()
    problems(admission.lake, tmp_path / "problems.parquet", tmp_path / "scratch")
    listed = pq.read_table(tmp_path / "problems.parquet").to_pylist()
    found = Counter((row["table"], row["reason"]) for row in listed if row["file"] is not None)
    wanted: Counter[tuple[str, str]] = Counter()
    for feed in admission.report.feeds:
        for file in feed.files:
            wanted.update({(feed.table, reason): n for reason, n in truth.planted[file].reasons.items()})
    assert found == wanted
    strangers = [row for row in listed if row["reason"] == "no_such_record"]
    assert Counter(row["table"] for row in strangers) == +planted(city, "unknown_entities")
    near = Counter(row["table"] for row in strangers if row["candidate"])
    of_events = {table: n for table, n in planted(city, "near_misses").items() if n and table != "entities"}
    assert near == of_events
    # Every line is in one file once, and every row has an office.
    places = [(row["file"], row["line"]) for row in listed if row["file"]]
    assert len(set(places)) == len(places)
    assert all(row["responsible"] and row["provider"] and row["todo"] for row in listed)


def test_redundancy_is_what_was_sent_twice(city: tuple[Admission, Truth], quality: Quality) -> None:
    duplicates, rows = planted(city, "duplicates"), planted(city, "rows")
    for entry in quality.tables:
        share = entry.total.shares["redundancy"]
        assert (share.of - share.right, share.of) == (duplicates[entry.table], rows[entry.table]), entry.table


def test_scores_add_up_to_the_report(city: tuple[Admission, Truth], quality: Quality) -> None:
    for entry in quality.tables:
        feeds = [feed for feed in city[0].report.feeds if feed.table == entry.table]
        told = (entry.total.read, entry.total.admitted, entry.total.rejected, entry.total.duplicates)
        assert told == tuple(
            sum(getattr(feed, name) for feed in feeds)
            for name in ("read", "admitted", "rejected", "duplicates")
        )


def test_every_table_of_events_can_be_said_in_all_dimensions(quality: Quality) -> None:
    unsaid = {entry.table: set(entry.unsaid) for entry in quality.tables if entry.unsaid}
    assert unsaid == {"entities": {"linkage", "timeliness"}}
