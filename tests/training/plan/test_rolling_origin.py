"""The plan of a rolling origin keeps the embargo everywhere and uses every date that it may."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.plan.rolling_origin import Grid, PlanRefused, picture, plan

QUARTERS = Grid(
    first=date(2021, 1, 1), anchor=date(2022, 7, 1), step_months=3, horizon_days=90, least_training=2
)


def test_every_date_that_the_records_can_judge_is_a_fold() -> None:
    found = plan(QUARTERS, until=date(2022, 7, 1))
    assert [split.test[0] for split in found] == [date(2021, 10, 1), date(2022, 1, 1), date(2022, 4, 1)]
    assert found[0].training == (date(2021, 1, 1), date(2021, 4, 1))
    assert found[0].calibration == (date(2021, 7, 1),)


def test_the_picture_shows_what_each_date_is_to_each_fold() -> None:
    half_years = plan(
        Grid(first=date(2021, 1, 1), anchor=date(2022, 7, 1), step_months=3, horizon_days=180),
        until=date(2022, 10, 1),
    )
    assert picture(half_years).splitlines() == [
        "judged on   21      22",
        "2022-01-01  ■ · ◆ · ●",
        "2022-04-01  ■ ■ · ◆ · ●",
        "■ boosting   ◆ early stopping and curve   ● judged   · embargo",
    ]


@given(
    months=st.integers(1, 12),
    horizon=st.integers(1, 400),
    least=st.integers(1, 4),
    anchor=st.dates(date(2021, 1, 1), date(2024, 12, 31)),
    until=st.dates(date(2021, 6, 1), date(2026, 1, 1)),
)
def test_no_fold_learns_from_what_had_not_happened(
    months: int, horizon: int, least: int, anchor: date, until: date
) -> None:
    grid = Grid(
        first=date(2019, 1, 15), anchor=anchor, step_months=months, horizon_days=horizon, least_training=least
    )
    try:
        found = plan(grid, until=until)
    except PlanRefused:
        return
    span = timedelta(days=horizon)
    for split in found:
        assert split.training[-1] + span <= split.calibration[0]
        assert split.calibration[0] + span <= split.test[0]
        assert split.test[0] + span <= until
        assert min(split.dates()) >= grid.first
        assert len(split.training) >= least
    judged = [split.test[0] for split in found]
    assert judged == sorted(set(judged))


def test_a_horizon_beyond_the_records_is_refused_with_what_there_is() -> None:
    grid = Grid(first=date(2021, 1, 1), anchor=date(2022, 7, 1), step_months=3, horizon_days=400)
    with pytest.raises(PlanRefused, match=r"each 400 days before what follows.*got 2 dates every 3 months"):
        plan(grid, until=date(2022, 7, 1))
