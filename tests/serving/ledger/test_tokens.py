"""Tokens: shown once, kept as a digest, dead after their last day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from serving.ledger.database import Ledger
from serving.ledger.tokens import Holder, TokenRefused, create_token, holder_of, revoke_tokens

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def made(
    ledger: Ledger, *, person: str = "Li Min", role: str = "planner", last: date = date(2026, 7, 1)
) -> str:
    return create_token(ledger, person=person, role=role, region_prefix="1101", expires_on=last, now=NOON)


def test_a_token_tells_its_holder(ledger: Ledger) -> None:
    assert holder_of(ledger, made(ledger), NOON) == Holder(
        person="Li Min", role="planner", region_prefix="1101"
    )


@pytest.mark.parametrize("person", ["Li\u200bMin", "Li\u202eMin"])
def test_a_name_with_invisible_signs_gets_no_token(ledger: Ledger, person: str) -> None:
    with pytest.raises(TokenRefused, match="with invisible signs"):
        made(ledger, person=person)


def test_a_name_is_kept_with_single_spaces(ledger: Ledger) -> None:
    holder = holder_of(ledger, made(ledger, person=" Li \u3000 Min "), NOON)
    assert holder is not None
    assert holder.person == "Li Min"


def test_an_unknown_token_has_no_holder(ledger: Ledger) -> None:
    token = made(ledger)
    assert holder_of(ledger, token[:-1], NOON) is None
    assert holder_of(ledger, "", NOON) is None


def test_the_ledger_keeps_no_token(ledger: Ledger) -> None:
    token = made(ledger)
    with ledger.reading() as session:
        stored = repr(session.execute(text("SELECT * FROM api_tokens")).all())
    assert token not in stored
    assert token.removeprefix("xh_") not in stored


def test_a_token_lives_through_its_last_day_only(ledger: Ledger) -> None:
    token = made(ledger)
    assert holder_of(ledger, token, datetime(2026, 7, 1, 23, 59, tzinfo=UTC)) is not None
    assert holder_of(ledger, token, datetime(2026, 7, 2, tzinfo=UTC)) is None


def test_revoking_ends_the_tokens_of_a_person_and_of_nobody_else(ledger: Ledger) -> None:
    mine, yours = made(ledger), made(ledger, person="Wu")
    assert revoke_tokens(ledger, person="li  min ", now=NOON) == 1
    assert revoke_tokens(ledger, person="Li Min", now=NOON) == 0
    assert holder_of(ledger, mine, NOON) is None
    assert holder_of(ledger, yours, NOON) is not None


def test_everything_wrong_with_a_token_is_told_at_once(ledger: Ledger) -> None:
    with pytest.raises(
        TokenRefused, match="got no person; role 'boss'; last day 2026-06-29, today is 2026-06-30"
    ):
        made(ledger, person=" ", role="boss", last=date(2026, 6, 29))
