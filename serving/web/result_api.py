"""The JSON API of results: read, enter, import, form, publish, withhold, follow up, repair, effect."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from data_contracts.refusal import Refusal
from serving.effect.lines import facts_of
from serving.effect.measures import effects
from serving.inspections.plans.plan import PlanNotFound
from serving.inspections.plans.steps import find_plan
from serving.inspections.results.entering import close_plan, enter_results
from serving.inspections.results.facts import entity_of_task, plan_of_task, standing_results
from serving.inspections.results.files import blank_form, find_import, import_results, rejected_path
from serving.inspections.results.publication import (
    follow_up,
    follow_ups,
    publication_states,
    publish_results,
    repair_result,
    withhold_result,
)
from serving.inspections.results.rules import ResultEntry, ResultRefused
from serving.ledger.tokens import Holder
from serving.web.desk import Desk
from serving.web.holder import RegionRefused, holder_of_request, planner_of_request, worker_of_request
from serving.web.plan_api import Reason, plan_for
from serving.web.reach import plan_reached

LARGEST_FILE = 64 * 2**20
CSV = "text/csv; charset=utf-8"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=241)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Violations = Annotated[int, Field(ge=0, le=9_999)]


class ImportNotFound(Refusal):
    """An import that is not the caller's, or that rejected nothing."""


class OfAnItem(BaseModel):
    """A task and one of its items."""

    model_config = ConfigDict(extra="forbid")

    task_id: Name
    item_code: Name


class ResultBody(OfAnItem):
    """What was found of an item; `reason` is needed where it corrects an earlier result."""

    visited_on: date
    codes: list[Name] = Field(max_length=10)
    critical_count: Violations | None = None
    serious_count: Violations | None = None
    minor_count: Violations | None = None
    note: Words = ""
    reason: Words = ""

    def entry(self) -> ResultEntry:
        """The entry as the ledger takes it."""
        return ResultEntry(**{**self.model_dump(), "codes": tuple(sorted(set(self.codes)))})


class ResultsBody(BaseModel):
    """Results that are taken all or not at all."""

    model_config = ConfigDict(extra="forbid")

    results: list[ResultBody] = Field(min_length=1, max_length=5_000)


class PublicationBody(BaseModel):
    """The day of publication, of these tasks or of all."""

    model_config = ConfigDict(extra="forbid")

    on: date
    task_ids: list[Name] = Field(default_factory=list, max_length=5_000)


class ReasonBody(OfAnItem):
    """Why a result is withheld."""

    reason: Reason


class RepairBody(ReasonBody):
    """From which day a result is neither shown nor used."""

    on: date


class FollowUpBody(OfAnItem):
    """How a problem was handled, on which day."""

    handled_on: date
    how: Reason


class EnteredAnswer(BaseModel):
    """How many results became a new version, and how many stood already."""

    taken: int
    unchanged: int


class ImportAnswer(EnteredAnswer):
    """What became of a file; not `fresh` if it was imported before."""

    import_id: int
    rows: int
    rejected: int
    fresh: bool


class ResultAnswer(BaseModel):
    """A result as it stands, with publication and follow-up."""

    task_id: str
    item_code: str
    version: int
    visited_on: date
    codes: list[str]
    critical_count: int | None
    serious_count: int | None
    minor_count: int | None
    note: str
    reason: str
    inspectors: list[str]
    by: str
    at: datetime
    publication: str
    publication_due: date
    published_on: date | None
    handled_on: date | None
    how: str


class ResultsAnswer(BaseModel):
    """The results of a plan by task and item; `total` counts those that are not shown too."""

    plan_id: str
    state: str
    total: int
    results: list[ResultAnswer]


class DoneAnswer(BaseModel):
    """How many results a step was taken for, and where the plan stands then."""

    plan_id: str
    state: str
    results: int


class DefinitionAnswer(BaseModel):
    """What a measure means, and where it comes from."""

    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    source: str


class MeasureAnswer(BaseModel):
    """A measure with its 95 % interval; without a value, `why` says the reason."""

    name: str
    numerator: float
    denominator: float
    value: float | None
    low: float | None
    high: float | None
    why: str
    standard_error: float | None
    definition: DefinitionAnswer


