"""A delivery: the rows of one raw file in blocks, made of entries when their turn to be written comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from data_contracts.sandbox_city.annual_reports import AnnualReports
from data_contracts.sandbox_city.circles import Circles
from data_contracts.sandbox_city.columns import Ints, R, Truths
from data_contracts.sandbox_city.days import NEVER, as_date, day_number
from data_contracts.sandbox_city.entries import Entries, delivered, entered, heard
from data_contracts.sandbox_city.exports import BLOCK_ROWS
from data_contracts.sandbox_city.history import History
from data_contracts.sandbox_city.inspections import Inspectors
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.raw_tables import with_withdrawals
from data_contracts.sandbox_city.riskiness import Riskiness

Streams = dict[str, np.random.Generator]
TableOf = Callable[[Any, Ints], pa.Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything that was lived through before a file is written."""

    plan: SandboxPlan
    quarters: tuple[int, ...]
    population: Population
    riskiness: Riskiness
    circles: Circles
    reports: list[AnnualReports]
    inspectors: Inspectors
    history: History
    ids: pa.Array

    @property
    def last_day(self) -> int:
        """The day of the export."""
        return day_number(self.plan.last_day)

    @property
    def last_month(self) -> int:
        """The first day of the month of the export."""
        return day_number(self.plan.last_day.replace(day=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some rows of a file, with how many of them are later versions, withdrawals and completions."""

    table: pa.Table
    withdrawn: Truths
    versions: int = 0
    retractions: int = 0
    completions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One raw file: its path in the raw folder and its rows."""

    path: str
    blocks: Iterator[Block]


def enter(city: City, rows: R, rng: np.random.Generator, *, first_number: int = 1) -> Entries[R]:
    """What was known by the day of the export. Nothing is known of an entity before the entity itself is."""
    rows = heard(rows, city.population.registered_known)
    return entered(rows, city.last_day, rng, first_number=first_number)


def table_of(city: City, made: Callable[..., pa.Table], *more: Any) -> TableOf:
    """The table function of a source, with the ids of the city and what else it wants."""
    return lambda rows, numbers: made(rows, city.ids, numbers, *more)


def whole(path: str, entries: Entries[Any], made: TableOf, *, known: str | None = None) -> Delivery:
    """One file with all entries; `known` is the column that a withdrawal states, if there are any."""
    return Delivery(path=path, blocks=blocks(entries, made, known=known))


def in_two(
    file: str, entries: Entries[Any], month: int, made: TableOf, *, known: str | None = None
) -> Iterator[Delivery]:
    """The state on the eve of a month, and in a folder of its own what came since."""
    before, since = delivered(entries, month)
    yield whole(file, before, made, known=known)
    path = f"{as_date(month):%Y-%m}/{file}"
    yield Delivery(path=path, blocks=blocks(since, made, known=known, month=month))


def blocks(
    entries: Entries[Any], made: TableOf, *, known: str | None = None, month: int = -NEVER
) -> Iterator[Block]:
    """The entries as tables; those known before `month` are there to be completed. At least one block."""
    for start in range(0, max(len(entries), 1), BLOCK_ROWS):
        part = entries.at(slice(start, start + BLOCK_ROWS))
        table = made(part.rows, part.number)
        completed = part.rows.known < month
        yield Block(
            table=with_withdrawals(table, part.withdrawn, known) if known else table,
            withdrawn=part.withdrawn,
            versions=int((part.version & ~completed).sum()),
            retractions=int(part.withdrawn.sum()),
            completions=int(completed.sum()),
        )
