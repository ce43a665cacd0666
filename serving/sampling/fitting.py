"""Who fits a visit: scope, department, skills, licence, leave and conflicts, over the whole roster at once.

What a team must hold together (skills, a member of each department, of bureau and station) are labels, one
bit each: a team covers a visit when its members' labels together are all that is wanted, and one day is free
to all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from serving.sampling.visit_needs import InspectorCard, Scope, ScopeKind, StaffingRefused, VisitNeed

# What can be dropped, one at a time, to learn why a visit cannot be staffed.
CONSTRAINTS = ("licence", "leave", "conflict", "scope", "department", "skills")
MOST_LABELS = 60  # bits of a whole number


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What decides who fits, apart from conflicts: visits of the same terms share their candidates."""

    departments: tuple[str, ...]
    station: str
    skills: tuple[str, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Those who fit, in the order of the roster: places in it, labels, days free as bits of the window."""

    places: np.ndarray
    labels: np.ndarray
    days: tuple[int, ...]
    wanted: int
    wanted_names: tuple[str, ...]
    window: int

    @cached_property
    def kinds(self) -> Counter[tuple[int, int]]:
        """How many there are of each labels and days."""
        return Counter(zip(self.labels.tolist(), self.days, strict=True))

    @cached_property
    def scarcest(self) -> int:
        """How many hold the label that fewest hold; all of them where no label is wanted."""
        held = [int(np.count_nonzero(self.labels & (1 << bit))) for bit in range(len(self.wanted_names))]
        return min([*held, len(self.places)])

    def staffable(self, seats: int) -> bool:
        """Whether some team of so many covers everything."""
        return completes(Counter(self.kinds), self.wanted, self.window, seats)

    def without(self, barred: Iterable[int]) -> Candidates:
        """The same without some places of the roster."""
        keep = ~np.isin(self.places, np.fromiter(barred, dtype=np.int64))
        return Candidates(
            places=self.places[keep],
            labels=self.labels[keep],
            days=tuple(days for days, kept in zip(self.days, keep.tolist(), strict=True) if kept),
            wanted=self.wanted,
            wanted_names=self.wanted_names,
            window=self.window,
        )


class Bench:
    """A roster laid out in columns, in the order of the ids, with the candidates of each terms made once."""

    def __init__(self, inspectors: Sequence[InspectorCard], scope: Scope) -> None:
        """Lays out the columns; the order of the cards does not matter."""
        self.cards = sorted(inspectors, key=lambda card: card.inspector_id)
        self.scope = scope
        self.ids = [card.inspector_id for card in self.cards]
        self.place = {inspector_id: place for place, inspector_id in enumerate(self.ids)}
        self.departments = np.array([card.department for card in self.cards], dtype=object)
        self.stations = np.array([card.station for card in self.cards], dtype=object)
        self.licensed_from = np.array([card.licensed_from.toordinal() for card in self.cards], dtype=np.int64)
        self.licensed_until = np.array(
            [card.licensed_until.toordinal() for card in self.cards], dtype=np.int64
        )
        self.on_leave = [place for place, card in enumerate(self.cards) if card.leave]
        self.conflicts = defaultdict[str, set[int]](set)
        for place, card in enumerate(self.cards):
            for entity_id in card.conflicts:
                self.conflicts[entity_id].add(place)
        self._made: dict[tuple[Terms, str], Candidates] = {}

    def candidates(self, visit: VisitNeed, without: str = "") -> Candidates:
        """Those who fit the visit; `without` drops one of CONSTRAINTS."""
        terms = terms_of(visit)
        if (terms, without) not in self._made:
            self._made[terms, without] = self._fitting(terms, without)
        found = self._made[terms, without]
        barred = self.conflicts.get(visit.entity_id) if without != "conflict" else None
        return found.without(barred) if barred else found

    def _fitting(self, terms: Terms, without: str) -> Candidates:
        fits = np.ones(len(self.cards), dtype=bool)
        if without != "licence":
            fits &= self.licensed_from <= terms.first_day.toordinal()
            fits &= self.licensed_until >= terms.last_day.toordinal()
        if without != "department":
            fits &= np.isin(self.departments, list(terms.departments))
        if without != "scope":
            fits &= self._in_scope(terms)
        labels, names = self.labels(terms, without)
        window = (1 << ((terms.last_day - terms.first_day).days + 1)) - 1
        days = dict.fromkeys(self.on_leave, window)
        if without != "leave":
            days = {place: window & ~self._away(place, terms) for place in self.on_leave}
            fits[[place for place in self.on_leave if not days[place]]] = False
        places = np.flatnonzero(fits)
        return Candidates(
            places=places,
            labels=labels[places],
            days=tuple(days.get(place, window) for place in places.tolist()),
            wanted=(1 << len(names)) - 1,
            wanted_names=names,
            window=window,
        )

    def _in_scope(self, terms: Terms) -> np.ndarray:
        if self.scope.kind is ScopeKind.WHOLE_BUREAU:
            return np.ones(len(self.cards), dtype=bool)
        places = {
            ScopeKind.STATIONS: self.scope.stations,
            ScopeKind.STATION: (terms.station,),
            ScopeKind.BUREAU_AND_STATION: ("", terms.station),
        }
        return np.isin(self.stations, list(places[self.scope.kind]))

    def labels(self, terms: Terms, without: str = "") -> tuple[np.ndarray, tuple[str, ...]]:
        """The labels of everybody on the roster, and what each bit stands for."""
        held: list[tuple[str, np.ndarray]] = []
        if without != "skills":
            held += [
                (skill, np.array([skill in card.skills for card in self.cards])) for skill in terms.skills
            ]
        if without != "department" and len(terms.departments) > 1:
            held += [(name, self.departments == name) for name in terms.departments]
        if without != "scope" and self.scope.kind is ScopeKind.BUREAU_AND_STATION and terms.station:
            held += [("bureau", self.stations == ""), (terms.station, self.stations == terms.station)]
        if len(held) > MOST_LABELS:
            raise StaffingRefused(
                expected=f"at most {MOST_LABELS} skills and departments in one visit",
                got=f"{len(held)}",
                todo="split the visit, or name fewer skills in its items",
            )
        labels = np.zeros(len(self.cards), dtype=np.int64)
        for bit, (_, holds) in enumerate(held):
            labels |= holds.astype(np.int64) << bit
        return labels, tuple(name for name, _ in held)

    def held(self, visit: VisitNeed, team: Iterable[str], without: str = "") -> tuple[int, int]:
        """The labels that these inspectors hold together, and the days free to all of them.

        They may fit no longer: what they hold counts all the same. Who left the roster holds nothing.
        """
        terms = terms_of(visit)
        labels, _ = self.labels(terms, without)
        held, days = 0, (1 << ((terms.last_day - terms.first_day).days + 1)) - 1
        for place in self.places(team):
            held |= int(labels[place])
            if without != "leave":
                days &= ~self._away(place, terms)
        return held, days

    def places(self, inspector_ids: Iterable[str]) -> list[int]:
        """Where these stand on the roster, as far as they do."""
        return [self.place[one] for one in inspector_ids if one in self.place]

    def _away(self, place: int, terms: Terms) -> int:
        away = 0
        for first, last in self.cards[place].leave:
            begins, ends = max(first, terms.first_day), min(last, terms.last_day)
            if begins <= ends:
                length = (ends - begins).days + 1
                away |= ((1 << length) - 1) << (begins - terms.first_day).days
        return away


def terms_of(visit: VisitNeed) -> Terms:
    """The terms of a visit, the same however its departments and skills were ordered."""
    return Terms(
        departments=tuple(sorted(set(visit.departments))),
        station=visit.station,
        skills=tuple(sorted(visit.skills)),
        first_day=visit.first_day,
        last_day=visit.last_day,
    )


def completes(left: Counter[tuple[int, int]], missing: int, days: int, seats: int) -> bool:
    """Whether `seats` more out of `left` hold all `missing` labels and share one of `days`."""
    if not days:
        return False
    if seats == 0:
        return not missing
    lowest = missing & -missing
    for (labels, free), count in left.items():
        if not count or (lowest and not labels & lowest) or not days & free:
            continue
        left[labels, free] -= 1
        found = completes(left, missing & ~labels, days & free, seats - 1)
        left[labels, free] += 1
        if found:
            return True
    return False
