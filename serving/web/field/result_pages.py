"""Results over HTTP: a plan's page, the form of an item, files in and out, publication and follow-up."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import File, Form, Query, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.inspections.results.cells import day_of
from serving.inspections.results.entering import close_plan, enter_results
from serving.inspections.results.files import ImportOutcome, import_results
from serving.inspections.results.publication import follow_up, publish_results, repair_result, withhold_result
from serving.inspections.results.returning import ReturnedPlan, return_results_of
from serving.inspections.results.rules import ResultEntry, ResultRefused
from serving.web.field.asking import Asking, asking, worker
from serving.web.field.entry_page import cell_of, entry_address, entry_page
from serving.web.field.results_page import ResultSearch, results_page
from serving.web.holder import planner_of_request
from serving.web.plan_api import plan_for
from serving.web.result_api import LARGEST_FILE

SEE_OTHER = 303
Task = Annotated[str, Form(max_length=241)]
Text = Annotated[str, Form(max_length=2_000)]
Day = Annotated[str, Form(max_length=20)]


def results(
    request: Request,
    plan_id: str,
    only: Annotated[
        str, Query(max_length=20, pattern="^(missing|not_done|problem|to_publish|to_handle)?$")
    ] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """The results of a plan."""
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    page = results_page(found, plan, ResultSearch(only=only, offset=offset))
    return found.shown("results.html", page, current="plans")


def import_file(request: Request, plan_id: str, file: Annotated[UploadFile, File()]) -> Response:
    """Takes the good rows of a file, and says how many were rejected."""
    found = worker(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    outcome: ImportOutcome | None = None
    refused: Refusal | None = None
    try:
        outcome = _imported(found, plan_id, file)
    except Refusal as refusal:
        refused = refusal
    page = results_page(found, plan, ResultSearch(), outcome=outcome, refusal=refused)
    return found.shown("results.html", page, current="plans", refusal=refused)


def publish(request: Request, plan_id: str, on: Day = "") -> Response:
    """Marks everything of the plan that waits as published on a day."""
    planner_of_request(request)
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    try:
        publish_results(found.desk.ledger, plan_id, on=_day(on), by=found.holder.person, now=found.desk.now())
    except Refusal as refusal:
        page = results_page(found, plan, ResultSearch(), refusal=refusal)
        return found.shown("results.html", page, current="plans", refusal=refusal)
    return RedirectResponse(f"/plans/{plan_id}/results", status_code=SEE_OTHER)


def return_results(request: Request, plan_id: str) -> Response:
    """Writes the plan's results into the city's raw files, and says what awaits admission there."""
    planner_of_request(request)
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    returned: ReturnedPlan | None = None
    refused: Refusal | None = None
    try:
        returned = return_results_of(
            found.desk.ledger, found.desk.city, plan_id, raw_folder=found.desk.raw_folder,
            by=found.holder.person, now=found.desk.now(),
        )  # fmt: skip
    except Refusal as refusal:
        refused = refusal
    page = results_page(found, plan, ResultSearch(), returned=returned, refusal=refused)
    return found.shown("results.html", page, current="plans", refusal=refused)


def close(request: Request, plan_id: str) -> Response:
    """Ends the life of the plan."""
    planner_of_request(request)
    found = asking(request)
    plan = plan_for(found.desk, found.holder, plan_id)
    try:
        close_plan(found.desk.ledger, plan_id, by=found.holder.person, now=found.desk.now())
    except Refusal as refusal:
        page = results_page(found, plan, ResultSearch(), refusal=refusal)
        return found.shown("results.html", page, current="plans", refusal=refusal)
    return RedirectResponse(f"/plans/{plan_id}/results", status_code=SEE_OTHER)


def entry(
    request: Request,
    task: Annotated[str, Query(max_length=241)] = "",
    item: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The form of one item, with what stands of it."""
    found = asking(request)
    return found.shown("entry.html", entry_page(found, task, item), current="tasks")


