"""What other ratios would have found in past years, from the random draws of those years.

An entity drawn with chance pi speaks for 1/pi like it; under ratio r each of these would have been visited
with chance r. So visits are the sum of r/pi and findings the sum of r y/pi over what was drawn (D. Horvitz
and D. Thompson, JASA 47, 1952), averaged over the draws of a grade in the year. A grade that was drawn with
chance 0 says nothing: "no support". Intervals: the variance of stratified draws, then the beta interval of
the hit rate at its effective number of visits (E. Korn and B. Graubard, Survey Methodology 24, 1998).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from models.grades import LETTERS
from serving.sampling.hit_rates import DrawsRefused, Floats, Texts

BREAKDOWNS = ("all", "grade", "region", "size")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDraws:
    """Random inspections in columns of one length: year, draw, grade before the visit, region, size class,
    whether a problem was found, and the recorded chance (above 0, at most 1).
    """

    year: npt.NDArray[np.int64]
    draw: Texts
    grade: Texts
    region: Texts
    size: Texts
    found: npt.NDArray[np.bool_]
    chance: Floats

    def __post_init__(self) -> None:
        """Refuses columns that do not fit."""
        columns = (self.year, self.draw, self.grade, self.region, self.size, self.found, self.chance)
        lengths = {len(column) for column in columns}
        bad = int(np.sum(~((self.chance > 0) & (self.chance <= 1))))
        if len(lengths) > 1 or bad:
            raise DrawsRefused(
                expected="columns of one length, and a chance above 0 and at most 1 for every row",
                got=f"lengths {sorted(lengths)}, {bad} chances outside",
                todo="give only random draws, with the chance that the draw recorded",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLine:
    """One group of one year: what the ratios would have visited and found there, with 95 % intervals.

    drawn: the rows behind it. no_support: grades of the policy that the year never drew, in which nothing can
    be said; visits and findings are then those of the other grades, and None if there is no other.
    """

    year: int
    breakdown: str
    group: str
    drawn: int
    visits: float | None
    findings: float | None
    findings_low: float | None
    findings_high: float | None
    hit_rate: float | None
    hit_low: float | None
    hit_high: float | None
    no_support: tuple[str, ...]


def replay(draws: PastDraws, ratios: Mapping[str, str]) -> tuple[ReplayLine, ...]:
    """Every year by every breakdown (all, grade, region, size), under yearly ratios by grade letter.

    ratios: exact texts by letter, as `Policy.drawn_ratios` gives them; letters that the draws do not know are
    left out. A group in which a grade was drawn, but none of its entities fell into it, counts 0 of them.
    """
    shares = {grade: float(Fraction(text)) for grade, text in ratios.items() if grade in LETTERS}
    lines: list[ReplayLine] = []
    for year in np.unique(draws.year):
        lines += _of_year(_rows(draws, draws.year == year), int(year), shares)
    return tuple(lines)


def _of_year(draws: PastDraws, year: int, shares: Mapping[str, float]) -> Iterator[ReplayLine]:
    """The lines of one year."""
    missing = tuple(grade for grade, share in shares.items() if share > 0 and grade not in draws.grade)
    weight = _weights(draws, shares)
    groups: dict[str, Texts] = {
        "all": np.full(len(draws.grade), "all"),
        "grade": draws.grade,
        "region": draws.region,
        "size": draws.size,
    }
    for breakdown, column in groups.items():
        names = sorted({*column.tolist(), *(missing if breakdown == "grade" else ())})
        for name in names:
            lacking = missing if breakdown != "grade" else tuple(one for one in missing if one == name)
            yield _line(draws, column == name, weight, (year, breakdown, str(name), lacking))


def _weights(draws: PastDraws, shares: Mapping[str, float]) -> Floats:
    """r / pi of each row, shared among the draws of its grade in the year."""
    share = np.array([shares.get(str(grade), 0.0) for grade in draws.grade])
    number = {
        grade: max(len(np.unique(draws.draw[draws.grade == grade])), 1) for grade in np.unique(draws.grade)
    }
    weight: Floats = share / draws.chance / np.array([number[grade] for grade in draws.grade])
    return weight


def _line(
    draws: PastDraws,
    mine: npt.NDArray[np.bool_],
    weight: Floats,
    named: tuple[int, str, str, tuple[str, ...]],
) -> ReplayLine:
    """One group."""
    year, breakdown, group, lacking = named
    visits, findings = float(weight[mine].sum()), float(weight[mine] @ draws.found[mine])
    known = mine.any() and visits > 0
    low, high = _interval(draws, mine, weight) if known else (0.0, 0.0)
    return ReplayLine(
        year=year,
        breakdown=breakdown,
        group=group,
        drawn=int(mine.sum()),
        visits=visits if known else None,
        findings=findings if known else None,
        findings_low=visits * low if known else None,
        findings_high=visits * high if known else None,
        hit_rate=findings / visits if known else None,
        hit_low=low if known else None,
        hit_high=high if known else None,
        no_support=lacking,
    )


def _interval(draws: PastDraws, mine: npt.NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """The 95 % interval of the hit rate of a group."""
    visits = float(weight[mine].sum())
    rate = float(weight[mine] @ draws.found[mine]) / visits
    residual = np.where(mine, weight * (draws.found - rate), 0.0) / visits
    _, places = np.unique(np.char.add(np.char.add(draws.draw, "|"), draws.grade), return_inverse=True)
    rows = np.bincount(places).astype(np.float64)
    mean = np.bincount(places, residual) / rows
    spread = (1 - draws.chance) * (residual - mean[places]) ** 2
    grown = np.where(rows > 1, rows / np.maximum(rows - 1, 1), 1.0)
    variance = float(grown @ np.bincount(places, spread))
    kish = visits**2 / float(np.sum(weight[mine] ** 2))
    number = rate * (1 - rate) / variance if 0 < rate < 1 and variance > 0 else kish
    alpha, beta = 0.5 + number * rate, 0.5 + number * (1 - rate)
    low = 0.0 if rate == 0 else float(betaincinv(alpha, beta, 0.025))
    return low, 1.0 if rate == 1 else float(betaincinv(alpha, beta, 0.975))


def _rows(draws: PastDraws, mask: npt.NDArray[np.bool_]) -> PastDraws:
    """Some of the rows."""
    names = ("year", "draw", "grade", "region", "size", "found", "chance")
    return PastDraws(**{name: getattr(draws, name)[mask] for name in names})
