"""From ratios and stratum sizes to the number drawn in each stratum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from serving.sampling.policy import GRADES, Ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Entities among which a draw gives each the same chance."""

    name: str
    grade: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How many of a stratum are drawn."""

    stratum: str
    grade: str
    size: int
    count: int

    @property
    def probability(self) -> Fraction:
        """The exact chance of each entity of the stratum."""
        return Fraction(self.count, self.size) if self.size else Fraction(0)

    @property
    def probability_text(self) -> str:
        """The chance as count/size, not reduced, so that both numbers stay readable."""
        return f"{self.count}/{self.size}"


def allocate(ratios: Ratios, strata: Iterable[Stratum]) -> tuple[Allocation, ...]:
    """One allocation per stratum, in the order of their names."""
    return tuple(
        Allocation(
            stratum=stratum.name,
            grade=stratum.grade,
            size=stratum.size,
            count=_rounded_up(ratios.of(stratum.grade), stratum.size),
        )
        for stratum in sorted(strata, key=lambda stratum: stratum.name)
    )


def counts(ratios: Ratios, sizes: Mapping[str, int]) -> dict[str, int]:
    """The number drawn per grade when the grades themselves are the strata."""
    return {grade: _rounded_up(ratios.of(grade), sizes.get(grade, 0)) for grade in GRADES}


def _rounded_up(ratio: Fraction, size: int) -> int:
    """Rounds up, so that the ratio is reached and a stratum with a ratio above 0 gives at least one."""
    return -(-ratio * size // 1)
