"""Sampling ratios per grade and the rules they keep: order, exploration floor, legal floor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from data_contracts.refusal import Refusal
from models.grades import LETTERS

# 3 % of all enterprises a year is the share that provinces publish as the least (Zhejiang, Gansu).
LEGAL_FLOOR = Fraction(3, 100)

# Short on purpose: an exponent such as 1e999999999 would take hours to expand into a fraction.
NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?|[0-9]{1,9}/[1-9][0-9]{0,8}")


class RatiosRefused(Refusal):
    """Ratios that are no numbers from 0 to 1, fall from A to D, or leave a grade without chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """The share of each grade to be drawn, as exact decimal or fraction texts ("0.02", "1/3")."""

    a: str
    b: str
    c: str
    d: str
    allow_zero: str = ""

    def __post_init__(self) -> None:
        """Refuses at once everything that is wrong, so that a person mends it in one go."""
        faults = _faults_of_numbers(self) or [*_faults_of_order(self), *_faults_of_floor(self)]
        if faults:
            raise RatiosRefused(
                expected="a ratio from 0 to 1 for each grade, A <= B <= C <= D, above 0 in every grade",
                got="; ".join(faults),
                todo="correct the ratios, for example A=0.02,B=0.05,C=0.2,D=1; "
                "a ratio of 0 needs a written reason (allow_zero): who is never drawn is never learned from",
            )

    def of(self, grade: str) -> Fraction:
        """The exact ratio of one grade."""
        return Fraction(self.texts()[LETTERS.index(grade)])

    def texts(self) -> tuple[str, str, str, str]:
        """The four ratios as written, A to D."""
        return (self.a, self.b, self.c, self.d)

    def __str__(self) -> str:
        """Reads as it is typed: A=0.02,B=0.05,C=0.2,D=1."""
        return ",".join(f"{grade}={text}" for grade, text in zip(LETTERS, self.texts(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorCheck:
    """Whether a plan reaches the legal share of all entities by itself."""

    drawn: int
    total: int
    required: int
    share: Fraction = LEGAL_FLOOR

    @property
    def met(self) -> bool:
        """True if enough entities are drawn."""
        return self.drawn >= self.required

    def __str__(self) -> str:
        """One sentence with its numbers."""
        share = 100 * self.drawn / self.total if self.total else 0.0
        verdict = "reaches" if self.met else f"is {self.required - self.drawn} short of"
        floor = f"the legal floor of {float(100 * self.share):g} % ({self.required})"
        return f"{self.drawn} of {self.total} entities ({share:.2f} %) {verdict} {floor}"


def check_legal_floor(*, drawn: int, total: int, floor: Fraction = LEGAL_FLOOR) -> FloorCheck:
    """Compares a draw with the legal floor; a plan below it may be lawful as one of several in a year."""
    return FloorCheck(drawn=drawn, total=total, required=-(-total * floor // 1), share=floor)


def parse_ratios(text: str, *, allow_zero: str = "") -> Ratios:
    """Reads "A=0.02,B=0.05,C=0.2,D=1"; every grade exactly once."""
    parts = [part.partition("=") for part in text.split(",")]
    names = [name.strip().upper() for name, _, _ in parts]
    if sorted(names) != list(LETTERS):
        raise RatiosRefused(
            expected="each of the grades A, B, C, D once, as A=0.02,B=0.05,C=0.2,D=1",
            got=f"{text!r}",
            todo="write the four ratios separated by commas",
        )
    values = {name: value.strip() for name, (_, _, value) in zip(names, parts, strict=True)}
    return Ratios(a=values["A"], b=values["B"], c=values["C"], d=values["D"], allow_zero=allow_zero)


def _faults_of_numbers(ratios: Ratios) -> list[str]:
    """Texts that are no number from 0 to 1."""
    return [
        f"{grade}={text!r} is no number from 0 to 1"
        for grade, text in zip(LETTERS, ratios.texts(), strict=True)
        if not NUMBER.fullmatch(text) or Fraction(text) > 1
    ]


def _faults_of_order(ratios: Ratios) -> list[str]:
    """Neighbours of which the riskier grade would be drawn less."""
    return [
        f"the ratio falls from {low}={low_text} to {high}={high_text}"
        for (low, low_text), (high, high_text) in pairwise(zip(LETTERS, ratios.texts(), strict=True))
        if Fraction(low_text) > Fraction(high_text)
    ]


def _faults_of_floor(ratios: Ratios) -> list[str]:
    """Grades that could never be drawn, unless a reason is given."""
    if ratios.allow_zero.strip():
        return []
    return [f"{grade}=0 without a reason" for grade in LETTERS if ratios.of(grade) == 0]
