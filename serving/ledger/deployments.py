"""Which release is live in a city, since when, by whose decision, despite what; promotion and rollback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data_contracts.refusal import Refusal
from models.release import Release
from models.verdict import Gate, Verdict
from serving.ledger.database import Ledger
from serving.ledger.persons import same_person
from serving.ledger.schema import DeploymentRow

PROMOTION, ROLLBACK = "promotion", "rollback"


class DeploymentRefused(Refusal):
    """A promotion without a second person or without a reason, or a rollback to nothing."""


class GatesRefused(Refusal):
    """A promotion of a release whose gates did not pass, or whose conditions nobody accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A gate that somebody let pass, and why; kept with the deployment and shown with it."""

    gate: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A release that is to go live, and its verdict; `digest` is the SHA-256 of its manifest."""

    city: str
    release_id: str
    digest: str
    trained_by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A release that went live; `action` is promotion or rollback."""

    city: str
    release_id: str
    digest: str
    trained_by: str
    action: str
    exemptions: tuple[Exemption, ...]
    by: str
    at: datetime
    reason: str


def candidate_of(release: Release) -> Candidate:
    """What the ledger asks of a verified release."""
    return Candidate(
        city=release.manifest.city,
        release_id=release.release_id,
        digest=release.digest,
        trained_by=release.manifest.trained_by,
        verdict=release.verdict,
    )


def promote(
    ledger: Ledger,
    candidate: Candidate,
    *,
    by: str,
    reason: str,
    now: datetime,
    exemptions: Sequence[Exemption] = (),
) -> Deployment:
    """Makes a release live whose gates passed or are exempted by name; the live one comes back unchanged."""
    _refuse_alone(trained_by=candidate.trained_by, by=by)
    _refuse_without_reason(reason, "promotion", "passed the gates of July")
    _check_gates(candidate.verdict, exemptions)
    with ledger.writing() as session:
        live = _live(session, candidate.city)
        if live is not None and (live.release_id, live.digest) == (candidate.release_id, candidate.digest):
            return _deployment(live)
        return _added(
            session,
            DeploymentRow(
                city=candidate.city, release_id=candidate.release_id, digest=candidate.digest,
                trained_by=candidate.trained_by, action=PROMOTION,
                exemptions=[{"gate": each.gate, "because": each.because.strip()} for each in exemptions],
                by=by.strip(), at=now, reason=reason.strip(),
            ),
        )  # fmt: skip


def roll_back(ledger: Ledger, *, city: str, by: str, reason: str, now: datetime) -> Deployment:
    """Makes the release live again that the present one replaced; a second rollback goes one further back.

    A second person promoted that release once, so anybody may go back to it, its trainer too.
    """
    _refuse_without_reason(reason, "rollback", "complaints about grades of new companies")
    if not by.strip():
        raise DeploymentRefused(
            expected="the name of who rolls back", got=repr(by), todo="give --by NAME; it is recorded"
        )
    with ledger.writing() as session:
        back = _replaced(session, city)
        return _added(
            session,
            DeploymentRow(
                city=city, release_id=back.release_id, digest=back.digest, trained_by=back.trained_by,
                action=ROLLBACK, exemptions=back.exemptions, by=by.strip(), at=now, reason=reason.strip(),
            ),
        )  # fmt: skip


def replaced(ledger: Ledger, city: str) -> Deployment:
    """The deployment that a rollback would go back to."""
    with ledger.reading() as session:
        return _deployment(_replaced(session, city))


def live_at(ledger: Ledger, city: str, when: datetime) -> Deployment | None:
    """The release that was live in the city at a moment."""
    with ledger.reading() as session:
        row = _live(session, city, until=when)
        return None if row is None else _deployment(row)


def history(ledger: Ledger, city: str) -> tuple[Deployment, ...]:
    """All releases that went live in the city, newest first."""
    with ledger.reading() as session:
        return tuple(_deployment(row) for row in reversed(session.scalars(_of_city(city)).all()))


def _of_city(city: str) -> Select[DeploymentRow]:
    """The city's deployments, oldest first."""
    query = select(DeploymentRow).where(DeploymentRow.city == city)
    return query.order_by(DeploymentRow.at, DeploymentRow.deployment_id)