class EffectAnswer(BaseModel):
    """The measures of one group."""

    group: str
    measures: list[MeasureAnswer]


def results(
    request: Request,
    plan_id: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 500,
) -> ResultsAnswer:
    """The results of a plan as they stand."""
    desk: Desk = request.app.state.desk_source()
    plan = plan_for(desk, holder_of_request(request), plan_id)
    with desk.ledger.reading() as session:
        standing = sorted(standing_results(session, [plan_id]).items())
        states, handled = publication_states(session, [plan_id]), follow_ups(session, [plan_id])
    shown = [
        _answer(result, states[key], handled.get(key, ()))
        for key, result in standing[offset : offset + limit]
    ]
    return ResultsAnswer(plan_id=plan_id, state=plan.state.value, total=len(standing), results=shown)


def enter(request: Request, plan_id: str, body: ResultsBody) -> EnteredAnswer:
    """Takes results of a plan, all or none."""
    desk: Desk = request.app.state.desk_source()
    holder = worker_of_request(request)
    for one in body.results:
        _refuse_other_plan(plan_id, one)
    plan_reached(desk, holder, plan_id, {entity_of_task(one.task_id) for one in body.results})
    entries = [one.entry() for one in body.results]
    entered = enter_results(desk.ledger, entries, city=desk.city, by=holder.person, now=desk.now())
    return EnteredAnswer(taken=entered.taken, unchanged=entered.unchanged)


def form(request: Request, plan_id: str) -> Response:
    """A CSV form of every task and item without a result."""
    desk: Desk = request.app.state.desk_source()
    plan_for(desk, holder_of_request(request), plan_id)
    with desk.ledger.reading() as session:
        return _download(blank_form(session, plan_id), f"{plan_id}.csv")


def import_file(
    request: Request,
    data: Annotated[bytes, Body(media_type="text/csv")],
    name: Annotated[str, Query(max_length=200)] = "results.csv",
) -> ImportAnswer:
    """Takes the good rows of a file (CSV or .xlsx, as the name says) and keeps the others."""
    desk: Desk = request.app.state.desk_source()
    holder = worker_of_request(request)
    if len(data) > LARGEST_FILE:
        raise ResultRefused(
            expected=f"a file of at most {LARGEST_FILE:,} bytes", got=f"{len(data):,}", todo="split it"
        )
    suffix = ".xlsx" if name.lower().endswith(".xlsx") else ".csv"
    with tempfile.TemporaryDirectory(prefix="xinheng-import-") as folder:
        file = Path(folder) / f"results{suffix}"
        file.write_bytes(data)
        outcome = import_results(
            desk.ledger, file, city=desk.city, folder=_folder(desk), by=holder.person, now=desk.now(),
            name=Path(name).name, within=lambda plan_id: may_see(desk, holder, plan_id),
        )  # fmt: skip
    return ImportAnswer(**{name: getattr(outcome, name) for name in ImportAnswer.model_fields})


def rejected(request: Request, import_id: int) -> Response:
    """The rejected rows of an import with their reasons, to be mended and imported again."""
    desk: Desk = request.app.state.desk_source()
    holder = worker_of_request(request)
    with desk.ledger.reading() as session:
        row = find_import(session, desk.city, import_id)
        theirs = row is not None and (row.by == holder.person or not holder.region_prefix)
        path = rejected_path(_folder(desk), row.digest) if row and theirs and row.rejected else None
    if path is None or not path.is_file():
        raise ImportNotFound(
            expected="an import of yours with rejected rows",
            got=f"import {import_id}",
            todo="look at what the import answered; without rejected rows there is no file",
        )
    return _download(path.read_bytes(), f"rejected-{import_id}.csv")


