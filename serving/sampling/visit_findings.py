"""What visits that check several items are expected to find and to take: by item, and as whole visits.

A visit checks all items of the plan that concern the entity. With p(g, i) the rate of grade g and item i, an
entity of grade g whom the items S concern is expected to have a problem at sum p(g, i) of the items of S, and
its visit finds something with the chance 1 - prod (1 - p(g, i)) over S, as long as items of one entity find
independently of each other, given the grade. Problems come together in practice, and fewer visits find
something: at least max p(g, i) of them, which is what is left if they always do (`together`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.sampling.capacity import CapacityRefused

# Grade and item: chance of a problem, standard deviation. Item "" stands for a visit as a whole.
Rates = Mapping[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Entities of one grade whom the same items concern: how many, and which; ("",): a visit as a whole."""

    grade: str
    items: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChances:
    """Of a random visit: the chance that it finds something, with its standard deviation, and the same if
    problems always come together; by item the chance to check it and to find a problem at it; minutes.
    """

    rate: float
    rate_error: float
    together: float
    checked: Mapping[str, float]
    found: Mapping[str, float]
    minutes: float


def visit_chances(
    groups: Sequence[Alike], rates: Rates, minutes: Mapping[str, int] | None = None
) -> VisitChances:
    """The chances of a visit to one of these entities, each as likely as any other.

    minutes: those of one officer for each item. Rates of different grades and items are taken as estimated
    independently. Raises CapacityRefused for what no rate is known of; nobody to visit has chances of 0.
    """
    _refuse_unknown(groups, rates)
    total = sum(one.size for one in groups)
    checked, found, slopes = dict[str, float](), dict[str, float](), dict[tuple[str, str], float]()
    rate = together = 0.0
    for one in groups:
        share = one.size / total if total else 0.0
        chances = [rates[one.grade, item][0] for item in one.items]
        rate += share * (1 - math.prod(1 - chance for chance in chances))
        together += share * max(chances, default=0.0)
        for place, item in enumerate(one.items):
            checked[item] = checked.get(item, 0.0) + share
            found[item] = found.get(item, 0.0) + share * chances[place]
            others = math.prod(1 - chance for chance in chances[:place] + chances[place + 1 :])
            key = (one.grade, item)
            slopes[key] = slopes.get(key, 0.0) + share * others
    return VisitChances(
        rate=rate,
        rate_error=math.sqrt(sum((slope * rates[key][1]) ** 2 for key, slope in slopes.items())),
        together=together,
        checked=checked,
        found=found,
        minutes=sum(share * (minutes or {}).get(item, 0) for item, share in checked.items()),
    )


def _refuse_unknown(groups: Sequence[Alike], rates: Rates) -> None:
    """Names every grade and item without a rate at once."""
    asked = {(one.grade, item) for one in groups if one.size for item in one.items}
    if unknown := sorted(asked - set(rates)):
        named = ", ".join(f"{grade or 'no grade'}{' ' + item if item else ''}" for grade, item in unknown)
        raise CapacityRefused(
            expected="a hit rate for every grade and item that a visit may check",
            got=f"none for {named}",
            todo="draw some of these grades first, or take the rates of a release whose validation has them",
        )
