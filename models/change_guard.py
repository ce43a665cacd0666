"""The change guard: a grade moves when it clears a cut by a margin, or was beyond it twice in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.grades import GradeCuts, grade_of, letters, places_of

Floats = npt.NDArray[np.float64]
Letters = npt.NDArray[np.str_]


class PastRefused(Refusal):
    """A past that does not belong to these entities."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """What the same release said of the same entities before: the guarded grade, and the probability."""

    grade: Letters
    probability: Floats

    def slice(self, start: int, count: int) -> Past:
        """The past of some rows."""
        rows = slice(start, start + count)
        return Past(grade=self.grade[rows], probability=self.probability[rows])


def guarded(probability: Floats, past: Past, cuts: GradeCuts) -> Letters:
    """The grade of every row that stays as near to the previous one as the probabilities allow.

    The least grade it may have is the worse of two: the one it would have with its log-odds lowered by the
    margin of the cuts, and the lower of its raw grades now and before; the highest one mirrors that. Between
    the two the previous grade decides. An entity without a past has the previous grade `""` (its previous
    probability is not looked at) and gets its raw grade. Raises PastRefused where the lengths differ.
    """
    if not len(probability) == len(past.grade) == len(past.probability):
        raise PastRefused(
            expected=f"a past of {len(probability)} entities",
            got=f"{len(past.grade)} grades and {len(past.probability)} probabilities",
            todo="align the previous register with the rows first",
        )
    raw, before = _place(probability, cuts), _place(past.probability, cuts)
    log_odds = np.log(probability) - np.log1p(-probability)
    lowered, raised = (_place(_sigmoid(log_odds + step), cuts) for step in (-cuts.margin, cuts.margin))
    least = np.maximum(lowered, np.minimum(raw, before))
    most = np.minimum(raised, np.maximum(raw, before))
    known = past.grade != ""
    previous = np.where(known, places_of(past.grade), raw)
    return letters(np.where(known, np.clip(previous, least, most), raw))


def _place(probability: Floats, cuts: GradeCuts) -> npt.NDArray[np.intp]:
    """0 for A to 3 for D."""
    return places_of(grade_of(probability, cuts.cuts))


def _sigmoid(log_odds: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -log_odds))
