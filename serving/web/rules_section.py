"""The direct rules of an entity page: sentence, law, and the records that prove each to a reader today."""

from __future__ import annotations

from dataclasses import dataclass

from features.entity_rows import rows_of
from models.decision import Decision
from models.direct_rules import Evidence, evidence_of
from models.grades import GRADES
from serving.web.desk import Desk
from serving.web.language import speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A direct rule that decided; `records` are empty without a lake or where none may be shown any more."""

    code: str
    grade: str
    sentence: str
    legal_basis: str
    records: tuple[str, ...]


def rule_lines(desk: Desk, decision: Decision, language: str) -> tuple[RuleLine, ...]:
    """The rules that held, in the order of the table, with records as they may be shown today."""
    say, lake = speaker(language), desk.lake
    lines = []
    for rule in (hit.rule for hit in decision.rules):
        found: tuple[Evidence, ...] = ()
        if lake is not None:
            found = evidence_of(
                rule,
                lambda table: rows_of(lake, table, decision.entity_id, desk.shown_as_of),
                decision.as_of,
            )
        lines.append(
            RuleLine(
                code=rule.code,
                grade=rule.grade.value,
                sentence=say(rule.sentence_zh, rule.sentence_en),
                legal_basis=say(rule.legal_basis_zh, rule.legal_basis_en),
                records=tuple(_record(one, english=language == "en") for one in found),
            )
        )
    return tuple(lines)


def rules_grade(decision: Decision) -> str:
    """The worst grade among the rules that held, or nothing."""
    grades = [hit.rule.grade for hit in decision.rules]
    return max(grades, key=GRADES.index).value if grades else ""


def _record(evidence: Evidence, *, english: bool) -> str:
    """One record in a line: table, key, day and codes."""
    day = (evidence.occurred_on or evidence.known_on).isoformat()
    facts = [en if english else zh for _, _, zh, en in evidence.facts]
    table = evidence.table.replace("_", " ").capitalize() if english else evidence.table_zh
    return " · ".join([f"{table} {evidence.record_id}", day, *facts])
