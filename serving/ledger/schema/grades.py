"""Tokens, deployments and registers: who may ask, what is live, which grades were given."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serving.ledger.schema.registry import LedgerTable


class ApiTokenRow(LedgerTable):
    """A token's digest; the token itself is shown once and kept nowhere."""

    __tablename__ = "api_tokens"
    token_id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    person: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    region_prefix: Mapped[str] = mapped_column(String(12))
    expires_on: Mapped[date]
    revoked_at: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class DeploymentRow(LedgerTable):
    """A release that went live in a city."""

    __tablename__ = "deployments"
    deployment_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60), index=True)
    release_id: Mapped[str] = mapped_column(String(120))
    trained_by: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), server_default="")
    action: Mapped[str] = mapped_column(String(20), server_default="promotion")
    exemptions: Mapped[list[dict[str, str]]] = mapped_column(JSON, server_default="[]")
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class RegisterRow(LedgerTable):
    """A grade register: where it lies and what digest it has."""

    __tablename__ = "registers"
    __table_args__ = (UniqueConstraint("city", "as_of", "release_id", "digest"),)
    register_id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60), index=True)
    as_of: Mapped[date]
    release_id: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(80))
    folder: Mapped[str] = mapped_column(Text)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
