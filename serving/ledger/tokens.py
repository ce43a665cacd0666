"""API tokens: made once, shown once, kept as a digest, dead after their last day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_urlsafe

from sqlalchemy import select

from data_contracts.refusal import Refusal
from serving.ledger.database import Ledger
from serving.ledger.persons import name_fault, same_person, tidy_name
from serving.ledger.schema import ApiTokenRow

ROLES = ("analyst", "planner", "supervisor", "auditor", "administrator")


class TokenRefused(Refusal):
    """A token nobody should be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a token and what may be done with it."""

    person: str
    role: str
    region_prefix: str


def create_token(
    ledger: Ledger,
    *,
    person: str,
    role: str,
    region_prefix: str = "",
    expires_on: date,
    now: datetime,
    by: str = "",
    reason: str = "made on the command line",
) -> str:
    """A new token, shown here for the only time; `by` is the person themselves if nobody else is named."""
    person = tidy_name(person)
    faults = _faults(person=person, role=role, expires_on=expires_on, now=now)
    if faults:
        raise TokenRefused(
            expected=f"a person, a role of {', '.join(ROLES)}, and a last day that is not past",
            got="; ".join(faults),
            todo="correct them, for example --person 'Li Min' --role planner --days 90",
        )
    # 256 random bits need no salt and no slow hash: there is nothing to guess from.
    token = f"xh_{token_urlsafe(32)}"
    with ledger.writing() as session:
        session.add(
            ApiTokenRow(
                digest=_digest(token),
                person=person,
                role=role,
                region_prefix=region_prefix,
                expires_on=expires_on,
                by=by or person,
                at=now,
                reason=reason,
            )
        )
    return token


def holder_of(ledger: Ledger, token: str, now: datetime) -> Holder | None:
    """The holder of a token that is known, not revoked and not past its last day (in the zone of `now`)."""
    with ledger.reading() as session:
        row = session.scalar(select(ApiTokenRow).where(ApiTokenRow.digest == _digest(token)))
    if row is None or row.revoked_at is not None or row.expires_on < now.date():
        return None
    return Holder(person=row.person, role=row.role, region_prefix=row.region_prefix)


def revoke_tokens(ledger: Ledger, *, person: str, now: datetime) -> int:
    """Ends all tokens of a person at once, however the name was spelt; returns how many were alive."""
    with ledger.writing() as session:
        alive = session.scalars(select(ApiTokenRow).where(ApiTokenRow.revoked_at.is_(None))).all()
        theirs = [row for row in alive if same_person(row.person, person)]
        for row in theirs:
            row.revoked_at = now
        return len(theirs)


def _digest(token: str) -> str:
    """What the ledger keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _faults(*, person: str, role: str, expires_on: date, now: datetime) -> list[str]:
    """Everything wrong with the wish for a token."""
    faults = [fault] if (fault := name_fault(person)) else []
    if role not in ROLES:
        faults.append(f"role {role!r}")
    if expires_on < now.date():
        faults.append(f"last day {expires_on.isoformat()}, today is {now.date().isoformat()}")
    return faults
