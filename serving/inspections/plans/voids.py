"""Who ended plans, and whose secrets stayed shut: a redraw has its reasons, but a habit of it must show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from serving.inspections.plans.plan import Plan
from serving.ledger.persons import person_key


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidCount:
    """What one person did to plans: voided, voided after a reveal, or a committed secret never opened."""

    person: str
    voided: int
    after_reveal: int
    withheld: int


def void_counts(plans: Iterable[Plan]) -> tuple[VoidCount, ...]:
    """The persons with anything to count, most voids first; a name counts under its first spelling."""
    names = dict[str, str]()
    voided, after_reveal, withheld = Counter[str](), Counter[str](), Counter[str]()
    for plan in plans:
        if plan.voided is None:
            continue
        person = person_key(plan.voided.by)
        names.setdefault(person, plan.voided.by)
        voided[person] += 1
        after_reveal[person] += plan.voided_after_reveal
        for one in plan.withheld:
            official = person_key(one.official)
            names.setdefault(official, one.official)
            withheld[official] += 1
    counted = [
        VoidCount(person=name, voided=voided[key], after_reveal=after_reveal[key], withheld=withheld[key])
        for key, name in names.items()
    ]
    return tuple(sorted(counted, key=lambda one: (-one.voided, -one.withheld, one.person)))
