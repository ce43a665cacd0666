"""Results of inspections in versions, their publication and follow-up, and what went back to the lake."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serving.ledger.schema.registry import LedgerTable


class ResultImportRow(LedgerTable):
    """A file of results that was read once; the digest keeps it from being read again."""

    __tablename__ = "result_imports"
    __table_args__ = (UniqueConstraint("city", "digest"),)
    import_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    taken: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class TaskResultRow(LedgerTable):
    """What a visit found of one item of a task; a correction is the next version, with its reason."""

    __tablename__ = "task_results"
    __table_args__ = (UniqueConstraint("task_id", "item_code", "version"),)
    result_id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.task_id"))
    item_code: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    visited_on: Mapped[date]
    result_codes: Mapped[str] = mapped_column(Text)
    critical_count: Mapped[int | None]
    serious_count: Mapped[int | None]
    minor_count: Mapped[int | None]
    inspectors: Mapped[list[str]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("result_imports.import_id"))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class ResultPublicationRow(LedgerTable):
    """A step of publication of a result: published, withheld or repaired, on a day; `version` is what of."""

    __tablename__ = "result_publications"
    __table_args__ = (UniqueConstraint("task_id", "item_code", "sequence"),)
    publication_id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.task_id"))
    item_code: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    happened_on: Mapped[date]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class FollowUpRow(LedgerTable):
    """How a problem that a visit found was handled, and on which day."""

    __tablename__ = "follow_ups"
    __table_args__ = (UniqueConstraint("task_id", "item_code", "sequence"),)
    follow_up_id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.task_id"))
    item_code: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int]
    handled_on: Mapped[date]
    how: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class ResultReturnRow(LedgerTable):
    """The results of a plan as they were last written into the city's raw folder."""

    __tablename__ = "result_returns"
    __table_args__ = (UniqueConstraint("plan_id", "digest"),)
    return_id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"))
    digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
