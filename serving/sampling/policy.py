"""A whole policy of random inspections: what a planner decides beside the ratios, and its strict JSON.

Law and meaning stand here; which numbers a city chose stand in the ledger, in versions. Every fault of
a policy is named at once, so that a person mends it in one go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from data_contracts.near_names import near
from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.sampling.ratios import (
    LEGAL_FLOOR,
    NUMBER,
    FloorCheck,
    Ratios,
    RatiosRefused,
    check_legal_floor,
    parse_ratios,
)

__all__ = [
    "ENTERPRISES",
    "ENTITY_TYPES",
    "LEGAL_FLOOR",
    "ORDINARY",
    "SHIELDS",
    "FloorCheck",
    "Policy",
    "PolicyRefused",
    "Ratios",
    "RatiosRefused",
    "check_legal_floor",
    "parse_ratios",
    "policy_of",
]

# Order 101 (企业公示信息抽查办法, amended 2025-03-18) asks for a share of enterprises; sole traders and
# co-operatives have orders of their own and count neither above nor below the line.
ENTERPRISES = ("company", "sole_proprietorship", "partnership", "branch")
ENTITY_TYPES = (*ENTERPRISES, "sole_trader", "cooperative", "institution", "other")
# Code, 中文 and English of what keeps an entity out of random draws for a time.
SHIELDS = {
    "observation": ("观察期", "observation period"),
    "tolerance": ("包容期", "tolerance period"),
    "no_disturb": ("无事不扰", "no visit without cause"),
}
# Whom a rule does not grade is drawn at the ordinary ratio, in a stratum and under a letter of its own.
ORDINARY = "-"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_MOST_VISITS = 366


class PolicyRefused(Refusal):
    """A policy that breaks the law or itself, or a document that is no policy; names every fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for every plan made under it; shares are exact texts ("0.03", "1/3"), as in Ratios.

    ratios: the share of each grade, A <= B <= C <= D, none below `exploration_floor` (the least chance
    of whoever may be drawn). legal_floor: of all entities of `enterprise_types`, over the year.
    yearly_cap: visits an entity has in a year, of all departments together. full_grades, key_items:
    drawn without exception. shields: reasons that keep an entity out; triggers: facts that let it in
    again. graded_types: who is drawn by grade; all others at `ordinary_ratio`, whatever their grade.
    """

    ratios: Ratios
    exploration_floor: str = "0.005"
    legal_floor: str = "0.03"
    enterprise_types: tuple[str, ...] = ENTERPRISES
    graded_types: tuple[str, ...] = ENTITY_TYPES
    ordinary_ratio: str = "0.03"
    yearly_cap: int = 2
    full_grades: tuple[str, ...] = ()
    key_items: tuple[str, ...] = ()
    shields: tuple[str, ...] = tuple(SHIELDS)
    triggers: tuple[str, ...] = ("red_line",)

    def __post_init__(self) -> None:
        """Refuses at once everything that is wrong."""
        _refuse(_faults_of(self))

    def drawn_ratios(self, items: Collection[str] = ()) -> dict[str, str]:
        """The ratio that a draw for these items uses: by grade, and ORDINARY for who is not graded.

        Full coverage is a ratio of 1; a key item (重点事项) covers every object. Shape: five texts.
        """
        everyone = bool(set(items) & set(self.key_items))
        graded = {
            grade: "1" if everyone or grade in self.full_grades else text
            for grade, text in zip(LETTERS, self.ratios.texts(), strict=True)
        }
        return graded | {ORDINARY: "1" if everyone else self.ordinary_ratio}

    def graded_ratios(self, items: Collection[str] = ()) -> Ratios:
        """The same of the grades alone: what a plan under the policy draws with."""
        texts = self.drawn_ratios(items)
        return Ratios(**{grade.lower(): texts[grade] for grade in LETTERS})

    def to_json(self) -> str:
        """One canonical line: the same policy gives the same text."""
        return json.dumps(self.as_document(), ensure_ascii=False, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Policy:
        """The policy of a document as `to_json` writes it; what is left out has its default."""
        try:
            document = json.loads(text, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as cause:
            raise _refusal([f"no JSON ({cause})"]) from cause
        return policy_of(document)

    def as_document(self) -> dict[str, Any]:
        """The policy as plain lists, texts and numbers under the names of its fields."""
        ratios = dict(zip(LETTERS, self.ratios.texts(), strict=True))
        return {"ratios": ratios} | {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in _FIELDS
            if name != "ratios"
        }


_FIELDS = tuple(Policy.__dataclass_fields__)
_LISTS = ("enterprise_types", "graded_types", "full_grades", "key_items", "shields", "triggers")
_SHARES = ("exploration_floor", "legal_floor", "ordinary_ratio")


def policy_of(document: object) -> Policy:
    """The policy of a document that was read; names every unknown name, wrong kind and bad value."""
    if not isinstance(document, Mapping):
        raise _refusal([f"{type(document).__name__} in place of an object"])
    faults = [f"unknown name {name!r}{near(str(name), _FIELDS)}" for name in document if name not in _FIELDS]
    ratios = _ratios_of(document.get("ratios"), faults)
    known = {name: value for name, value in document.items() if name in _FIELDS and name != "ratios"}
    values = {name: value for name, value in known.items() if _is_of_kind(name, value, faults)}
    values |= {name: tuple(values[name]) for name in _LISTS if name in values}
    # What could be read is judged too, under ratios that are beyond reproach where those given are not.
    stand_in = Ratios(a="1", b="1", c="1", d="1")
    policy: Policy | None = None
    try:
        policy = Policy(ratios=ratios or stand_in, **values)
    except PolicyRefused as refusal:
        faults.append(refusal.got)
    _refuse(faults)
    if policy is None:
        raise AssertionError("a policy without faults was made")
    return policy


def _ratios_of(value: object, faults: list[str]) -> Ratios | None:
    """The four ratios, or their faults."""
    if not isinstance(value, Mapping) or sorted(map(str, value)) != list(LETTERS):
        faults.append(f"ratios: {value!r} in place of one text for each of {', '.join(LETTERS)}")
        return None
    if not all(isinstance(text, str) for text in value.values()):
        faults.append('ratios: write texts such as "0.02", because numbers lose their exactness')
        return None
    try:
        return Ratios(**{grade.lower(): value[grade] for grade in LETTERS})
    except RatiosRefused as refusal:
        faults.append(f"ratios: {refusal.got}")
    return None


def _is_of_kind(name: str, value: object, faults: list[str]) -> bool:
    """Whether a value is a text, a list of texts or a whole number, as its name asks."""
    if name in _LISTS:
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        kind = "a list of texts"
    elif name in _SHARES:
        fits, kind = isinstance(value, str), 'a text such as "0.03"'
    else:
        fits, kind = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    if not fits:
        faults.append(f"{name}: {value!r} in place of {kind}")
    return fits


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A name given twice would silently lose its first value."""
    names = [name for name, _ in pairs]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(repeated)} given twice")
    return dict(pairs)


