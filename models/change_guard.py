"""The change guard: a grade moves when it clears a cut by a margin, or was beyond it twice in a row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.grades import GRADES, GradeCuts, grade_of, letters

Floats = npt.NDArray[np.float64]
Letters = npt.NDArray[np.str_]
LETTERS = [grade.value for grade in GRADES]


class ChangeGuardRefused(Refusal):
    """A margin that is none, or a past that does not belong to these entities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGuard:
    """How far, in log-odds, a probability must lie beyond a cut to move a grade at once; 0 guards nothing."""

    margin: float

    def __post_init__(self) -> None:
        """Refuses a margin outside of 0 to 2: e² times the odds is further apart than most cuts."""
        if not (math.isfinite(self.margin) and 0 <= self.margin <= 2):
            raise ChangeGuardRefused(
                expected="a margin from 0 to 2 in log-odds",
                got=repr(self.margin),
                todo="choose how much noise a grade should stand, for example 0.2",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """What the same release said of the same entities before: the guarded grade, and the probability."""

    grade: Letters
    probability: Floats


def guarded(probability: Floats, past: Past, cuts: GradeCuts, guard: ChangeGuard) -> Letters:
    """The grade of every row that stays as near to the previous one as the probabilities allow.

    The least grade it may have is the worse of two: the one it would have with its log-odds lowered by the
    margin, and the lower of its raw grades now and before; the highest one mirrors that. Between the two the
    previous grade decides. An entity without a past has the previous grade `""` and gets its raw grade.
    """
    if not len(probability) == len(past.grade) == len(past.probability):
        raise ChangeGuardRefused(
            expected=f"a past of {len(probability)} entities",
            got=f"{len(past.grade)} grades and {len(past.probability)} probabilities",
            todo="align the previous register with the rows first",
        )
    raw, before = _place(probability, cuts), _place(past.probability, cuts)
    log_odds = np.log(probability) - np.log1p(-probability)
    lowered, raised = (_place(_sigmoid(log_odds + step), cuts) for step in (-guard.margin, guard.margin))
    least = np.maximum(lowered, np.minimum(raw, before))
    most = np.minimum(raised, np.maximum(raw, before))
    known = past.grade != ""
    previous = np.where(known, np.searchsorted(LETTERS, past.grade), raw)
    return letters(np.where(known, np.clip(previous, least, most), raw))


def _place(probability: Floats, cuts: GradeCuts) -> npt.NDArray[np.intp]:
    """0 for A to 3 for D."""
    return np.searchsorted(LETTERS, grade_of(probability, cuts.cuts))


def _sigmoid(log_odds: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -log_odds))
