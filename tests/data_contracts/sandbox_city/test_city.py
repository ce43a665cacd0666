"""The city as a whole: same bytes again, dirt counted exactly, two clocks, shares near their targets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from stdnum.cn import uscc

from data_contracts.admission import Admission
from data_contracts.sandbox_city import CityFiles, SandboxPlan, generate
from data_contracts.sandbox_city.plan import SandboxPlanRefused
from data_contracts.sandbox_city.truth import Truth

Admitted = Callable[[str], pa.Table]
EVENTS = ("annual_reports", "listings", "penalties", "complaints", "inspections")
LAST_DAY = date(2026, 6, 30)


def digests(*folders: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.iterdir()
    }


def test_the_same_plan_gives_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    folders = [(tmp_path / name / "raw", tmp_path / name / "truth") for name in "abc"]
    for (raw, hidden), seed in zip(folders, (3, 3, 4), strict=True):
        generate(SandboxPlan(entities=300, seed=seed), raw, hidden)
    first, again, other = (digests(*pair) for pair in folders)
    assert first == again
    assert len(first) == 10
    assert [name for name in first if name != "planted.json" and first[name] == other[name]] == []


def test_every_planted_fault_is_found_and_counted_by_its_reason(admission: Admission, truth: Truth) -> None:
    found = {feed.files[0]: feed for feed in admission.report.feeds}
    assert set(found) == set(truth.planted)
    for file, planted in truth.planted.items():
        feed = found[file]
        assert dict(feed.reasons) == {reason: count for reason, count in planted.reasons.items() if count}
        assert (feed.read, feed.admitted, feed.duplicates) == (
            planted.rows,
            planted.clean_rows,
            planted.duplicates,
        )


def test_less_than_one_row_in_a_hundred_is_dirty_in_each_file(truth: Truth) -> None:
    for file, planted in truth.planted.items():
        assert planted.rows - planted.clean_rows < 0.01 * planted.rows, file
        assert planted.rows - planted.clean_rows == planted.duplicates + sum(planted.reasons.values())


def test_raw_files_are_written_as_their_offices_write_them(city: CityFiles) -> None:
    listings = (city.raw_folder / "listings.csv").read_bytes()
    assert listings.decode("gb18030").startswith("列入编号,统一社会信用代码,名录类型")
    assert (city.raw_folder / "penalties.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert {path.name for path in city.raw_folder.iterdir()} == set(city.rows)


@pytest.mark.parametrize("table", EVENTS)
def test_nothing_is_known_before_it_happened_or_after_the_export(table: str, admitted: Admitted) -> None:
    rows = admitted(table)
    assert rows.num_rows > 100
    assert pc.all(pc.less_equal(rows["occurred_on"], rows["known_on"])).as_py()
    assert pc.max(rows["known_on"]).as_py() <= LAST_DAY
    late = pc.sum(pc.greater(pc.days_between(rows["occurred_on"], rows["known_on"]), 21)).as_py()
    assert late > 0, "some things become known only weeks later"


@pytest.mark.parametrize("table", EVENTS)
def test_every_event_belongs_to_an_entity_of_the_city(table: str, admitted: Admitted) -> None:
    known = set(admitted("entities")["entity_id"].to_pylist())
    assert set(admitted(table)["entity_id"].to_pylist()) <= known


def test_credit_codes_are_valid_inside_and_outside_and_all_different(
    admitted: Admitted, plan: SandboxPlan
) -> None:
    codes = set(admitted("entities")["entity_id"].to_pylist())
    assert len(codes) > 0.98 * plan.entities
    assert [code for code in codes if not uscc.is_valid(code)] == []
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    for code in codes:
        total = sum(int(letter, 36) * weight for letter, weight in zip(code[8:16], weights, strict=True))
        assert code[16] == "0123456789X"[(11 - total % 11) % 11]


def test_an_entity_has_versions_in_order_and_a_later_one_keeps_what_did_not_change(
    admitted: Admitted,
) -> None:
    rows = admitted("entities").to_pandas().sort_values(["entity_id", "known_on"])
    assert 1.05 < len(rows) / rows.entity_id.nunique() < 1.6
    last = rows.groupby("entity_id").last()
    assert 0.12 < last.deregistered_on.notna().mean() < 0.35
    ended = rows[rows.deregistered_on.notna()]
    assert (ended.known_on >= ended.deregistered_on).all()
    assert rows[["name", "region_code", "industry_code", "registered_capital_fen"]].notna().all().all()
    assert rows.groupby("entity_id").registered_on.nunique().max() == 1


def test_shares_are_near_their_targets(admitted: Admitted) -> None:
    entities = admitted("entities").to_pandas().drop_duplicates("entity_id")
    assert entities.entity_type.value_counts(normalize=True)["sole_trader"] == pytest.approx(0.5, abs=0.05)
    assert entities.region_code.nunique() == 16
    new = (entities.registered_on >= date(2020, 7, 1)).mean()
    assert new == pytest.approx(0.3, abs=0.05)
    complaints = admitted("complaints").to_pandas()
    assert complaints.suspected_professional.mean() == pytest.approx(0.16, abs=0.12)
    counts = np.sort(complaints.groupby("entity_id").size().to_numpy())[::-1]
    assert counts[: len(counts) // 10].sum() > 0.25 * counts.sum(), "the tail is heavy"


def test_the_truth_lies_apart_from_what_the_offices_send(city: CityFiles) -> None:
    assert city.truth_folder not in (city.raw_folder, *city.raw_folder.parents)
    for path in city.raw_folder.glob("*.parquet"):
        assert not {"riskiness", "probability", "strictness"} & set(pq.read_schema(path).names)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entities": 5}, "between 100 and 20000000 entities; got entities = 5"),
        ({"seed": -1}, "a seed of zero or more; got seed = -1"),
        (
            {"first_day": date(2020, 7, 2)},
            "first day of a quarter, when the draws are made; got first_day = 2020-07-02",
        ),
        ({"last_day": date(2020, 12, 31)}, "at least one year between .* move last_day"),
    ],
)
def test_a_plan_that_makes_no_city_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SandboxPlanRefused, match=message):
        SandboxPlan(**changes)  # type: ignore[arg-type]


def test_a_hamlet_can_be_made_too(tmp_path: Path) -> None:
    plan = SandboxPlan(entities=100, first_day=date(2022, 1, 1), last_day=date(2023, 3, 15))
    files = generate(plan, tmp_path / "raw", tmp_path / "truth")
    assert files.rows["entities.parquet"] >= 95
    assert files.rows["inspections.parquet"] > 0
