"""Plans with their steps, frames, promises, secrets and draws."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serving.ledger.schema.registry import LedgerTable


class PlanRow(LedgerTable):
    """What a plan was created with; what became of it stands in its events."""

    __tablename__ = "plans"
    plan_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(String(60), index=True)
    as_of: Mapped[date]
    release_id: Mapped[str] = mapped_column(String(120))
    register_digest: Mapped[str] = mapped_column(String(80))
    ratios: Mapped[dict[str, str]] = mapped_column(JSON)
    allow_zero: Mapped[str] = mapped_column(Text)
    stratification: Mapped[str] = mapped_column(String(20))
    region_prefix: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class PlanEventRow(LedgerTable):
    """A step in the life of a plan; the sequence admits each next step once.

    `by` took the step; `official` is whose commitment or secret it was, and empty for all other steps.
    """

    __tablename__ = "plan_events"
    __table_args__ = (UniqueConstraint("plan_id", "sequence"),)
    event_id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text)
    official: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class FrameRecord(LedgerTable):
    """The frozen frame of a plan: digests, and sizes and counts of its strata."""

    __tablename__ = "frames"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    frame_digest: Mapped[str] = mapped_column(String(64))
    plan_digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    strata: Mapped[list[dict[str, str | int]]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class CommitmentRow(LedgerTable):
    """An official's promise of a secret; all spellings of a name share a key, `by` is who recorded it."""

    __tablename__ = "commitments"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    official_key: Mapped[str] = mapped_column(Text, primary_key=True)
    official: Mapped[str] = mapped_column(String(200))
    commitment: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class RevealRow(LedgerTable):
    """An official's opened secret; `by` is who recorded it."""

    __tablename__ = "reveals"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    official_key: Mapped[str] = mapped_column(Text, primary_key=True)
    official: Mapped[str] = mapped_column(String(200))
    secret: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class DrawRow(LedgerTable):
    """The one draw of a plan."""

    __tablename__ = "draws"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    seed: Mapped[str] = mapped_column(String(64))
    draw_digest: Mapped[str] = mapped_column(String(64))
    drawn: Mapped[int]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class DrawnEntityRow(LedgerTable):
    """An entity of a draw, with the chance it had; who, when and why stand in the draw."""

    __tablename__ = "drawn_entities"
    plan_id: Mapped[str] = mapped_column(ForeignKey("draws.plan_id"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)
    stratum: Mapped[str] = mapped_column(String(60))
    grade: Mapped[str] = mapped_column(String(1))
    inclusion_probability: Mapped[str] = mapped_column(String(40))
    ticket: Mapped[str] = mapped_column(String(64))
