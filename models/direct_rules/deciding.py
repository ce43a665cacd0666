"""Decides by the rules: which are in force on a day, where they hold, and the worse of them and the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.refusal import Refusal
from models.direct_rules.rule import DirectRule, FactsMissing
from models.direct_rules.rule_set import RULES
from models.grades import GRADES, Grade, letters, places_of

__all__ = [
    "FactsMissing", "RuleUnknown", "facts_of", "final_letters", "held", "rule_by_code", "rule_set_digest",
    "rules_in_force", "settled_facts", "worse_letters",
]  # fmt: skip


class RuleUnknown(Refusal):
    """A decision names a direct rule that this version does not know."""


def rule_by_code(code: str) -> DirectRule:
    """The rule of that code, in force or not."""
    for rule in RULES:
        if rule.code == code:
            return rule
    raise RuleUnknown(
        expected=f"a direct rule among {', '.join(rule.code for rule in RULES)}",
        got=repr(code),
        todo="read the decision with the version of Xinheng that made it, or restore the rule",
    )


def rules_in_force(on: date, rules: Sequence[DirectRule] = RULES) -> tuple[DirectRule, ...]:
    """The rules that hold on a day, so that a past decision replays under the rules of its day."""
    return tuple(rule for rule in rules if rule.in_force(on))


def facts_of(rules: Sequence[DirectRule] = RULES) -> tuple[str, ...]:
    """The snapshot columns that the rules read, each once, in the order of the rules."""
    return tuple(dict.fromkeys(one.column for rule in rules for one in rule.conditions))


def settled_facts(rules: Sequence[DirectRule] = RULES) -> frozenset[str]:
    """The facts that settle the grade alone: a rule of one condition that any value above 0 fulfils means D.

    The model has nothing left to say of them, so they are kept out of it. What only sets a floor (C, say), or
    counts from a number on, still tells risk on either side of it and stays an ordinary indicator.
    """
    return frozenset(
        rule.conditions[0].column
        for rule in rules
        if rule.grade is Grade.D and len(rule.conditions) == 1 and rule.conditions[0].at_least == 1
    )


def held(rules: Sequence[DirectRule], facts: pa.Table) -> npt.NDArray[np.bool_]:
    """Whether each rule (columns) holds in each row of facts (rows)."""
    holds = np.zeros((facts.num_rows, len(rules)), dtype=np.bool_)
    for number, rule in enumerate(rules):
        holds[:, number] = rule.holds(facts)
    return holds


def worse_letters(
    model: npt.NDArray[np.str_], rules: Sequence[DirectRule], holds: npt.NDArray[np.bool_]
) -> npt.NDArray[np.str_]:
    """The worse of the model's grades and those of the rules that hold (rows × rules)."""
    place = places_of(model)
    for number, rule in enumerate(rules):
        place = np.where(holds[:, number], np.maximum(place, GRADES.index(rule.grade)), place)
    return letters(place)


def final_letters(model: npt.NDArray[np.str_], facts: pa.Table, on: date) -> npt.NDArray[np.str_]:
    """The grades that registers show: the worse of the model's and those of the direct rules in force."""
    rules = rules_in_force(on)
    return worse_letters(model, rules, held(rules, facts))


def rule_set_digest(rules: Sequence[DirectRule] = RULES) -> str:
    """SHA-256 over all rules as data: two versions that decide and speak alike have the same."""
    text = json.dumps([asdict(rule) for rule in rules], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
