"""Inspectors as a reader may know them: by name who plans and supervises, by pseudonym all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from serving.rosters.inspector import Inspector
from serving.rosters.inspectors import list_inspectors
from serving.web.field.asking import Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An inspector; `name` is empty for who may not know it, and `label` is what to call them."""

    inspector_id: str
    name: str
    department: str
    station: str

    @property
    def label(self) -> str:
        """The name where it may be known, else the pseudonym."""
        return self.name or self.inspector_id


def roster_of(asking: Asking) -> dict[str, Inspector]:
    """Everybody of the roster by id, those who left as well."""
    people = list_inspectors(asking.desk.ledger, asking.desk.city, with_inactive=True)
    return {one.inspector_id: one for one in people}


def people_of(
    asking: Asking, ids: Iterable[str], roster: dict[str, Inspector] | None = None
) -> tuple[Person, ...]:
    """These inspectors, in their order."""
    wanted = tuple(ids)
    if not wanted:
        return ()
    known = roster_of(asking) if roster is None else roster
    return tuple(_person(asking, one, known.get(one)) for one in wanted)


def _person(asking: Asking, inspector_id: str, found: Inspector | None) -> Person:
    return Person(
        inspector_id=inspector_id,
        name=found.name if found and asking.may_work else "",
        department=found.department if found else "",
        station=(found.station or asking.say("局机关", "bureau")) if found else "",
    )
