"""What stands in the form of a new plan, and the policy and terms it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.grades import LETTERS
from serving.inspections.plans.terms import PlanTerms, TermsRefused
from serving.sampling.policy import ENTITY_TYPES, Policy, PolicyRefused, Ratios
from serving.web.preview import share_of_percent

Text = Annotated[str, Field(max_length=120)]
Code = Annotated[str, Field(max_length=80)]
Codes = Annotated[list[Code], Field(max_length=100)]

# Among published practice (Henan 1/2/10/30, Bayannur 2/5/100/100): about 4 % of all, the riskiest most.
PROPOSED = {"a": "2", "b": "4", "c": "12", "d": "40"}
# In place of a department: a plan for each department of the items, joined with the others.
JOINT = "*"
_MOST_HOURS = 1e9
_FINEST = Decimal("0.000000001")


class PlanForm(BaseModel):
    """The form as filled in, in texts and percent; an empty list of types means all.

    `policy` is "id@version" of the policy that the fields were taken from, empty for one of the plan's own.
    Without hours the plan's own effort is the budget; without hours of a visit they follow from the items.
    """

    model_config = ConfigDict(frozen=True)

    title: Text = ""
    region_prefix: Text = ""
    department: Text = ""
    items: Codes = []
    types: Codes = []
    first_day: Text = ""
    last_day: Text = ""
    policy: Text = ""
    a: Text = ""
    b: Text = ""
    c: Text = ""
    d: Text = ""
    exploration_floor: Text = "0.5"
    legal_floor: Text = "3"
    ordinary_ratio: Text = "3"
    yearly_cap: Text = "2"
    full: Codes = []
    full_items: Codes = []
    shields: Codes = []
    triggers: Text = "red_line"
    joint_with: Codes = []
    hours: Text = ""
    hours_per_visit: Text = ""

    @property
    def percents(self) -> Mapping[str, str]:
        """The ratio of each grade, in percent."""
        return {grade: getattr(self, grade.lower()) for grade in LETTERS}

    @property
    def year(self) -> int:
        """The year of the visits; 0 while the form names none."""
        year = self.first_day.strip()[:4]
        return int(year) if len(year) == 4 and year.isdigit() else 0

    @property
    def draws_only(self) -> bool:
        """Whether it has neither department nor items: a draw without tasks, by ratios alone."""
        return not self.items and not self.department.strip()

    @property
    def is_joint(self) -> bool:
        """Whether every department of the items is to have a plan, joined with the others."""
        return self.department.strip() == JOINT

    @property
    def policy_named(self) -> tuple[str, int]:
        """Id and version of the policy that the fields were taken from; a preset has version 0."""
        name, _, version = self.policy.partition("@")
        return name, int(version) if version.isdigit() else 0


def ratios_in(form: PlanForm) -> Ratios:
    """The ratios of the form, exact; raises RatiosRefused."""
    return Ratios(**{grade.lower(): share_of_percent(text) for grade, text in form.percents.items()})


def policy_in(form: PlanForm) -> Policy:
    """The policy that the fields make; raises RatiosRefused, PolicyRefused with all that is wrong."""
    cap = form.yearly_cap.strip()
    return Policy(
        ratios=ratios_in(form),
        exploration_floor=share_of_percent(form.exploration_floor),
        legal_floor=share_of_percent(form.legal_floor),
        ordinary_ratio=share_of_percent(form.ordinary_ratio),
        graded_types=tuple(code for code in ENTITY_TYPES if code in form.types) or ENTITY_TYPES,
        yearly_cap=int(cap) if cap.isdigit() and len(cap) < 4 else 0,
        full_grades=tuple(grade for grade in LETTERS if grade in form.full),
        key_items=tuple(dict.fromkeys(form.full_items)),
        shields=tuple(dict.fromkeys(form.shields)),
        triggers=tuple(dict.fromkeys(form.triggers.replace("，", ",").replace(",", " ").split())),
    )


def fields_of_policy(policy: Policy) -> dict[str, object]:
    """The fields that make this policy: the way back, for a form that starts from one."""
    ratios = zip(LETTERS, policy.ratios.texts(), strict=True)
    return {grade.lower(): percent_in_full(text) for grade, text in ratios} | {
        "exploration_floor": percent_in_full(policy.exploration_floor),
        "legal_floor": percent_in_full(policy.legal_floor),
        "ordinary_ratio": percent_in_full(policy.ordinary_ratio),
        "yearly_cap": str(policy.yearly_cap),
        "full": list(policy.full_grades),
        "full_items": list(policy.key_items),
        "types": [] if policy.graded_types == ENTITY_TYPES else list(policy.graded_types),
        "shields": list(policy.shields),
        "triggers": " ".join(policy.triggers),
    }


def percent_in_full(text: str) -> str:
    """A ratio as percent, cut so late that it still draws the same count of a hundred million."""
    value = Fraction(text) * 100
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact.quantize(_FINEST, rounding=ROUND_DOWN).normalize():f}"


def same_policy(one: Policy, other: Policy) -> bool:
    """Whether both fill the same fields, however their shares are written."""
    return fields_of_policy(one) == fields_of_policy(other)


def terms_in(form: PlanForm, policy: Policy, named: tuple[str, int]) -> PlanTerms | None:
    """What the plan is for; None if neither items nor department are chosen: a draw without tasks.

    Raises TermsRefused with everything that is missing.
    """
    if form.draws_only:
        return None
    first, last = _day(form.first_day), _day(form.last_day)
    if first is None or last is None:
        raise TermsRefused(
            expected="the first and the last day of the visits, as 2026-07-01",
            got=f"{form.first_day!r} and {form.last_day!r}",
            todo="choose both days, within one year",
        )
    return PlanTerms(
        department=form.department,
        item_codes=tuple(dict.fromkeys(form.items)),
        first_day=first,
        last_day=last,
        policy_id=named[0],
        policy_version=named[1],
        yearly_cap=policy.yearly_cap,
        joint_with=tuple(dict.fromkeys(form.joint_with)),
    )


def hours_in(text: str, what: str) -> float | None:
    """A number of officer-hours; None for an empty field."""
    if not text.strip():
        return None
    try:
        value = float(text.strip())
    except ValueError:
        value = -1.0
    if not 0 < value <= _MOST_HOURS:
        raise PolicyRefused(
            expected=f"{what}: a number of hours above 0, or nothing",
            got=f"{text.strip()!r}",
            todo="write hours such as 1200 or 2.5, or leave the field empty",
        )
    return value


def _day(text: str) -> date | None:
    """The day, or None for what is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
