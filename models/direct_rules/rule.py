"""What a direct rule is: conditions on a snapshot, a grade, a law, two dates, and which records prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal
from models.grades import Grade


class RuleRefused(Refusal):
    """A rule of the table that cannot be meant: no condition, dates in reverse, or a grade nobody fears."""


class FactsMissing(Refusal):
    """A snapshot lacks the fact that a direct rule reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A snapshot column that must be known and reach a whole number; 1 is what a state is when it is so."""

    column: str
    at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSource:
    """The records that prove a rule: a table of the contracts and, by column, the codes that one must have.

    `open_now` asks for an interval without an end, `for_days` for one that began so many days ago or earlier,
    `within_days` for a record of the last so many days. `shown` are the columns told of each record beside
    its key and days.
    """

    table: str
    codes: tuple[tuple[str, tuple[str, ...]], ...]
    shown: tuple[str, ...]
    open_now: bool = False
    for_days: int | None = None
    within_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRule:
    """If all conditions hold on a day from `valid_from` to `valid_until`, the grade is at least `grade`.

    `legal_basis` names the paper that makes the fact. No paper says which grade follows from it: that is
    this product's policy, and every sentence says so.
    """

    code: str
    conditions: tuple[Condition, ...]
    grade: Grade
    legal_basis_zh: str
    legal_basis_en: str
    valid_from: date
    valid_until: date | None
    sentence_zh: str
    sentence_en: str
    evidence: EvidenceSource

    def __post_init__(self) -> None:
        """Refuses a rule that would hold for everybody, never, or without effect."""
        if not self.conditions or any(one.at_least < 1 for one in self.conditions):
            self._refuse("conditions that ask for 1 or more", str(self.conditions))
        if self.valid_until is not None and self.valid_until < self.valid_from:
            self._refuse("a last day on or after the first", f"{self.valid_from} to {self.valid_until}")
        if self.grade is Grade.A:
            self._refuse("a grade worse than A, which everybody has at least", "A")

    def in_force(self, on: date) -> bool:
        """Whether the rule holds on that day; both ends count."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)

    def holds(self, facts: pa.Table) -> npt.NDArray[np.bool_]:
        """For every row, whether every fact is known and reaches its number; shape (rows,)."""
        found = np.ones(facts.num_rows, dtype=np.bool_)
        for condition in self.conditions:
            found &= self._reached(condition, facts)
        return found

    def _reached(self, condition: Condition, facts: pa.Table) -> npt.NDArray[np.bool_]:
        if condition.column not in facts.column_names:
            raise FactsMissing(
                expected=f"the column {condition.column} that the direct rule {self.code} reads",
                got=f"{len(facts.column_names)} columns without it",
                todo="build the snapshot with the whole catalogue and read it with all its columns",
            )
        # Doubles hold every count exactly, and take what an engine widened.
        values = pc.fill_null(pc.cast(facts.column(condition.column), pa.float64()), 0.0)
        return np.asarray(pc.greater_equal(values, float(condition.at_least)), dtype=np.bool_)

    def _refuse(self, expected: str, got: str) -> None:
        raise RuleRefused(
            expected=f"direct rule {self.code!r} to have {expected}", got=got, todo="correct rule_set.py"
        )
