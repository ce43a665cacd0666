"""The rosters that are kept by hand: inspection items, inspectors, their leave and conflicts, and imports.

Whatever changes is a row with the next version; nothing is ever overwritten.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serving.ledger.schema.registry import LedgerTable


class ItemRow(LedgerTable):
    """A version of an inspection item (抽查事项): what is checked, by whom, by which law, and at whom."""

    __tablename__ = "inspection_items"
    __table_args__ = (UniqueConstraint("city", "code", "version"),)
    row_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    code: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    methods: Mapped[list[str]] = mapped_column(JSON)
    field: Mapped[str] = mapped_column(Text)
    law: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(String(120))
    skills: Mapped[list[str]] = mapped_column(JSON)
    minutes: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    concerns: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class InspectorRow(LedgerTable):
    """A version of an inspector: name, office, skills, licence; the id is a pseudonym and never changes."""

    __tablename__ = "inspectors"
    __table_args__ = (UniqueConstraint("city", "inspector_id", "version"),)
    row_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    inspector_id: Mapped[str] = mapped_column(String(120))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(120))
    station: Mapped[str] = mapped_column(String(120))
    skills: Mapped[list[str]] = mapped_column(JSON)
    licence_number: Mapped[str] = mapped_column(String(120))
    licensed_from: Mapped[date]
    licensed_until: Mapped[date]
    active: Mapped[bool]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class InspectorLeaveRow(LedgerTable):
    """Days on which an inspector is away, both included; a later version may take them back."""

    __tablename__ = "inspector_leave"
    __table_args__ = (UniqueConstraint("city", "inspector_id", "first_day", "last_day", "version"),)
    row_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    inspector_id: Mapped[str] = mapped_column(String(120))
    first_day: Mapped[date]
    last_day: Mapped[date]
    version: Mapped[int]
    granted: Mapped[bool]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class InspectorConflictRow(LedgerTable):
    """An entity or person (as a pseudonym) that an inspector keeps away from (回避); it may end later."""

    __tablename__ = "inspector_conflicts"
    # Named here: the name by the convention is longer than the 63 characters that PostgreSQL takes.
    __table_args__ = (
        UniqueConstraint(
            "city", "inspector_id", "entity_id", "person", "version", name="uq_inspector_conflicts_key"
        ),
    )
    row_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    inspector_id: Mapped[str] = mapped_column(String(120))
    entity_id: Mapped[str] = mapped_column(String(120))
    person: Mapped[str] = mapped_column(String(120))
    version: Mapped[int]
    holds: Mapped[bool]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class RosterImportRow(LedgerTable):
    """An import: its files by digest, what became of their rows, and every rejected row with its reason."""

    __tablename__ = "roster_imports"
    import_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    roster: Mapped[str] = mapped_column(String(20))
    files: Mapped[dict[str, str]] = mapped_column(JSON)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    rejected: Mapped[list[dict[str, str | int]]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
