"""What visits are expected to find and to take: by item where past draws tell items apart, else as a whole.

A release is validated on visits: it tells the rate of each grade, not of its items. How items of a grade
differ is told by the random draws of the past, shrunk toward their grade (sampling/hit_rates.py); their odds
are moved from the grades of that time to those of the release. What both make of a visit of several items
stands in sampling/visit_findings.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from models.release import Release
from serving.rosters.item import Item
from serving.rosters.items import list_items
from serving.sampling.capacity import CapacityRefused
from serving.sampling.visit_findings import Alike, Rates, VisitChances, visit_chances
from serving.web.desk import Desk
from serving.web.draws_before import RecordsMissing, city_draws_of
from serving.web.hit_rates import evidence_of, rate_error
from serving.web.workbench.drawable import LINES, Drawable, Kind

if TYPE_CHECKING:
    from serving.sampling.hit_rates import ItemRate

# Two officers at every visit; an hour each where no item says how long it takes.
OFFICERS, USUAL_HOURS = 2, 2.0
# A visit as a whole, where items are not told apart.
_WHOLE_VISIT = ("",)
_RATES_KEPT = 2
# With the rows they were counted from, so that no other table can come to bear their identity.
_RATES: OrderedDict[tuple[object, ...], tuple[pa.Table, tuple[ItemRate, ...]]] = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """By line of LINES what a visit finds (missing where a rate is unknown) and the officer-hours it takes.

    `rates`: those of the chosen items by grade, empty where visits are weighed as a whole; `from_items`:
    whether the hours follow from the items.
    """

    chances: Mapping[str, VisitChances]
    hours: Mapping[str, float]
    rates: tuple[ItemRate, ...]
    from_items: bool

    def findings(self, drawn: Mapping[str, int], item: str) -> float:
        """The problems expected at one item of so many visits by line."""
        return sum(count * self._of(line).found.get(item, 0.0) for line, count in drawn.items() if count)

    def checks(self, drawn: Mapping[str, int], item: str) -> float:
        """How often the item is expected to be checked."""
        return sum(count * self._of(line).checked.get(item, 0.0) for line, count in drawn.items() if count)

    def hours_of(self, drawn: Mapping[str, int]) -> float:
        """The officer-hours expected of so many visits by line."""
        return sum(count * self.hours[line] for line, count in drawn.items())

    def _of(self, line: str) -> VisitChances:
        return self.chances.get(line) or visit_chances((), {})


def expected_of(
    desk: Desk, found: Drawable, items: Sequence[Item], *, hours_per_visit: float | None
) -> Expected:
    """What visits to those who may be drawn find and take; `hours_per_visit`: given, else by the items."""
    known = {
        (grade, ""): (one.rate, rate_error(one))
        for grade, one in evidence_of(desk.release).rates.items()
        if one.rate is not None
    }
    rates = item_rates_of(desk, tuple(item.code for item in items)) if items else ()
    by_item = {(one.grade, one.item): (one.rate, one.rate_error) for one in rates}
    minutes = {item.code: item.minutes for item in items}
    chances, hours = dict[str, VisitChances](), dict[str, float]()
    for line in LINES:
        kinds = found.of_line(line)
        # What is unknown is told so where it is drawn, and refused where it is weighed.
        with suppress(CapacityRefused):
            chances[line] = visit_chances([_alike(kind, by_item) for kind in kinds], known | by_item)
        hours[line] = hours_per_visit or _hours(kinds, minutes)
    return Expected(
        chances=chances,
        hours=hours,
        rates=rates,
        from_items=hours_per_visit is None and bool(minutes),
    )


def item_rates_of(desk: Desk, codes: tuple[str, ...]) -> tuple[ItemRate, ...]:
    """The rates of these items by grade, in the terms of the release; none where no past draws tell any."""
    from serving.inspections.policies.past_draws import NoPastDraws  # noqa: PLC0415 - statistics take a second

    try:
        rows = city_draws_of(desk).rows
    except (NoPastDraws, RecordsMissing):
        return ()
    listed = frozenset(item.code for item in list_items(desk.ledger, desk.city)) | set(codes)
    key = (id(rows), desk.release.release_id, listed)
    if key not in _RATES:
        _RATES[key] = rows, _item_rates(rows, desk.release, tuple(sorted(listed)))
        while len(_RATES) > _RATES_KEPT:
            _RATES.popitem(last=False)
    return tuple(one for code in codes for one in _RATES[key][1] if one.item == code)


def _item_rates(rows: pa.Table, release: Release, codes: tuple[str, ...]) -> tuple[ItemRate, ...]:
    """By grade and item; whole visits tell how the grades of that time stand to those of the release."""
    from serving.sampling.hit_rates import item_rates, moved, shift  # noqa: PLC0415 - statistics take a second

    visits = rows.group_by(["draw_id", "entity_id", "grade"]).aggregate([("found", "max"), ("chance", "min")])
    grade, found, chance = (visits[name].to_numpy() for name in ("grade", "found_max", "chance_min"))
    visit = np.full(len(grade), "visit")
    whole = item_rates(grade.astype(str), visit, found.astype(bool), chance)
    now = evidence_of(release).rates
    shifts = {
        one.grade: shift(one, rate, rate_error(now[one.grade]))
        for one in whole
        if not one.item and (rate := now[one.grade].rate) is not None
    }
    grade, item, found, chance = (rows[name].to_numpy() for name in ("grade", "item_code", "found", "chance"))
    rates = item_rates(grade.astype(str), item.astype(str), found.astype(bool), chance, wanted=codes)
    return moved(rates, shifts)


def _alike(kind: Kind, rates: Rates) -> Alike:
    """A kind as visits are weighed: by its items if all of them have a rate in its grade."""
    items = kind.items or _WHOLE_VISIT
    told = all((kind.grade, item) in rates for item in items)
    return Alike(grade=kind.grade, items=items if told else _WHOLE_VISIT, size=kind.size)


def _hours(kinds: Sequence[Kind], minutes: Mapping[str, int]) -> float:
    """The mean officer-hours of a visit: two officers, the minutes of the items that concern the entity."""
    size = sum(kind.size for kind in kinds)
    each = (kind.size * sum(minutes[code] for code in _checked(kind, minutes)) for kind in kinds)
    total = sum(each)
    return OFFICERS * total / size / 60 if total else USUAL_HOURS


def _checked(kind: Kind, minutes: Mapping[str, int]) -> Sequence[str]:
    """The items that concern a kind; all of them where no roster tells."""
    return tuple(minutes) if kind.items is None else kind.items
