"""The earlier registers of a release: one for each date, the one recorded last; opened once a process."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from data_contracts.refusal import Refusal
from serving.ledger.database import Ledger
from serving.ledger.registers import previous_register, registers_of
from serving.register import Register, open_register


def register_before(ledger: Ledger, register: Register) -> Register | None:
    """The register a month or more before, of the same release: what changes are told against."""
    card = register.card
    row = previous_register(ledger, card.city, release_id=card.release_id, as_of=register.as_of)
    return None if row is None else _opened(Path(row.folder), row.digest)


def registers_until(ledger: Ledger, register: Register) -> tuple[Register, ...]:
    """The release's registers of every date up to this one, the earliest first; this one is the last."""
    card = register.card
    by_date: dict[date, Register] = {register.as_of: register}
    for row in registers_of(ledger, card.city):
        if row.release_id == card.release_id and row.as_of < register.as_of and row.as_of not in by_date:
            found = _opened(Path(row.folder), row.digest)
            if found is not None:
                by_date[row.as_of] = found
    return tuple(by_date[day] for day in sorted(by_date))


@lru_cache(maxsize=64)
def _opened(folder: Path, digest: str) -> Register | None:
    """None for one whose file is gone or another: the past then has a gap, the present is still shown."""
    try:
        return open_register(folder, digest=digest)
    except Refusal:
        return None
