"""Tells advice to a supervisor and to the entity itself, in 中文 and English, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.catalogue import by_name
from models.days import day_en, day_zh
from models.direct_rules import rule_by_code
from models.grades import GRADES
from models.remedies.offers import Offer
from models.remedies.search import Advice, Way

SUPERVISOR, ENTITY = "supervisor", "entity"
_WHO_ZH = {SUPERVISOR: "该主体", ENTITY: "贵单位"}
_WHO_EN = {SUPERVISOR: "the entity", ENTITY: "you"}
REASONS_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A reason and why no act removes it: `fixed`, `time` alone, `later` than a year, or `weak`."""

    indicator: str
    why: str
    points: int
    from_day: date | None = None


def way_told(advice: Advice, way: Way, language: str, reader: str = SUPERVISOR) -> str:
    """One way as a sentence: the acts, the day, the grade that is expected."""
    english = language == "en"
    acts = [offer.words(way.done_on)[english] for offer in way.offers]
    now, then = advice.decision.grade.value, way.grade.value
    if english:
        if not acts:
            return (
                f"Without any new problem, the grade is expected to fall from {now} to {then} "
                f"on {day_en(way.on)} by the passing of time alone."
            )
        return (
            f"If {_WHO_EN[reader]}, before {day_en(way.on)}, {_done(acts, reader)}, "
            f"the grade is expected to fall from {now} to {then}."
        )
    if not acts:
        return (
            f"无需采取行动：如不再发生新的问题，随着时间推移，预计{day_zh(way.on)}可由{now}级降至{then}级。"
        )
    return f"若{_WHO_ZH[reader]}于{day_zh(way.on)}前{'；'.join(acts)}，预计可由{now}级降至{then}级。"


def act_told(offer: Offer, on: date, language: str) -> str:
    """One act with its earliest day and its legal basis."""
    words = offer.words(on)
    if language == "en":
        unsure = "" if offer.sure else "; the office's answer decides on the period"
        act = _first_upper(words[1].format(its="its"))
        return f"{act}: possible from {day_en(offer.earliest)} ({offer.act.basis_en}{unsure})"
    unsure = "" if offer.sure else "；具体条件和期限以主管部门答复为准"
    return f"{words[0]}：自{day_zh(offer.earliest)}起可办理（依据：{offer.act.basis_zh}{unsure}）"


def nothing_told(advice: Advice, language: str) -> str:
    """That nothing lowers the grade within a year, or only what nobody can change; else empty."""
    if advice.ways or advice.decision.grade is GRADES[0]:
        return ""
    grade = advice.decision.grade.value
    if advice.unpromised:
        if language == "en":
            return (
                f"Grade {grade} may fall within a year, but that rests on what nobody can change, such as "
                "age: nothing is expected."
            )
        return f"一年之内等级可能低于{grade}级，但取决于经营年限等无法改变的情况，不作预计。"
    if language == "en":
        return f"No lawful act and no passing of time is expected to lower grade {grade} within a year."
    return f"一年之内，没有任何合法行为或时间推移预计可使等级低于{grade}级。"


def obstacles_of(advice: Advice) -> tuple[Obstacle, ...]:
    """Why the reasons that weigh most do not go away within a year; nothing where a way leads to A."""
    named, found = by_name(), []
    for reason in advice.decision.reasons:
        indicator = named.get(reason.indicator)
        if reason.points <= 0 or indicator is None:
            continue
        aimed = [offer for offer in advice.offers if reason.indicator in offer.act.moves]
        in_time = [offer for offer in aimed if offer.in_time(advice.dates[-1])]
        why = "fixed" if not indicator.changeable else "weak" if in_time else "later" if aimed else "time"
        soonest = min((offer.earliest for offer in aimed), default=None) if why == "later" else None
        found.append(Obstacle(indicator=reason.indicator, why=why, points=reason.points, from_day=soonest))
    return tuple(found[:REASONS_TOLD])


