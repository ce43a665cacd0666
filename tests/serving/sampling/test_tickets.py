"""Digests by hand: the netstrings are written out here, so that a change of the protocol cannot go unseen."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.tickets import Reveal, commitment_of, digest_of, seed_of, ticket_maker


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
