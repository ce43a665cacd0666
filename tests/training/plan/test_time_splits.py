"""Embargo, order and maturity, each refused with the dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from training.plan.time_splits import SplitRefused, TimeSplit, check_maturity, check_split


def split(training: list[date], calibration: list[date], test: list[date], horizon: int = 180) -> TimeSplit:
    return TimeSplit(
        training=tuple(training), calibration=tuple(calibration), test=tuple(test), horizon_days=horizon
    )


def test_an_outcome_may_end_on_the_very_day_the_next_part_begins() -> None:
    exact = split([date(2024, 1, 1)], [date(2024, 6, 29)], [date(2024, 12, 26)])
    assert check_split(exact) is exact


def test_a_training_outcome_inside_the_calibration_window_is_refused_with_both_dates() -> None:
    with pytest.raises(
        SplitRefused,
        match=r"first calibration date 2024-06-28; got training date 2024-01-01 \+ 180 days = 2024-06-29"
        r".*end training_dates on 2023-12-31",
    ):
        check_split(split([date(2024, 1, 1)], [date(2024, 6, 28)], [date(2025, 6, 1)]))


def test_a_calibration_outcome_inside_the_test_window_is_refused() -> None:
    with pytest.raises(SplitRefused, match=r"first test date 2024-10-01; got calibration date 2024-07-01"):
        check_split(split([date(2023, 1, 1)], [date(2024, 7, 1)], [date(2024, 10, 1)]))


def test_a_refit_keeps_the_embargo_before_the_test() -> None:
    dates = split([date(2023, 1, 1)], [date(2024, 1, 1)], [date(2024, 10, 1)])
    fresh = replace(dates, refit=(date(2023, 1, 1), date(2024, 4, 1)))
    assert check_split(fresh).dates() == (
        date(2023, 1, 1), date(2024, 1, 1), date(2024, 4, 1), date(2024, 10, 1),
    )  # fmt: skip
    with pytest.raises(SplitRefused, match="got refit date 2024-05-01"):
        check_split(replace(dates, refit=(date(2024, 5, 1),)))


def test_every_part_learns_from_what_was_known_when_the_next_one_begins() -> None:
    dates = replace(
        split([date(2023, 1, 1)], [date(2024, 1, 1)], [date(2024, 10, 1)]), refit=(date(2024, 1, 1),)
    )
    assert {part.name: part.known_by for part in dates.sections(date(2025, 12, 31))} == {
        "training": date(2024, 1, 1), "calibration": date(2024, 10, 1),
        "refit": date(2024, 10, 1), "test": date(2025, 12, 31),
    }  # fmt: skip
    assert [part.name for part in replace(dates, refit=()).sections(date(2025, 12, 31))] == [
        "training", "calibration", "test",
    ]  # fmt: skip


def test_an_empty_part_is_refused_by_name() -> None:
    with pytest.raises(SplitRefused, match="at least one date in calibration_dates; got none"):
        check_split(split([date(2024, 1, 1)], [], [date(2025, 1, 1)]))


def test_dates_out_of_order_are_refused() -> None:
    with pytest.raises(SplitRefused, match="training_dates rising, each once; got 2024-02-01, 2024-01-01"):
        check_split(split([date(2024, 2, 1), date(2024, 1, 1)], [date(2025, 1, 1)], [date(2026, 1, 1)]))


def test_an_outcome_still_open_at_the_last_knowledge_is_refused_by_date() -> None:
    dates = split([date(2024, 1, 1)], [date(2024, 7, 1)], [date(2025, 1, 1), date(2025, 4, 1)])
    check_maturity(dates, date(2025, 9, 28))
    with pytest.raises(SplitRefused, match=r"end by 2025-09-27.*got 2025-04-01 \(open until 2025-09-28\)"):
        check_maturity(dates, date(2025, 9, 27))
