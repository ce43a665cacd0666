"""A joint plan of several departments: a plan for each of them, with the visits that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from serving.rosters.item import Item
from serving.sampling.allocation import Allocation
from serving.sampling.policy import Policy
from serving.web.desk import Desk
from serving.web.workbench.drawable import Drawable, drawable_under
from serving.web.workbench.expected import expected_of

# Sums of chances that make a whole number miss it by their last digits.
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLine:
    """A department's plan: its items, its counts by line just as its freeze fixes them, officer-hours."""

    department: str
    items: tuple[str, ...]
    allocations: Mapping[str, Allocation]
    hours: float

    @property
    def drawn(self) -> int:
        """All that the plan draws."""
        return sum(one.count for one in self.allocations.values())


def by_department(items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """The codes of the items of each department, both in the order in which they were chosen."""
    found = dict[str, tuple[str, ...]]()
    for item in items:
        found[item.department] = (*found.get(item.department, ()), item.code)
    return found


def partners_of(
    desk: Desk,
    policy: Policy,
    items: Sequence[Item],
    *,
    hours_per_visit: float | None,
    region: str,
    year: int,
) -> tuple[PartnerLine, ...]:
    """The plans that a joint one is made of; raises RegionEmpty, ObjectsMissing if one could draw nobody."""
    lines = []
    for department, codes in by_department(items).items():
        found = drawable_under(desk, policy, items=codes, region=region, year=year)
        own = [item for item in items if item.department == department]
        expected = expected_of(desk, found, own, hours_per_visit=hours_per_visit)
        allocations = found.drawn_under(policy, codes)
        hours = expected.hours_of({line: one.count for line, one in allocations.items()})
        lines.append(PartnerLine(department=department, items=codes, allocations=allocations, hours=hours))
    return tuple(lines)


def merged(found: Drawable, partners: Sequence[PartnerLine]) -> dict[str, Allocation]:
    """The visits that the partners share, in expectation, by line of all who concern any of them.

    They share tickets, so an entity is drawn by all whose chance its ticket is below: by any with the largest
    of the chances (sampling/joint_draw.py, `fewest_visits`). Where no roster tells whom the items concern, by
    the largest of all.
    """
    chances = [
        (set(one.items), {line: float(drawn.probability) for line, drawn in one.allocations.items()})
        for one in partners
    ]
    expected = dict.fromkeys(found.sizes, 0.0)
    for kind in found.kinds:
        own = [
            by_line[kind.line] for codes, by_line in chances if kind.items is None or codes & {*kind.items}
        ]
        expected[kind.line] += kind.size * max(own, default=0.0)
    return {
        line: Allocation(
            stratum=line, grade=line, size=size, count=min(ceil(expected[line] - _NOTHING), size)
        )
        for line, size in found.sizes.items()
    }
