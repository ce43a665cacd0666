"""Digests by hand: the netstrings are written out here, so that a change of the protocol cannot go unseen."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.tickets import (
    HashMissing,
    Reveal,
    TicketHash,
    commitment_of,
    digest_of,
    new_hash,
    seed_of,
    ticket_maker,
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_ticket_is_the_hash_of_its_written_out_fields() -> None:
    ticket = ticket_maker("5eed", "plan-1", side="entities", stratum="A")("企业1")
    assert ticket.hex() == sha256("15:xinheng-draw-v1,4:5eed,6:plan-1,8:entities,1:A,7:企业1,")


def test_a_commitment_is_the_hash_of_its_written_out_fields() -> None:
    assert commitment_of("p", "Li", "00") == sha256("21:xinheng-commitment-v1,1:p,2:Li,2:00,")


def test_a_seed_takes_the_reveals_by_the_officials_names() -> None:
    reveals = [Reveal(official="Wu", secret="22"), Reveal(official="Li", secret="11")]
    expected = sha256("15:xinheng-seed-v1,2:ff,2:pp,2:Li,2:11,2:Wu,2:22,")
    assert seed_of("ff", "pp", reveals) == expected == seed_of("ff", "pp", reversed(reveals))


@given(st.lists(st.text(max_size=4), max_size=5), st.lists(st.text(max_size=4), max_size=5))
def test_no_two_lists_of_fields_share_a_digest(one: list[str], other: list[str]) -> None:
    one, other = ([text.encode(errors="ignore").decode() for text in texts] for texts in (one, other))
    assert (digest_of(one) == digest_of(other)) == (one == other)


def test_sides_never_share_a_ticket() -> None:
    entity = ticket_maker("s", "p", side="entities", stratum="A")("x")
    assert entity != ticket_maker("s", "p", side="inspectors", stratum="A")("x")


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, example 1; and a ticket is the same fields under it."""
    vector = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert new_hash("sm3", b"abc").hexdigest() == vector
    ticket = ticket_maker("s", "p", side="entities", stratum="A", ticket_hash=TicketHash.SM3)("x")
    fields = b"15:xinheng-draw-v1,1:s,1:p,8:entities,1:A,1:x,"
    assert ticket == new_hash("sm3", fields).digest()


def test_a_hash_that_python_lacks_is_refused_with_what_to_do() -> None:
    with pytest.raises(HashMissing, match=r"a Python whose OpenSSL has sm9.* or use sha256"):
        new_hash("sm9")
