"""Tells a decision in sentences, 中文 or English: deterministic, one fact once, with value, unit and points.

A sentence is made of the indicator's own words; where they would contradict the value, the bare fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from data_contracts.refusal import Refusal
from models.days import date_text
from models.decision import Decision
from models.dimensions import told_by_dimension
from models.phrases import is_change, of_category, of_value
from models.reasons import Reason
from models.schema import IndicatorSpec, Schema
from models.values import category_text, number_text

LANGUAGES = ("zh", "en")
# The day of a last event is missing where there was none.
NO_RECORD = {
    "zh": ((re.compile(r"^距(?:最近一次|首次)(.+)天数$"), r"没有\1的记录"),),
    "en": ((re.compile(r"^Days since the (?:last|first) (.+?)(?: on record)?$"), r"No \1 on record"),),
}


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
            f"The probability lies just within {now}; the model's grade stays {kept} "
            "until that is clear or lasts two months."
        )
    return f"概率刚刚越过{now}级的界线；在明显越过或连续两个月越过之前，模型等级保持{kept}级。"


def opening(decision: Decision, language: str) -> str:
    """The whole in one sentence: the day, the grade, the score and the expected rate of problems found."""
    _check(language)
    day, grade = date_text(decision.as_of, language), decision.grade
    percent = number_text(100 * decision.probability, language)
    if language == "en":
        return (
            f"As of {day}: grade {grade.value} ({grade.label_en} risk), score {decision.score} of 1000, "
            f"problems expected at {percent}% of inspections."
        )
    return (
        f"截至{day}，风险等级为{grade.value}级（{grade.label_zh}风险），"
        f"风险分{decision.score}分，预计问题发现率{percent}%。"
    )


def account(schema: Schema, decision: Decision, language: str) -> tuple[Line, ...]:
    """The whole sum: the base, then `lines`, then the bounds where they cut; all points sum to the score."""
    english = language == "en"
    base = "The same start for all, 500 being average risk" if english else "统一起点，500分为平均风险"
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


def dimension_sentence(decision: Decision, language: str) -> str:
    """The points of the five dimensions in one sentence; nothing if unknown."""
    parts = [(line.text, _signed(line.points or 0)) for line in dimension_lines(decision, language)]
    if not parts:
        return ""
    if language == "en":
        return "By dimension: " + ", ".join(f"{text.lower()} {points}" for text, points in parts) + "."
    return "按维度：" + "，".join(f"{text}{points}分" for text, points in parts) + "。"


def sentence(spec: IndicatorSpec, reason: Reason, language: str) -> str:
    """What is true of the entity and moved its score, without a full stop and without the points.

    Where the fact by itself would speak for the other direction, as points by interaction may, it says so.
    """
    _check(language)
    if reason.number is None and reason.text is None:
        return _missing(spec, language)
    if reason.text is not None:
        return _category(spec, reason.text, raises=reason.points > 0, language=language)
    number = reason.number or 0.0
    fact = _fact(spec, number, raises=reason.points > 0, language=language)
    return fact + _although(spec, number, reason.points, language)


def speaks_for(spec: IndicatorSpec, number: float) -> int:
    """The direction for which a fact speaks by itself: +1 more risk, -1 less, 0 neither.

    A state is bad or good whatever its points, and none of something bad is good; of any other number only
    the points tell whether it is much or little.
    """
    if is_flag(spec):
        return spec.direction if number != 0 else -spec.direction
    return -spec.direction if number == 0 and not is_change(spec) else 0


def spoken(line: Line, language: str) -> str:
    """The line as one sentence with its points."""
    if line.points is None:
        return line.text
    if language == "en":
        return f"{line.text} ({_signed(line.points)} {'point' if abs(line.points) == 1 else 'points'})."
    return f"{line.text}（{_signed(line.points)}分）。"


def _signed(points: int) -> str:
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{abs(points)}"


def is_flag(spec: IndicatorSpec) -> bool:
    """Whether the indicator is a state, 1 or 0, whose two sentences say that it is so and that it is not."""
    return spec.kind == "integer" and not spec.unit


def _category(spec: IndicatorSpec, code: str, *, raises: bool, language: str) -> str:
    """A category by its name; one that came after training was scored as missing: no words claim more."""
    if code in spec.categories:
        return of_category(spec, _template(spec, raises=raises, language=language), code, language)
    name = category_text(spec, code, language)
    if language == "en":
        return f"{spec.label_en}: {name}, of which the model knows nothing yet"
    return f"{spec.label_zh}为{name}，模型尚无该类别的经验"


def _fact(spec: IndicatorSpec, number: float, *, raises: bool, language: str) -> str:
    """The words that the number makes true, or, where it leaves that open, those of its points."""
    if is_flag(spec) and not spec.direction:
        yes_no = ("yes" if number else "no") if language == "en" else ("是" if number else "否")
        return f"{spec.label_en}: {yes_no}" if language == "en" else f"{spec.label_zh}：{yes_no}"
    own = speaks_for(spec, number)
    template = _template(spec, raises=own > 0 if own else raises, language=language)
    return template if is_flag(spec) else of_value(spec, template, number, language)


def _template(spec: IndicatorSpec, *, raises: bool, language: str) -> str:
    if language == "en":
        return spec.raises_en if raises else spec.lowers_en
    return spec.raises_zh if raises else spec.lowers_zh


def _although(spec: IndicatorSpec, number: float, points: int, language: str) -> str:
    """What follows a fact whose points go against it."""
    if speaks_for(spec, number) * points >= 0:
        return ""
    if language == "en":
        return f"; here it {'raises' if points > 0 else 'lowers'} the risk"
    return f"，与其他情况合看反而{'提高' if points > 0 else '降低'}风险"


def _missing(spec: IndicatorSpec, language: str) -> str:
    """No value: with a source that counts events the source itself is missing, else there is no record."""
    label_en = spec.label_en[:1].lower() + spec.label_en[1:]
    if spec.missing == "zero":
        return f"No data: {label_en}" if language == "en" else f"数据来源缺失：{spec.label_zh}"
    for pattern, words in NO_RECORD[language]:
        told, found = pattern.subn(words, spec.label_en if language == "en" else spec.label_zh)
        if found:
            return told
    if language == "en":
        return f"Not on record: {label_en}"
    return f"没有可判断“{spec.label_zh}”的记录" if is_flag(spec) else f"没有{spec.label_zh}的记录"


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
