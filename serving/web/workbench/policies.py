"""The city's policies on pages: each with its versions and what they changed; the form of the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.inspections.policies.versions import StoredPolicy, list_policies
from serving.rosters.items import list_items
from serving.sampling.policy import ENTITY_TYPES, SHIELDS, Policy, Ratios
from serving.sampling.presets import PRESETS
from serving.web.attributes import type_label
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of
from serving.web.language import Say, speaker
from serving.web.workbench.form import PROPOSED, PlanForm, fields_of_policy, policy_in
from serving.web.workbench.replay_section import ReplaySection

WORDS = {
    **{letter.lower(): (f"{letter} 级比例 %", f"ratio of {letter}, %") for letter in LETTERS},
    "exploration_floor": ("探索底线 %", "exploration floor, %"),
    "legal_floor": ("法定底线 %", "legal floor, %"),
    "ordinary_ratio": ("普通比例 %", "ordinary ratio, %"),
    "yearly_cap": ("每户每年至多检查", "visits a year at most"),
    "full": ("全覆盖等级", "grades inspected whole"),
    "full_items": ("全覆盖的重点事项", "key items covered whole"),
    "types": ("按等级抽取的类型", "types drawn by grade"),
    "shields": ("保护", "shields"),
    "triggers": ("触发", "triggers"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLine:
    """A policy in the list, as its newest version has it."""

    policy_id: str
    title: str
    version: int
    ratios: str
    yearly_cap: int
    changed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A field that a version changed; empty texts are nothing at all."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version with author, reason and what it changed of the one before."""

    number: int
    at: str
    by: str
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A code with its words."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFields:
    """The form of a policy with what can be chosen in it, as first shown or as filled in."""

    form: PlanForm
    reason: str
    types: tuple[Choice, ...]
    shields: tuple[Choice, ...]
    key_items: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesPage:
    """All policies of the city, and the form of a new one."""

    policies: tuple[PolicyLine, ...]
    presets: tuple[Choice, ...]
    fields: PolicyFields
    complaint: Complaint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPage:
    """One policy with its versions, the newest first, and the form of the next; `replay` where asked for."""

    policy: PolicyLine
    versions: tuple[VersionLine, ...]
    fields: PolicyFields
    complaint: Complaint | None
    replay: ReplaySection | None = None


def policies_page(
    desk: Desk,
    language: str,
    *,
    form: PlanForm | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> PoliciesPage:
    """The list, with the form as filled in where it was refused."""
    first = PlanForm.model_validate(
        {**{letter: PROPOSED[letter] for letter in PROPOSED}, "shields": list(SHIELDS)}
    )
    return PoliciesPage(
        policies=tuple(_line(one) for one in list_policies(desk.ledger, desk.city)),
        presets=tuple(
            Choice(code=one.percents_text, label=speaker(language)(one.place_zh, one.place_en))
            for one in PRESETS
        ),
        fields=_fields(desk, form or first, reason, language),
        complaint=complaint_of(refusal, language) if refusal else None,
    )


def policy_page(
    desk: Desk,
    versions: Sequence[StoredPolicy],
    language: str,
    *,
    form: PlanForm | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> PolicyPage:
    """A policy by its versions, the newest first."""
    newest, say = versions[0], speaker(language)
    earlier: list[StoredPolicy | None] = [*versions[1:], None]
    return PolicyPage(
        policy=_line(newest),
        versions=tuple(
            VersionLine(
                number=one.version,
                at=f"{one.at.astimezone():%Y-%m-%d}",
                by=one.by,
                reason=one.reason,
                changes=_changes(before.policy, one.policy, say) if before else (),
            )
            for one, before in zip(versions, earlier, strict=True)
        ),
        fields=_fields(
            desk, form or PlanForm.model_validate(fields_of_policy(newest.policy)), reason, language
        ),
        complaint=complaint_of(refusal, language) if refusal else None,
    )


def changed_policy(form: PlanForm, before: Policy) -> Policy:
    """The policy that the form means; what it leaves as it showed it stays exact, 1/3 and not 33.3 %."""
    typed = policy_in(form)
    old, new = fields_of_policy(before), fields_of_policy(typed)

    def exact(name: str, was: str, now: str) -> str:
        return was if old[name] == new[name] else now

    pairs = zip(LETTERS, before.ratios.texts(), typed.ratios.texts(), strict=True)
    ratios = {letter.lower(): exact(letter.lower(), was, now) for letter, was, now in pairs}
    return replace(
        typed,
        ratios=Ratios(**ratios),
        enterprise_types=before.enterprise_types,
        exploration_floor=exact("exploration_floor", before.exploration_floor, typed.exploration_floor),
        legal_floor=exact("legal_floor", before.legal_floor, typed.legal_floor),
        ordinary_ratio=exact("ordinary_ratio", before.ordinary_ratio, typed.ordinary_ratio),
    )


def _line(stored: StoredPolicy) -> PolicyLine:
    fields = fields_of_policy(stored.policy)
    return PolicyLine(
        policy_id=stored.policy_id,
        title=stored.title,
        version=stored.version,
        ratios=" / ".join(f"{fields[letter.lower()]}%" for letter in LETTERS),
        yearly_cap=stored.policy.yearly_cap,
        changed=f"{stored.at.astimezone():%Y-%m-%d} · {stored.by}",
    )


def _changes(before: Policy, after: Policy, say: Say) -> tuple[Change, ...]:
    """The fields in which two versions differ."""
    old, new = fields_of_policy(before), fields_of_policy(after)
    return tuple(
        Change(label=say(*words), before=_told(old[name]), after=_told(new[name]))
        for name, words in WORDS.items()
        if old[name] != new[name]
    )


def _told(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _fields(desk: Desk, form: PlanForm, reason: str, language: str) -> PolicyFields:
    say = speaker(language)
    return PolicyFields(
        form=form,
        reason=reason,
        types=tuple(Choice(code=code, label=type_label(code, language)) for code in ENTITY_TYPES),
        shields=tuple(Choice(code=code, label=say(*words)) for code, words in SHIELDS.items()),
        key_items=tuple(
            Choice(code=one.code, label=say(one.name_zh, one.name_en or one.name_zh))
            for one in list_items(desk.ledger, desk.city, on=desk.today)
            if one.kind == "key"
        ),
    )
