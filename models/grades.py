"""The four grades, their names, and the cuts between them. Their meaning is law; the cuts are learned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.document import Document, Json, document_of, parse_json, write_json


class GradeCutsRefused(Refusal):
    """Cuts that do not divide the probabilities into four grades in order."""


class Grade(StrEnum):
    """A credit-risk grade, lowest risk first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    @property
    def label_zh(self) -> str:
        """低, 中, 中高 or 高."""
        return _LABELS[self][0]

    @property
    def label_en(self) -> str:
        """Low, medium, medium-high or high."""
        return _LABELS[self][1]


# The national opinion (国市监信发〔2022〕6号) calls the classes 低/一般/较高/高; cities publish these four.
_LABELS = {
    Grade.A: ("低", "low"),
    Grade.B: ("中", "medium"),
    Grade.C: ("中高", "medium-high"),
    Grade.D: ("高", "high"),
}
GRADES: tuple[Grade, ...] = tuple(Grade)
LETTERS = tuple(grade.value for grade in GRADES)
# e² times the odds: further apart than most cuts.
LARGEST_MARGIN = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeCuts:
    """Three probabilities: below the first is A, below the second B, below the third C, else D.

    `kind` says by which policy they were chosen, with its four `shares` of the entities or,
    for `multiples`, three multiples of the base rate. `margin` is the change guard's: how far, in log-odds,
    a probability must lie beyond a cut to move a grade at once; 0 guards nothing.
    """

    cuts: tuple[float, float, float]
    kind: str = "shares"
    shares: tuple[float, ...] = (0.65, 0.25, 0.085, 0.015)
    margin: float = 0.0

    def __post_init__(self) -> None:
        """Refuses cuts out of order, an unknown policy, and a margin wider than the cuts lie apart."""
        low, middle, high = self.cuts
        if not 0 < low <= middle <= high < 1:
            self._refuse("three probabilities between 0 and 1 that do not fall", str(self.cuts))
        if self.kind not in ("shares", "multiples"):
            self._refuse("policy kind shares or multiples", repr(self.kind))
        if self.kind == "shares" and (len(self.shares) != 4 or abs(sum(self.shares) - 1) > 1e-9):
            self._refuse("four shares that sum to 1", str(self.shares))
        if not (math.isfinite(self.margin) and 0 <= self.margin <= LARGEST_MARGIN):
            raise GradeCutsRefused(
                expected=f"a margin from 0 to {LARGEST_MARGIN:g} in log-odds",
                got=repr(self.margin),
                todo="choose how much noise a grade should stand, for example 0.2",
            )

    def to_json(self) -> str:
        """The text of grades.json."""
        policy: dict[str, Json] = {"kind": self.kind, self.kind: list(self.shares)}
        return write_json({"cuts": list(self.cuts), "policy": policy, "guard": {"margin": self.margin}})

    @staticmethod
    def from_json(text: str, place: str = "grades.json") -> GradeCuts:
        """Reads grades.json strictly."""
        document = document_of(parse_json(text, place), place).exactly("cuts", "policy", "guard")
        policy = document.inner("policy")
        kind = policy.text("kind")
        policy.exactly("kind", kind)
        guard = document.inner("guard").exactly("margin")
        return GradeCuts(
            cuts=_three(document), kind=kind, shares=policy.numbers(kind), margin=guard.number("margin")
        )

    def _refuse(self, expected: str, got: str) -> None:
        raise GradeCutsRefused(
            expected=expected, got=got, todo="choose the cuts again on the calibration window"
        )


def _three(document: Document) -> tuple[float, float, float]:
    cuts = document.numbers("cuts")
    if len(cuts) != 3:
        raise GradeCutsRefused(
            expected="three cuts",
            got=f"{len(cuts)} in {document.place}",
            todo="choose the cuts again on the calibration window",
        )
    return cuts[0], cuts[1], cuts[2]


def moved_shares(matrix: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Of the entities counted from grades (rows) to grades (columns): the share that changed its grade, and
    the share that did by two or more; 0 of nobody.
    """
    steps = np.abs(np.subtract.outer(np.arange(len(matrix)), np.arange(len(matrix))))
    total = max(int(matrix.sum()), 1)
    return float(matrix[steps >= 1].sum() / total), float(matrix[steps >= 2].sum() / total)


def grade_of(probabilities: npt.NDArray[np.float64], cuts: Sequence[float]) -> npt.NDArray[np.str_]:
    """The grade letter of every probability; one that equals a cut takes the worse side."""
    return letters(np.searchsorted(np.asarray(cuts, dtype=np.float64), probabilities, side="right"))


def letters(places: npt.NDArray[np.integer]) -> npt.NDArray[np.str_]:
    """Grade letters of 0 (A) to 3 (D)."""
    return np.asarray(np.array(LETTERS)[places])


def places_of(graded: npt.NDArray[np.str_]) -> npt.NDArray[np.intp]:
    """0 (A) to 3 (D) of grade letters."""
    return np.searchsorted(LETTERS, graded)
