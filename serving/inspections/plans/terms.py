"""What a plan is for: department, items, policy, window of the visits, design, yearly cap, joint plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_contracts.refusal import Refusal
from serving.ledger.schema import PlanMethodRow, PlanTermsRow
from serving.sampling.method import PLAIN, Design, DrawMethod


class TermsRefused(Refusal):
    """Terms that lack what a task needs, or a window that no cap of one year could hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """Who inspects what, when and how.

    `first_day` to `last_day` is the window of the visits, within one year; `yearly_cap` is the most visits of
    an entity in that year over all departments (0: no cap); `joint_with` names plans that share the visits.
    """

    department: str
    item_codes: tuple[str, ...]
    first_day: date
    last_day: date
    policy_id: str = ""
    policy_version: int = 0
    design: Design = Design.STRATIFIED
    yearly_cap: int = 0
    joint_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses at once everything that is wrong."""
        if faults := _faults(self):
            raise TermsRefused(
                expected="a department, at least one item, a window in one year, a cap of 0 (none) or more",
                got="; ".join(faults),
                todo="correct the terms; a window over New Year is two plans, since the cap counts by year",
            )

    @property
    def year(self) -> int:
        """The year whose visits the cap counts."""
        return self.first_day.year

    def content(self) -> dict[str, object]:
        """The terms as published with the plan, in plain JSON."""
        return {
            "department": self.department,
            "item_codes": list(self.item_codes),
            "policy_id": self.policy_id,
            "policy_version": self.policy_version,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "design": self.design.value,
            "yearly_cap": self.yearly_cap,
            "joint_with": list(self.joint_with),
        }


def overlap(one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Whether two windows (first day, last day) share a day."""
    return one[0] <= other[1] and other[0] <= one[1]


def terms_row(plan_id: str, terms: PlanTerms, *, by: str, now: datetime) -> PlanTermsRow:
    """The terms as a row of the ledger."""
    row = PlanTermsRow(plan_id=plan_id, department=terms.department.strip(), design=terms.design.value)
    row.item_codes, row.joint_with = list(terms.item_codes), list(terms.joint_with)
    row.policy_id, row.policy_version = terms.policy_id, terms.policy_version
    row.first_day, row.last_day, row.yearly_cap = terms.first_day, terms.last_day, terms.yearly_cap
    row.by, row.at, row.reason = by, now, "created"
    return row


def load_terms(session: Session, plan_id: str) -> PlanTerms | None:
    """The terms of a plan; None of a plan that was made without."""
    row = session.get(PlanTermsRow, plan_id)
    return terms_of(row) if row else None


def load_method(session: Session, plan_id: str) -> DrawMethod:
    """How a plan is drawn; the plain method where the ledger names no other."""
    row = session.get(PlanMethodRow, plan_id)
    return DrawMethod.from_json(row.method) if row else PLAIN


def terms_of_plans(session: Session, plan_ids: list[str]) -> dict[str, PlanTerms]:
    """The terms of those of the plans that have any."""
    rows = session.scalars(select(PlanTermsRow).where(PlanTermsRow.plan_id.in_(plan_ids)))
    return {row.plan_id: terms_of(row) for row in rows}


def terms_of(row: PlanTermsRow) -> PlanTerms:
    """The terms back from their row."""
    return PlanTerms(
        department=row.department,
        item_codes=tuple(row.item_codes),
        first_day=row.first_day,
        last_day=row.last_day,
        policy_id=row.policy_id,
        policy_version=row.policy_version,
        design=Design(row.design),
        yearly_cap=row.yearly_cap,
        joint_with=tuple(row.joint_with),
    )


def _faults(terms: PlanTerms) -> list[str]:
    """What is wrong with the terms, in words."""
    faults = []
    if not terms.department.strip():
        faults.append("no department")
    if not terms.item_codes or not all(code.strip() for code in terms.item_codes):
        faults.append("no items, or an item without a code")
    if len(set(terms.item_codes)) < len(terms.item_codes):
        faults.append("an item named twice")
    if terms.last_day < terms.first_day or terms.last_day.year != terms.first_day.year:
        faults.append(f"the window {terms.first_day} to {terms.last_day}")
    if terms.yearly_cap < 0:
        faults.append(f"a cap of {terms.yearly_cap}")
    return faults
