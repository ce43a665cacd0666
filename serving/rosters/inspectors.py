"""The inspectors in the ledger: versions of each, and leave and conflicts that come and go as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_contracts.near_names import near
from serving.ledger.database import Ledger
from serving.ledger.schema import InspectorConflictRow, InspectorLeaveRow, InspectorRow
from serving.rosters.inspector import Conflict, Inspector, InspectorRefused, refuse_bad_inspectors
from serving.rosters.versions import Recorded, Signature, newest, refuse_at_once, refuse_twice, signed


class InspectorNotFound(InspectorRefused):
    """An id that the roster of inspectors does not have."""


def record_inspectors(
    ledger: Ledger, city: str, inspectors: Sequence[Inspector], *, by: str, now: datetime, reason: str
) -> Recorded:
    """A new version of whoever changed, and rows for leave and conflicts that are new.

    Leave and conflicts that a record does not name stay as they are: they end by rows of their own.
    """
    signature = signed(by, now, reason)
    try:
        with ledger.writing() as session:
            return add_inspectors(session, city, inspectors, signature)
    except IntegrityError as cause:
        refuse_at_once("these inspectors", cause)


def add_inspectors(
    session: Session, city: str, inspectors: Sequence[Inspector], signature: Signature
) -> Recorded:
    """The same inside of a writing session."""
    refuse_twice((one.inspector_id for one in inspectors), "inspector")
    refuse_bad_inspectors(inspectors)
    known = {one.inspector_id: one for one in _standing(session, city)}
    added: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    for one in inspectors:
        before = known.get(one.inspector_id)
        more = _add_leave_and_conflicts(session, city, one, before, signature)
        if before is None or not one.same_as(before):
            session.add(_row(city, one, before.version + 1 if before else 1, signature))
        elif not more:
            unchanged.append(one.inspector_id)
            continue
        (changed if before else added).append(one.inspector_id)
    return Recorded(
        added=tuple(sorted(added)), changed=tuple(sorted(changed)), unchanged=tuple(sorted(unchanged))
    )


def record_leave(
    ledger: Ledger,
    city: str,
    inspector_id: str,
    days: tuple[date, date],
    *,
    granted: bool = True,
    by: str,
    now: datetime,
    reason: str,
) -> Inspector:
    """Days off, both included, or the same days taken back (`granted` false)."""
    signature = signed(by, now, reason)
    told = f"{days[0]} to {days[1]}"
    _refuse(days[1] < days[0], "days of leave in their order", told)
    try:
        with ledger.writing() as session:
            before = _one(session, city, inspector_id)
            _refuse((days in before.leave) == granted, "leave that is new, or to take back what stands", told)
            _add_leave(session, city, inspector_id, days, granted, signature)
            session.flush()
            return _one(session, city, inspector_id)
    except IntegrityError as cause:
        refuse_at_once("this leave", cause)


def record_conflict(
    ledger: Ledger,
    city: str,
    inspector_id: str,
    conflict: Conflict,
    *,
    holds: bool = True,
    by: str,
    now: datetime,
    reason: str,
) -> Inspector:
    """A conflict of interest, or the end of it (`holds` false)."""
    signature = signed(by, now, reason)
    whom = (conflict.entity_id.strip(), conflict.person.strip())
    try:
        with ledger.writing() as session:
            before = _one(session, city, inspector_id)
            stands = whom[0] in before.conflicts or whom[1] in before.conflict_persons
            _refuse(
                stands == holds, "a conflict that is new, or to end what stands", repr(whom[0] or whom[1])
            )
            _add_conflict(session, city, inspector_id, whom, holds, signature)
            session.flush()
            return _one(session, city, inspector_id)
    except IntegrityError as cause:
        refuse_at_once("this conflict", cause)


def list_inspectors(
    ledger: Ledger, city: str, *, at: datetime | None = None, with_inactive: bool = False
) -> tuple[Inspector, ...]:
    """The roster by id, as it stands or as it stood at a moment; those who left only if asked for."""
    with ledger.reading() as session:
        found = _standing(session, city, at=at)
    return tuple(one for one in found if one.active or with_inactive)


def find_inspector(ledger: Ledger, city: str, inspector_id: str) -> Inspector:
    """One inspector as they stand."""
    with ledger.reading() as session:
        return _one(session, city, inspector_id)


def _one(session: Session, city: str, inspector_id: str) -> Inspector:
    roster = {one.inspector_id: one for one in _standing(session, city)}
    if inspector_id not in roster:
        raise InspectorNotFound(
            expected=f"the id of an inspector of {city}",
            got=f"{inspector_id!r}{near(inspector_id, roster)}",
            todo="look it up with `python -m serving inspectors list`",
        )
    return roster[inspector_id]


def _standing(session: Session, city: str, at: datetime | None = None) -> list[Inspector]:
    """Everybody by id, the newest version of each with what stands of leave and conflicts."""
    rows = session.scalars(select(InspectorRow).where(InspectorRow.city == city)).all()
    people = newest((row for row in rows if at is None or row.at <= at), lambda row: row.inspector_id)
    leave = _leave(session, city, at)
    kept_from = _conflicts(session, city, at)
    found = [
        Inspector(
            inspector_id=row.inspector_id,
            name=row.name,
            department=row.department,
            station=row.station,
            skills=tuple(row.skills),
            licence_number=row.licence_number,
            licensed_from=row.licensed_from,
            licensed_until=row.licensed_until,
            active=row.active,
            conflicts=frozenset(entity for entity, _ in kept_from[row.inspector_id] if entity),
            conflict_persons=frozenset(person for _, person in kept_from[row.inspector_id] if person),
            leave=tuple(sorted(leave[row.inspector_id])),
            version=row.version,
        )
        for row in people
    ]
    return sorted(found, key=lambda one: one.inspector_id)


def _leave(session: Session, city: str, at: datetime | None) -> dict[str, list[tuple[date, date]]]:
    """The leave of each that stands."""
    rows = session.scalars(select(InspectorLeaveRow).where(InspectorLeaveRow.city == city)).all()
    found = defaultdict[str, list[tuple[date, date]]](list)
    known = (row for row in rows if at is None or row.at <= at)
    for row in newest(known, lambda row: (row.inspector_id, row.first_day, row.last_day)):
        if row.granted:
            found[row.inspector_id].append((row.first_day, row.last_day))
    return found


def _conflicts(session: Session, city: str, at: datetime | None) -> dict[str, set[tuple[str, str]]]:
    """The conflicts of each that stand, as pairs of entity and person, one of them empty."""
    rows = session.scalars(select(InspectorConflictRow).where(InspectorConflictRow.city == city)).all()
    found = defaultdict[str, set[tuple[str, str]]](set)
    known = (row for row in rows if at is None or row.at <= at)
    for row in newest(known, lambda row: (row.inspector_id, row.entity_id, row.person)):
        if row.holds:
            found[row.inspector_id].add((row.entity_id, row.person))
    return found


def _add_leave_and_conflicts(
    session: Session, city: str, one: Inspector, before: Inspector | None, signature: Signature
) -> bool:
    """Adds what the record names and does not stand yet; whether there was any."""
    leave = set(one.leave) - set(before.leave if before else ())
    conflicts = {(entity, "") for entity in one.conflicts - (before.conflicts if before else frozenset())}
    conflicts |= {
        ("", person) for person in one.conflict_persons - (before.conflict_persons if before else frozenset())
    }
    for days in sorted(leave):
        _add_leave(session, city, one.inspector_id, days, True, signature)
    for whom in sorted(conflicts):
        _add_conflict(session, city, one.inspector_id, whom, True, signature)
    return bool(leave or conflicts)


def _add_leave(
    session: Session,
    city: str,
    inspector_id: str,
    days: tuple[date, date],
    granted: bool,
    signature: Signature,
) -> None:
    key: dict[str, Any] = {
        "city": city,
        "inspector_id": inspector_id,
        "first_day": days[0],
        "last_day": days[1],
    }
    row = InspectorLeaveRow(**key, version=_next(session, InspectorLeaveRow, key), granted=granted)
    row.by, row.at, row.reason = signature.by, signature.at, signature.reason
    session.add(row)


def _add_conflict(
    session: Session,
    city: str,
    inspector_id: str,
    whom: tuple[str, str],
    holds: bool,
    signature: Signature,
) -> None:
    key = {"city": city, "inspector_id": inspector_id, "entity_id": whom[0], "person": whom[1]}
    row = InspectorConflictRow(**key, version=_next(session, InspectorConflictRow, key), holds=holds)
    row.by, row.at, row.reason = signature.by, signature.at, signature.reason
    session.add(row)


def _next(
    session: Session, table: type[InspectorLeaveRow] | type[InspectorConflictRow], key: Mapping[str, object]
) -> int:
    """The version after the last one of the key."""
    versions = session.scalars(select(table.version).filter_by(**key)).all()
    return max(versions, default=0) + 1


def _row(city: str, one: Inspector, version: int, signature: Signature) -> InspectorRow:
    row = InspectorRow(city=city, inspector_id=one.inspector_id, version=version, name=one.name)
    row.department, row.station, row.skills = one.department, one.station, list(one.skills)
    row.licence_number, row.active = one.licence_number, one.active
    row.licensed_from, row.licensed_until = one.licensed_from, one.licensed_until
    row.by, row.at, row.reason = signature.by, signature.at, signature.reason
    return row


def _refuse(wrong: bool, expected: str, got: str) -> None:
    if wrong:
        raise InspectorRefused(expected=expected, got=got, todo="look at the roster and correct it")
