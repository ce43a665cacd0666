"""Public records that nobody here made: Beijing and Chicago, counted again with the csv module."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Admission

DATA = Path(__file__).parents[3] / "../shared/data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the public records do not lie beside the project"),
]


@pytest.fixture(scope="module")
def beijing(beijing_admitted: Admission) -> Admission:
    return beijing_admitted


@pytest.fixture(scope="module")
def chicago(chicago_admitted: Admission) -> Admission:
    return chicago_admitted


def csv_rows(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_all_eleven_files_of_beijing_are_read_to_the_last_row(beijing: Admission) -> None:
    files = sorted((DATA / "beijing/raw-masked").iterdir())
    assert len(files) == 11
    counted = {path.name: len(csv_rows(path)) for path in files}
    for feed in beijing.report.feeds:
        assert feed.read == sum(counted[name] for name in feed.files), feed.feed
        assert feed.read == feed.admitted + feed.rejected + feed.duplicates, feed.feed
    assert {name for feed in beijing.report.feeds for name in feed.files} == set(counted)


def test_beijing_inspections_by_year_and_result_equal_an_independent_count(beijing: Admission) -> None:
    counted: Counter[tuple[int, bool]] = Counter()
    for path in (DATA / "beijing/raw-masked").glob("*检查信息.csv"):
        rows = {
            (r["行政相对人"].split("E")[1][:12], r["监督检查日期"], r["监督检查形式"], r["监督检查结果"])
            for r in csv_rows(path)
        }
        counted.update((int(day[:4]), result == "不合格") for _, day, _, result in rows)
    table = pq.read_table(beijing.lake.table("inspections").path, columns=["occurred_on", "result_codes"])
    found = Counter(
        (r["occurred_on"].year, r["result_codes"] == "ordered_to_correct") for r in table.to_pylist()
    )
    assert found == counted


def test_beijing_fines_add_up_to_the_fen(beijing: Admission) -> None:
    """Only rows that name an act: it tells the press file from the others of the same authority."""
    raw = csv_rows(DATA / "beijing/raw-masked/市文化执法总队-新闻出版领域行政处罚信息.csv")
    rows = {tuple(row.items()) for row in raw if row["违法行为类型"]}
    fen = sum(int(Decimal(dict(row)["罚款金额（万元）"] or 0) * 1_000_000) for row in rows)
    acts = {dict(row)["违法行为类型"] for row in rows}
    penalties = pq.read_table(beijing.lake.table("penalties").path).to_pylist()
    ours = [r for r in penalties if r["authority"] == "北京市文化和旅游局" and r["field"] in acts]
    assert fen > 0
    assert sum(r["fine_fen"] or 0 for r in ours) == fen


def test_beijing_lists_without_dates_are_declared(beijing: Admission) -> None:
    assert beijing.lake.table("listings").undated == ("occurred_on",)
    assert beijing.lake.table("evaluations").undated == ("occurred_on",)
    assert beijing.lake.table("inspections").undated == ()


def test_beijing_tax_fines_are_taken_from_the_text_of_the_result(beijing: Admission) -> None:
    table = pq.read_table(beijing.lake.table("penalties").path).to_pylist()
    tax = [row for row in table if "税务" in (row["authority"] or "")]
    assert len(tax) == 2_327
    assert sum(row["fine_fen"] is None for row in tax) <= 1


def test_no_beijing_entity_is_known_only_by_a_bad_code(beijing: Admission) -> None:
    table = pq.read_table(beijing.lake.table("entities").path, columns=["entity_id", "uscc"])
    ids = set(table["entity_id"].to_pylist())
    assert all(len(name) == 13 and name.startswith("E") for name in ids)
    for name in ("inspections", "penalties", "complaints", "listings", "evaluations"):
        owners = pq.read_table(beijing.lake.table(name).path, columns=["entity_id"])["entity_id"].to_pylist()
        assert len(set(owners) - ids) <= 1, name  # one entity is told of in rows that contradict each other


def test_chicago_events_are_admitted_to_the_last_row(chicago: Admission) -> None:
    for feed in chicago.report.feeds:
        rows = sum(pq.read_metadata(DATA / "chicago/events" / name).num_rows for name in feed.files)
        assert feed.read == rows == feed.admitted + feed.rejected + feed.duplicates
    inspections = pq.read_table(DATA / "chicago/events/inspections.parquet")
    failed = sum(result == "fail" for result in inspections["result"].to_pylist())
    ours = pq.read_table(chicago.lake.table("inspections").path)
    results = ours.filter(pc.equal(ours["item_code"], "food_canvass"))["result_codes"].to_pylist()
    assert (len(results), results.count("ordered_to_correct")) == (27_600, failed)


def test_chicago_visits_without_a_result_are_inspections_without_a_result(chicago: Admission) -> None:
    (visits,) = [feed for feed in chicago.report.feeds if feed.feed == "visits"]
    log = pq.read_table(DATA / "chicago/events/visits.parquet")
    later = pc.greater_equal(pc.strftime(log["date"], format="%Y-%m-%d"), "2011-09-02")
    assert visits.reasons["set_aside"] == pc.sum(pc.and_(pc.equal(log["kind"], "routine"), later)).as_py()
    ours = pq.read_table(chicago.lake.table("inspections").path)
    others = ours.filter(pc.not_equal(ours["item_code"], "food_canvass"))
    assert others.num_rows == visits.admitted
    assert others["result_codes"].null_count == others.num_rows


def test_chicago_violations_are_found_in_their_inspections_and_count_as_often_as_these_say(
    chicago: Admission,
) -> None:
    ours = pq.read_table(chicago.lake.table("violations").path).to_pylist()
    assert len(ours) == len({row["violation_id"] for row in ours}) == 113_168
    inspections = pq.read_table(chicago.lake.table("inspections").path).to_pylist()
    visits = {row["inspection_id"]: row for row in inspections}
    assert all(visits[row["inspection_id"]]["occurred_on"] == row["occurred_on"] for row in ours)
    noted = {
        f"{row['inspection_id']}-{row['code']}": row["n"]
        for row in pq.read_table(DATA / "chicago/events/violations.parquet").to_pylist()
    }
    for severity, count in (("critical", 5_471), ("serious", 9_643)):
        told = sum(noted[row["violation_id"]] for row in ours if row["severity"] == severity)
        assert told == sum(row[f"{severity}_count"] or 0 for row in inspections) == count


def test_the_offices_that_handed_files_over_are_kept(beijing: Admission, chicago: Admission) -> None:
    account = pq.read_table(beijing.lake.folder / "account.parquet").to_pylist()
    offices = {row["provider"] for row in account if row["table"] == "penalties"}
    assert len(offices) == 3
    assert "延庆区 Yanqing district" in offices
    account = pq.read_table(chicago.lake.folder / "account.parquet").to_pylist()
    assert {row["provider"] for row in account} == {
        "City of Chicago, food inspections",
        "City of Chicago, business licences",
    }


def test_every_inspected_licence_of_chicago_is_known_on_the_day_it_is_inspected(chicago: Admission) -> None:
    first: dict[str, date] = {}
    for row in pq.read_table(
        chicago.lake.table("entities").path, columns=["entity_id", "known_on"]
    ).to_pylist():
        first[row["entity_id"]] = min(first.get(row["entity_id"], date.max), row["known_on"])
    inspections = pq.read_table(chicago.lake.table("inspections").path, columns=["entity_id", "occurred_on"])
    assert all(first[row["entity_id"]] <= row["occurred_on"] for row in inspections.to_pylist())
    assert chicago.lake.table("entities").undated == ()