def obstacle_told(obstacle: Obstacle, language: str) -> str:
    """One obstacle as a sentence."""
    indicator = by_name()[obstacle.indicator]
    label, points = (indicator.label_en, indicator.label_zh)[language != "en"], obstacle.points
    if language == "en":
        words = {
            "fixed": "cannot be changed by the entity",
            "time": "no application removes it; only conduct and time change it",
            "weak": "an act is open, but it does not suffice",
            "later": f"repair is possible only from {day_en(obstacle.from_day)}" if obstacle.from_day else "",
        }  # fmt: skip
        return f"{label} (+{points}): {words[obstacle.why]}"
    words = {
        "fixed": "主体自身无法改变", "time": "没有可申请办理的事项，只随今后的经营和时间变化",
        "weak": "虽有可采取的行为，但不足以降级",
        "later": f"最早{day_zh(obstacle.from_day)}起才可申请修复" if obstacle.from_day else "",
    }  # fmt: skip
    return f"{label}（+{points}分）：{words[obstacle.why]}"


def rules_told(advice: Advice, language: str) -> tuple[str, ...]:
    """The direct rules that decide the grade, whatever the model says."""
    rules = (rule_by_code(hit.code) for hit in advice.decision.rules)
    return tuple(rule.sentence_en if language == "en" else rule.sentence_zh for rule in rules)


def as_json(advice: Advice) -> dict[str, Any]:
    """The advice as plain values, with its sentences in both languages."""
    decision = advice.decision
    return {
        "entity_id": decision.entity_id,
        "as_of": decision.as_of.isoformat(),
        "release_id": decision.release_id,
        "grade": decision.grade.value,
        "score": decision.score,
        "dates": [on.isoformat() for on in advice.dates],
        "ways": [_way_json(advice, way) for way in advice.ways],
        "nothing_zh": nothing_told(advice, "zh"),
        "nothing_en": nothing_told(advice, "en"),
        "obstacles": [
            {
                "indicator": one.indicator, "why": one.why, "points": one.points,
                "from": one.from_day.isoformat() if one.from_day else None,
                "sentence_zh": obstacle_told(one, "zh"), "sentence_en": obstacle_told(one, "en"),
            }
            for one in obstacles_of(advice)
        ],
        "assumptions_zh": assumptions("zh"),
        "assumptions_en": assumptions("en"),
    }  # fmt: skip


def as_json_text(advice: Advice) -> str:
    """The same as text."""
    return json.dumps(as_json(advice), ensure_ascii=False, indent=2)


def advice_lines(advice: Advice, language: str) -> list[str]:
    """The advice for the terminal: the ways with their acts, or why there is none; what is assumed."""
    decision = advice.decision
    lines = [f"{decision.entity_id}  {decision.as_of}  {decision.grade.value}  {decision.score} / 1000"]
    for way in advice.ways:
        lines += ["", way_told(advice, way, language)]
        lines += [f"  - {act_told(offer, way.done_on, language)}" for offer in way.offers]
    if not advice.ways:
        lines += ["", nothing_told(advice, language), *(f"  - {one}" for one in rules_told(advice, language))]
        lines += [f"  - {obstacle_told(one, language)}" for one in obstacles_of(advice)]
    return [*lines, "", assumptions(language)]


def _way_json(advice: Advice, way: Way) -> dict[str, Any]:
    sentences = {
        f"{reader}_{language}": way_told(advice, way, language, reader)
        for reader in (SUPERVISOR, ENTITY)
        for language in ("zh", "en")
    }
    acts = [
        {
            "code": offer.act.code,
            "earliest": offer.earliest.isoformat(),
            "words_zh": offer.words(way.done_on)[0],
            "words_en": offer.words(way.done_on)[1].format(its="its"),
            "basis_zh": offer.act.basis_zh,
            "basis_en": offer.act.basis_en,
            "certain": offer.sure,
            "aims_at": list(offer.act.moves),
        }
        for offer in way.offers
    ]
    return {
        "grade": way.grade.value, "on": way.on.isoformat(), "score": way.score,
        "probability": way.probability, "acts": acts, "sentences": sentences,
    }  # fmt: skip


def assumptions(language: str) -> str:
    """What every promise takes for granted."""
    if language == "en":
        return (
            "Expected, not guaranteed: computed with today's release and rules, assuming that nothing new "
            "happens, offices decide within twenty days, and figures stay those of the last report."
        )
    return (
        "以上为预计而非承诺：按现行模型和规则推算，并假定不再发生新的事件、主管部门在二十日内办结、"
        "年报数据与最近一次年报相同。"
    )


def _done(acts: Sequence[str], reader: str) -> str:
    """The acts joined; `does this` keeps their verbs as they are in the third person."""
    joined = "; ".join(acts)
    return joined.format(its="your") if reader == ENTITY else f"does this: {joined.format(its='its')}"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
