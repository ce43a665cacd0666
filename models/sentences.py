"""Tells a decision in sentences, 中文 or English: deterministic, one fact once, with value, unit and points.

A sentence is made of the indicator's own words; where they would contradict the value, the bare fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from data_contracts.refusal import Refusal
from models.decision import Decision
from models.dimensions import told_by_dimension
from models.reasons import Reason
from models.schema import IndicatorSpec, Schema
from models.values import MONEY, category_text, money_text, number_text, window_text

LANGUAGES = ("zh", "en")
# A template speaks of many: "{value} days ago" becomes "1 day ago".
PLURAL = re.compile(r"\{value\} ([a-z]{3,})s\b")
# Labels of counts end in 次数, 天数 and the like; labels of measures need their unit after a bare 0.
MEASURED = {"%": ("%", "%"), "元": ("元", " yuan"), "分": ("元", " yuan"), "年": ("年", " years")}


class NothingToTell(Refusal):
    """A language or an indicator that has no words here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence with its points; a direct rule and the guard have none, and the rest has no indicator."""

    text: str
    points: int | None
    indicator: str | None


def lines(schema: Schema, decision: Decision, language: str) -> tuple[Line, ...]:
    """The direct rules, what the change guard held, the reasons, strongest first, and all others together."""
    _check(language)
    specs = {spec.name: spec for spec in schema}
    rules = [
        Line(
            text=hit.rule.sentence_en if language == "en" else hit.rule.sentence_zh,
            points=None,
            indicator=None,
        )
        for hit in decision.rules
    ]
    reasons = [
        Line(
            text=sentence(_spec(specs, reason), reason, language),
            points=reason.points,
            indicator=reason.indicator,
        )
        for reason in decision.reasons
    ]
    others = Line(
        text="All other indicators together" if language == "en" else "其余指标合计",
        points=decision.others_points,
        indicator=None,
    )
    kept = guard_sentence(decision, language)
    held = [Line(text=kept, points=None, indicator=None)] if kept else []
    return (*rules, *held, *reasons, others)


def guard_sentence(decision: Decision, language: str) -> str:
    """That the change guard keeps the model's grade from moving, and until when; nothing where it does not.

    Held means within the margin of the border of the grade that the probability has now.
    """
    _check(language)
    if not decision.held:
        return ""
    now, kept = decision.model_grade.value, decision.guarded_grade.value
    if language == "en":
        return (
            f"The probability lies just beyond the border of {now}; the model's grade is kept at {kept} "
            "until that is clear or lasts two months."
        )
    return f"概率刚刚越过{now}级的界线；在明显越过或连续两个月越过之前，模型等级保持{kept}级。"


def account(schema: Schema, decision: Decision, language: str) -> tuple[Line, ...]:
    """The whole sum: the base, then `lines`, then the bounds where they cut; all points sum to the score."""
    english = language == "en"
    base = "Start for all (500 is the base rate)" if english else "统一起点（基准率为500分）"
    bounds = "Held within 0 and 1000" if english else "限于0至1000分之内"
    first = Line(text=base, points=decision.base_points, indicator=None)
    cut = decision.clipped_points
    last = (Line(text=bounds, points=cut, indicator=None),) if cut else ()
    return (first, *lines(schema, decision, language), *last)


def dimension_lines(decision: Decision, language: str) -> tuple[Line, ...]:
    """The same sum by the five dimensions: base, dimensions and bounds sum to the score; empty if unknown."""
    _check(language)
    return tuple(
        Line(text=one.label_en if language == "en" else one.label_zh, points=one.points, indicator=None)
        for one in told_by_dimension(decision.dimension_points)
    )


def sentence(spec: IndicatorSpec, reason: Reason, language: str) -> str:
    """What is true of the entity and moved its score, without a full stop and without the points."""
    _check(language)
    if reason.number is None and reason.text is None:
        return _missing(spec, language)
    if is_flag(spec) and reason.number is not None:
        return _state(spec, on=reason.number != 0, language=language)
    if reason.text is not None and reason.text not in spec.categories:
        return _unseen(spec, reason.text, language)
    if reason.number == 0:
        return _zero(spec, language)
    raises = reason.points > 0
    if language == "en":
        template = spec.raises_en if raises else spec.lowers_en
    else:
        template = spec.raises_zh if raises else spec.lowers_zh
    return _filled(template, spec, reason, language)


def spoken(line: Line, language: str) -> str:
    """The line as one sentence with its points."""
    if line.points is None:
        return line.text
    sign = "+" if line.points > 0 else "−" if line.points < 0 else ""
    size = abs(line.points)
    if language == "en":
        return f"{line.text} ({sign}{size} {'point' if size == 1 else 'points'})."
    return f"{line.text}（{sign}{size}分）。"


def is_flag(spec: IndicatorSpec) -> bool:
    """Whether the indicator is a state, 1 or 0, whose two sentences say that it is so and that it is not."""
    return spec.kind == "integer" and not spec.unit


def _state(spec: IndicatorSpec, *, on: bool, language: str) -> str:
    """The sentence that the value makes true, whichever way the points went."""
    if spec.direction == 0:
        yes_no = ("yes" if on else "no") if language == "en" else ("是" if on else "否")
        return f"{spec.label_en}: {yes_no}" if language == "en" else f"{spec.label_zh}：{yes_no}"
    worse = on == (spec.direction > 0)
    if language == "en":
        return spec.raises_en if worse else spec.lowers_en
    return spec.raises_zh if worse else spec.lowers_zh


def _zero(spec: IndicatorSpec, language: str) -> str:
    """Nothing happened: "few (0)" would be odd, and zero of something bad is never the cause of a rise."""
    unit_zh, unit_en = MEASURED.get(spec.unit, ("", ""))
    return f"{spec.label_en}: 0{unit_en}" if language == "en" else f"{spec.label_zh}为0{unit_zh}"


def _missing(spec: IndicatorSpec, language: str) -> str:
    """No value: with a source that counts events the source itself is missing, else there is no record."""
    if spec.missing == "zero":
        return f"{spec.label_en}: no data" if language == "en" else f"{spec.label_zh}：数据来源缺失"
    return f"{spec.label_en}: no record" if language == "en" else f"{spec.label_zh}：无记录"


def _unseen(spec: IndicatorSpec, code: str, language: str) -> str:
    """A category that came after training was scored as missing; its words would claim too much."""
    name = category_text(spec, code, language)
    if language == "en":
        return f"{spec.label_en}: {name}, of which the model knows nothing yet"
    return f"{spec.label_zh}为{name}，模型尚无该类别的经验"


def _filled(template: str, spec: IndicatorSpec, reason: Reason, language: str) -> str:
    """The template with its two places filled, by replacement: a format string could reach into objects."""
    text = template.replace("{window}", window_text(spec.window_days, language))
    if reason.text is not None:
        return text.replace("{value}", category_text(spec, reason.text, language))
    value = reason.number or 0.0
    if spec.unit in MONEY:
        unit = " yuan" if language == "en" else spec.unit
        amount = money_text(value, spec.unit, language)
        return text.replace("{value}" + unit, amount).replace("{value}", amount)
    shown = number_text(value, language)
    if language == "en" and shown == "1":
        text = PLURAL.sub(r"{value} \1", text)
    return text.replace("{value}", shown)


def _spec(specs: dict[str, IndicatorSpec], reason: Reason) -> IndicatorSpec:
    found = specs.get(reason.indicator)
    return found if found is not None else _refuse("an indicator of the release", reason.indicator)


def _check(language: str) -> None:
    if language not in LANGUAGES:
        _refuse("language zh or en", language)


def _refuse(expected: str, got: str) -> NoReturn:
    raise NothingToTell(
        expected=expected, got=repr(got), todo="tell a decision with the release that made it, in zh or en"
    )
