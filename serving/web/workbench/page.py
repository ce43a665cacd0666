"""The page of a new plan: what can be chosen, what is filled in, what it would draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.grades import LETTERS
from serving.inspections.plans.plan import Plan
from serving.inspections.policies.versions import list_policies
from serving.ledger.tokens import Holder
from serving.rosters.item import Item
from serving.rosters.items import list_items
from serving.sampling.policy import ENTITY_TYPES, SHIELDS, Policy
from serving.sampling.presets import PRESETS
from serving.web.attributes import type_label
from serving.web.desk import Desk
from serving.web.language import Say, speaker
from serving.web.workbench.drawn_preview import WorkbenchPreview, preview_for
from serving.web.workbench.form import JOINT, PROPOSED, PlanForm, fields_of_policy

# Own policies to start from, the newest: each plan with limits of its own leaves one behind.
_OWN_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChoice:
    """An item of the list; `minutes` of one officer."""

    code: str
    name: str
    department: str
    is_key: bool
    law: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChoice:
    """A policy to start from: "id@version" with the fields it fills, as the page's script takes them."""

    name: str
    title: str
    ratios: str
    note: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A code with its words."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """All that the form needs; `together` is what stands for a department where all plan at once."""

    form: PlanForm
    items: tuple[ItemChoice, ...]
    departments: tuple[str, ...]
    types: tuple[Choice, ...]
    shields: tuple[Choice, ...]
    policies: tuple[PolicyChoice, ...]
    joint: tuple[Choice, ...]
    grades: tuple[str, ...]
    together: str
    preview: WorkbenchPreview


def proposed_form(desk: Desk, own_region: str) -> PlanForm:
    """The form as first shown: common ratios, the visits of the coming quarter within the year."""
    today = desk.today
    last = today.replace(month=-(-today.month // 3) * 3, day=30)
    return PlanForm(
        region_prefix=own_region,
        first_day=today.isoformat(),
        last_day=max(last, today).isoformat(),
        shields=list(SHIELDS),
        a=PROPOSED["a"],
        b=PROPOSED["b"],
        c=PROPOSED["c"],
        d=PROPOSED["d"],
    )


def workbench_of(
    desk: Desk, form: PlanForm, *, holder: Holder, language: str, plans: Sequence[Plan]
) -> Workbench:
    """The form with its choices and its preview; `plans` are those that the holder sees."""
    say = speaker(language)
    items = list_items(desk.ledger, desk.city, on=desk.today)
    return Workbench(
        form=form,
        items=tuple(_item(one, say) for one in items),
        departments=tuple(dict.fromkeys(one.department for one in items)),
        types=tuple(Choice(code=code, label=type_label(code, language)) for code in ENTITY_TYPES),
        shields=tuple(Choice(code=code, label=say(*words)) for code, words in SHIELDS.items()),
        policies=policy_choices(desk, say),
        joint=tuple(
            Choice(code=plan.plan_id, label=plan.title)
            for plan in plans
            if plan.terms is not None and plan.voided is None and not plan.is_drawn
        ),
        grades=LETTERS,
        together=JOINT,
        preview=preview_for(desk, form, holder=holder, language=language),
    )


def policy_choices(desk: Desk, say: Say) -> tuple[PolicyChoice, ...]:
    """The city's own policies, then published practice."""
    own = [
        PolicyChoice(
            name=f"{one.policy_id}@{one.version}",
            title=one.title,
            ratios=_percents(one.policy),
            note=say(f"本市政策 第{one.version}版 · {one.by}", f"ours, version {one.version}, {one.by}"),
            fields=fields_of_policy(one.policy),
        )
        for one in list_policies(desk.ledger, desk.city)[:_OWN_SHOWN]
    ]
    published = [
        PolicyChoice(
            name=f"{one.name}@0",
            title=say(one.place_zh, one.place_en),
            ratios=one.percents_text,
            note=f"{one.dated} · {one.source}",
            fields=fields_of_policy(one.policy()),
        )
        for one in PRESETS
    ]
    return (*own, *published)


def _item(item: Item, say: Say) -> ItemChoice:
    return ItemChoice(
        code=item.code,
        name=say(item.name_zh, item.name_en or item.name_zh),
        department=item.department,
        is_key=item.kind == "key",
        law=item.law,
        minutes=item.minutes,
    )


def _percents(policy: Policy) -> str:
    fields = fields_of_policy(policy)
    return "/".join(str(fields[grade.lower()]) for grade in LETTERS)