def _live(session: Session, city: str, until: datetime | None = None) -> DeploymentRow | None:
    """The last deployment, or the last until a moment."""
    query = select(DeploymentRow).where(DeploymentRow.city == city)
    if until is not None:
        query = query.where(DeploymentRow.at <= until)
    newest = query.order_by(DeploymentRow.at.desc(), DeploymentRow.deployment_id.desc())
    return session.scalar(newest.limit(1))


def _replaced(session: Session, city: str) -> DeploymentRow:
    """What was live before the present release."""
    standing = _standing(session.scalars(_of_city(city)).all())
    if len(standing) < 2:
        raise DeploymentRefused(
            expected=f"a release of {city} that was live before the present one",
            got=f"only {standing[0].release_id}" if standing else "no release that was ever live",
            todo="promote another release with `python -m serving promote`",
        )
    return standing[-2]


def _standing(rows: Sequence[DeploymentRow]) -> list[DeploymentRow]:
    """The promotions that no rollback has taken back, oldest first; the last one is live."""
    standing: list[DeploymentRow] = []
    for row in rows:
        if row.action == ROLLBACK:
            standing.pop()
        else:
            standing.append(row)
    return standing


def _added(session: Session, row: DeploymentRow) -> Deployment:
    """The new row as a record."""
    session.add(row)
    session.flush()
    return _deployment(row)


def _check_gates(verdict: Verdict, exemptions: Sequence[Exemption]) -> None:
    """Refuses failed gates and conditions that nobody answers for, and exemptions that excuse nothing."""
    excused = {each.gate: each.because for each in exemptions}
    names = [gate.name for gate in (*verdict.failed, *verdict.conditions)]
    idle = sorted(set(excused) - set(names))
    if idle:
        raise GatesRefused(
            expected=f"exemptions from {', '.join(names) or 'nothing: all passed'}",
            got=", ".join(idle),
            todo="leave them out: those gates passed, or there is no such gate",
        )
    silent = sorted(name for name, because in excused.items() if not because.strip())
    if silent:
        raise GatesRefused(
            expected="a reason for every exemption",
            got=f"none for {', '.join(silent)}",
            todo="give --because WHY after each --despite GATE; both are recorded and shown",
        )
    failed = [gate for gate in verdict.failed if gate.name not in excused]
    if failed:
        raise GatesRefused(
            expected="a release whose gates all passed",
            got=f"{len(failed)} that failed: {'; '.join(map(_told, failed))}",
            todo="train a better release, or answer for each by name: --despite GATE --because WHY",
        )
    conditions = [gate for gate in verdict.conditions if gate.name not in excused]
    if conditions:
        raise GatesRefused(
            expected="the conditions of the gates accepted",
            got="; ".join(f"{gate.name}: {gate.reason_en}" for gate in conditions),
            todo=f"accept with {' '.join(f'--accept-{gate.condition}' for gate in conditions)}",
        )


def _told(gate: Gate) -> str:
    return f"{gate.name} ({gate.reason_en}; asked {gate.limit})"


def _refuse_alone(*, trained_by: str, by: str) -> None:
    """Two persons: who trains does not promote, however they spell their name."""
    if not by.strip() or same_person(by, trained_by):
        raise DeploymentRefused(
            expected=f"a second person beside {trained_by!r}, who trained the release",
            got=f"{by!r}",
            todo="let somebody else read the validation report and promote it (--by NAME)",
        )


def _refuse_without_reason(reason: str, action: str, example: str) -> None:
    if not reason.strip():
        raise DeploymentRefused(
            expected=f"the reason of the {action}",
            got="none",
            todo=f"say why, for example --reason '{example}'",
        )


def _deployment(row: DeploymentRow) -> Deployment:
    """The record of a row."""
    return Deployment(
        city=row.city,
        release_id=row.release_id,
        digest=row.digest,
        trained_by=row.trained_by,
        action=row.action,
        exemptions=tuple(Exemption(**each) for each in row.exemptions),
        by=row.by,
        at=row.at,
        reason=row.reason,
    )
