"""What inspections came to: the six national measures and ours, with intervals, by plan, month or grade."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from sqlalchemy import select

from models.grades import LETTERS
from serving.effect.definitions import DEFINITIONS
from serving.effect.lines import Facts, facts_of
from serving.effect.measures import Effect, Measure, effects
from serving.inspections.plans.steps import list_plans
from serving.inspections.yearly.yearly_plan import punctuality
from serving.inspections.yearly.yearly_plans import list_yearly_plans
from serving.ledger.schema import PlanRow
from serving.web.field.asking import Asking
from serving.web.plans_page import visible
from serving.web.rendering import grade_label

NATIONAL = (
    "entities_checked", "item_coverage", "joint_rate", "credit_rule", "on_time_publication",
    "problems_handled",
)  # fmt: skip
OURS = ("hit_rate", "population_rate", "tasks_done", "burden")
GROUPINGS = {
    "whole": ("全市", "The whole"),
    "plan": ("按计划", "By plan"),
    "department": ("按部门", "By department"),
    "month": ("按月", "By month"),
    "grade": ("按等级", "By grade"),
}
# Why a measure has no value, where the reason is one of ours; the others are told as too small a sample.
WHY = {
    "nothing to divide by": "尚无可计算的数据",
    "a month is a part of a draw, which speaks for nobody else": "单月只是一次抽取的一部分，不能代表其他主体",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureCard:
    """A measure with value, interval and definition; `low` and `high` are shares for the drawing."""

    name: str
    label: str
    value: str
    parts: str
    interval: str
    why: str
    meaning: str
    source: str
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A group with all its measures, in the order of the headings."""

    label: str
    cards: tuple[MeasureCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A choice that is an address."""

    label: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyLine:
    """Whether a department published its yearly plan in time."""

    department: str
    colour: str
    words: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPage:
    """The effect of a year; `chart` is what the drawing of intervals needs, None on the whole."""

    year: int
    years: tuple[int, ...]
    by: str
    groupings: tuple[Link, ...]
    tasks: int
    done: int
    not_done: int
    running: int
    national: tuple[MeasureCard, ...]
    ours: tuple[MeasureCard, ...]
    measures: tuple[Link, ...]
    measure: MeasureCard | None
    groups: tuple[GroupLine, ...]
    chart: dict[str, object] | None
    yearly: tuple[YearlyLine, ...]


def effect_page(asking: Asking, *, by: str, year: int, measure: str) -> EffectPage:
    """The measures of the plans that the holder may see, of one year."""
    facts, titles = _facts(asking, year)
    whole = next(iter(effects(facts, "whole")), None)
    cards = {one.name: card_of(asking, one) for one in whole.measures} if whole else {}
    groups = [] if by == "whole" else list(effects(facts, by))
    chosen = measure if measure in DEFINITIONS else "hit_rate"
    names = (*NATIONAL, *OURS)
    done = sum(line.done for line in facts.lines)
    not_done = sum(line.due and not line.done for line in facts.lines)
    return EffectPage(
        year=year,
        years=tuple(range(asking.today.year, asking.today.year - 3, -1)),
        by=by,
        groupings=tuple(
            Link(label=asking.say(*words), address=_address(name, year, chosen), chosen=name == by)
            for name, words in GROUPINGS.items()
        ),
        tasks=len(facts.lines),
        done=done,
        not_done=not_done,
        running=len(facts.lines) - done - not_done,
        national=tuple(cards[name] for name in NATIONAL if name in cards),
        ours=tuple(cards[name] for name in OURS if name in cards),
        measures=tuple(
            Link(
                label=asking.say(DEFINITIONS[name].zh, DEFINITIONS[name].en),
                address=_address(by, year, name),
                chosen=name == chosen,
            )
            for name in names
        ),
        measure=cards.get(chosen),
        groups=tuple(
            GroupLine(
                label=_label(asking, by, one.group, titles),
                cards=tuple(card_of(asking, one.of(name)) for name in names),
            )
            for one in groups
        ),
        chart=_chart(asking, by, groups, chosen, titles)
        if any(one.of(chosen).value is not None for one in groups)
        else None,
        yearly=_yearly(asking, year),
    )


def card_of(asking: Asking, measure: Measure) -> MeasureCard:
    """A measure for a reader."""
    told = measure.definition
    burden = measure.name == "burden"
    error = measure.standard_error
    interval = ""
    if measure.low is not None and measure.high is not None:
        interval = asking.say("95% 区间 ", "95 % interval ") + f"{measure.low:.1%} – {measure.high:.1%}"
    if error is not None:
        interval += asking.say(f"，标准误 {error:.2%}", f", standard error {error:.2%}")
    return MeasureCard(
        name=measure.name,
        label=asking.say(told.zh, told.en),
        value="–" if measure.value is None else f"{measure.value:.3f}" if burden else f"{measure.value:.1%}",
        parts=f"{measure.numerator:,.0f} / {measure.denominator:,.0f}",
        interval=interval,
        why=_why(asking, measure.why),
        meaning=asking.say(told.meaning_zh, told.meaning_en),
        source=told.source,
        share=None if burden else measure.value,
        low=measure.low,
        high=measure.high,
    )


def _why(asking: Asking, why: str) -> str:
    """Why there is no value, in words for people."""
    if why and why not in WHY:
        return asking.say("有的抽取层结果不足，尚不能推断", "some strata have too few results yet")
    return asking.say(WHY[why], why) if why else ""


def _facts(asking: Asking, year: int) -> tuple[Facts, dict[str, str]]:
    """The facts of the plans within the holder's region, and the titles of plans."""
    desk, holder = asking.desk, asking.holder
    seen = {one.plan_id for one in list_plans(desk.ledger, desk.city) if visible(one, holder)}
    with desk.ledger.reading() as session:
        found = facts_of(session, desk.city, today=asking.today, year=year, within=lambda one: one in seen)
        rows = session.execute(select(PlanRow.plan_id, PlanRow.title).where(PlanRow.city == desk.city))
        return found, dict(rows.all())


def _label(asking: Asking, by: str, group: str, titles: dict[str, str]) -> str:
    if by == "plan":
        return titles.get(group, group)
    if by == "grade" and group in LETTERS:
        return f"{group} {grade_label(group, asking.language)}"
    return group


def _chart(
    asking: Asking, by: str, groups: list[Effect], name: str, titles: dict[str, str]
) -> dict[str, object]:
    """The values and intervals of one measure, for the drawing."""
    return {
        "percent": name != "burden",
        "groups": [
            {
                "label": _label(asking, by, one.group, titles),
                "grade": one.group if by == "grade" else "",
                **{key: asdict(one.of(name))[key] for key in ("value", "low", "high")},
                "parts": f"{one.of(name).numerator:,.0f} / {one.of(name).denominator:,.0f}",
            }
            for one in groups
        ],
    }


def _yearly(asking: Asking, year: int) -> tuple[YearlyLine, ...]:
    """Whether each department published its plan of the year by 31 March."""
    lines = []
    for plan in list_yearly_plans(asking.desk.ledger, asking.desk.city, year):
        stands = punctuality(plan, asking.today)
        lines.append(
            YearlyLine(
                department=plan.department,
                colour=stands.colour.value,
                words=asking.say(stands.words_zh, stands.words_en),
                address=f"/yearly-plans?year={year}#{plan.yearly_plan_id}",
            )
        )
    return tuple(lines)


def _address(by: str, year: int, measure: str) -> str:
    return f"/effect?{urlencode({'by': by, 'year': year, 'measure': measure})}"
