"""The JSON API of grades: score rows, look up one entity, list and count grades."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from models.decision import Decision
from models.dimensions import told_by_dimension
from models.sentences import guard_sentence
from serving.records import EntityRecord, records_of
from serving.register import RegisterEntry
from serving.scoring import MOST_ROWS, ScoredRows, ScoreRequest, score_rows
from serving.web.desk import Desk
from serving.web.hit_rates import HitRate, evidence_of
from serving.web.holder import ADMINISTRATOR, holder_of_request, region_for
from serving.web.telling import sentence_of, specs_of


class ScoreBody(BaseModel):
    """Rows of indicator values under the release's columns in order (GET /api/v1/grades lists them)."""

    model_config = ConfigDict(extra="forbid")

    columns: list[str] = Field(max_length=2000)
    rows: list[list[Any]] = Field(max_length=MOST_ROWS)


class ReasonAnswer(BaseModel):
    """One reason with its value, points and sentences."""

    indicator: str
    value: float | str | None
    points: int
    sentence_zh: str
    sentence_en: str


class RuleAnswer(BaseModel):
    """A direct rule that decided."""

    code: str
    sentence_zh: str
    sentence_en: str
    legal_basis_zh: str


class DimensionAnswer(BaseModel):
    """One of the five dimensions with the points of all its indicators."""

    dimension: str
    label_zh: str
    label_en: str
    points: int


class DecisionAnswer(BaseModel):
    """base_points + points of the reasons + others_points = the unclipped score, rounded.

    `model_grade` is that of the probability, `guarded_grade` what the change guard leaves of it (it says so
    in `guard_zh` and `guard_en`, empty where it held nothing), `grade` the worse of that and the rules'.
    The points of the `dimensions` and base_points are the same sum; a register may be older than they are.
    """

    probability: float
    score: int
    unclipped: float
    base_points: int
    others_points: int
    model_grade: str
    guarded_grade: str
    guard_zh: str
    guard_en: str
    grade: str
    rules: list[RuleAnswer]
    reasons: list[ReasonAnswer]
    dimensions: list[DimensionAnswer]


class ScoreAnswer(BaseModel):
    """One decision for each row, in their order; `unseen` codes, by column, were scored as missing."""

    release_id: str
    unseen: dict[str, list[str]]
    results: list[DecisionAnswer]


class RecordAnswer(BaseModel):
    """A record behind a grade as known on the day; facts are told in 中文.

    `corrected_on` is the day of the correction that is told, `superseded_on` that of a later one that is not.
    """

    table: str
    record_id: str
    occurred_on: str | None
    known_on: str
    corrected_on: str | None
    superseded_on: str | None
    facts: dict[str, str]


class EntityAnswer(BaseModel):
    """An entity with its decision and the records behind it, without those repaired by `records_used_on`.

    The change guard held grades against the previous register; a first one has none. The records are those
    behind the grade only if the two lakes are one.
    """

    entity_id: str
    name: str | None
    entity_type: str | None
    region_code: str | None
    industry_code: str | None
    registered_on: str | None
    as_of: str
    used_on: str
    release_id: str
    snapshot_digest: str
    register_digest: str
    previous_register_as_of: str | None
    previous_register_digest: str | None
    lake_digest: str
    records_used_on: str
    records_lake_digest: str | None
    decision: DecisionAnswer
    records: list[RecordAnswer]


class GradeAnswer(BaseModel):
    """A grade with its entities and its measured rate of problems found (null if nobody was inspected)."""

    grade: str
    count: int
    share: float
    inspected: int
    problems: int
    rate: float | None
    low: float | None
    high: float | None


class LineAnswer(BaseModel):
    """An entity of the list."""

    entity_id: str
    name: str | None
    entity_type: str | None
    region_code: str | None
    industry_code: str | None
    grade: str
    score: int


class GradesAnswer(BaseModel):
    """The grades of the caller's region, the entities that match, and the columns that scoring takes."""

    city: str
    as_of: str
    release_id: str
    register_digest: str
    grades: list[GradeAnswer]
    selection_note_zh: str
    selection_note_en: str
    test_dates: list[str]
    matching: int
    offset: int
    entities: list[LineAnswer]
    columns: list[str]


class BehindAnswer(BaseModel):
    """Why what the ledger says is not served yet; administrators are told the three parts."""

    expected: str | None
    got: str | None
    todo: str | None


class LiveAnswer(BaseModel):
    """What is served now; `behind` is null while that is what the ledger says."""

    city: str
    release_id: str
    as_of: str
    register_digest: str
    behind: BehindAnswer | None


async def score(request: Request, body: ScoreBody) -> ScoreAnswer:
    """Scores, grades, points and sentences for rows of indicators; nothing is stored."""
    desk: Desk = request.app.state.desk_source()
    asked = ScoreRequest(columns=body.columns, rows=body.rows)
    return score_answer(desk, await run_in_threadpool(score_rows, desk.release, asked, desk.as_of))


