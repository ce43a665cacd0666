"""The plan of a rolling origin: one split for every as-of date that the records can judge, oldest first.

All as-of dates lie on one grid of months. A fold is judged on one date of it; curve and early stopping use
the latest earlier date whose outcomes have ended by then, and boosting all dates whose outcomes ended before
that. Pure: nothing is read, nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data_contracts.refusal import Refusal
from models.days import months_later
from training.plan.time_splits import TimeSplit, check_split

# What each date of the grid is to a fold, in the picture.
TRAINING, CALIBRATION, TEST, EMBARGO, LATER = "■", "◆", "●", "·", " "
LEGEND = f"{TRAINING} boosting   {CALIBRATION} early stopping and curve   {TEST} judged   {EMBARGO} embargo"


class PlanRefused(Refusal):
    """A grid of dates on which nothing can be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """As-of dates `step_months` apart, from `first` on, one of which is `anchor`."""

    first: date
    anchor: date
    step_months: int
    horizon_days: int
    # Dates that a fold must have for boosting.
    least_training: int = 1

    def dates(self, until: date) -> tuple[date, ...]:
        """The dates of the grid whose outcomes have ended by a day, oldest first."""
        number = self.anchor.year * 12 + self.anchor.month - 1
        # So far back that the grid begins at or before `first`, whatever the anchor.
        steps = (number - self.first.year * 12 - self.first.month + 1) // self.step_months + 1
        found: list[date] = []
        months = number - steps * self.step_months
        while True:
            day = months_later(self.anchor, months - number)
            if day + timedelta(days=self.horizon_days) > until:
                return tuple(found)
            if day >= self.first:
                found.append(day)
            months += self.step_months


def plan(grid: Grid, *, until: date) -> tuple[TimeSplit, ...]:
    """Every fold of the grid whose outcomes have ended by a day, the oldest test date first."""
    dates = grid.dates(until)
    found = [split for day in dates if (split := _fold(grid, dates, day)) is not None]
    if not found:
        span = timedelta(days=grid.horizon_days)
        raise PlanRefused(
            expected=f"{grid.least_training} dates for boosting, one for the curve and one to judge on, "
            f"each {grid.horizon_days} days before what follows, between {grid.first} and {until}",
            got=f"{len(dates)} dates every {grid.step_months} months"
            + (
                f", {dates[0]} to {dates[-1]}, the last of them mature on {dates[-1] + span}" if dates else ""
            ),
            todo="shorten horizon_days, lower step_months or least_training, or admit more records",
        )
    return tuple(found)


def _fold(grid: Grid, dates: Sequence[date], day: date) -> TimeSplit | None:
    """The split that is judged on a date, or none where too little lies before it."""
    span = timedelta(days=grid.horizon_days)
    middle = [each for each in dates if each + span <= day]
    earlier = [each for each in dates if middle and each + span <= middle[-1]]
    if len(earlier) < grid.least_training:
        return None
    return check_split(
        TimeSplit(
            training=tuple(earlier), calibration=(middle[-1],), test=(day,), horizon_days=grid.horizon_days
        )
    )


def picture(folds: Sequence[TimeSplit]) -> str:
    """One line for every fold and one column for every date: what each date is to the fold."""
    dates = sorted({day for split in folds for day in split.dates()})
    years = "".join(
        f"{day:%y}" if place == 0 or day.year != dates[place - 1].year else "  "
        for place, day in enumerate(dates)
    )
    lines = [f"{'judged on':<12}{years}", *(f"{split.test[0]!s:<12}{_line(split, dates)}" for split in folds)]
    return "\n".join((*(line.rstrip() for line in lines), LEGEND))


def _line(split: TimeSplit, dates: Sequence[date]) -> str:
    return "".join(f"{_mark(split, day)} " for day in dates)


def _mark(split: TimeSplit, day: date) -> str:
    roles = ((split.training, TRAINING), (split.calibration, CALIBRATION), (split.test, TEST))
    for days, mark in roles:
        if day in days:
            return mark
    return EMBARGO if day < split.test[0] else LATER
