"""Policies of sampling: every version stays, with who wrote it and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from serving.ledger.schema.registry import LedgerTable


class PolicyRow(LedgerTable):
    """A version of a policy; `document` is its canonical JSON."""

    __tablename__ = "policies"
    policy_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
