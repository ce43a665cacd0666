"""What every command of the ledger asks: of which city, and who does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from data_contracts.environment import Environment
from data_contracts.refusal import Refusal, exit_on_refusal
from serving.ledger.database import Ledger, open_ledger


class CommandRefused(Refusal):
    """A command that lacks what it needs, or is told something that contradicts itself."""


@contextmanager
def ledger_of(city: str | None) -> Iterator[tuple[Environment, Ledger]]:
    """The environment and the open ledger of a city; a refusal ends the command with its message and 2."""
    with exit_on_refusal():
        environment = Environment().of_city(city or None)
        ledger = open_ledger(environment.ledger_address)
        try:
            yield environment, ledger
        finally:
            ledger.close()


def person_of(environment: Environment, by: str | None) -> str:
    """Who does it: a record without a name would be worth nothing."""
    person = by or environment.person or ""
    if not person.strip():
        raise CommandRefused(
            expected="the name of who does this", got="none", todo="add --by NAME, or set XINHENG_PERSON"
        )
    return person