def publish(request: Request, plan_id: str, body: PublicationBody) -> DoneAnswer:
    """Marks results as published on a day."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    plan = plan_for(desk, holder, plan_id)
    many = publish_results(
        desk.ledger, plan_id, on=body.on, by=holder.person, now=desk.now(), task_ids=frozenset(body.task_ids)
    )
    return DoneAnswer(plan_id=plan_id, state=plan.state.value, results=many)


def withhold(request: Request, plan_id: str, body: ReasonBody) -> DoneAnswer:
    """Says that a result is not published, and why."""
    holder = planner_of_request(request)
    desk = _reached(request, holder, plan_id, body)
    withhold_result(
        desk.ledger, body.task_id, body.item_code, reason=body.reason, by=holder.person, now=desk.now()
    )
    return _done(desk, plan_id)


def handle(request: Request, plan_id: str, body: FollowUpBody) -> DoneAnswer:
    """Records how a problem was handled."""
    holder = worker_of_request(request)
    desk = _reached(request, holder, plan_id, body)
    follow_up(
        desk.ledger, body.task_id, body.item_code, handled_on=body.handled_on, how=body.how,
        by=holder.person, now=desk.now(),
    )  # fmt: skip
    return _done(desk, plan_id)


def repair(request: Request, plan_id: str, body: RepairBody) -> DoneAnswer:
    """Ends the publication of a handled problem."""
    holder = planner_of_request(request)
    desk = _reached(request, holder, plan_id, body)
    repair_result(
        desk.ledger, body.task_id, body.item_code, on=body.on, reason=body.reason, by=holder.person,
        now=desk.now(),
    )  # fmt: skip
    return _done(desk, plan_id)


def close(request: Request, plan_id: str) -> DoneAnswer:
    """Ends the life of a plan."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    plan_for(desk, holder, plan_id)
    plan = close_plan(desk.ledger, plan_id, by=holder.person, now=desk.now())
    return DoneAnswer(plan_id=plan_id, state=plan.state.value, results=0)


def effect(
    request: Request,
    by: Literal["whole", "plan", "department", "month", "grade"] = "whole",
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
) -> list[EffectAnswer]:
    """What inspections achieved, with intervals; of a region's planner, the plans of the region."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    today = desk.today
    with desk.ledger.reading() as session:
        facts = facts_of(
            session, desk.city, today=today, year=year, within=lambda one: may_see(desk, holder, one)
        )
    return [
        EffectAnswer(
            group=one.group,
            measures=[
                MeasureAnswer.model_validate({**asdict(measure), "definition": asdict(measure.definition)})
                for measure in one.measures
            ],
        )
        for one in effects(facts, by)
    ]


def _answer(result: Any, state: Any, handled: Any) -> ResultAnswer:
    entry, last = result.entry, handled[-1] if handled else None
    counts = {name: getattr(entry, name) for name in ("critical_count", "serious_count", "minor_count")}
    return ResultAnswer(
        task_id=entry.task_id, item_code=entry.item_code, version=result.version, visited_on=entry.visited_on,
        codes=list(entry.codes), note=entry.note, reason=entry.reason, inspectors=list(result.inspectors),
        by=result.by, at=result.at, publication=state.kind.value, publication_due=state.due,
        published_on=state.first_on, handled_on=last.handled_on if last else None,
        how=last.how if last else "", **counts,
    )  # fmt: skip


def _reached(request: Request, holder: Holder, plan_id: str, body: OfAnItem) -> Desk:
    """The desk, once the task is the plan's and the holder may work on it."""
    desk: Desk = request.app.state.desk_source()
    _refuse_other_plan(plan_id, body)
    plan_reached(desk, holder, plan_id, [entity_of_task(body.task_id)])
    return desk


def _done(desk: Desk, plan_id: str) -> DoneAnswer:
    return DoneAnswer(plan_id=plan_id, state=find_plan(desk.ledger, plan_id).state.value, results=1)


def _refuse_other_plan(plan_id: str, body: OfAnItem) -> None:
    if plan_of_task(body.task_id) != plan_id:
        raise ResultRefused(
            expected=f"tasks of plan {plan_id}", got=body.task_id, todo="send each plan its own results"
        )


def may_see(desk: Desk, holder: Holder, plan_id: str) -> bool:
    """Whether a plan lies within the holder's region."""
    try:
        plan_for(desk, holder, plan_id)
    except (PlanNotFound, RegionRefused):
        return False
    return True


def _folder(desk: Desk) -> Path:
    return desk.plans_folder.parent / "results"


def _download(data: bytes, name: str) -> Response:
    return Response(data, media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})
