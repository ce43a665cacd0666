"""Coverage, worked out by hand: columns times region-months, over the months that are due."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.quality.coverage import coverage_by_month
from data_contracts.quality.score import Share

ALL_COLUMNS = Share(right=4, of=4)


def month(number: int) -> date:
    """Months from January 2023 on."""
    return date(2023 + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def arrived(rows: dict[int, int], **changes: Any) -> dict[int, float]:
    """The coverage of each due month by its number."""
    question = {"columns": ALL_COLUMNS, "cadence": "every 1 d", "last_day": date(2023, 12, 31), **changes}
    found = coverage_by_month({month(number): count for number, count in rows.items()}, {}, **question)
    return {(key.year - 2023) * 12 + key.month: share.right for key, share in found.items() if key}


def test_a_month_without_rows_is_missed_where_rows_come_every_day() -> None:
    rows = dict.fromkeys(range(1, 13), 100) | {5: 0}
    assert arrived(rows) == dict.fromkeys(range(1, 13), 1.0) | {5: 0.0}


def test_columns_that_never_came_are_missed_in_every_month() -> None:
    rows = dict.fromkeys(range(1, 13), 100)
    assert set(arrived(rows, columns=Share(right=3, of=4)).values()) == {0.75}


@pytest.mark.parametrize(
    ("cadence", "due"), [("every 1 m", 12), ("every 7 d", 12), ("every 1 y", 10), ("", 10)]
)
def test_months_are_due_if_the_contract_promises_them(cadence: str, due: int) -> None:
    rows = {number: 100 for number in range(1, 13) if number not in (4, 5)}
    assert len(arrived(rows, cadence=cadence)) == due


def test_fewer_than_twenty_rows_a_month_around_are_too_few_to_miss_one() -> None:
    """Around April lie the nine months from January to October, with 179 rows and then with 180."""
    quiet = {number: 20 for number in range(1, 10) if number != 4} | {10: 19}
    october = date(2023, 10, 31)
    assert sorted(arrived(quiet, last_day=october)) == [1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert arrived(quiet | {10: 20}, last_day=october)[4] == 0


def test_a_month_that_is_empty_in_most_years_is_not_due() -> None:
    """Reports come from January to June; June of 2025 did not."""
    rows = {number: 1000 for number in range(1, 37) if (number - 1) % 12 < 6 and number != 30}
    found = arrived(rows, last_day=date(2025, 12, 31))
    assert sorted(found) == [number for number in range(1, 37) if (number - 1) % 12 < 6]
    assert found[30] == 0.0


def test_due_is_what_lies_between_the_first_hundredth_of_the_rows_and_the_export() -> None:
    rows = {1: 5, 10: 500, 11: 500}
    assert sorted(arrived(rows, last_day=date(2024, 1, 31))) == [10, 11, 12, 13]
    assert sorted(arrived(rows, last_day=date(2024, 1, 30))) == [10, 11, 12]  # January has only begun
    assert sorted(arrived(rows | {13: 7}, last_day=date(2024, 1, 3))) == [10, 11, 12, 13]


def test_rows_after_the_export_are_no_coverage() -> None:
    assert sorted(arrived({10: 500, 14: 500}, last_day=date(2023, 10, 31))) == [10]


def test_a_snapshot_of_one_day_covers_its_month() -> None:
    assert arrived({12: 500}, columns=Share(right=1, of=2)) == {12: 0.5}


def test_nothing_is_said_without_rows() -> None:
    assert arrived({}) == {}


def city(hand_made: Any, *, silent: str | None = None, known: int = 300) -> Any:
    """300 entities, 180 in one region and 120 in another; each penalised in January and in February.

    In February the `silent` region sends nothing; of the entities, `known` have a region.
    """
    regions = ["110101"] * 180 + ["110105"] * 120
    day = date(2024, 1, 1)
    hand_made.tables["entities"] = [
        {
            "entity_id": f"E{n}",
            "id_kind": "local",
            "known_on": day,
            "region_code": region if n < known else None,
        }
        for n, region in enumerate(regions)
    ]
    hand_made.tables["penalties"] = [
        {
            "penalty_id": f"P{n} {later}",
            "entity_id": f"E{n}",
            "kinds": "fine",
            "known_on": day + timedelta(later),
        }
        | {"occurred_on": day, "authority": "x", "field": "x", "procedure": "simple"}
        for n, region in enumerate(regions)
        for later in (10, 40)
        if later == 10 or region != silent
    ]
    return hand_made


def february(made: Any, folder: Path) -> float | None:
    made.exported_on = date(2024, 2, 29)
    (penalties,) = [entry for entry in made.measured(folder).tables if entry.table == "penalties"]
    score = penalties.months[date(2024, 2, 1)]
    return score.share("coverage")


def test_a_region_that_falls_silent_is_missed_by_its_share_of_the_entities(
    hand_made: Any, tmp_path: Path
) -> None:
    for place, (silent, share) in enumerate([(None, 1.0), ("110105", 0.6), ("110101", 0.4)]):
        (tmp_path / str(place)).mkdir()
        assert february(city(hand_made, silent=silent), tmp_path / str(place)) == pytest.approx(share)


def test_a_region_that_never_sent_anything_is_missed(hand_made: Any, tmp_path: Path) -> None:
    made = city(hand_made)
    made.tables["penalties"] = [row for row in made.tables["penalties"] if int(row["entity_id"][1:]) < 180]
    assert february(made, tmp_path) == pytest.approx(0.6)


def test_regions_are_not_asked_for_where_most_are_unknown(hand_made: Any, tmp_path: Path) -> None:
    assert february(city(hand_made, silent="110105", known=140), tmp_path) == 1.0
