"""What partners of a joint draw save: one visit for all who drew the same entity.

Each draw keeps its exact chances, since a shared ticket is as even as one of its own. An entity is drawn if
its ticket is low and those of others are high, in every partner's draw alike; so by Harris' inequality two
draws hit it together at least as often as independent ones would, and the expected visits are never more. In
one draw the visits are never more than the sum of the draws; where partners cut the same strata, the draw of
the smaller count lies wholly in that of the larger, which no other way of drawing can undercut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import prod


def visits(draws: Iterable[Iterable[str]]) -> int:
    """The entities that at least one of the draws holds, by id."""
    return len(set[str]().union(*draws))


def expected_independent_visits(chances: Sequence[Mapping[str, Fraction]]) -> Fraction:
    """The visits expected if each partner drew by itself: Σ (1 − Π (1 − π)) over all entities."""
    ids = set[str]().union(*chances)
    missed = (
        prod((1 - one.get(entity, Fraction(0)) for one in chances), start=Fraction(1)) for entity in ids
    )
    return sum((1 - each for each in missed), Fraction(0))


def fewest_visits(chances: Sequence[Mapping[str, Fraction]]) -> Fraction:
    """The visits that no way of drawing with these chances can undercut: Σ max π over all entities."""
    ids = set[str]().union(*chances)
    return sum((max(one.get(entity, Fraction(0)) for one in chances) for entity in ids), Fraction(0))
