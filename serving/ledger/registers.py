"""Which grade registers exist, where they lie, which one a city uses now, and which one came before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Select, select

from serving.ledger.database import Ledger
from serving.ledger.schema import RegisterRow

# The shortest month. The change guard counts months: against the register of last week, a step that lasted a
# week would pass for one that lasted two months.
MONTH = timedelta(days=28)


def record_register(  # noqa: PLR0913 - a register is known by these
    ledger: Ledger,
    *,
    city: str,
    as_of: date,
    release_id: str,
    digest: str,
    folder: Path | str,
    counts: Mapping[str, int],
    by: str,
    now: datetime,
) -> RegisterRow:
    """Records a register; the same register recorded again is the same row."""
    same = _of_city(city).where(
        RegisterRow.as_of == as_of, RegisterRow.release_id == release_id, RegisterRow.digest == digest
    )
    with ledger.writing() as session:
        if (known := session.scalar(same)) is not None:
            session.expunge(known)
            return known
        row = RegisterRow(city=city, as_of=as_of, release_id=release_id, digest=digest, folder=str(folder))
        row.counts, row.by, row.at, row.reason = dict(counts), by, now, "graded"
        session.add(row)
        session.flush()
        session.refresh(row)
        session.expunge(row)
        return row


def current_register(
    ledger: Ledger, city: str, *, release_id: str, until: datetime | None = None
) -> RegisterRow | None:
    """The release's register of the latest as-of date; of several, the one recorded last.

    Asked with the live release it follows a rollback at once: what that release graded is there still.
    With `until` it is what that moment could have served.
    """
    query = _newest_of_city(city).where(RegisterRow.release_id == release_id)
    if until is not None:
        query = query.where(RegisterRow.at <= until)
    with ledger.reading() as session:
        return session.scalar(query.limit(1))


def previous_register(ledger: Ledger, city: str, *, release_id: str, as_of: date) -> RegisterRow | None:
    """The release's register that one of this date is held against; None for a first one.

    It is that of the latest date a month or more before; of several of that date the one recorded last.
    """
    query = _newest_of_city(city).where(
        RegisterRow.release_id == release_id, RegisterRow.as_of <= as_of - MONTH
    )
    with ledger.reading() as session:
        return session.scalar(query.limit(1))


def registers_of(ledger: Ledger, city: str) -> tuple[RegisterRow, ...]:
    """The registers of a city, newest first."""
    with ledger.reading() as session:
        return tuple(session.scalars(_newest_of_city(city)).all())


def _newest_of_city(city: str) -> Select[RegisterRow]:
    """The latest date first; of several of a date, the one recorded last."""
    return _of_city(city).order_by(RegisterRow.as_of.desc(), RegisterRow.register_id.desc())


def _of_city(city: str) -> Select[RegisterRow]:
    """The query all others narrow."""
    return select(RegisterRow).where(RegisterRow.city == city)
