"""From a policy or ratios and stratum sizes to the whole number drawn in each stratum.

A stratum's count depends on its own size and nothing else, so that anyone can repeat it:
count = ceil(ratio x size). The ratio is that of the stratum's grade; it is not below the policy's
exploration floor, and is 1 under full coverage. A stratum named "…/full" holds who is on a list of
full coverage and is drawn whole. The best counts within a budget are another question (budget.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from models.grades import LETTERS
from serving.sampling.policy import FloorCheck, Policy, Ratios, check_legal_floor

FULL = "/full"


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
    return _allocated(dict(zip(LETTERS, ratios.texts(), strict=True)), strata)


def allocate_policy(
    policy: Policy, strata: Iterable[Stratum], *, items: Collection[str] = ()
) -> tuple[Allocation, ...]:
    """One allocation per stratum under a policy, for a plan that inspects these items; by stratum name."""
    return _allocated(policy.drawn_ratios(items), strata)


def counts(ratios: Ratios, sizes: Mapping[str, int]) -> dict[str, int]:
    """The number drawn per grade when the grades themselves are the strata."""
    return {grade: _rounded_up(ratios.of(grade), sizes.get(grade, 0)) for grade in LETTERS}


def enterprise_floor(
    policy: Policy, allocations: Iterable[Allocation], enterprises: Mapping[str, int], *, total: int
) -> FloorCheck:
    """Whether enterprises alone reach the legal floor, in expectation over the draw.

    enterprises: those that may be drawn, by stratum; total: all of the city, also those shielded or
    capped. Within a stratum all have the same chance, so count/size of its enterprises is expected.
    """
    expected = sum(one.probability * enterprises.get(one.stratum, 0) for one in allocations)
    return check_legal_floor(drawn=int(expected // 1), total=total, floor=Fraction(policy.legal_floor))


def _allocated(texts: Mapping[str, str], strata: Iterable[Stratum]) -> tuple[Allocation, ...]:
    """The rule of ratio mode, stratum by stratum."""
    return tuple(
        Allocation(
            stratum=stratum.name,
            grade=stratum.grade,
            size=stratum.size,
            count=stratum.size
            if stratum.name.endswith(FULL)
            else _rounded_up(Fraction(texts[stratum.grade]), stratum.size),
        )
        for stratum in sorted(strata, key=lambda stratum: stratum.name)
    )


def _rounded_up(ratio: Fraction, size: int) -> int:
    """Rounds up, so that the ratio is reached and a stratum with a ratio above 0 gives at least one."""
    return -(-ratio * size // 1)