def enter(
    request: Request,
    task: Task = "",
    item: Task = "",
    visited_on: Day = "",
    codes: Annotated[list[str] | None, Form(max_length=10)] = None,
    note: Text = "",
    reason: Text = "",
    counts: Annotated[list[str] | None, Form(max_length=3)] = None,
) -> Response:
    """Enters the result of an item, or corrects it with a reason."""
    found = worker(request)
    cell_of(found, task, item)
    typed: ResultEntry | None = None
    try:
        critical, serious, minor = (_count(text) for text in ((counts or []) + ["", "", ""])[:3])
        typed = ResultEntry(
            task_id=task, item_code=item, visited_on=_day(visited_on), codes=tuple(sorted(set(codes or ()))),
            critical_count=critical, serious_count=serious, minor_count=minor,
            note=note.strip(), reason=reason.strip(),
        )  # fmt: skip
        enter_results(
            found.desk.ledger, [typed], city=found.desk.city, by=found.holder.person, now=found.desk.now()
        )
    except Refusal as refusal:
        page = entry_page(found, task, item, typed=typed, refusal=refusal)
        return found.shown("entry.html", page, current="tasks", refusal=refusal)
    return RedirectResponse(entry_address(task, item), status_code=SEE_OTHER)


def handle(request: Request, task: Task = "", item: Task = "", on: Day = "", how: Text = "") -> Response:
    """Records how a problem was handled."""

    def step(found: Asking) -> None:
        follow_up(
            found.desk.ledger, task, item, handled_on=_day(on), how=how,
            by=found.holder.person, now=found.desk.now(),
        )  # fmt: skip

    return _step(worker(request), task, item, step)


def withhold(request: Request, task: Task = "", item: Task = "", reason: Text = "") -> Response:
    """Says that a result is not published, and why."""
    planner_of_request(request)

    def step(found: Asking) -> None:
        withhold_result(
            found.desk.ledger, task, item, reason=reason, by=found.holder.person, now=found.desk.now()
        )

    return _step(asking(request), task, item, step)


def repair(request: Request, task: Task = "", item: Task = "", on: Day = "", reason: Text = "") -> Response:
    """Ends the publication of a handled problem."""
    planner_of_request(request)

    def step(found: Asking) -> None:
        repair_result(
            found.desk.ledger, task, item, on=_day(on), reason=reason,
            by=found.holder.person, now=found.desk.now(),
        )  # fmt: skip

    return _step(asking(request), task, item, step)


def _step(found: Asking, task: str, item: str, step: Callable[[Asking], None]) -> Response:
    """Takes a step on a result and shows it again; a refusal stands above it."""
    cell_of(found, task, item)
    try:
        step(found)
    except Refusal as refusal:
        page = entry_page(found, task, item, refusal=refusal)
        return found.shown("entry.html", page, current="tasks", refusal=refusal)
    return RedirectResponse(entry_address(task, item), status_code=SEE_OTHER)


def _imported(found: Asking, plan_id: str, file: UploadFile) -> ImportOutcome:
    """The file's rows in the ledger; rows of other plans than this are rejected."""
    data = file.file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ResultRefused(
            expected=f"a file of at most {LARGEST_FILE:,} bytes", got="a larger one", todo="split it"
        )
    name = Path(file.filename or "results.csv").name
    suffix = ".xlsx" if name.lower().endswith(".xlsx") else ".csv"
    with tempfile.TemporaryDirectory(prefix="xinheng-import-") as folder:
        kept = Path(folder) / f"results{suffix}"
        kept.write_bytes(data)
        return import_results(
            found.desk.ledger, kept, city=found.desk.city, folder=found.desk.plans_folder.parent / "results",
            by=found.holder.person, now=found.desk.now(), name=name, within=lambda one: one == plan_id,
        )  # fmt: skip


def _day(text: str) -> date:
    """The day typed in a form."""
    day = day_of(text)
    if day is None:
        raise ResultRefused(expected="a day such as 2026-07-03", got=repr(text), todo="write the day so")
    return day


def _count(text: str) -> int | None:
    """A count typed in a form; empty is not counted."""
    if not text.strip():
        return None
    if not text.strip().isdecimal():
        raise ResultRefused(expected="a whole number of problems", got=repr(text), todo="correct it")
    return int(text)
