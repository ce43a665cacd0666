"""What all records kept in versions share: who wrote them, the newest of each, and what a writing changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol, TypeVar

from data_contracts.refusal import Refusal
from serving.ledger.persons import name_fault, tidy_name


class RosterRefused(Refusal):
    """A change of a roster without a name or a reason, or made by two at once."""


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


Versioned = TypeVar("Versioned", bound=_Versioned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of records that were handed in, by their keys."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {
            "added": len(self.added), "changed": len(self.changed), "unchanged": len(self.unchanged),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who writes, when and why: the last columns of every row."""

    by: str
    at: datetime
    reason: str


def signed(by: str, now: datetime, reason: str) -> Signature:
    """The signature of a change, or a refusal: one without name or reason would be worth nothing."""
    faults = [fault] if (fault := name_fault(by)) else []
    faults += [] if reason.strip() else ["no reason"]
    if faults:
        raise RosterRefused(
            expected="the name of who changes the roster, and why",
            got=" and ".join(faults),
            todo="add --by NAME and --reason WHY",
        )
    return Signature(by=tidy_name(by), at=now, reason=reason.strip())


def newest(rows: Iterable[Versioned], key: Callable[[Versioned], Hashable]) -> list[Versioned]:
    """Of the rows of each key the one with the highest version, in the order of the keys' first rows."""
    found: dict[Hashable, Versioned] = {}
    for row in rows:
        known = found.get(key(row))
        if known is None or row.version > known.version:
            found[key(row)] = row
    return list(found.values())


def refuse_at_once(what: str, cause: Exception) -> NoReturn:
    """Two wrote the same version: the second looks again."""
    raise RosterRefused(
        expected=f"nobody else to change {what} at the same moment",
        got="a newer version that somebody else has just recorded",
        todo="look at the roster and make the change again",
    ) from cause


def refuse_twice(keys: Iterable[str], what: str) -> None:
    """Refuses records that stand twice in one writing: nobody could tell which one holds."""
    twice = sorted(key for key, count in Counter(keys).items() if count > 1)
    if twice:
        raise RosterRefused(
            expected=f"every {what} once", got=", ".join(twice), todo="take one of each pair out"
        )
