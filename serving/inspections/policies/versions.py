"""The policies of a city: made, changed by a new version with author and reason, never changed in place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from data_contracts.refusal import Refusal
from serving.ledger.database import Ledger
from serving.ledger.persons import name_fault
from serving.ledger.schema import PolicyRow
from serving.sampling.policy import Policy

# Two who make policies of a city in one instant count the same policies before them; the loser counts again.
_NUMBERS_TRIED = 20


class PolicyNotFound(Refusal):
    """A policy id or version that the ledger does not know."""


class PolicyVersionRefused(Refusal):
    """A version without a reason, without a change, or written beside another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """One version of a policy as the ledger holds it."""

    policy_id: str
    version: int
    city: str
    title: str
    policy: Policy
    by: str
    at: datetime
    reason: str


def create_policy(
    ledger: Ledger, policy: Policy, *, city: str, title: str, by: str, reason: str, now: datetime
) -> StoredPolicy:
    """The first version of a new policy; its id tells city and number."""
    _refuse_blank(title, by, reason)
    for _ in range(_NUMBERS_TRIED):
        try:
            with ledger.writing() as session:
                prefix = f"{city}-policy-"
                taken = session.scalar(
                    select(func.count()).where(
                        PolicyRow.policy_id.startswith(prefix, autoescape=True), PolicyRow.version == 1
                    )
                )
                row = PolicyRow(policy_id=f"{prefix}{(taken or 0) + 1:03d}", version=1, city=city)
                row.title, row.document, row.by, row.at = title.strip(), policy.to_json(), by, now
                row.reason = reason.strip()
                session.add(row)
                session.flush()
                return _stored(row)
        except IntegrityError:
            continue
    raise PolicyVersionRefused(
        expected=f"a free number for a policy of {city}",
        got=f"{_NUMBERS_TRIED} numbers that others took in the same instant",
        todo="make the policy again in a moment",
    )


def change_policy(
    ledger: Ledger, policy_id: str, policy: Policy, *, version: int, by: str, reason: str, now: datetime
) -> StoredPolicy:
    """The next version over the one that its author saw (`version`); of two at once only one stands."""
    _refuse_blank(policy_id, by, reason)
    try:
        with ledger.writing() as session:
            newest = session.scalars(_newest(policy_id)).first()
            if newest is None:
                raise _unknown(policy_id, None)
            _refuse_stale(newest, version, policy)
            row = PolicyRow(policy_id=policy_id, version=version + 1, city=newest.city, title=newest.title)
            row.document, row.by, row.at, row.reason = policy.to_json(), by, now, reason.strip()
            session.add(row)
            session.flush()
            return _stored(row)
    except IntegrityError as cause:
        raise _beside(policy_id, version) from cause


def find_policy(ledger: Ledger, policy_id: str, version: int | None = None) -> StoredPolicy:
    """A version of a policy, by default the newest."""
    wanted = _newest(policy_id)
    if version is not None:
        wanted = wanted.where(PolicyRow.version == version)
    with ledger.reading() as session:
        row = session.scalars(wanted).first()
        if row is None:
            raise _unknown(policy_id, version)
        return _stored(row)


def policy_of_city(ledger: Ledger, city: str, policy_id: str, version: int | None = None) -> StoredPolicy:
    """The same of one city; a policy of another is as if it were not there."""
    stored = find_policy(ledger, policy_id, version)
    if stored.city != city:
        raise PolicyNotFound(
            expected="the id of a policy of this city",
            got=f"{policy_id!r}",
            todo="look it up in the list of policies",
        )
    return stored


def list_policies(ledger: Ledger, city: str) -> tuple[StoredPolicy, ...]:
    """The newest version of every policy of a city, the one changed last first."""
    with ledger.reading() as session:
        rows = session.scalars(select(PolicyRow).where(PolicyRow.city == city).order_by(PolicyRow.version))
        newest = {row.policy_id: row for row in rows}
        return tuple(_stored(row) for row in sorted(newest.values(), key=lambda row: row.at, reverse=True))


def policy_versions(ledger: Ledger, policy_id: str) -> tuple[StoredPolicy, ...]:
    """Every version of a policy, the newest first."""
    with ledger.reading() as session:
        found = tuple(_stored(row) for row in session.scalars(_newest(policy_id)))
    if not found:
        raise _unknown(policy_id, None)
    return found


def _newest(policy_id: str) -> Any:
    return select(PolicyRow).where(PolicyRow.policy_id == policy_id).order_by(PolicyRow.version.desc())


def _stored(row: PolicyRow) -> StoredPolicy:
    """A row of the ledger as a record; a document that another program wrote is checked again."""
    return StoredPolicy(
        policy_id=row.policy_id,
        version=row.version,
        city=row.city,
        title=row.title,
        policy=Policy.from_json(row.document),
        by=row.by,
        at=row.at,
        reason=row.reason,
    )


def _refuse_blank(title: str, by: str, reason: str) -> None:
    """Every version says what it is, who wrote it and why."""
    faults = [
        fault
        for fault in (
            "" if title.strip() else "no title",
            name_fault(by),
            "" if reason.strip() else "no reason",
        )
        if fault
    ]
    if faults:
        raise PolicyVersionRefused(
            expected="a policy with a title, the name of its author and a reason",
            got="; ".join(faults),
            todo="write them; they stand in the ledger for good",
        )


def _refuse_stale(newest: PolicyRow, version: int, policy: Policy) -> None:
    """A version is written over the newest one and changes something."""
    if newest.version != version:
        raise _beside(newest.policy_id, version)
    if newest.document == policy.to_json():
        raise PolicyVersionRefused(
            expected=f"a change against version {version} of {newest.policy_id}",
            got="the same policy",
            todo="change a value, or go on with the version that stands",
        )


def _beside(policy_id: str, version: int) -> PolicyVersionRefused:
    return PolicyVersionRefused(
        expected=f"version {version} of {policy_id} to be the newest",
        got="another version that was written meanwhile, or none such",
        todo="look at the newest version and write yours over that one",
    )


def _unknown(policy_id: str, version: int | None) -> PolicyNotFound:
    return PolicyNotFound(
        expected="the id of a policy, and a version that it has",
        got=f"{policy_id!r}" + (f", version {version}" if version is not None else ""),
        todo="`python -m serving policy list` shows them",
    )