def entity(request: Request, entity_id: str) -> EntityAnswer:
    """The grade of one entity with its reasons and records."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    entry = desk.register.find(entity_id, region_prefix=holder.region_prefix)
    records = records_of(desk.lake, entity_id, desk.shown_as_of) if desk.lake else ()
    return _entity_answer(desk, entry, records)


def live(request: Request) -> LiveAnswer:
    """The release and register that are served now, and whether the ledger says others."""
    desk: Desk = request.app.state.desk_source()
    why, told = desk.behind, None
    if why is not None:
        may = holder_of_request(request).role == ADMINISTRATOR
        told = BehindAnswer(
            expected=why.expected if may else None,
            got=why.got if may else None,
            todo=why.todo if may else None,
        )
    return LiveAnswer(
        city=desk.city,
        release_id=desk.release.release_id,
        as_of=desk.register.as_of.isoformat(),
        register_digest=desk.register.digest,
        behind=told,
    )


def grades(
    request: Request,
    grade: Annotated[str, Query(pattern="^[ABCD]?$")] = "",
    text: Annotated[str, Query(max_length=120)] = "",
    region: Annotated[str, Query(max_length=12)] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> GradesAnswer:
    """Counts, shares and measured rates of problems found by grade, and one page of entities that match."""
    desk: Desk = request.app.state.desk_source()
    region_prefix = region_for(holder_of_request(request), region)
    counts, evidence = desk.register.counts(region_prefix), evidence_of(desk.release)
    total = sum(counts.values())
    page = desk.register.page(
        grade=grade or None,
        text=text.strip() or None,
        region_prefix=region_prefix,
        offset=offset,
        limit=limit,
    )
    return GradesAnswer(
        city=desk.city,
        as_of=desk.register.as_of.isoformat(),
        release_id=desk.release.release_id,
        register_digest=desk.register.digest,
        grades=[_grade_answer(evidence.rates[name], count, total) for name, count in counts.items()],
        selection_note_zh=evidence.note_zh,
        selection_note_en=evidence.note_en,
        test_dates=list(evidence.test_dates),
        matching=page.matching,
        offset=offset,
        entities=[LineAnswer.model_validate(line, from_attributes=True) for line in page.lines],
        columns=list(desk.release.names),
    )


def score_answer(desk: Desk, scored: ScoredRows) -> ScoreAnswer:
    """Decisions about rows that were sent."""
    return ScoreAnswer(
        release_id=desk.release.release_id,
        unseen={column: list(codes) for column, codes in scored.unseen.items()},
        results=[decision_answer(desk, decision) for decision in scored.decisions],
    )


def decision_answer(desk: Desk, decision: Decision) -> DecisionAnswer:
    """A decision with its sentences in both languages."""
    specs = specs_of(desk.release)
    return DecisionAnswer(
        probability=decision.probability,
        score=decision.score,
        unclipped=decision.unclipped,
        base_points=decision.base_points,
        others_points=decision.others_points,
        model_grade=decision.model_grade.value,
        guarded_grade=decision.guarded_grade.value,
        guard_zh=guard_sentence(decision, "zh"),
        guard_en=guard_sentence(decision, "en"),
        grade=decision.grade.value,
        rules=[RuleAnswer.model_validate(hit.rule, from_attributes=True) for hit in decision.rules],
        reasons=[
            ReasonAnswer(
                indicator=reason.indicator,
                value=reason.text if reason.number is None else reason.number,
                points=reason.points,
                sentence_zh=sentence_of(specs[reason.indicator], reason, "zh"),
                sentence_en=sentence_of(specs[reason.indicator], reason, "en"),
            )
            for reason in decision.reasons
        ],
        dimensions=[
            DimensionAnswer.model_validate(one, from_attributes=True)
            for one in told_by_dimension(decision.dimension_points)
        ],
    )


def _entity_answer(desk: Desk, entry: RegisterEntry, records: tuple[EntityRecord, ...]) -> EntityAnswer:
    decision = entry.decision
    return EntityAnswer(
        entity_id=entry.entity_id,
        name=entry.name,
        entity_type=entry.entity_type,
        region_code=entry.region_code,
        industry_code=entry.industry_code,
        registered_on=entry.registered_on.isoformat() if entry.registered_on else None,
        as_of=decision.as_of.isoformat(),
        used_on=decision.used_on.isoformat(),
        release_id=decision.release_id,
        snapshot_digest=decision.snapshot_digest,
        register_digest=desk.register.digest,
        previous_register_as_of=desk.register.card.previous_as_of or None,
        previous_register_digest=desk.register.card.previous_digest or None,
        lake_digest=desk.register.card.lake_digest,
        records_used_on=desk.shown_as_of.used_on.isoformat(),
        records_lake_digest=desk.lake.digest if desk.lake else None,
        decision=decision_answer(desk, decision),
        records=[_record_answer(record) for record in records],
    )


def _record_answer(record: EntityRecord) -> RecordAnswer:
    return RecordAnswer(
        table=record.table,
        record_id=record.record_id,
        occurred_on=record.occurred_on.isoformat() if record.occurred_on else None,
        known_on=record.known_on.isoformat(),
        corrected_on=record.corrected_on.isoformat() if record.corrected_on else None,
        superseded_on=record.superseded_on.isoformat() if record.superseded_on else None,
        facts={fact.label_zh: fact.value_zh for fact in record.facts},
    )


def _grade_answer(rate: HitRate, count: int, total: int) -> GradeAnswer:
    return GradeAnswer(
        grade=rate.grade,
        count=count,
        share=count / total if total else 0.0,
        inspected=rate.inspected,
        problems=rate.problems,
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
    )
