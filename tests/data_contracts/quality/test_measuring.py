"""The seven dimensions on a lake made by hand; every share is worked out here on paper."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.identifiers import inner_check, uscc_of
from data_contracts.lake import LakeError
from data_contracts.quality import DIMENSIONS, Quality, Weights, measure
from data_contracts.quality.score import TableQuality

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


def counted(entry: TableQuality, dimension: str, month: Any = "all") -> tuple[float, float] | None:
    score = entry.total if month == "all" else entry.months[month]
    share = score.shares.get(dimension)
    return (share.right, share.of) if share and share.of else None


def table(quality: Quality, name: str, provider: str | None = "P") -> TableQuality:
    (found,) = [entry for entry in quality.tables if (entry.table, entry.provider) == (name, provider)]
    return found


def test_entities_worked_out_on_paper(hand_made: Any, tmp_path: Path) -> None:
    """Standing are the last versions: A of February, B and C of January, D of February.

    Of the eight columns required or expected five are supplied: entity_id, id_kind, known_on, name, region.
    """
    entities = table(hand_made.measured(tmp_path), "entities")
    # 4 rows x 5 cells less B's region and D's name; the row without entity_id counts as 5 empty cells.
    assert counted(entities, "completeness") == (18, 25)
    assert counted(entities, "completeness", JANUARY) == (9, 15)
    # 4 standing and 2 rejected, for the row without entity_id was judged no further; C's region 999999 and
    # the unknown code are not in form.
    assert counted(entities, "conformity") == (4, 6)
    assert counted(entities, "conformity", None) == (1, 1)
    # 5 admitted, 3 rejected, 2 copies.
    assert counted(entities, "redundancy") == (8, 10)
    assert counted(entities, "redundancy", FEBRUARY) == (2, 4)
    # 4 standing and the one whose credit code fails its check; the other two fell before that check.
    assert counted(entities, "accuracy") == (4, 5)
    assert counted(entities, "accuracy", None) == (0, 1)
    # A month of five rows and less says nothing by its absence: January and February came, 5 of 8 columns.
    assert counted(entities, "coverage") == (1.25, 2)
    assert counted(entities, "linkage") is None
    assert entities.unsaid["linkage"] == "the contract names no reference"
    assert counted(entities, "timeliness") is None
    overall = 100 * (18 / 25 + 4 / 6 + 8 / 10 + 4 / 5 + 1.25 / 2) / 5
    assert entities.total.overall(Weights()) == pytest.approx(overall)
    assert entities.total.said() == 5


def test_penalties_worked_out_on_paper(hand_made: Any, tmp_path: Path) -> None:
    """Standing: P1, P2, P3 and the second P4. First versions: P1 to P4 and P5 before it was withdrawn."""
    penalties = table(hand_made.measured(tmp_path), "penalties")
    # All eight columns are supplied and filled: the first P4 had no authority, and was corrected.
    assert counted(penalties, "completeness") == (32, 32)
    # The row that withdraws what never was came to no check of form or rule.
    assert counted(penalties, "conformity") == (4, 4)
    assert counted(penalties, "accuracy") == (4, 4)
    # Seven versions and one retraction of nothing; what was set aside is nobody's fault.
    assert counted(penalties, "redundancy") == (8, 8)
    # X is nobody; and one row withdraws what never was.
    assert counted(penalties, "linkage") == (3, 5)
    assert counted(penalties, "linkage", FEBRUARY) == (2, 3)
    # Delays 8, 48, 1, 3 and 0 days, of which 20 are allowed.
    assert counted(penalties, "timeliness") == (4, 5)
    assert (penalties.total.median_delay_days, penalties.months[FEBRUARY].median_delay_days) == (3, 48)
    assert counted(penalties, "coverage") == (3, 3)
    assert penalties.total.overall(Weights()) == pytest.approx(100 * (5 + 3 / 5 + 4 / 5) / 7)


def test_every_row_of_the_account_is_in_one_score(hand_made: Any, tmp_path: Path) -> None:
    for entry in hand_made.measured(tmp_path).tables:
        lines = [told for told in hand_made.account if told[1] == entry.table]
        assert entry.total.read == sum(told[-1] for told in lines)
        for outcome, name in (
            ("admitted", "admitted"),
            ("rejected", "rejected"),
            ("duplicate", "duplicates"),
        ):
            rows = sum(told[-1] for told in lines if told[4] == outcome and told[5] != "set_aside")
            assert getattr(entry.total, name) == rows
            assert sum(getattr(score, name) for score in entry.months.values()) == rows


def test_a_repeated_row_lowers_redundancy_and_nothing_else(hand_made: Any, tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    before = table(hand_made.measured(tmp_path / "before"), "penalties")
    hand_made.account.append(("penalties", "penalties", "P", JANUARY, "duplicate", None, 1))
    after = table(hand_made.measured(tmp_path / "after"), "penalties")
    for dimension in DIMENSIONS:
        if dimension == "redundancy":
            assert counted(after, dimension) == (8, 9)
        else:
            assert counted(after, dimension) == counted(before, dimension), dimension


def test_a_row_that_completes_another_is_not_redundant(hand_made: Any, tmp_path: Path) -> None:
    hand_made.account.append(("penalties", "penalties", "P", JANUARY, "duplicate", "completes", 1))
    assert counted(table(hand_made.measured(tmp_path), "penalties"), "redundancy") == (9, 9)


def test_where_every_row_fell_before_form_and_rules_nothing_is_said_of_them(
    hand_made: Any, tmp_path: Path
) -> None:
    hand_made.tables["penalties"] = []
    hand_made.account = [told for told in hand_made.account if told[1] != "penalties"]
    hand_made.account.append(("penalties", "penalties", "P", None, "rejected", "missing", 3))
    penalties = table(hand_made.measured(tmp_path), "penalties")
    assert (counted(penalties, "conformity"), counted(penalties, "accuracy")) == (None, None)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(0, 7))
def test_order_changes_nothing_and_every_share_is_a_share(
    hand_made: Any, tmp_path_factory: pytest.TempPathFactory, chance: Any, dropped: int
) -> None:
    """Rows and lines in any order, and with some rows left out."""
    for rows in (*hand_made.tables.values(), *hand_made.rejected.values(), hand_made.account):
        chance.shuffle(rows)
    kept = hand_made.tables["penalties"][dropped:]
    left_out = {**hand_made.tables, "penalties": kept}
    one, other = (tmp_path_factory.mktemp("lake") for _ in range(2))
    hand_made.tables = left_out
    plain = hand_made.measured(one).as_json(Weights())
    for rows in (*hand_made.tables.values(), hand_made.account):
        chance.shuffle(rows)
    assert hand_made.measured(other).as_json(Weights()) == plain
    for entry in plain["tables"]:
        for score in (entry["total"], *entry["months"]):
            shares = [score[name]["share"] for name in DIMENSIONS if score[name]]
            assert all(0 <= share <= 1 for share in shares)
            assert score["dimensions_said"] == len(shares)
            assert (score["score"] is None) == (not shares)


def test_an_empty_table_says_nothing(hand_made: Any, tmp_path: Path) -> None:
    hand_made.tables["penalties"] = []
    hand_made.account = [told for told in hand_made.account if told[1] != "penalties"]
    penalties = table(hand_made.measured(tmp_path), "penalties", None)
    assert penalties.total.said() == 0
    assert penalties.total.overall(Weights()) is None
    assert set(penalties.unsaid) == set(DIMENSIONS)


def test_one_day_for_both_clocks_says_nothing_of_delay(hand_made: Any, tmp_path: Path) -> None:
    for row in hand_made.tables["penalties"]:
        row.update(known_on=row["occurred_on"], superseded_on=None, retracted=False)
    penalties = table(hand_made.measured(tmp_path), "penalties")
    assert counted(penalties, "timeliness") is None
    assert "one day for both" in penalties.unsaid["timeliness"]
    assert penalties.total.median_delay_days is None


def test_undated_events_say_nothing_of_delay(hand_made: Any, tmp_path: Path) -> None:
    for row in hand_made.tables["penalties"]:
        row["occurred_on"] = None
    penalties = table(hand_made.measured(tmp_path), "penalties")
    assert counted(penalties, "timeliness") is None
    assert penalties.unsaid["timeliness"] == "the source does not say when it happened"


def test_entities_out_of_the_same_file_prove_no_reference_and_repeat_by_nature(
    hand_made: Any, tmp_path: Path
) -> None:
    hand_made.files["entities", "entities"] = ("penalties.csv",)
    quality = hand_made.measured(tmp_path)
    assert counted(table(quality, "penalties"), "linkage") is None
    assert "out of the same file" in table(quality, "penalties").unsaid["linkage"]
    assert counted(table(quality, "entities"), "redundancy") is None
    assert "repetition is natural" in table(quality, "entities").unsaid["redundancy"]


def test_a_city_without_a_register_of_entities_has_no_linkage(hand_made: Any, tmp_path: Path) -> None:
    del hand_made.tables["entities"]
    penalties = table(hand_made.measured(tmp_path), "penalties")
    assert penalties.unsaid["linkage"] == "the city has no table entities"
    assert counted(penalties, "linkage") is None


def test_a_column_with_codes_of_its_own_is_not_judged(hand_made: Any, tmp_path: Path) -> None:
    for row in hand_made.tables["entities"]:
        row["region_code"] = "ward 1"
    assert counted(table(hand_made.measured(tmp_path), "entities"), "conformity") == (5, 6)


def test_codes_of_the_city_are_codes(hand_made: Any, tmp_path: Path) -> None:
    hand_made.tables["codes"] = [
        {"table_name": "regions", "code": "999999", "valid_from": date(2000, 1, 1), "zh": "某区"}
    ]
    assert counted(table(hand_made.measured(tmp_path), "entities"), "conformity") == (5, 6)


def test_a_code_is_asked_for_on_its_day_and_before_a_table_begins_on_its_first(
    hand_made: Any, tmp_path: Path
) -> None:
    """GB/T 4754 begins in 2017 here; the code `old` held until 2020, and C is asked for in 1990."""
    hand_made.tables["codes"] = [
        {
            "table_name": "industries",
            "code": "old",
            "valid_from": date(1800, 1, 1),
            "valid_until": date(2020, 12, 31),
        }
    ]
    for row, code in zip(hand_made.tables["entities"], ("A", "A", "A", "old", "C"), strict=True):
        row["industry_code"] = code
    for row in hand_made.tables["entities"]:
        row["region_code"] = None
    assert counted(table(hand_made.measured(tmp_path), "entities"), "conformity") == (4, 6)


def test_a_credit_code_with_a_wrong_inner_check_is_a_finding(hand_made: Any, tmp_path: Path) -> None:
    good = [uscc_of(f"91110105MA00000{place}{inner_check(f'MA00000{place}')}") for place in range(4)]
    wrong = good[3][:16] + ("1" if good[3][16] != "1" else "2")
    codes = {"A": good[0], "B": good[1], "C": good[2], "D": uscc_of(wrong)}
    for row in hand_made.tables["entities"]:
        row["uscc"] = codes[row["entity_id"]]
    assert counted(table(hand_made.measured(tmp_path), "entities"), "accuracy") == (3, 5)


def test_each_of_several_providers_has_its_own_score(hand_made: Any, line: Any, tmp_path: Path) -> None:
    """P sent P1, P2 and the versions of P5; Q sent P3 and the versions of P4, and two rows that were none."""
    hand_made.feeds["penalties"] = [{"P": "penalties"}.get(who, who) for who in "PPQQQPP"]
    hand_made.account = [told for told in hand_made.account if told[1] != "penalties"]
    hand_made.account += [
        line("penalties", "admitted", 2, month="2024-01"),
        line("penalties", "admitted", 1, month="2024-02"),
        line("penalties", "admitted", 1, month="2024-03"),
        line("penalties", "admitted", 2, month="2024-01", provider="Q"),
        line("penalties", "admitted", 1, month="2024-02", provider="Q"),
        line("penalties", "rejected", 2, month="2024-02", provider="Q", reason="not_a_date"),
    ]
    quality = hand_made.measured(tmp_path)
    lines = [(entry.table, entry.provider) for entry in quality.tables]
    assert lines == [("entities", "P"), ("penalties", None), ("penalties", "P"), ("penalties", "Q")]
    whole, one, other = quality.tables[1:]
    assert (whole.total.read, one.total.read, other.total.read) == (9, 4, 5)
    assert [counted(entry, "conformity") for entry in (whole, one, other)] == [(4, 6), (2, 2), (2, 4)]
    assert [counted(entry, "linkage") for entry in (whole, one, other)] == [(3, 4), (2, 2), (1, 2)]
    assert [counted(entry, "timeliness") for entry in (whole, one, other)] == [(4, 5), (2, 3), (2, 2)]
    assert [entry.total.median_delay_days for entry in (whole, one, other)] == [3, 8, 1]
    assert other.months[FEBRUARY].median_delay_days is None
    assert [counted(entry, "completeness") for entry in (whole, one, other)] == [(32, 32), (16, 16), (16, 16)]


def test_a_column_that_one_provider_never_fills_lowers_its_coverage_and_not_its_completeness(
    hand_made: Any, line: Any, tmp_path: Path
) -> None:
    hand_made.feeds["penalties"] = [{"P": "penalties"}.get(who, who) for who in "PPQQQPP"]
    hand_made.account.append(line("penalties", "admitted", 1, month="2024-01", provider="Q"))
    for row, provider in zip(hand_made.tables["penalties"], "PPQQQPP", strict=True):
        row["field"] = "food" if provider == "P" else None
    _, whole, one, other = hand_made.measured(tmp_path).tables
    assert [counted(entry, "completeness") for entry in (one, other)] == [(16, 16), (14, 14)]
    assert [entry.total.share("coverage") for entry in (whole, one, other)] == [1, 1, 7 / 8]


def test_a_provider_that_only_mentions_entities_owes_no_register(hand_made: Any, tmp_path: Path) -> None:
    hand_made.files["mentions", "entities"] = ("penalties.csv",)
    hand_made.account.append(("mentions", "entities", "Q", JANUARY, "admitted", None, 1))
    hand_made.feeds["entities"] = ["entities"] * 4 + ["mentions"]
    other = table(hand_made.measured(tmp_path), "entities", "Q")
    assert counted(other, "conformity") == (1, 1)
    assert {name: other.unsaid[name] for name in ("completeness", "coverage")} == dict.fromkeys(
        ("completeness", "coverage"), "the rows only mention entities: no register is due"
    )
    assert counted(other, "redundancy") is None


def test_several_feeds_without_a_list_of_who_sent_what_are_refused(
    hand_made: Any, line: Any, tmp_path: Path
) -> None:
    hand_made.account.append(line("penalties", "admitted", 1, month="2024-01", provider="Q"))
    with pytest.raises(LakeError, match=r"Expected feeds/penalties\.parquet in version v1 .* got none there"):
        hand_made.measured(tmp_path)


def test_a_lake_without_an_account_is_refused(hand_made: Any, tmp_path: Path) -> None:
    lake = hand_made.write(tmp_path / "lake")
    (lake.folder / "account.parquet").unlink()
    with pytest.raises(LakeError, match=r"Expected account\.parquet in version v1 .* got none there"):
        measure(lake, tmp_path)


def test_a_damaged_table_is_refused(hand_made: Any, tmp_path: Path) -> None:
    lake = hand_made.write(tmp_path / "lake")
    lake.table("penalties").path.write_bytes(b"PAR1 no more")
    with pytest.raises(LakeError, match=r"Expected version v1 .* to be whole"):
        measure(lake, tmp_path)
