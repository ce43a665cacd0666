"""The page of one entity: grade, reasons in sentences and points, direct rules, the records behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.colours import default_colours
from models.decision import Decision, Reason
from models.schema import IndicatorSpec
from models.sentences import guard_sentence
from serving.records import EVENT_TABLES, EntityRecord, records_of
from serving.register import RegisterEntry
from serving.web.attributes import industry_label, type_label
from serving.web.desk import Desk
from serving.web.dimensions_section import DimensionBar, dimension_bars
from serving.web.language import Say, speaker
from serving.web.mark_lines import MarkLine, mark_lines
from serving.web.rendering import grade_label
from serving.web.rules_section import RuleLine, rule_lines, rules_grade
from serving.web.telling import sentence_of, specs_of

# Of each table; the rest stands folded below, and of a very long past only its newest part.
RECORDS_SHOWN, RECORDS_FOLDED = 3, 47


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and a value, both in words."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """One reason: its sentence, its points, whether they raise (`up`) or lower (`down`)."""

    sentence: str
    label: str
    points: int
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """One record of the timeline."""

    occurred_on: str
    known_on: str
    corrected_on: str
    superseded_on: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGroup:
    """The records of one table, the newest first: `earlier` stand folded, `untold` are only counted."""

    table: str
    label: str
    count: int
    records: tuple[RecordLine, ...]
    earlier: tuple[RecordLine, ...]
    untold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPage:
    """All that the entity page shows; `chart` feeds the waterfall, `guard` is empty where nothing was held.

    Records repaired by `shown_on` are not shown; `other_lake` is theirs if the grade is of another one.
    """

    entity_id: str
    name: str
    grade: str
    grade_label: str
    model_grade: str
    guarded_grade: str
    guard: str
    score: int
    unclipped: str
    clipped: bool
    probability: float
    base_points: int
    others_points: int
    facts: tuple[Fact, ...]
    reasons: tuple[ReasonLine, ...]
    rules: tuple[RuleLine, ...]
    rules_grade: str
    marks: tuple[MarkLine, ...]
    colour: str
    colour_label: str
    groups: tuple[RecordGroup, ...]
    as_of: str
    used_on: str
    shown_on: str
    other_lake: str
    release_id: str
    snapshot_digest: str
    register_digest: str
    previous_as_of: str
    previous_digest: str
    chart: Mapping[str, object]
    dimensions: tuple[DimensionBar, ...]


def entity_page(desk: Desk, entry: RegisterEntry, *, language: str) -> EntityPage:
    """The page of an entry of the register."""
    say, decision = speaker(language), entry.decision
    colour = default_colours().of(decision.grade)
    specs = specs_of(desk.release)
    reasons = tuple(_reason(specs[reason.indicator], reason, language) for reason in decision.reasons)
    records = records_of(desk.lake, entry.entity_id, desk.shown_as_of) if desk.lake else ()
    return EntityPage(
        entity_id=entry.entity_id,
        name=entry.name or entry.entity_id,
        grade=decision.grade.value,
        grade_label=say(f"{grade_label(decision.grade, 'zh')}风险", grade_label(decision.grade, "en")),
        model_grade=decision.model_grade.value,
        guarded_grade=decision.guarded_grade.value,
        guard=guard_sentence(decision, language),
        score=decision.score,
        unclipped=f"{decision.unclipped:.1f}",
        clipped=decision.clipped_points != 0,
        probability=decision.probability,
        base_points=decision.base_points,
        others_points=decision.others_points,
        facts=_facts(entry, language),
        reasons=reasons,
        rules=rule_lines(desk, decision, language),
        rules_grade=rules_grade(decision),
        marks=mark_lines(desk, entry.entity_id, language),
        colour=colour.value,
        colour_label=say(f"{colour.label_zh}码", colour.value),
        groups=tuple(_groups(records, language)),
        as_of=decision.as_of.isoformat(),
        used_on=decision.used_on.isoformat(),
        shown_on=desk.shown_as_of.used_on.isoformat(),
        other_lake=desk.lake.digest[:16] if desk.lake and desk.of_another_lake else "",
        release_id=decision.release_id,
        snapshot_digest=decision.snapshot_digest,
        register_digest=desk.register.digest,
        previous_as_of=desk.register.card.previous_as_of,
        previous_digest=desk.register.card.previous_digest,
        chart=_chart(decision, reasons, say),
        dimensions=dimension_bars(decision, language),
    )


def _facts(entry: RegisterEntry, language: str) -> tuple[Fact, ...]:
    say = speaker(language)
    named = (
        (say("类型", "Type"), type_label(entry.entity_type, language)),
        (say("辖区", "Region"), entry.region_code),
        (say("行业", "Industry"), industry_label(entry.industry_code, language)),
        (say("成立日期", "Registered"), entry.registered_on and entry.registered_on.isoformat()),
        (say("等级截至", "Grade as of"), entry.decision.as_of.isoformat()),
    )
    return tuple(Fact(label=label, value=value or "–") for label, value in named)


def _reason(spec: IndicatorSpec, reason: Reason, language: str) -> ReasonLine:
    return ReasonLine(
        sentence=sentence_of(spec, reason, language),
        label=spec.label_en if language == "en" else spec.label_zh,
        points=reason.points,
        direction="up" if reason.points > 0 else "down",
    )


def _groups(records: Sequence[EntityRecord], language: str) -> Iterator[RecordGroup]:
    for table in EVENT_TABLES:
        own = [record for record in records if record.table == table]
        if own:
            last = RECORDS_SHOWN + RECORDS_FOLDED
            yield RecordGroup(
                table=table,
                label=own[0].label_en if language == "en" else own[0].label_zh,
                count=len(own),
                records=tuple(_record(record, language) for record in own[:RECORDS_SHOWN]),
                earlier=tuple(_record(record, language) for record in own[RECORDS_SHOWN:last]),
                untold=len(own[last:]),
            )


def _record(record: EntityRecord, language: str) -> RecordLine:
    english = language == "en"
    known = record.known_on.isoformat()
    return RecordLine(
        occurred_on=record.occurred_on.isoformat() if record.occurred_on else known,
        known_on=known,
        corrected_on=record.corrected_on.isoformat() if record.corrected_on else "",
        superseded_on=record.superseded_on.isoformat() if record.superseded_on else "",
        facts=tuple(
            Fact(label=f.label_en if english else f.label_zh, value=f.value_en if english else f.value_zh)
            for f in record.facts
        ),
    )


def _chart(decision: Decision, reasons: tuple[ReasonLine, ...], say: Say) -> dict[str, object]:
    """Base, then every reason, then the rest (and what the bounds cut off), then the score."""
    steps = [{"label": reason.label, "points": reason.points} for reason in reasons]
    if decision.others_points:
        steps.append({"label": say("其余指标", "other indicators"), "points": decision.others_points})
    if decision.clipped_points:
        steps.append({"label": say("截断", "clipped"), "points": decision.clipped_points})
    words = {"base": say("基准", "base"), "score": say("风险分", "score")}
    return {"base": decision.base_points, "score": decision.score, "steps": steps, "words": words}