def _faults_of(policy: Policy) -> list[str]:
    """Everything that is wrong with the values of a policy."""
    faults = [
        f"{name}={text!r} is no number from 0 to 1"
        for name in _SHARES
        if not NUMBER.fullmatch(text := getattr(policy, name)) or Fraction(text) > 1
    ]
    faults += _faults_of_chances(policy) if not faults else []
    if not 1 <= policy.yearly_cap <= _MOST_VISITS:
        faults.append(f"yearly_cap={policy.yearly_cap} is not from 1 to {_MOST_VISITS} visits")
    for name, allowed in _CHOICES.items():
        faults += [
            f"{name}: unknown {one!r}{near(one, allowed)}"
            for one in getattr(policy, name)
            if one not in allowed
        ]
    for name in ("key_items", "triggers"):
        faults += [f"{name}: {one!r} is no code" for one in getattr(policy, name) if not _CODE.fullmatch(one)]
    for name in _LISTS:
        if len(set(getattr(policy, name))) < len(getattr(policy, name)):
            faults.append(f"{name}: names one of them twice")
    return faults


_CHOICES: Mapping[str, Sequence[str]] = {
    "enterprise_types": ENTITY_TYPES,
    "graded_types": ENTITY_TYPES,
    "full_grades": LETTERS,
    "shields": tuple(SHIELDS),
}


def _faults_of_chances(policy: Policy) -> list[str]:
    """Chances below the exploration floor: who is never drawn is never learned from."""
    floor = Fraction(policy.exploration_floor)
    if Fraction(policy.legal_floor) < LEGAL_FLOOR:
        return [f"legal_floor={policy.legal_floor}: the law asks for 0.03 of enterprises at least"]
    if floor == 0:
        return ["exploration_floor=0: whoever may be drawn needs a chance above 0"]
    texts = policy.drawn_ratios()
    low = [f"{grade}={text}" for grade, text in texts.items() if Fraction(text) < floor and grade != ORDINARY]
    if policy.graded_types != ENTITY_TYPES and Fraction(policy.ordinary_ratio) < floor:
        low.append(f"ordinary_ratio={policy.ordinary_ratio}")
    faults = [f"{', '.join(low)} below the exploration floor {policy.exploration_floor}"] if low else []
    full = [grade in policy.full_grades for grade in LETTERS]
    return faults + (
        ["full_grades: full coverage falls from one grade to the next"] if full != sorted(full) else []
    )


def _refuse(faults: Sequence[str]) -> None:
    """Raises if there is a fault."""
    if faults:
        raise _refusal(faults)


def _refusal(faults: Sequence[str]) -> PolicyRefused:
    """The refusal with all faults in one sentence."""
    return PolicyRefused(
        expected="a policy whose every value is known, lawful and at or above its exploration floor",
        got="; ".join(faults),
        todo="correct all of them at once; `python -m serving policy show henan-2021` prints one that holds",
    )
