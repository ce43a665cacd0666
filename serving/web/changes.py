"""What moved an entity's score since the register before, from the rows both registers were made from."""

from __future__ import annotations

from features.as_of import AsOf
from models.change_told import Change, RecordSeen, differences, moved_records, told_change, windows_of
from serving.earlier import register_before
from serving.indicator_rows import row_of
from serving.records import EntityRecord, records_of
from serving.register import Register, UnknownEntity
from serving.web.desk import Desk


def change_of(desk: Desk, entity_id: str) -> Change | None:
    """The change since the register a month or more before.

    None where there is none, where the entity was not in it, or where the indicator rows of either are gone.
    """
    previous = register_before(desk.ledger, desk.register)
    if previous is None or not _knows(previous, entity_id):
        return None
    names = desk.release.names
    first = row_of(desk.snapshots_folder, previous.card, entity_id, names)
    second = row_of(desk.snapshots_folder, desk.register.card, entity_id, names)
    if first is None or second is None:
        return None
    days = (previous.as_of, desk.register.as_of)
    # What was repaired by today is in neither list, so it is never told.
    shown = desk.shown_as_of.used_on
    before, after = (
        [_seen(one) for one in records_of(desk.lake, entity_id, AsOf(on=day, used_on=max(day, shown)))]
        if desk.lake
        else []
        for day in days
    )
    moved = moved_records(before, after, days, windows_of(desk.release.schema))
    return told_change(differences(desk.release, first, second), 0, days, moved)


def _knows(register: Register, entity_id: str) -> bool:
    try:
        register.find(entity_id)
    except UnknownEntity:
        return False
    return True


def _seen(record: EntityRecord) -> RecordSeen:
    return RecordSeen(
        table=record.table,
        record_id=record.record_id,
        occurred_on=record.occurred_on or record.known_on,
        told=record.facts,
    )
