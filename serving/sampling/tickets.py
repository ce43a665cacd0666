"""The digests of a draw: commitment, seed and ticket, over length-prefixed fields.

A field is written as its length in bytes, a colon, its UTF-8 bytes and a comma (a netstring), so that no two
lists of fields give the same bytes and anyone can repeat a digest with `printf … | sha256sum`. Commitments
and seeds are SHA-256, as digests of files are; tickets are SHA-256 or, where a rule asks for it, SM3
(GB/T 32905).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from data_contracts.refusal import Refusal

if TYPE_CHECKING:
    from hashlib import _Hash

DRAW_LABEL = "xinheng-draw-v1"
SEED_LABEL = "xinheng-seed-v1"
PUBLIC_SEED_LABEL = "xinheng-public-seed-v1"
JOINT_LABEL = "xinheng-joint-v1"
COMMITMENT_LABEL = "xinheng-commitment-v1"

# The two randoms of 双随机 never share a ticket: entities here, inspectors in a list of their own.
ENTITIES = "entities"


class HashMissing(Refusal):
    """A hash that the Python of this machine does not have."""


class TicketHash(StrEnum):
    """What tickets are made with; both give 256 bits."""

    SHA256 = "sha256"
    SM3 = "sm3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """An official's opened secret."""

    official: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPlan:
    """A frozen partner of a joint draw, by its digests."""

    plan_id: str
    frame_digest: str
    plan_digest: str


def new_hash(name: str, data: bytes = b"") -> _Hash:
    """A hash that has taken in the data; refuses one that OpenSSL was built without (SM3 needs 1.1.1)."""
    try:
        return hashlib.new(name, data)
    except ValueError as error:
        raise HashMissing(
            expected=f"a Python whose OpenSSL has {name}",
            got=f"{error}",
            todo="install a Python built with OpenSSL 1.1.1 or newer without `no-sm3`, or use sha256",
        ) from error


def field(text: str) -> bytes:
    """One length-prefixed field."""
    data = text.encode()
    return b"%d:%s," % (len(data), data)


def digest_of(fields: Iterable[str]) -> str:
    """SHA-256 over the fields, as 64 hexadecimal digits."""
    return hashlib.sha256(b"".join(map(field, fields))).hexdigest()


def commitment_of(plan_id: str, official: str, secret: str) -> str:
    """What an official publishes before the secret; plan and name are in it so that nobody can copy it."""
    return digest_of((COMMITMENT_LABEL, plan_id, official, secret))


def seed_of(frame_digest: str, plan_digest: str, reveals: Iterable[Reveal]) -> str:
    """The seed of the draw; reveals count in the order of the officials' names, whoever came first."""
    ordered = sorted(reveals, key=lambda reveal: reveal.official)
    opened = (part for reveal in ordered for part in (reveal.official, reveal.secret))
    return digest_of((SEED_LABEL, frame_digest, plan_digest, *opened))


def public_seed_of(frame_digest: str, plan_digest: str, value: str) -> str:
    """The seed from a public value; which value that is stands in the plan, so its digest binds it."""
    return digest_of((PUBLIC_SEED_LABEL, frame_digest, plan_digest, value))


def joint_digest(label: str, members: Iterable[FrozenPlan]) -> str:
    """What stands for frame and plan in the seed of a joint draw: the digests of all partners, by plan id.

    The seed is then made as ever, with an empty text in the place of the plan's digest.
    """
    ordered = sorted(members, key=lambda member: member.plan_id)
    parts = (part for one in ordered for part in (one.plan_id, one.frame_digest, one.plan_digest))
    return digest_of((JOINT_LABEL, label, *parts))


def ticket_maker(
    seed: str, plan_id: str, *, side: str, stratum: str, ticket_hash: TicketHash = TicketHash.SHA256
) -> Callable[[str], bytes]:
    """A function from id to its full 32-byte ticket; the fields before the id are hashed only once."""
    prefix = new_hash(ticket_hash, b"".join(map(field, (DRAW_LABEL, seed, plan_id, side, stratum))))

    def ticket(entity_id: str) -> bytes:
        state = prefix.copy()
        state.update(field(entity_id))
        return state.digest()

    return ticket
