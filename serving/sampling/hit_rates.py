"""How often a visit finds a problem, by grade and item: random draws weighted 1/pi, shrunk, with intervals.

Only random draws speak for everybody. Their weighted rate has the effective number of rows of L. Kish
(Survey Sampling, 1965). Items with few rows are drawn toward the rate of their grade by a beta prior whose
strength the items of the grade themselves show (J. Kleinman, Proportions with extraneous variance, JASA 68,
1973; G. Casella, An introduction to empirical Bayes data analysis, Am. Statistician 39, 1985). A grade
without any row is unknown and has no rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from data_contracts.refusal import Refusal
from models.grades import LETTERS

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]
# Jeffreys' prior, where a grade has nothing to lean on: half a finding and half a clean visit.
_JEFFREYS = 0.5
# The weakest and the strongest prior that items of a grade may show, in visits.
_WEAKEST, _STRONGEST = 2.0, 2000.0


class DrawsRefused(Refusal):
    """Columns of past draws that do not fit each other, or chances outside 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRate:
    """A grade's rate for one item ("" : all items): inspected rows, effective rows and problems among them,
    the raw weighted rate, and the shrunk one with its standard deviation and interval.
    """

    grade: str
    item: str
    inspected: int
    effective: float
    problems: int
    raw: float
    rate: float
    rate_error: float
    low: float
    high: float


def item_rates(
    grade: Texts, item: Texts, found: npt.NDArray[np.bool_], chance: Floats, *, level: float = 0.95
) -> tuple[ItemRate, ...]:
    """The rates of every grade and item that was drawn, and of every grade over its items (item "").

    One element for each random inspection: its entity's grade before the visit, its item, whether a problem
    was found, and the chance with which the draw could choose it. Raises DrawsRefused.
    """
    _refuse_unfit((grade, item, found, chance), chance)
    rates: list[ItemRate] = []
    for letter in LETTERS:
        mine = grade == letter
        if mine.any():
            rates += _of_grade(letter, item[mine], found[mine], 1 / chance[mine], level)
    return tuple(rates)


def _of_grade(
    letter: str, item: Texts, found: npt.NDArray[np.bool_], weight: Floats, level: float
) -> list[ItemRate]:
    """The grade as a whole, then its items drawn toward it."""
    whole = _counted(found, weight)
    names = np.unique(item)
    tallies = [_counted(found[item == name], weight[item == name]) for name in names]
    total = _made(letter, "", whole, (_JEFFREYS, _JEFFREYS), level)
    prior = _prior(total.rate, tallies)
    shrunk = [
        _made(letter, str(name), tally, prior, level) for name, tally in zip(names, tallies, strict=True)
    ]
    return [total, *shrunk]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    inspected: int
    problems: int
    effective: float
    raw: float


def _counted(found: npt.NDArray[np.bool_], weight: Floats) -> _Tally:
    """Rows, problems, Kish's effective number and the weighted rate."""
    return _Tally(
        inspected=len(found),
        problems=int(found.sum()),
        effective=float(weight.sum() ** 2 / np.sum(weight**2)),
        raw=float(weight @ found / weight.sum()),
    )


def _prior(rate: float, tallies: Sequence[_Tally]) -> tuple[float, float]:
    """A beta prior around the grade's rate, as strong as the items lie close together (method of moments).

    The spread of items beyond chance is the variance of the prior, rate (1 - rate) / (strength + 1); one item
    shows none, and leans on the grade with the strength of itself.
    """
    sizes = np.array([tally.effective for tally in tallies])
    rates = np.array([tally.raw for tally in tallies])
    if len(tallies) < 2:
        return rate * _WEAKEST, (1 - rate) * _WEAKEST
    within = rate * (1 - rate)
    mean = float(sizes @ rates / sizes.sum())
    seen = float(sizes @ (rates - mean) ** 2)
    freedom = float(sizes.sum() - np.sum(sizes**2) / sizes.sum())
    between = max((seen - (len(tallies) - 1) * within) / freedom, 0.0)
    strength = min(max(within / between - 1, _WEAKEST), _STRONGEST) if between > 0 else _STRONGEST
    return rate * strength, (1 - rate) * strength


def _made(letter: str, name: str, tally: _Tally, prior: tuple[float, float], level: float) -> ItemRate:
    """The posterior of one rate; the interval has equal tails."""
    alpha = prior[0] + tally.effective * tally.raw
    beta = prior[1] + tally.effective * (1 - tally.raw)
    mean = alpha / (alpha + beta)
    tail = (1 - level) / 2
    return ItemRate(
        grade=letter,
        item=name,
        inspected=tally.inspected,
        effective=tally.effective,
        problems=tally.problems,
        raw=tally.raw,
        rate=mean,
        rate_error=float(np.sqrt(mean * (1 - mean) / (alpha + beta + 1))),
        low=float(betaincinv(alpha, beta, tail)),
        high=float(betaincinv(alpha, beta, 1 - tail)),
    )


def _refuse_unfit(columns: Sequence[npt.NDArray[np.generic]], chance: Floats) -> None:
    """Columns of one length, chances above 0 and at most 1."""
    lengths = {len(column) for column in columns}
    bad = int(np.sum(~((chance > 0) & (chance <= 1))))
    if len(lengths) > 1 or bad:
        raise DrawsRefused(
            expected="columns of one length, and for every random inspection a chance above 0 and at most 1",
            got=f"lengths {sorted(lengths)}, {bad} chances outside",
            todo="give only random draws, with the chance that the draw recorded",
        )
