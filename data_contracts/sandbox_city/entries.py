"""Rows as an office enters them: ordered, numbered, corrected or withdrawn later, delivered by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Generic

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city.columns import Ints, R, Truths, chosen, entry_order, joined
from data_contracts.sandbox_city.days import NEVER, Days

# Days on which a later fact about a row became known, and the days of the facts that are unknown until then.
LATE_FACTS: Mapping[str, tuple[str, ...]] = {
    "end_known": ("ended",),
    "forgotten": (),
    "answered": (),
    "corrected": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries(Generic[R]):
    """Rows of a source with the number of each; a version or a withdrawal has the number of its first row."""

    rows: R
    number: Ints
    version: Truths
    withdrawn: Truths

    def __len__(self) -> int:
        return len(self.number)

    def at(self, places: npt.NDArray[Any] | slice) -> Entries[R]:
        """The entries at some places, or where a mask is true."""
        return Entries(
            rows=chosen(self.rows, places),
            number=self.number[places],
            version=self.version[places],
            withdrawn=self.withdrawn[places],
        )


def heard(rows: R, registered_known: Days) -> R:
    """The rows as known when their entity was known at the earliest; late facts not before their row."""
    known = np.maximum(rows.known, registered_known[rows.entity])
    changes: dict[str, npt.NDArray[Any]] = {"known": known}
    for clock in _clocks(rows):
        days = getattr(rows, clock)
        changes[clock] = np.where(days < NEVER, np.maximum(days, known), days)
    return replace(rows, **changes)


def entered(rows: R, last_day: int, rng: np.random.Generator, *, first_number: int = 1) -> Entries[R]:
    """What was known by the last day, in the order of knowledge and by lot within a day, numbered."""
    rows = chosen(rows, rows.known <= last_day)
    rows = as_known(chosen(rows, entry_order(rows.known, rng)), last_day)
    count = len(rows.entity)
    nothing = np.zeros(count, np.bool_)
    numbers = np.arange(first_number, first_number + count, dtype=np.int32)
    return Entries(rows=rows, number=numbers, version=nothing, withdrawn=nothing)


def followed(
    entries: Entries[R],
    rows: R,
    numbers: Ints,
    last_day: int,
    *,
    version: bool = False,
    withdrawn: bool = False,
) -> Entries[R]:
    """The entries and further rows: versions or withdrawals of the numbers, or new entries of their own.

    What was not known by the last day is left out.
    """
    known = rows.known <= last_day
    rows, numbers = as_known(chosen(rows, known), last_day), numbers[known]
    both = joined([entries.rows, rows])
    count = len(numbers)
    together = Entries(
        rows=both,
        number=np.concatenate([entries.number, numbers]),
        version=np.concatenate([entries.version, np.full(count, version)]),
        withdrawn=np.concatenate([entries.withdrawn, np.full(count, withdrawn)]),
    )
    return together.at(np.argsort(both.known, kind="stable"))


def renumbered(entries: Entries[R], rng: np.random.Generator) -> tuple[Entries[R], Ints]:
    """The entries in the order of knowledge, by lot within a day, numbered anew; and the new number of each.

    `entries` are first rows with numbers from 1 on; the new number of `n` stands at place `n`.
    """
    entries = entries.at(entry_order(entries.rows.known, rng))
    numbers = np.arange(1, len(entries) + 1, dtype=np.int32)
    new = np.zeros(int(entries.number.max(initial=0)) + 1, np.int32)
    new[entries.number] = numbers
    return replace(entries, number=numbers), new


def as_known(rows: R, day: int) -> R:
    """The rows without the later facts that were not known on the day."""
    changes: dict[str, npt.NDArray[Any]] = {}
    for clock in _clocks(rows):
        known = getattr(rows, clock) <= day
        for name in (clock, *LATE_FACTS[clock]):
            changes[name] = np.where(known, getattr(rows, name), np.int32(NEVER))
    return replace(rows, **changes)


def delivered(entries: Entries[R], month: int) -> tuple[Entries[R], Entries[R]]:
    """Two deliveries: the state on the eve of the first day of a month, and what came to be known since.

    An entry that was known before and learned a late fact since is in both, the second time completed.
    """
    rows = entries.rows
    fresh = rows.known >= month
    news = fresh.copy()
    for clock in _clocks(rows):
        days = getattr(rows, clock)
        news |= ~entries.withdrawn & (days >= month) & (days < NEVER)
    before = entries.at(~fresh)
    return replace(before, rows=as_known(before.rows, month - 1)), entries.at(news)


def _clocks(rows: Any) -> list[str]:
    return [field.name for field in fields(rows) if field.name in LATE_FACTS]
