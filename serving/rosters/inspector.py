"""An inspector (检查人员): office, skills, licence, leave, conflicts. The name is for those who plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from data_contracts.refusal import Refusal
from serving.ledger.persons import name_fault
from serving.sampling.visit_needs import InspectorCard


class InspectorRefused(Refusal):
    """An inspector who lacks something or contradicts himself, or whom nobody has recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Whom an inspector keeps away from (回避): one entity by its id, or one person by pseudonym."""

    entity_id: str = ""
    person: str = ""

    def __post_init__(self) -> None:
        """Refuses none and both."""
        if bool(self.entity_id.strip()) == bool(self.person.strip()):
            raise InspectorRefused(
                expected="one entity or one person to keep away from",
                got=f"entity {self.entity_id!r} and person {self.person!r}",
                todo="name one of them; record two conflicts if there are two",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """A version of an inspector with the leave and conflicts that stand now; station "" is the bureau.

    `conflicts` are ids of entities, `conflict_persons` pseudonyms of persons as the lake has them.
    """

    inspector_id: str
    name: str
    department: str
    station: str
    skills: tuple[str, ...]
    licence_number: str
    licensed_from: date
    licensed_until: date
    active: bool = True
    conflicts: frozenset[str] = frozenset()
    conflict_persons: frozenset[str] = frozenset()
    leave: tuple[tuple[date, date], ...] = ()
    version: int = 0

    def card(
        self, *, load: int = 0, entities_of_persons: Mapping[str, Iterable[str]] | None = None
    ) -> InspectorCard:
        """What staffing may know; persons to keep away from become the entities they stand behind."""
        behind = (
            entity
            for person in self.conflict_persons
            for entity in (entities_of_persons or {}).get(person, ())
        )
        return InspectorCard(
            inspector_id=self.inspector_id,
            department=self.department,
            station=self.station,
            skills=frozenset(self.skills),
            licensed_from=self.licensed_from,
            licensed_until=self.licensed_until,
            conflicts=self.conflicts.union(behind),
            leave=self.leave,
            load=load,
        )

    def same_as(self, other: Inspector) -> bool:
        """Whether both say the same, leave and conflicts aside, which have versions of their own."""
        return self._bare() == other._bare()

    def _bare(self) -> Inspector:
        return replace(self, version=0, conflicts=frozenset(), conflict_persons=frozenset(), leave=())


def inspector_faults(inspector: Inspector) -> dict[str, str]:
    """What is wrong with an inspector, by field; empty if nothing is."""
    blank = ("inspector_id", "department", "licence_number")
    found = {name: "is empty" for name in blank if not str(getattr(inspector, name)).strip()}
    if fault := name_fault(inspector.name):
        found["name"] = f"is {fault}"
    if inspector.licensed_until < inspector.licensed_from:
        found["licensed_until"] = (
            f"{inspector.licensed_until} is before the first day, {inspector.licensed_from}"
        )
    for first, last in inspector.leave:
        if last < first:
            found["leave"] = f"{first} to {last} ends before it begins"
    return found


def refuse_bad_inspectors(inspectors: Iterable[Inspector]) -> None:
    """Refuses all faulty inspectors at once."""
    faults = [
        f"{one.inspector_id!r}: {name} {fault}"
        for one in inspectors
        for name, fault in inspector_faults(one).items()
    ]
    if faults:
        raise InspectorRefused(
            expected="inspectors with id, name, department, licence number, and days in their order",
            got="; ".join(faults),
            todo="correct these inspectors",
        )
