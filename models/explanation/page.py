"""An explanation as one page: self-contained HTML, 中文 first and English second, readable on a phone.

The same explanation gives the same bytes: no clock, no script, no foreign file.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

from models.days import date_text
from models.dimensions import told_by_dimension
from models.direct_rules import Evidence
from models.explanation.told import Explanation, RuleTold
from models.grades import GRADES, Grade
from models.points import BASE, HIGHEST
from models.sentences import Line, opening

_STYLE = Path(__file__).with_name("page.css")


def explanation_page(explanation: Explanation) -> str:
    """The whole page as text."""
    parts = [
        _header(explanation),
        _rules(explanation),
        f'<div class="two">{_reasons(explanation)}<div class="stack">{_grades(explanation)}'
        f"{_dimensions(explanation)}</div></div>",
        *_sections(explanation),
        _provenance(explanation),
    ]
    decision = explanation.decision
    title = f"{decision.grade} · {explanation.whom.name or decision.entity_id} · {decision.as_of}"
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head>\n"
        f'<body><div class="top"></div><main>{"".join(parts)}</main></body></html>\n'
    )


@cache
def _style() -> str:
    return _STYLE.read_text("utf-8")


def _header(explanation: Explanation) -> str:
    decision, whom = explanation.decision, explanation.whom
    grade, colour = decision.grade, explanation.colour
    known = (
        (f"{whom.type_zh} {whom.type_en}" if whom.type_zh else ""),
        (f"{whom.industry_zh} {whom.industry_en}" if whom.industry_zh else ""),
        (f"辖区 Region {whom.region_code}" if whom.region_code else ""),
        (f"成立于 Registered {date_text(whom.registered_on, 'zh')}" if whom.registered_on else ""),
    )
    facts = "".join(f"<span>{escape(text)}</span>" for text in known if text)
    return (
        f'<header><div class="tile {grade}"><b>{grade}</b><span>{grade.label_zh}风险 {grade.label_en}</span>'
        f"</div><div><h1>{escape(whom.name or decision.entity_id)}</h1>"
        f'<p class="mono">{escape(decision.entity_id)}</p><div class="facts">{facts}</div>'
        f'<p class="colour"><span class="dot {colour}"></span>{colour.label_zh}码 {colour.value}'
        f"{'' if explanation.colour_policy.public else '，仅供内部 (internal)'}</p></div>"
        f'<div class="score"><b>{decision.score}</b><small>风险分 Risk score, 0–{HIGHEST}</small></div>'
        f'<div class="opening-row" style="grid-column:1/-1"><p class="opening">'
        f"{escape(opening(decision, 'zh'))}</p>"
        f'<p class="en">{escape(opening(decision, "en"))}</p></div>{_scale(decision.score)}</header>'
    )


def _scale(score: int) -> str:
    """The score on the rail from 0 to 1000, with the base rate marked."""
    return (
        f'<div class="scale" role="img" aria-label="{score} / {HIGHEST}"><div class="rail"></div>'
        f'<div class="pin" style="left:{100 * score / HIGHEST:.1f}%"></div>'
        '<span class="tick" style="left:0">0</span>'
        f'<span class="tick mid" style="left:{100 * BASE / HIGHEST:g}%">{BASE} 平均 average</span>'
        f'<span class="tick" style="left:100%">{HIGHEST}</span></div>'
    )


def _reasons(explanation: Explanation) -> str:
    """The sum, line by line, with a bar for each reason; what has no points stands elsewhere."""
    pairs = [
        (zh, en)
        for zh, en in zip(explanation.account_zh, explanation.account_en, strict=True)
        if zh.points is not None
    ]
    largest = max((abs(zh.points or 0) for zh, _ in pairs[1:]), default=0) or 1
    rows = [_row(*pairs[0], share=None, signed=False)]
    rows += [_row(zh, en, share=(zh.points or 0) / largest) for zh, en in pairs[1:]]
    total = (
        '<li class="reason sum"><div>风险分 <span class="en">Risk score</span></div>'
        f"<b>{explanation.decision.score}</b></li>"
    )
    return (
        f"<section>{_title('为什么', 'Why')}"
        '<p class="note">起点与各项得分之和即为风险分：正分提高风险，负分降低风险；'
        '每增加50分，发现问题的可能性之比翻一倍。<br><span class="en">'
        "The start and all points add up to the score; 50 points double the odds.</span></p>"
        f"<ol>{''.join(rows)}{total}</ol></section>"
    )


def _row(zh: Line, en: Line, *, share: float | None, signed: bool = True) -> str:
    points = zh.points or 0
    way = "" if share is None else "up" if points > 0 else "down" if points < 0 else "flat"
    number = _signed(points) if signed else str(points)
    return (
        f'<li class="reason {way}"><div>{escape(zh.text)}<p class="en">{escape(en.text)}</p></div>'
        f"<b>{number}</b>{'' if share is None else _bar(share)}</li>"
    )


def _bar(share: float) -> str:
    return f'<div class="bar"><i style="width:{50 * abs(share):.1f}%"></i></div>'


def _signed(points: int) -> str:
    return f"+{points}" if points > 0 else f"−{-points}" if points else "0"


def _rules(explanation: Explanation) -> str:
    """The direct rules that held, with law and records; nothing where none did."""
    if not explanation.rules:
        return ""
    told = "".join(_rule(one) for one in explanation.rules)
    return f"<section>{_title('直接判定', 'Direct rules')}{told}</section>"


def _rule(told: RuleTold) -> str:
    rule = told.rule
    until = f"至 until {rule.valid_until}" if rule.valid_until else "至今 to this day"
    return (
        f'<div class="rule"><p>{escape(rule.sentence_zh)}</p><p class="en">{escape(rule.sentence_en)}</p>'
        f'<p class="law">{escape(rule.legal_basis_zh)}<br>'
        f'<span class="en">{escape(rule.legal_basis_en)}</span><br>'
        f'<span class="mono">{rule.code}</span> · 自 from {rule.valid_from} {until}</p>'
        f"{_proofs(told.evidence)}</div>"
    )


def _proofs(evidence: tuple[Evidence, ...] | None) -> str:
    if evidence is None:
        return ""
    if not evidence:
        return (
            '<div class="proof">依据的记录现已不再展示。<span class="en">'
            "The records behind it may no longer be shown.</span></div>"
        )
    return "".join(_proof(one) for one in evidence)


def _proof(evidence: Evidence) -> str:
    day = evidence.occurred_on or evidence.known_on
    facts = [
        (f"{evidence.table_zh} {evidence.table}", evidence.record_id, "mono"),
        ("发生 occurred", f"{date_text(day, 'zh')} {date_text(day, 'en')}", ""),
        ("知悉 known", f"{date_text(evidence.known_on, 'zh')} {date_text(evidence.known_on, 'en')}", ""),
        *(
            (f"{label_zh} {label_en}", zh if zh == en else f"{zh} {en}", "")
            for label_zh, label_en, zh, en in evidence.facts
        ),
    ]
    told = "".join(
        f'<div><dt>{escape(label)}</dt><dd class="{style}">{escape(value)}</dd></div>'
        for label, value, style in facts
    )
    return f'<div class="proof"><dl>{told}</dl></div>'


def _grades(explanation: Explanation) -> str:
    """From the model's grade to the final one: both are kept."""
    decision = explanation.decision
    steps = [_step("模型", "model", decision.model_grade)]
    if explanation.guard_zh:
        steps.append(_step("变动防护", "change guard", decision.guarded_grade))
    if explanation.rules:
        worst = max((told.rule.grade for told in explanation.rules), key=GRADES.index)
        steps.append(_step("直接判定", "direct rule", worst))
    steps.append(_step("最终", "final", decision.grade))
    guard = (
        f'<p class="note" style="margin-top:12px">{escape(explanation.guard_zh)}<br>'
        f'<span class="en">{escape(explanation.guard_en)}</span></p>'
        if explanation.guard_zh
        else ""
    )
    none = "" if explanation.rules else _no_rule(len(explanation.rules_asked))
    arrow = '<span aria-hidden="true">→</span>'
    return (
        f"<section>{_title('等级', 'Grade')}"
        f'<div class="steps">{arrow.join(steps)}</div>{guard}{none}</section>'
    )


