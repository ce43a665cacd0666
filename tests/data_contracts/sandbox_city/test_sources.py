"""What the offices record: annual reports in season, listings and their ends, penalties and repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data_contracts.sandbox_city import dirt, entries, exports
from data_contracts.sandbox_city.columns import Ints, count_happened, count_known
from data_contracts.sandbox_city.days import (
    NEVER,
    Days,
    arrow_dates,
    day_number,
    quarter_starts,
    written_dates,
)
from data_contracts.sandbox_city.delays import known_after, working_day_after
from data_contracts.sandbox_city.repairs import repaired_penalties, waiting_days
from data_contracts.sandbox_city.truth import Truth

SENT_TWICE = dirt.Fault(kind=dirt.DUPLICATES, rows=lambda copies: copies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    entity: Ints
    occurred: Days
    known: Days
    ended: Days
    end_known: Days


Admitted = Callable[[str], pa.Table]


def with_dates(table: pa.Table) -> pd.DataFrame:
    rows: pd.DataFrame = table.to_pandas()
    for name in [str(name) for name in rows if str(name).endswith("_on")]:
        rows[name] = pd.to_datetime(rows[name])
    return rows


def test_most_annual_reports_are_filed_in_the_window_and_many_on_its_last_day(admitted: Admitted) -> None:
    reports = with_dates(admitted("annual_reports"))
    closes = pd.to_datetime((reports.report_year + 1).astype(str) + "-06-30")
    opens = pd.to_datetime((reports.report_year + 1).astype(str) + "-01-01")
    assert (reports.occurred_on >= opens).all()
    on_time = reports.occurred_on <= closes
    assert 0.92 < on_time.mean() < 0.98  # of the filed; about 3 % of the duties are never met
    assert 0.07 < (reports.occurred_on == closes).sum() / on_time.sum() < 0.14
    assert not reports.duplicated(["entity_id", "report_year"]).any()
    assert set(reports.report_year) == set(range(2019, 2026))


def test_sole_traders_state_no_balance_sheet_and_others_do(admitted: Admitted) -> None:
    kinds = admitted("entities").to_pandas().drop_duplicates("entity_id").set_index("entity_id").entity_type
    reports = admitted("annual_reports").to_pandas()
    sole = reports.entity_id.map(kinds) == "sole_trader"
    assert reports.total_assets_fen[sole].isna().all()
    assert reports.total_assets_fen[~sole].notna().all()
    assert (reports.social_insured <= reports.employees).all()


def test_who_has_not_filed_is_listed_within_ten_working_days_until_the_report_comes(
    admitted: Admitted,
) -> None:
    listings = with_dates(admitted("listings"))
    missing = listings[listings.ground == "annual_report_missing"]
    assert len(missing) > 100
    assert set(missing.occurred_on.dt.month) == {7}
    assert missing.occurred_on.dt.day.max() <= 15
    assert missing.occurred_on.dt.day_of_week.max() <= 4
    reports = with_dates(admitted("annual_reports"))
    reports["year"] = reports.report_year + 1
    both = missing.assign(year=missing.occurred_on.dt.year).merge(reports, on=["entity_id", "year"])
    assert (both.occurred_on_y > both.occurred_on_x).all(), "filed after the listing, or not at all"
    ended = both[both.ended_on.notna()]
    assert (ended.ended_on > ended.occurred_on_y).all()


def test_listings_end_after_they_began_and_their_end_is_known_later(admitted: Admitted) -> None:
    listings = with_dates(admitted("listings"))
    ended = listings[listings.ended_on.notna()]
    assert (ended.ended_on > ended.occurred_on).all()
    assert (ended.end_known_on >= ended.ended_on).all()
    assert listings.end_known_on.notna().equals(listings.ended_on.notna())
    repaired = listings[listings.forgotten_on.notna()]
    assert 0.1 < len(repaired) / len(ended) < 0.35
    assert (repaired.forgotten_on > repaired.ended_on).all()
    assert {"abnormal", "serious", "judgment_debtor", "tax_abnormal", "tax_arrears"} == set(listings.kind)


def test_an_unreachable_result_is_followed_by_a_listing(admitted: Admitted) -> None:
    results = admitted("inspections").to_pandas()
    unreachable = results[results.result_codes.str.contains("unreachable")]
    listed = admitted("listings").to_pandas().query("ground == 'unreachable'")
    assert set(listed.entity_id) <= set(unreachable.entity_id)
    assert len(listed) > 0.5 * len(unreachable)


def test_penalties_have_amounts_that_fit_their_kinds(admitted: Admitted) -> None:
    penalties = admitted("penalties").to_pandas()
    fined = penalties.kinds.str.contains("fine")
    assert (penalties.fine_fen[fined] > 0).all()
    assert penalties.fine_fen[~fined].isna().all()
    simple = penalties.procedure == "simple"
    assert penalties.fine_fen[simple].median() < penalties.fine_fen[~simple].median()
    assert 0.1 < penalties.forgotten_on.notna().mean() < 0.5


def test_free_text_is_chinese_as_an_official_would_write_it(admitted: Admitted) -> None:
    for table, column in (("complaints", "topic"), ("penalties", "field"), ("penalties", "authority")):
        texts = pc.unique(admitted(table).column(column)).to_pylist()
        assert len(texts) > 3
        assert [text for text in texts if text is None or text.isascii()] == []


def test_the_riskier_are_complained_about_and_punished_more(admitted: Admitted, truth: Truth) -> None:
    riskiness = truth.quarters.to_pandas().groupby("entity_id").riskiness.mean()
    top = riskiness.index[riskiness > riskiness.quantile(0.8)]
    for table in ("penalties", "complaints", "listings"):
        rows = admitted(table).to_pandas()
        if table == "complaints":
            rows = rows[~rows.suspected_professional]
        assert rows.entity_id.isin(top).mean() > 0.28, table


def test_a_repair_waits_three_six_or_twelve_months() -> None:
    day, kind = np.full(3_000, 19_000, np.int32), np.arange(3_000) % 3
    wait = waiting_days(kind == 1, kind == 2)
    forgotten = repaired_penalties(day, day + 5, wait=wait, rng=np.random.default_rng(1))
    first = [(forgotten[kind == number] - 19_000).min() for number in range(3)]
    assert first == pytest.approx([183, 90, 365], abs=5)
    assert all(shortest >= months for shortest, months in zip(first, (183, 90, 365), strict=True))
    assert 0.1 < (forgotten[kind == 2] < NEVER).mean() < 0.3


def test_knowledge_never_comes_before_the_event_and_is_late_for_some() -> None:
    day = np.full(5_000, 100, np.int32)
    lag = known_after(day, np.random.default_rng(2), usual=3, late_share=0.1) - day
    assert lag.min() == 0
    assert (lag > 3).mean() == pytest.approx(0.1, abs=0.02)


def test_working_days_skip_the_weekend() -> None:
    friday = np.array([day_number(date(2023, 6, 30))], np.int32)
    assert working_day_after(friday, np.array([1], np.int32))[0] == day_number(date(2023, 7, 3))
    assert working_day_after(friday, np.array([10], np.int32))[0] == day_number(date(2023, 7, 14))


def test_days_become_dates_and_words_and_never_becomes_null() -> None:
    days = np.array([day_number(date(2021, 7, 8)), NEVER], np.int32)
    assert arrow_dates(days).to_pylist() == [date(2021, 7, 8), None]
    assert written_dates(days, "{y}年{m}月{d}日").to_pylist() == ["2021年7月8日", None]
    starts = quarter_starts(date(2020, 7, 1), date(2021, 3, 31))
    assert starts == tuple(day_number(date(*day)) for day in ((2020, 7, 1), (2020, 10, 1), (2021, 1, 1)))


def test_counts_ask_when_it_happened_or_when_it_was_known() -> None:
    class Rows:
        entity = np.array([0, 0, 2], np.int32)
        occurred = np.array([10, 20, 20], np.int32)
        known = np.array([10, 40, 21], np.int32)

    assert count_happened([Rows()], 10, 21, 3).tolist() == [2, 0, 1]
    assert count_known([Rows()], 11, 30, 3).tolist() == [0, 0, 1]


def test_soiling_adds_faulty_copies_and_keeps_every_good_row() -> None:
    table = pa.table({"id": [f"R{n}" for n in range(1_000)], "employees": list(range(1_000))})
    faults = (dirt.with_values("below_minimum", {"employees": -1}), SENT_TWICE)
    every = np.ones(1_000, bool)
    soiled = dirt.soil(table, faults, np.random.default_rng(3), copyable=every)
    assert soiled.planted == {"below_minimum": 4, dirt.DUPLICATES: 4}
    rows = soiled.table.to_pandas()
    assert (rows.employees == -1).sum() == 4
    good = rows[rows.employees >= 0]
    assert good.duplicated().sum() == 4
    assert len(good.drop_duplicates()) == 1_000


def test_only_rows_that_may_be_copied_are_soiled() -> None:
    table = pa.table({"id": [f"R{n}" for n in range(100)], "employees": list(range(100))})
    every_tenth = np.arange(100) % 10 == 0
    soiled = dirt.soil(table, (SENT_TWICE,), np.random.default_rng(3), copyable=every_tenth)
    copied = soiled.table.to_pandas()
    assert (copied[copied.duplicated()].employees % 10 == 0).all()
    assert soiled.planted == {dirt.DUPLICATES: 1}


def test_lines_that_are_no_rows_stand_between_the_rows_of_a_text_file(tmp_path: Path) -> None:
    table = pa.table({"决定书文号": ["X1", "X2"], "罚款万元": ["0.5000", None]})
    file = exports.open_file(tmp_path / "penalties.csv", table.schema)
    file.write(table, [(1, b'X1,"0.5000\n'), (2, b"\xff\n"), (0, b"first\n")])
    file.write(table)
    file.close()
    text = (tmp_path / "penalties.csv").read_bytes()
    rows = b"X1,0.5000\nX2,\n"
    spoiled = b'first\nX1,0.5000\nX1,"0.5000\nX2,\n\xff\n'
    assert text == b"\xef\xbb\xbf" + "决定书文号,罚款万元\n".encode() + spoiled + rows


def test_a_desk_works_in_order_and_tells_what_went_wrong() -> None:
    done: list[int] = []
    with exports.open_desk() as desk:
        for number in range(9):
            desk.do(lambda number=number: done.append(number))
    assert done == list(range(9))
    with pytest.raises(ZeroDivisionError), exports.open_desk() as desk:
        desk.do(lambda: 1 // 0)


def test_a_row_known_before_the_month_comes_again_when_a_late_fact_completes_it() -> None:
    rows = Rows(
        entity=np.arange(4, dtype=np.int32),
        occurred=np.array([1, 1, 1, 30], np.int32),
        known=np.array([2, 2, 2, 31], np.int32),
        ended=np.array([5, 25, 90, 32], np.int32),
        end_known=np.array([6, 33, 91, 33], np.int32),
    )
    before, since = entries.delivered(entries.entered(rows, 60, np.random.default_rng(1)), 30)
    assert before.rows.ended.tolist() == [5, NEVER, NEVER]
    assert since.number.tolist() == [2, 4]
    assert since.rows.ended.tolist() == [25, 32]


def test_versions_and_withdrawals_bear_the_number_of_their_row_and_wait_for_their_day() -> None:
    day = np.array([1, 2], np.int32)
    rows = Rows(entity=day, occurred=day, known=day, ended=day + 50, end_known=day + 50)
    first = entries.entered(rows, 10, np.random.default_rng(1))
    later = replace(rows, known=np.array([4, 11], np.int32))
    both = entries.followed(first, later, first.number, 10, withdrawn=True)
    assert both.number.tolist() == [1, 2, 1]
    assert both.withdrawn.tolist() == [False, False, True]
    assert not both.version.any()
