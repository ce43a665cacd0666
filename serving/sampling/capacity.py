"""What an office can do and what it must: cells of grade and item, and limits as named linear rows.

A row says coefficients x counts <= bound. Its code names it in shadow prices and in conflicts. The one limit
that is not linear, the standard error of the violation rate, is the pair (`spread_terms`, target).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.sampling.policy import ORDINARY, Policy

Floats = npt.NDArray[np.float64]
_FIXED_LETTERS = (*LETTERS, ORDINARY)


class CapacityRefused(Refusal):
    """Cells or limits that no plan can have: no entities, rates outside 0 to 1, costs of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The entities of a grade (and of an item) that may be drawn.

    size: how many; enterprises: those of them that the legal floor counts (None: all). rate: the chance
    that a visit finds a problem, with its standard deviation `rate_error`. hours: officer-hours a visit
    takes. full: inspected without exception. fixed: drawn by a rule of its own, so many whatever the plan
    (the ordinary ratio, a list of full coverage); only such a cell may bear the letter ORDINARY.
    """

    name: str
    grade: str
    size: int
    rate: float
    rate_error: float = 0.0
    hours: float = 1.0
    item: str = ""
    enterprises: int | None = None
    full: bool = False
    fixed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """hours: officer-hours at hand. exploration_floor: the least share of every cell. legal_visits: visits
    to enterprises that the law still asks for this year (counted as to different ones).
    """

    hours: float
    exploration_floor: float = 0.005
    legal_visits: int = 0
    ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One named limit: coefficients x counts <= bound. `subject` is the cell or the pair it is about."""

    kind: str
    subject: str
    coefficients: Floats
    bound: float

    @property
    def code(self) -> str:
        """The name, such as hours, floor:A or order:A-B."""
        return f"{self.kind}:{self.subject}" if self.subject else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The hit rate of a grade with its standard deviation."""

    rate: float
    rate_error: float


def cells_under(
    policy: Policy,
    *,
    sizes: Mapping[str, int],
    enterprises: Mapping[str, int],
    rates: Mapping[str, Rate],
    hours_per_visit: float,
) -> tuple[Cell, ...]:
    """A cell for each grade: entities, enterprises among them, and how often a visit finds something.

    Raises CapacityRefused for a grade that holds entities and has no rate.
    """
    if unknown := [grade for grade in LETTERS if sizes.get(grade, 0) and grade not in rates]:
        raise CapacityRefused(
            expected="a hit rate for every grade that holds entities",
            got=f"none for {', '.join(unknown)}",
            todo="draw some of these grades first, or take the rates of a release whose validation has them",
        )
    return tuple(
        Cell(
            name=grade,
            grade=grade,
            size=sizes[grade],
            enterprises=enterprises.get(grade, 0),
            rate=rates[grade].rate,
            rate_error=rates[grade].rate_error,
            hours=hours_per_visit,
            full=grade in policy.full_grades,
        )
        for grade in LETTERS
        if sizes.get(grade, 0)
    )


def limits_under(policy: Policy, *, hours: float, enterprises: int, visited: int = 0) -> Limits:
    """The limits of a policy for an office with so many officer-hours and a city with so many enterprises, of
    which `visited` have had their visit this year.
    """
    legal = math.ceil(Fraction(policy.legal_floor) * enterprises) - visited
    return Limits(
        hours=hours,
        exploration_floor=float(Fraction(policy.exploration_floor)),
        legal_visits=max(legal, 0),
    )


def checked(cells: Sequence[Cell], limits: Limits) -> tuple[Cell, ...]:
    """The cells that hold somebody; raises CapacityRefused with every fault."""
    faults = [
        f"cell {cell.name}: {told}"
        for cell in cells
        for told, wrong in (
            (f"grade {cell.grade!r}", cell.grade not in (LETTERS if cell.fixed is None else _FIXED_LETTERS)),
            (f"{cell.fixed} drawn of {cell.size}", not 0 <= (cell.fixed or 0) <= max(cell.size, 0)),
            (f"size {cell.size}", cell.size < 0),
            (f"rate {cell.rate}", not 0 <= cell.rate <= 1),
            (f"error of the rate {cell.rate_error}", not 0 <= cell.rate_error <= 1),
            (f"{cell.hours} hours", not 0 < cell.hours < math.inf),
            (f"{cell.enterprises} enterprises", not 0 <= (cell.enterprises or 0) <= max(cell.size, 0)),
        )
        if wrong
    ]
    names = [cell.name for cell in cells]
    faults += [f"cell {name} twice" for name in sorted({name for name in names if names.count(name) > 1})]
    faults += [] if 0 <= limits.hours < math.inf else [f"{limits.hours} hours at hand"]
    faults += [] if 0 < limits.exploration_floor <= 1 else [f"exploration floor {limits.exploration_floor}"]
    faults += [] if any(cell.size > 0 for cell in cells) else ["no cell with an entity"]
    if faults:
        raise CapacityRefused(
            expected="cells of grades A to D with sizes, rates from 0 to 1, hours above 0, and an "
            "exploration floor above 0",
            got="; ".join(faults),
            todo="correct the cells and limits; sizes come from the register, rates from results",
        )
    return tuple(cell for cell in cells if cell.size)


def rows_of(cells: Sequence[Cell], limits: Limits) -> list[Row]:
    """The named rows over the counts of the cells; whole floors, so that whole counts can keep them.

    Fixed cells count in the hours and for the law; no row of their own could bind.
    """
    unit = np.eye(len(cells))
    rows = [Row(kind="hours", subject="", coefficients=_of(cells, "hours"), bound=float(limits.hours))]
    for place, cell in enumerate(cells):
        if cell.fixed is not None:
            continue
        least = math.ceil(limits.exploration_floor * cell.size - 1e-9)
        rows.append(Row(kind="floor", subject=cell.name, coefficients=-unit[place], bound=-float(least)))
        rows.append(
            Row(kind="available", subject=cell.name, coefficients=unit[place], bound=float(cell.size))
        )
        if cell.full:
            rows.append(
                Row(kind="full", subject=cell.name, coefficients=-unit[place], bound=-float(cell.size))
            )
    if limits.legal_visits > 0:
        share = np.array([1.0 if c.enterprises is None else c.enterprises / c.size for c in cells])
        rows.append(Row(kind="legal", subject="", coefficients=-share, bound=-float(limits.legal_visits)))
    return rows + (_orders(cells) if limits.ordered else [])


def _orders(cells: Sequence[Cell]) -> list[Row]:
    """The share of a grade is not above that of the next grade of the same item.

    Written as size_high x count_low <= size_low x count_high, which whole counts keep exactly.
    """
    rows = []
    for item in dict.fromkeys(cell.item for cell in cells):
        places = [place for place, cell in enumerate(cells) if cell.item == item and cell.fixed is None]
        for low, high in pairwise(sorted(places, key=lambda place: cells[place].grade)):
            if cells[low].grade == cells[high].grade:
                continue
            row = np.zeros(len(cells))
            row[low], row[high] = float(cells[high].size), -float(cells[low].size)
            subject = f"{cells[low].name}-{cells[high].name}"
            rows.append(Row(kind="order", subject=subject, coefficients=row, bound=0.0))
    return rows


def _of(cells: Sequence[Cell], name: str) -> Floats:
    """One number of every cell."""
    return np.array([getattr(cell, name) for cell in cells], dtype=np.float64)


def findings(cells: Sequence[Cell], counts: Floats) -> tuple[float, float]:
    """The problems that visits are expected to find, and the standard deviation from unsure rates."""
    return (
        float(_of(cells, "rate") @ counts),
        float(np.sqrt(np.sum((_of(cells, "rate_error") * counts) ** 2))),
    )


def spread_terms(cells: Sequence[Cell]) -> tuple[Floats, float]:
    """(q, c) with variance of the estimated violation rate = sum(q / counts) - c.

    Stratified random sampling without replacement: sum of W^2 S^2 (1/n - 1/N), S^2 = N/(N-1) p(1-p)
    (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, theorem 5.3). Of several items the population is
    that of pairs of entity and item.
    """
    size, rate = _of(cells, "size"), _of(cells, "rate")
    variance = rate * (1 - rate) * size / np.maximum(size - 1, 1)
    weighed = (size / size.sum()) ** 2 * variance
    return weighed, float(np.sum(weighed / size))


def standard_error(cells: Sequence[Cell], counts: Floats) -> float:
    """The standard error of the violation rate estimated from these counts; infinite if a cell has none."""
    terms, rest = spread_terms(cells)
    if np.any((counts <= 0) & (terms > 0)):
        return math.inf
    return math.sqrt(max(float(np.sum(terms / np.maximum(counts, 1e-12))) - rest, 0.0))
