"""What an act is: its words, its legal basis, the indicators it aims at, its earliest day and its edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.remedies.records import Edit
from models.remedies.waiting import DECIDED_WITHIN_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A kind of lawful act. `moves` are the indicators that it aims at, all of which an entity can change.

    `decided` tells that an office has to decide first; `certain` that the law was read in its source.
    """

    code: str
    basis_zh: str
    basis_en: str
    moves: tuple[str, ...]
    decided: bool = True
    certain: bool = True


Words = tuple[str, str]
Edits = Callable[[date], Sequence[Edit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An act that the records of one entity make possible, from `earliest` on.

    `words` (中文, English; a verb phrase, `{its}` for whose) and `edits` are told for the day of the act.
    What it changes is known from the day of the act, or from `known_from`.
    """

    act: Act
    earliest: date
    words: Callable[[date], Words]
    edits: Edits
    certain: bool = True
    known_from: date | None = None

    def in_time(self, on: date) -> bool:
        """Whether it can be done, and decided, before a grading day."""
        wait = DECIDED_WITHIN_DAYS if self.act.decided else 0
        seen = self.known_from is None or self.known_from < on
        return seen and self.earliest + timedelta(days=wait) < on

    @property
    def sure(self) -> bool:
        """Whether both the act and its waiting period were read in their sources."""
        return self.certain and self.act.certain


def always(zh: str, en: str) -> Callable[[date], Words]:
    """Words that are the same whenever the act is done."""
    return lambda _: (zh, en)
