"""What a visit needs and whom the roster offers: the plain records that staffing is drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from data_contracts.refusal import Refusal

# 行政处罚法 (2021) article 42: at least two officers with law-enforcement qualifications, unless law differs.
LEAST_INSPECTORS = 2


class StaffingRefused(Refusal):
    """Visits, cards or a recusal that contradict themselves."""


class ScopeKind(StrEnum):
    """The four ways to draw inspectors (S4 of the sources in DOMAIN 1.35)."""

    WHOLE_BUREAU = "whole_bureau"
    BUREAU_AND_STATION = "bureau_and_station"
    STATIONS = "stations"
    STATION = "station"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """From whom inspectors are drawn; `stations` are named for several stations, and only then."""

    kind: ScopeKind
    stations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses stations where none are asked for, and none where some are."""
        if bool(self.stations) != (self.kind is ScopeKind.STATIONS):
            raise StaffingRefused(
                expected="stations to be named with the scope stations, and with no other",
                got=f"scope {self.kind.value} with {len(self.stations)} stations",
                todo="name the stations, or leave them out",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNeed:
    """One visit to one entity: whose items, where, which skills, between which days (both included).

    Each department of a joint visit sends at least one inspector, who alone may apply its law.
    """

    visit_id: str
    entity_id: str
    departments: tuple[str, ...]
    station: str
    skills: frozenset[str]
    first_day: date
    last_day: date
    needs: int = LEAST_INSPECTORS

    @property
    def seats(self) -> int:
        """The number of inspectors."""
        return max(self.needs, len(set(self.departments)))


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectorCard:
    """What staffing knows of an inspector: a pseudonym, no name. Station "" is the bureau's own office.

    `conflicts` are ids of entities (回避), `leave` intervals of days, both included; `load` counts the
    inspector's visits outside of this staffing.
    """

    inspector_id: str
    department: str
    station: str
    skills: frozenset[str]
    licensed_from: date
    licensed_until: date
    conflicts: frozenset[str] = frozenset()
    leave: tuple[tuple[date, date], ...] = ()
    load: int = 0


def refuse_contradictions(visits: Iterable[VisitNeed], inspectors: Iterable[InspectorCard]) -> None:
    """Refuses at once everything that contradicts itself."""
    visits, inspectors = list(visits), list(inspectors)
    faults = [
        *(f"visit {one!r} twice" for one in _twice(visit.visit_id for visit in visits)),
        *(f"inspector {one!r} twice" for one in _twice(card.inspector_id for card in inspectors)),
        *(f"visit {v.visit_id!r} with {v.needs} inspectors" for v in visits if v.needs < LEAST_INSPECTORS),
        *(f"visit {v.visit_id!r} that ends before it begins" for v in visits if v.last_day < v.first_day),
        *(
            f"leave of {card.inspector_id!r} from {first} to {last}"
            for card in inspectors
            for first, last in card.leave
            if last < first
        ),
    ]
    if faults:
        raise StaffingRefused(
            expected=f"every visit and inspector once, {LEAST_INSPECTORS} inspectors or more for a visit, "
            "and days in their order",
            got="; ".join(faults[:5]) + (f" and {len(faults) - 5} more" if len(faults) > 5 else ""),
            todo="correct the visits or the roster",
        )


def _twice(ids: Iterable[str]) -> list[str]:
    return sorted(one for one, count in Counter(ids).items() if count > 1)
