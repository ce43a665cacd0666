"""One rolling-origin split: boosting on the oldest dates, calibration and cuts on later ones, the test last.

Between two parts lies an embargo of one outcome horizon, so that no inspection is a label on both sides.
Labels are those that were known when the next part begins: what was entered later could not be learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from data_contracts.refusal import Refusal

PartName: TypeAlias = Literal["training", "calibration", "refit", "test"]


class SplitRefused(Refusal):
    """The dates of a recipe cannot be learned from honestly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part's dates, and the day by which an outcome must be known to be its label."""

    name: PartName
    dates: tuple[date, ...]
    known_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSplit:
    """The as-of dates of the three parts, and the horizon over which each date's outcome is read."""

    training: tuple[date, ...]
    calibration: tuple[date, ...]
    test: tuple[date, ...]
    horizon_days: int
    # Dates on which the booster is fitted once more after its calibration; none: it stays as calibrated.
    refit: tuple[date, ...] = ()

    def dates(self) -> tuple[date, ...]:
        """Every as-of date once, oldest first."""
        return tuple(sorted({*self.training, *self.calibration, *self.refit, *self.test}))

    def sections(self, last_knowledge: date) -> tuple[Section, ...]:
        """The parts that have dates. Each learns from what was known when the part that follows begins."""
        parts = (
            Section(name="training", dates=self.training, known_by=self.calibration[0]),
            Section(name="calibration", dates=self.calibration, known_by=self.test[0]),
            Section(name="refit", dates=self.refit, known_by=self.test[0]),
            Section(name="test", dates=self.test, known_by=last_knowledge),
        )
        return tuple(part for part in parts if part.dates)

    def maturity(self, as_of: date) -> date:
        """The last day on which an outcome of this as-of date can happen."""
        return as_of + timedelta(days=self.horizon_days)


def check_split(split: TimeSplit) -> TimeSplit:
    """The same split, if every part is filled and in order, with an embargo of the horizon between them."""
    parts = {"training": split.training, "calibration": split.calibration, "test": split.test}
    for name, dates in parts.items():
        if not dates:
            raise SplitRefused(
                expected=f"at least one date in {name}_dates",
                got="none",
                todo=f"add {name}_dates to the recipe",
            )
    for name, dates in (*parts.items(), ("refit", split.refit)):
        if list(dates) != sorted(set(dates)):
            raise SplitRefused(
                expected=f"{name}_dates rising, each once",
                got=", ".join(day.isoformat() for day in dates),
                todo=f"sort {name}_dates in the recipe and remove what is doubled",
            )
    _check_embargo(split, "training", "calibration")
    _check_embargo(split, "calibration", "test")
    if split.refit:
        _check_embargo(split, "refit", "test")
    return split


def _check_embargo(split: TimeSplit, earlier: str, later: str) -> None:
    """Refuses if an outcome of the earlier part may happen after the first date of the later part."""
    last: date = getattr(split, earlier)[-1]
    first: date = getattr(split, later)[0]
    if split.maturity(last) > first:
        latest = first - timedelta(days=split.horizon_days)
        raise SplitRefused(
            expected=f"the outcomes of the last {earlier} date to end by the first {later} date {first}",
            got=f"{earlier} date {last} + {split.horizon_days} days = {split.maturity(last)}",
            todo=f"end {earlier}_dates on {latest} at the latest, or start {later}_dates later",
        )


def check_maturity(split: TimeSplit, last_knowledge: date) -> None:
    """Refuses dates whose outcomes were still open on the last day that the records speak of."""
    open_dates = [day for day in split.dates() if split.maturity(day) > last_knowledge]
    if open_dates:
        raise SplitRefused(
            expected=f"as-of dates whose {split.horizon_days}-day outcomes end by {last_knowledge}, "
            "the last knowledge of the lake",
            got=", ".join(f"{day} (open until {split.maturity(day)})" for day in open_dates),
            todo="use earlier dates, a shorter horizon, or admit newer records",
        )
