"""Public records that nobody here made: what cannot be said of them is null, and never one."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.admission.admitting import Admission
from data_contracts.quality import Quality, measure
from data_contracts.quality.score import TableQuality

DATA = Path(__file__).parents[3] / "../shared/data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the public records do not lie beside the project"),
]


@pytest.fixture(scope="module")
def beijing(beijing_admitted: Admission, tmp_path_factory: pytest.TempPathFactory) -> Quality:
    return measure(beijing_admitted.lake, tmp_path_factory.mktemp("beijing"))


@pytest.fixture(scope="module")
def chicago(chicago_admitted: Admission, tmp_path_factory: pytest.TempPathFactory) -> Quality:
    return measure(chicago_admitted.lake, tmp_path_factory.mktemp("chicago"))


def lines(quality: Quality, table: str) -> list[TableQuality]:
    return [entry for entry in quality.tables if entry.table == table]


def test_one_day_for_both_clocks_says_nothing_of_delay(beijing: Quality, chicago: Quality) -> None:
    for entry in (*beijing.tables, *chicago.tables):
        assert entry.total.share("timeliness") is None, entry.table
        assert "timeliness" in entry.unsaid


def test_references_into_the_same_file_prove_nothing(beijing: Quality, chicago: Quality) -> None:
    for entry in beijing.tables:
        assert entry.total.share("linkage") is None, entry.table
    (inspections,) = lines(chicago, "inspections")
    assert "out of the same file" in inspections.unsaid["linkage"]


def test_undated_lists_of_beijing_cover_one_day_only(beijing: Quality) -> None:
    (listings,) = lines(beijing, "listings")
    assert listings.unsaid["timeliness"] == "the source does not say when it happened"
    assert [f"{month:%Y-%m}" for month in listings.months if month] == ["2026-01"]
    assert (listings.total.share("coverage") or 1) < 0.9  # no day of the event, no ground, no authority


def test_who_only_mentions_entities_owes_no_register(beijing: Quality) -> None:
    whole, *providers = lines(beijing, "entities")
    assert whole.provider is None
    assert whole.total.read == sum(entry.total.read for entry in providers)
    silent = [str(entry.provider) for entry in providers if entry.total.share("completeness") is None]
    assert any(provider.startswith("市文化执法总队") for provider in silent)


def test_wards_of_chicago_are_codes_of_its_own(chicago: Quality) -> None:
    for entry in lines(chicago, "entities"):
        assert entry.total.share("conformity") == 1.0


def test_every_share_is_a_share(beijing: Quality, chicago: Quality) -> None:
    for entry in (*beijing.tables, *chicago.tables):
        for score in (entry.total, *entry.months.values()):
            shares = [share.value for share in score.shares.values() if share.value is not None]
            assert all(0 <= share <= 1 for share in shares), entry.table