def _no_rule(asked: int) -> str:
    return (
        f'<p class="note" style="margin:12px 0 0">当日有效的{asked}条直接判定规则均不适用。<br>'
        f'<span class="en">None of the {asked} direct rules in force that day holds.</span></p>'
    )


def _step(zh: str, en: str, grade: Grade) -> str:
    return f'<span class="step">{zh} {en} <span class="badge {grade}">{grade}</span></span>'


def _dimensions(explanation: Explanation) -> str:
    """The five national dimensions with their points; nothing for a decision that kept none."""
    told = told_by_dimension(explanation.decision.dimension_points)
    if not told:
        return ""
    largest = max(abs(one.points) for one in told) or 1
    rows = "".join(
        _row(
            Line(text=one.label_zh, points=one.points, indicator=None),
            Line(text=one.label_en, points=one.points, indicator=None),
            share=one.points / largest,
        )
        for one in told
    )
    return f'<section>{_title("五个维度", "Five dimensions")}<ol class="dims">{rows}</ol></section>'


def _sections(explanation: Explanation) -> Iterable[str]:
    for section in explanation.sections:
        lines = "".join(f'<li>{escape(zh)}<p class="en">{escape(en)}</p></li>' for zh, en in section.lines)
        yield f'<section>{_title(section.title_zh, section.title_en)}<ol class="more">{lines}</ol></section>'


def _provenance(explanation: Explanation) -> str:
    decision = explanation.decision
    facts = (
        ("截止日 As of", decision.as_of.isoformat()),
        ("信用修复计至 Repairs up to", decision.used_on.isoformat()),
        ("模型 Release", decision.release_id),
        ("快照 Snapshot", decision.snapshot_digest),
        ("规则 Rules", explanation.rule_set),
        ("颜色政策 Colours", explanation.colour_policy.name),
    )
    told = "".join(f'<dt>{label}</dt><dd class="mono">{escape(value)}</dd>' for label, value in facts)
    return f'<section>{_title("出处", "Provenance")}<dl class="prov">{told}</dl></section>'


def _title(zh: str, en: str) -> str:
    return f'<h2>{escape(zh)} <span class="en">{escape(en)}</span></h2>'
