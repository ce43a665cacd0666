"""The digests of a draw: commitment, seed and ticket, all SHA-256 over length-prefixed fields.

A field is written as its length in bytes, a colon, its UTF-8 bytes and a comma (a netstring), so that no two
lists of fields give the same bytes and anyone can repeat a digest with `printf … | sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

DRAW_LABEL = "xinheng-draw-v1"
SEED_LABEL = "xinheng-seed-v1"
COMMITMENT_LABEL = "xinheng-commitment-v1"

# The two randoms of 双随机 never share a ticket: entities here, inspectors in a list of their own.
ENTITIES = "entities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """An official's opened secret."""

    official: str
    secret: str


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


def ticket_maker(seed: str, plan_id: str, *, side: str, stratum: str) -> Callable[[str], bytes]:
    """A function from id to its full 32-byte ticket; the fields before the id are hashed only once."""
    prefix = hashlib.sha256(b"".join(map(field, (DRAW_LABEL, seed, plan_id, side, stratum))))

    def ticket(entity_id: str) -> bytes:
        state = prefix.copy()
        state.update(field(entity_id))
        return state.digest()

    return ticket
