"""The inspection items in the ledger: recorded as versions, read as they stand on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_contracts.near_names import near
from serving.ledger.database import Ledger
from serving.ledger.schema import ItemRow
from serving.rosters.item import Item, ItemRefused, concerns_of, refuse_bad_items
from serving.rosters.versions import Recorded, Signature, newest, refuse_at_once, refuse_twice, signed


class ItemNotFound(ItemRefused):
    """A code that the list of items does not have."""


def record_items(
    ledger: Ledger, city: str, items: Sequence[Item], *, by: str, now: datetime, reason: str
) -> Recorded:
    """A new version of every item that says something new; the same again changes nothing."""
    signature = signed(by, now, reason)
    try:
        with ledger.writing() as session:
            return add_items(session, city, items, signature)
    except IntegrityError as cause:
        refuse_at_once("these items", cause)


def add_items(session: Session, city: str, items: Sequence[Item], signature: Signature) -> Recorded:
    """The same inside of a writing session."""
    refuse_twice((item.code for item in items), "item")
    refuse_bad_items(items)
    known = {item.code: item for item in _standing(session, city)}
    added = [item for item in items if item.code not in known]
    changed = [item for item in items if item.code in known and not item.same_as(known[item.code])]
    for item in (*added, *changed):
        version = known[item.code].version + 1 if item.code in known else 1
        session.add(_row(city, item, version, signature))
    written = {item.code for item in (*added, *changed)}
    return Recorded(
        added=tuple(sorted(item.code for item in added)),
        changed=tuple(sorted(item.code for item in changed)),
        unchanged=tuple(sorted(item.code for item in items if item.code not in written)),
    )


def list_items(ledger: Ledger, city: str, *, on: date | None = None) -> tuple[Item, ...]:
    """The newest version of every item by code; with a day, only those that may be checked that day."""
    with ledger.reading() as session:
        items = _standing(session, city)
    return tuple(item for item in items if on is None or item.holds_on(on))


def find_item(ledger: Ledger, city: str, code: str) -> Item:
    """The newest version of one item."""
    return item_versions(ledger, city, code)[-1][0]


def item_versions(ledger: Ledger, city: str, code: str) -> tuple[tuple[Item, Signature], ...]:
    """Every version of an item, the first one first, with who recorded it, when and why."""
    with ledger.reading() as session:
        rows = session.scalars(
            select(ItemRow).where(ItemRow.city == city, ItemRow.code == code).order_by(ItemRow.version)
        ).all()
        if not rows:
            codes = session.scalars(select(ItemRow.code).where(ItemRow.city == city)).all()
            raise ItemNotFound(
                expected=f"the code of an inspection item of {city}",
                got=f"{code!r}{near(code, codes)}",
                todo="look it up with `python -m serving items list`",
            )
        return tuple((_item(row), Signature(by=row.by, at=row.at, reason=row.reason)) for row in rows)


def _standing(session: Session, city: str) -> list[Item]:
    rows = session.scalars(select(ItemRow).where(ItemRow.city == city)).all()
    return sorted((_item(row) for row in newest(rows, lambda row: row.code)), key=lambda item: item.code)


def _row(city: str, item: Item, version: int, signature: Signature) -> ItemRow:
    row = ItemRow(city=city, code=item.code, version=version, name_zh=item.name_zh, name_en=item.name_en)
    row.kind, row.methods, row.field, row.law = item.kind, list(item.methods), item.field, item.law
    row.department, row.skills, row.minutes = item.department, list(item.skills), item.minutes
    row.valid_from, row.valid_until = item.valid_from, item.valid_until
    row.concerns = item.concerns.as_row()
    row.by, row.at, row.reason = signature.by, signature.at, signature.reason
    return row


def _item(row: ItemRow) -> Item:
    return Item(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        kind=row.kind,
        methods=tuple(row.methods),
        field=row.field,
        law=row.law,
        department=row.department,
        skills=tuple(row.skills),
        minutes=row.minutes,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        concerns=concerns_of(row.concerns),
        version=row.version,
    )
