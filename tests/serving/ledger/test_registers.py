"""Registers in the ledger: the newest date counts, and recording twice is recording once."""

from __future__ import annotations

from datetime import UTC, date, datetime

from serving.ledger.database import Ledger
from serving.ledger.registers import current_register, record_register, registers_of
from serving.ledger.schema import RegisterRow

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def recorded(ledger: Ledger, as_of: date, digest: str = "d", release_id: str = "r") -> RegisterRow:
    return record_register(
        ledger,
        city="c",
        as_of=as_of,
        release_id=release_id,
        digest=digest,
        folder="f",
        counts={"A": 2, "D": 1},
        by="Li",
        now=NOON,
    )


def test_the_current_register_is_that_of_the_newest_date(ledger: Ledger) -> None:
    for as_of in (date(2026, 6, 30), date(2025, 6, 30)):
        recorded(ledger, as_of)
    current = current_register(ledger, "c", release_id="r")
    assert current is not None
    assert (current.as_of, current.counts) == (date(2026, 6, 30), {"A": 2, "D": 1})
    assert current_register(ledger, "another city", release_id="r") is None


def test_of_two_gradings_of_a_date_the_later_counts(ledger: Ledger) -> None:
    for digest in ("first", "second"):
        recorded(ledger, date(2026, 6, 30), digest)
    assert [row.digest for row in registers_of(ledger, "c")] == ["second", "first"]


def test_recording_the_same_register_again_gives_the_same_row(ledger: Ledger) -> None:
    first, again = (recorded(ledger, date(2026, 6, 30)) for _ in range(2))
    assert first.register_id == again.register_id
    assert len(registers_of(ledger, "c")) == 1


def test_current_is_a_register_of_the_release_asked_for_whichever_came_last(ledger: Ledger) -> None:
    day = date(2026, 6, 30)
    for release_id in ("r1", "r2", "r1"):
        recorded(ledger, day, digest=f"by {release_id}", release_id=release_id)
    recorded(ledger, date(2026, 7, 31), digest="by r2 again", release_id="r2")
    current = [current_register(ledger, "c", release_id=name) for name in ("r1", "r2", "r3")]
    assert [row and row.digest for row in current] == ["by r1", "by r2 again", None]
