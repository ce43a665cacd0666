"""A plan as it stands: what was decided, frozen, promised, opened and drawn, and which step may follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from data_contracts.refusal import Refusal
from serving.inspections.plans.terms import PlanTerms
from serving.ledger.persons import name_fault, same_person
from serving.sampling.allocation import Allocation
from serving.sampling.frame import Stratification
from serving.sampling.method import PLAIN, DrawMethod
from serving.sampling.policy import FloorCheck, Ratios, check_legal_floor

# One official could choose the secret that draws whom they like; two would have to conspire.
LEAST_OFFICIALS = 2


class PlanState(StrEnum):
    """Where a plan stands in its life."""

    DRAFT = "draft"
    FROZEN = "frozen"
    COMMITTED = "committed"
    REVEALING = "revealing"
    REVEALED = "revealed"
    DRAWN = "drawn"
    STAFFED = "staffed"
    IN_THE_FIELD = "in the field"
    RESULTS = "results"
    CLOSED = "closed"
    VOID = "void"


# Where a drawn plan can stand, from the step that took it there; the first found, from the last step back.
_AFTER_THE_DRAW = {
    "closed": PlanState.CLOSED,
    "results": PlanState.RESULTS,
    "begun": PlanState.IN_THE_FIELD,
}


class PlanNotFound(Refusal):
    """A plan id that the ledger does not know."""


class PlanRefused(Refusal):
    """A step that a plan in its state may not take, or whose content does not fit."""


class GradedRegister(Protocol):
    """What a plan needs of a grade register."""

    @property
    def digest(self) -> str:
        """The register's digest."""

    def rows(self, region_prefix: str) -> Iterable[tuple[str, str, str | None]]:
        """(entity id, grade, region code) of the region, sorted by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """What a planner decides."""

    title: str
    city: str
    as_of: date
    release_id: str
    register_digest: str
    ratios: Ratios
    region_prefix: str = ""
    stratification: Stratification = Stratification.GRADE


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """An official's published promise of a secret; `by` recorded it."""

    official: str
    by: str
    commitment: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSecret:
    """An official's revealed secret; `by` recorded it."""

    official: str
    by: str
    secret: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEvent:
    """A step in the life of a plan: who took it, for which official if it was theirs, when and why."""

    kind: str
    detail: str
    official: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan; what its state has not reached yet is empty."""

    plan_id: str
    draft: PlanDraft
    created_by: str
    created_at: datetime
    frame_rows: int
    frame_digest: str
    plan_digest: str
    allocations: tuple[Allocation, ...]
    commitments: tuple[Commitment, ...]
    reveals: tuple[OpenedSecret, ...]
    seed: str
    draw_digest: str
    drawn_count: int
    drawn: tuple[str, ...]
    events: tuple[PlanEvent, ...]
    terms: PlanTerms | None = None
    method: DrawMethod = PLAIN

    @property
    def title(self) -> str:
        """What the plan is called."""
        return self.draft.title

    @property
    def ratios(self) -> Ratios:
        """The ratio of each grade."""
        return self.draft.ratios

    @property
    def state(self) -> PlanState:
        """Follows from what the ledger holds; it is stored nowhere, so that it cannot disagree."""
        if self.voided is not None:
            return PlanState.VOID
        if self.draw_digest:
            return self._state_after_the_draw()
        if self.reveals and self.method.public is not None:
            return PlanState.REVEALED if self.public_value else PlanState.REVEALING
        if self.reveals:
            return PlanState.REVEALED if len(self.reveals) == len(self.commitments) else PlanState.REVEALING
        if len(self.commitments) >= LEAST_OFFICIALS:
            return PlanState.COMMITTED
        return PlanState.FROZEN if self.frame_digest else PlanState.DRAFT

    def _state_after_the_draw(self) -> PlanState:
        """How far the plan has come; a visit that lost its inspectors takes a staffed plan back to drawn."""
        kinds = [event.kind for event in self.events]
        for kind, state in _AFTER_THE_DRAW.items():
            if kind in kinds:
                return state
        staffing = [kind for kind in kinds if kind in ("staffed", "understaffed")]
        return PlanState.STAFFED if staffing and staffing[-1] == "staffed" else PlanState.DRAWN

    @property
    def is_drawn(self) -> bool:
        """Whether it has a draw that holds, however far it has come since."""
        return bool(self.draw_digest) and self.voided is None

    @property
    def voided(self) -> PlanEvent | None:
        """The step that ended the plan, if one did."""
        return next((event for event in self.events if event.kind == "voided"), None)

    @property
    def voided_after_reveal(self) -> bool:
        """Whether it was ended when somebody could already foresee the draw.

        Who reveals last knows the seed before everyone else; nothing can force the secret out, so a void at
        this point is told apart from every other.
        """
        return self.voided is not None and bool(self.reveals)

    def commitment_of_person(self, person: str) -> Commitment | None:
        """The person's commitment, however the name is spelt."""
        return next((one for one in self.commitments if same_person(one.official, person)), None)

    def secret_of_person(self, person: str) -> OpenedSecret | None:
        """The person's opened secret, however the name is spelt."""
        return next((one for one in self.reveals if same_person(one.official, person)), None)

    @property
    def public_value(self) -> str:
        """The public value that officials entered alike, empty until two did; who differs stays visible."""
        entered = Counter(one.secret for one in self.reveals) if self.method.public is not None else Counter()
        return next((value for value, times in entered.items() if times >= LEAST_OFFICIALS), "")

    @property
    def openings(self) -> tuple[OpenedSecret, ...]:
        """What the seed is made from: all secrets, or the entries of the public value that stands."""
        value = self.public_value
        return tuple(one for one in self.reveals if self.method.public is None or one.secret == value)

    @property
    def withheld(self) -> tuple[Commitment, ...]:
        """Commitments that nobody has opened although the reveals have begun."""
        if not self.reveals:
            return ()
        return tuple(one for one in self.commitments if self.secret_of_person(one.official) is None)

    @property
    def sizes(self) -> dict[str, int]:
        """Entities that may be drawn, by grade; empty before the freeze."""
        return _by_grade((allocation.grade, allocation.size) for allocation in self.allocations)

    @property
    def counts(self) -> dict[str, int]:
        """Entities to be drawn, by grade; empty before the freeze."""
        return _by_grade((allocation.grade, allocation.count) for allocation in self.allocations)

    @property
    def floor(self) -> FloorCheck | None:
        """Whether the plan alone reaches the legal floor; unknown before the freeze."""
        if not self.frame_digest:
            return None
        return check_legal_floor(drawn=sum(self.counts.values()), total=self.frame_rows)

    def require(self, *states: PlanState, step: str, todo: str) -> None:
        """Refuses a step that does not belong to the plan's state."""
        if self.state not in states:
            raise PlanRefused(
                expected=f"a plan that is {' or '.join(states)} in order to {step}",
                got=f"plan {self.plan_id}, which is {self.state}",
                todo=todo,
            )


def refuse_no_name(name: str, what: str) -> None:
    """A name that can be read: signs that nobody sees would make a second person of the first."""
    if fault := name_fault(name):
        raise PlanRefused(expected=what, got=fault, todo="write it with letters and single spaces")


def _by_grade(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sums over the strata of each grade."""
    sums = Counter[str]()
    for grade, number in pairs:
        sums[grade] += number
    return dict(sorted(sums.items()))
