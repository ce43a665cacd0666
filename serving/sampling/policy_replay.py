"""What other ratios would have found in past years, from the random draws of those years.

An entity drawn with chance pi speaks for 1/pi like it; under ratio r each of these would have been visited
with chance r. So visits are the sum of r/pi and findings the sum of r y/pi over what was drawn (D. Horvitz
and D. Thompson, JASA 47, 1952). Who could be drawn on k occasions of the year counts 1/k each time
(F. Mecatti, A single frame multiplicity estimator, Survey Methodology 33, 2007); an occasion is taken to have
drawn from everybody of the grades it drew, in all regions whose codes begin as all of those it drew do. A
grade that was drawn with chance 0 says nothing: "no support". Intervals: the variance of stratified draws,
then the beta interval of the hit rate at its effective number of visits (E. Korn and B. Graubard, Survey
Methodology 24, 1998).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from os.path import commonprefix

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from models.grades import LETTERS
from serving.sampling.hit_rates import DrawsRefused, Floats, Texts

NO_REGION = "-"  # an entity that the register does not have
BREAKDOWNS = ("all", "grade", "region", "size")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDraws:
    """Random inspections in columns of one length: year, draw, the occasion of which the draw is a part,
    grade before the visit, region code, size class, whether a problem was found, and the recorded chance
    (above 0, at most 1).
    """

    year: npt.NDArray[np.int64]
    draw: Texts
    occasion: Texts
    grade: Texts
    region: Texts
    size: Texts
    found: npt.NDArray[np.bool_]
    chance: Floats

    def __post_init__(self) -> None:
        """Refuses columns that do not fit."""
        lengths = {len(getattr(self, column.name)) for column in fields(self)}
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
    """r / pi of each row, shared among the occasions of the year on which it could be drawn."""
    share = np.array([shares.get(str(grade), 0.0) for grade in draws.grade])
    weight: Floats = share / draws.chance / _occasions_of_each(draws)
    return weight


def _occasions_of_each(draws: PastDraws) -> npt.NDArray[np.int64]:
    """On how many occasions each row's entity could be drawn: those of its grade that reached its region."""
    reach = {
        # Characters are meant: codes of regions nest by their beginnings.
        one: commonprefix(np.setdiff1d(draws.region[draws.occasion == one], [NO_REGION]).tolist())  # noqa: RUF071
        for one in np.unique(draws.occasion).tolist()
    }
    drew = set(zip(draws.grade.tolist(), draws.occasion.tolist(), strict=True))
    places, place_of = np.unique(np.stack([draws.grade, draws.region]), axis=1, return_inverse=True)
    number = [
        sum(
            letter == grade and (region == NO_REGION or region.startswith(reach[one])) for letter, one in drew
        )
        for grade, region in places.T.tolist()
    ]
    return np.array(number)[place_of.reshape(-1)]


def _line(
    draws: PastDraws,
    mine: npt.NDArray[np.bool_],
    weight: Floats,
    named: tuple[int, str, str, tuple[str, ...]],
) -> ReplayLine:
    """One group."""
    year, breakdown, group, lacking = named
    visits, findings = float(weight[mine].sum()), float(weight[mine] @ draws.found[mine])
    if visits == 0:
        return _unknown(named, int(mine.sum()))
    rate, kish = findings / visits, visits**2 / float(np.sum(weight[mine] ** 2))
    counted = np.where(mine, weight / visits, 0.0)
    # How many entities a group has is known from its draws only: its findings vary more than their rate.
    low, high = _interval(rate, _variance(draws, counted * draws.found), kish)
    hit_low, hit_high = _interval(rate, _variance(draws, counted * (draws.found - rate)), kish)
    return ReplayLine(
        year=year,
        breakdown=breakdown,
        group=group,
        drawn=int(mine.sum()),
        visits=visits,
        findings=findings,
        findings_low=visits * low,
        findings_high=visits * high,
        hit_rate=rate,
        hit_low=hit_low,
        hit_high=hit_high,
        no_support=lacking,
    )


def _unknown(named: tuple[int, str, str, tuple[str, ...]], drawn: int) -> ReplayLine:
    """A group of which nothing can be said."""
    year, breakdown, group, lacking = named
    return ReplayLine(
        year=year,
        breakdown=breakdown,
        group=group,
        drawn=drawn,
        visits=None,
        findings=None,
        findings_low=None,
        findings_high=None,
        hit_rate=None,
        hit_low=None,
        hit_high=None,
        no_support=lacking,
    )


def _interval(rate: float, variance: float, kish: float) -> tuple[float, float]:
    """The 95 % interval of a rate of that variance; where it shows none, of its effective number of rows."""
    number = rate * (1 - rate) / variance if 0 < rate < 1 and variance > 0 else kish
    alpha, beta = 0.5 + number * rate, 0.5 + number * (1 - rate)
    low = 0.0 if rate == 0 else float(betaincinv(alpha, beta, 0.025))
    return low, 1.0 if rate == 1 else float(betaincinv(alpha, beta, 0.975))


def _variance(draws: PastDraws, values: Floats) -> float:
    """The variance of the sum of a value of each row over all draws that could have been made instead."""
    strata = _strata(draws)
    rows = np.bincount(strata).astype(np.float64)
    mean = np.bincount(strata, values) / rows
    spread = (1 - draws.chance) * (values - mean[strata]) ** 2
    grown = np.where(rows > 1, rows / np.maximum(rows - 1, 1), 1.0)
    return float(grown @ np.bincount(strata, spread))


def _strata(draws: PastDraws) -> npt.NDArray[np.int64]:
    """The stratum of each row by number: the rows of a draw with one chance, whatever grade they have now.

    Those alone in a stratum are taken together, which makes intervals wider and never shorter (collapsed
    strata: W. Cochran, Sampling Techniques, 3rd ed. 1977, 5A.12).
    """
    _, draw = np.unique(draws.draw, return_inverse=True)
    _, chance = np.unique(draws.chance, return_inverse=True)
    stratum = draw * len(chance) + chance
    _, places, rows = np.unique(stratum, return_inverse=True, return_counts=True)
    together = np.where(rows[places] > 1, stratum, -1 - draw)
    return np.unique(together, return_inverse=True)[1]


def _rows(draws: PastDraws, mask: npt.NDArray[np.bool_]) -> PastDraws:
    """Some of the rows."""
    return PastDraws(**{column.name: getattr(draws, column.name)[mask] for column in fields(draws)})
