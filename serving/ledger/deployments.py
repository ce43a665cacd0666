"""Which release is live in a city, since when, by whose decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from data_contracts.refusal import Refusal
from serving.ledger.database import Ledger
from serving.ledger.persons import same_person
from serving.ledger.schema import DeploymentRow


class DeploymentRefused(Refusal):
    """A promotion without a second person or without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A release that went live."""

    city: str
    release_id: str
    trained_by: str
    by: str
    at: datetime
    reason: str


def promote(
    ledger: Ledger, *, release_id: str, city: str, trained_by: str, by: str, reason: str, now: datetime
) -> Deployment:
    """Makes a release live; promoting the live one again returns it unchanged."""
    _refuse_alone(trained_by=trained_by, by=by)
    if not reason.strip():
        raise DeploymentRefused(
            expected="the reason of the promotion",
            got="none",
            todo="say why, for example --reason 'passed the gates of July'",
        )
    live = live_at(ledger, city, now)
    if live is not None and live.release_id == release_id:
        return live
    row = DeploymentRow(
        city=city, release_id=release_id, trained_by=trained_by, by=by.strip(), at=now, reason=reason.strip()
    )
    with ledger.writing() as session:
        session.add(row)
        session.flush()
        return _deployment(row)


def live_at(ledger: Ledger, city: str, when: datetime) -> Deployment | None:
    """The release that was live in the city at a moment."""
    query = select(DeploymentRow).where(DeploymentRow.city == city, DeploymentRow.at <= when)
    with ledger.reading() as session:
        row = session.scalar(
            query.order_by(DeploymentRow.at.desc(), DeploymentRow.deployment_id.desc()).limit(1)
        )
        return None if row is None else _deployment(row)


def history(ledger: Ledger, city: str) -> tuple[Deployment, ...]:
    """All releases that went live in the city, newest first."""
    query = select(DeploymentRow).where(DeploymentRow.city == city)
    with ledger.reading() as session:
        rows = session.scalars(query.order_by(DeploymentRow.at.desc(), DeploymentRow.deployment_id.desc()))
        return tuple(_deployment(row) for row in rows)


def _refuse_alone(*, trained_by: str, by: str) -> None:
    """Two persons: who trains does not promote, however they spell their name."""
    if not by.strip() or same_person(by, trained_by):
        raise DeploymentRefused(
            expected=f"a second person beside {trained_by!r}, who trained the release",
            got=f"{by!r}",
            todo="let somebody else read the validation report and promote it (--by NAME)",
        )


def _deployment(row: DeploymentRow) -> Deployment:
    """The record of a row."""
    return Deployment(
        city=row.city,
        release_id=row.release_id,
        trained_by=row.trained_by,
        by=row.by,
        at=row.at,
        reason=row.reason,
    )
