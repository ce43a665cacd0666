"""One decision with all that is told of it: the sum in both languages, rules with records, colour, grades."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from models.colours import Colour, ColourPolicy
from models.decision import Decision
from models.dimensions import told_by_dimension
from models.direct_rules import (
    DirectRule,
    Evidence,
    RowsOfTable,
    evidence_of,
    rule_set_digest,
    rules_in_force,
)
from models.document import Json, write_json
from models.explanation.whom import Whom
from models.schema import Schema
from models.sentences import Line, account, guard_sentence, spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """A direct rule that held, with the records that prove it.

    `evidence` is None where no lake was asked, and empty where none of its records may be shown any more.
    """

    rule: DirectRule
    evidence: tuple[Evidence, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Something more to tell, such as what would lower the grade: lines of 中文 and English."""

    title_zh: str
    title_en: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that is told of one decision. `account_zh` and `account_en` are the same sum, line by line.

    `rules_asked` are the codes of all rules in force on the day, `rule_set` the digest of the table of rules.
    """

    decision: Decision
    whom: Whom
    account_zh: tuple[Line, ...]
    account_en: tuple[Line, ...]
    rules: tuple[RuleTold, ...]
    rules_asked: tuple[str, ...]
    rule_set: str
    guard_zh: str
    guard_en: str
    colour: Colour
    colour_policy: ColourPolicy
    sections: tuple[Section, ...] = ()

    def account(self, language: str) -> tuple[Line, ...]:
        """The sum in one language: the base, rules, reasons, all others, and the bounds where they cut."""
        return self.account_en if language == "en" else self.account_zh

    def to_json(self) -> str:
        """The decision's own fields, as `Decision.to_json` has them, and beside them all that is told."""
        fields: dict[str, Json] = json.loads(self.decision.to_json())
        told = {
            "clipped_points": self.decision.clipped_points,
            "entity": _plain(asdict(self.whom)),
            "colour": {
                "colour": self.colour.value, "colour_zh": self.colour.label_zh,
                "policy": self.colour_policy.name, "public": self.colour_policy.public,
            },
            "dimensions": [asdict(one) for one in told_by_dimension(self.decision.dimension_points)],
            "sentences": [_line(zh, en) for zh, en in zip(self.account_zh, self.account_en, strict=True)],
            "guard": {"zh": self.guard_zh, "en": self.guard_en},
            "direct_rules": [_rule(one) for one in self.rules],
            "rules_asked": list(self.rules_asked),
            "rule_set": self.rule_set,
            "sections": [_plain(asdict(one)) for one in self.sections],
        }  # fmt: skip
        return write_json({**fields, **{name: _plain(value) for name, value in told.items()}})


def explanation_of(
    decision: Decision,
    schema: Schema,
    *,
    whom: Whom,
    colours: ColourPolicy,
    rows: RowsOfTable | None = None,
    sections: Sequence[Section] = (),
) -> Explanation:
    """The explanation of a decision by the release of that schema.

    `rows` gives the entity's records of a table as the reader may see them; without it no record is shown.
    """
    on = decision.as_of
    rules = [hit.rule for hit in decision.rules]
    return Explanation(
        decision=decision,
        whom=whom,
        account_zh=account(schema, decision, "zh"),
        account_en=account(schema, decision, "en"),
        rules=tuple(
            RuleTold(rule=rule, evidence=None if rows is None else evidence_of(rule, rows, on))
            for rule in rules
        ),
        rules_asked=tuple(rule.code for rule in rules_in_force(on)),
        rule_set=rule_set_digest(),
        guard_zh=guard_sentence(decision, "zh"),
        guard_en=guard_sentence(decision, "en"),
        colour=colours.of(decision.grade),
        colour_policy=colours,
        sections=tuple(sections),
    )


def ways_section(zh: Sequence[str], en: Sequence[str]) -> Section:
    """What would lower the grade, told line by line in both languages."""
    return Section(
        title_zh="怎样可以降低等级",
        title_en="What would lower the grade",
        lines=tuple(zip(zh, en, strict=True)),
    )


def _line(zh: Line, en: Line) -> dict[str, Json]:
    return {
        "zh": spoken(zh, "zh"),
        "en": spoken(en, "en"),
        "points": zh.points,
        "indicator": zh.indicator,
    }


def _rule(told: RuleTold) -> dict[str, Json]:
    rule = asdict(told.rule)
    for spared in ("evidence", "conditions"):
        del rule[spared]
    facts = [{"column": one.column, "at_least": one.at_least} for one in told.rule.conditions]
    records = None if told.evidence is None else [_record(one) for one in told.evidence]
    told_so = {**rule, "facts": facts, "evidence": records}
    return {name: _plain(value) for name, value in told_so.items()}


def _record(evidence: Evidence) -> dict[str, object]:
    facts = [
        {"label_zh": label_zh, "label_en": label_en, "value_zh": value_zh, "value_en": value_en}
        for label_zh, label_en, value_zh, value_en in evidence.facts
    ]
    return {**asdict(evidence), "facts": facts}


def _plain(value: object) -> Json:
    """The value as JSON knows it; days become ISO texts."""
    plain: Json = json.loads(json.dumps(value, ensure_ascii=False, default=str))
    return plain
