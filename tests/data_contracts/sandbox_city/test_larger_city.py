"""A city of 50,000 entities, as written: the shares that the design asks for, and no version lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data_contracts.sandbox_city import CityFiles
from data_contracts.sandbox_city.inspections import MECHANISM_EFFECTS
from data_contracts.sandbox_city.truth import read_truth
from data_contracts.sandbox_city.visits import MECHANISMS

ENTITIES = 50_000
PROBLEM_NUMBERS = ("02", "03", "04", "05", "07", "08", "09")  # as the platform numbers the result codes
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def files(medium_city: CityFiles) -> CityFiles:
    return medium_city


@pytest.fixture(scope="module")
def entities(files: CityFiles) -> pd.DataFrame:
    """The versions of all entities, without the faulty rows."""
    rows = read(files, "entities.parquet")
    dirty = rows.entity_no.isna() | ~rows.entity_no.str.fullmatch("9[0-9A-Z]{17}")
    dirty |= (rows.uscc != rows.entity_no) | rows.name.str.startswith("=")
    dirty |= (rows.entity_type == "外星企业") | (rows.capital_fen < 0) | (rows.known_on.dt.year < 1990)
    dirty |= (rows.deregistered_on < rows.registered_on) | (rows.known_on > pd.Timestamp(2026, 6, 30))
    return rows[~dirty]


def read(files: CityFiles, name: str) -> pd.DataFrame:
    rows: pd.DataFrame = pq.read_table(Path(files.raw_folder) / name).to_pandas(date_as_object=False)
    return rows


def test_a_real_city_has_about_fifteen_rows_for_each_entity(files: CityFiles) -> None:
    assert 14 < sum(files.rows.values()) / ENTITIES < 18
    assert min(files.rows.values()) > 50


def test_every_version_of_an_entity_is_known_on_a_day_of_its_own(entities: pd.DataFrame) -> None:
    """Among a million, one registration was heard of on the day its end was: a version too few."""
    versions = entities.drop_duplicates()
    assert not versions.duplicated(["entity_no", "known_on"]).any()
    ended = versions[versions.deregistered_on.notna()].set_index("entity_no").known_on
    others = versions[versions.deregistered_on.isna()].groupby("entity_no").known_on.max()
    both = pd.concat([ended, others], axis=1, join="inner", keys=["end", "before"])
    assert (both.end > both.before).all()


def test_ninety_three_reports_in_a_hundred_come_in_time_and_many_on_the_last_day(
    files: CityFiles, entities: pd.DataFrame
) -> None:
    last = entities.sort_values("known_on").groupby("entity_no").last()
    reports = read(files, "annual_reports.parquet")
    reports = reports[~reports.amended & reports.entity_id.isin(last.index) & (reports.employees >= 0)]
    reports = reports.drop_duplicates(["entity_id", "report_year"])
    for year in range(2019, 2025):
        closes = pd.Timestamp(year + 1, 6, 30)
        owes = (last.registered_on <= pd.Timestamp(year, 12, 31)) & ~(last.deregistered_on <= closes)
        filed = reports[(reports.report_year == year) & reports.entity_id.isin(last.index[owes])]
        in_time = filed[filed.filed_on <= closes]
        assert len(in_time) / owes.sum() == pytest.approx(0.93, abs=0.015), year
        assert (in_time.filed_on == closes).mean() == pytest.approx(0.1, abs=0.03), year
        assert (in_time.filed_on == closes).mean() > 8 * (in_time.filed_on == in_time.filed_on.min()).mean()


def test_complaints_have_a_heavy_tail_and_an_outcome_only_from_its_day(files: CityFiles) -> None:
    complaints = read(files, "complaints.parquet")
    counts = np.sort(complaints.entity_id.value_counts().to_numpy())[::-1]
    assert counts[: ENTITIES // 100].sum() > 0.12 * counts.sum()
    assert counts[0] > 15
    told = complaints.outcome.notna() & (complaints.outcome != "pending")
    assert (complaints.outcome_known_on.notna() == told).mean() > 0.995  # all but the faulty rows
    assert 0.001 < complaints.outcome.isna().mean() < 0.05


def test_five_entities_in_a_hundred_end_in_a_year(entities: pd.DataFrame) -> None:
    last = entities.sort_values("known_on").groupby("entity_no").last()
    for year in (2021, 2023, 2025):
        start = pd.Timestamp(year, 1, 1)
        alive = (last.registered_on < start) & ~(last.deregistered_on < start)
        ended = alive & (last.deregistered_on < pd.Timestamp(year + 1, 1, 1))
        assert ended.sum() / alive.sum() == pytest.approx(0.05, abs=0.012)


def test_the_fifth_ground_of_the_abnormal_list_begins_when_it_came_into_force(files: CityFiles) -> None:
    text = (files.raw_folder / "listings.csv").read_bytes().decode("gb18030", "replace")
    days = [line.split(",")[5] for line in text.splitlines() if "不执行名称争议裁决" in line]
    years = [int(day.split("年")[0]) for day in days if "月" in day]
    assert 5 < len(days) < 80
    assert {year for year in years if year > 1985} <= {2025, 2026}


def test_findings_are_as_many_and_as_grave_as_the_inspections_count(files: CityFiles) -> None:
    inspections = read(files, "inspections.parquet").drop_duplicates("inspection_id")
    inspections = inspections.set_index("inspection_id")
    findings = read(files, "violations.parquet").drop_duplicates("finding_id")
    clean = findings[findings.severity.isin(["critical", "serious", "minor"])]
    told = clean.groupby(["inspection_id", "severity"]).size().unstack(fill_value=0)
    counted = inspections.loc[told.index, ["critical_count", "serious_count", "minor_count"]]
    same = (counted.to_numpy() == told[["critical", "serious", "minor"]].to_numpy()).all(axis=1)
    assert same.mean() > 0.95  # faulty rows, which stand beside good ones, are counted twice
    assert set(clean.code.str[-2]) == {"C", "S", "M"}
    assert (
        clean.code.str[-2].map({"C": "critical", "S": "serious", "M": "minor"}) == clean.severity
    ).mean() > 0.99


def test_the_policy_was_flat_at_three_in_a_hundred_a_year_before_it_was_graded(
    files: CityFiles, entities: pd.DataFrame
) -> None:
    rows = read(files, "inspections.parquet").drop_duplicates("inspection_id")
    flat = rows[rows.draw_id.fillna("").str.endswith("-ALL")]
    assert set(flat.occurred_on.dt.year) - {1900} == {2020, 2021, 2022}
    year = flat[flat.occurred_on.dt.year == 2021]
    last = entities.sort_values("known_on").groupby("entity_no").last()
    start = pd.Timestamp(2021, 1, 1)
    alive = (last.registered_on < start) & ~(last.deregistered_on < start)
    assert len(year) / alive.sum() == pytest.approx(0.03, abs=0.003)


@pytest.fixture(scope="module")
def visits(files: CityFiles, entities: pd.DataFrame) -> pd.DataFrame:
    """Inspections with the truth of the quarter of their day, and the day their entity ended."""
    rows = read(files, "inspections.parquet").drop_duplicates("inspection_id")
    rows = rows[rows.inspection_id.str.fullmatch(r"[A-Z]+\d+", na=False) & rows.results.notna()]
    rows["problem"] = rows.results.str.contains("|".join(PROBLEM_NUMBERS))
    rows["on"] = rows.occurred_on.dt.to_period("Q").dt.start_time
    truth = read_truth(files.truth_folder).quarters.to_pandas(date_as_object=False)
    truth["on"] = truth["on"].astype(rows["on"].dtype)
    last = entities.sort_values("known_on").groupby("entity_no").deregistered_on.last().rename("end")
    both = rows.merge(truth, on=["entity_id", "on"]).merge(last, left_on="entity_id", right_index=True)
    return both[both.probability > 0]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_visits_find_what_the_truth_of_their_own_quarter_and_their_mechanism_say(
    mechanism: str, visits: pd.DataFrame
) -> None:
    """Within three standard errors; inspectors' strictness cancels."""
    rows = visits[(visits.mechanism == mechanism) & ~(visits.end <= visits.occurred_on)]
    odds = rows.probability / (1 - rows.probability)
    odds *= np.exp(MECHANISM_EFFECTS[list(MECHANISMS).index(mechanism)])
    expected = (odds / (1 + odds)).to_numpy(float)
    error = np.sqrt((expected * (1 - expected)).sum())
    assert len(rows) > 500
    assert abs(rows.problem.sum() - expected.sum()) < 3 * error


def test_second_visits_fall_in_a_later_quarter_too(visits: pd.DataFrame) -> None:
    first = visits[visits.mechanism != "follow_up"].groupby("entity_id")["on"].agg(["min", "max", "size"])
    second = visits[visits.mechanism == "follow_up"].merge(
        first[first["size"] == 1], left_on="entity_id", right_index=True
    )
    assert 0.4 < (second["on"] > second["min"]).mean() < 0.9


def test_nothing_is_found_at_an_entity_that_has_ended(visits: pd.DataFrame) -> None:
    gone = visits[visits.end <= visits.occurred_on]
    assert len(gone) > 20
    assert not gone.problem.any()
    assert (gone.results.str.contains("06")).mean() > 0.9
