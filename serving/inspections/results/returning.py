"""Results go back to the lake: a raw file for each plan, which ordinary admission takes in.

A file states all versions of its plan's results anew, each known from the day it was entered, so that writing
it twice changes nothing and a correction is what became known later. Who was drawn and not inspected is not
in it: that stays without a label. Rows carry the chance of the draw, from its exact text to a double.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_contracts.refusal import Refusal
from serving.inspections.plans.plan import refuse_no_name
from serving.inspections.results.facts import Key, StandingResult, all_versions, plans_with_tasks, task_facts
from serving.inspections.results.publication import PublicationKind, publication_states
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.ledger.schema import DrawnEntityRow, PlanEventRow, ResultReturnRow

FOLDER = "returned"
SCHEMA = pa.schema(
    {
        "inspection_id": pa.string(),
        "entity_id": pa.string(),
        "occurred_on": pa.date32(),
        "known_on": pa.date32(),
        "forgotten_on": pa.date32(),
        "mechanism": pa.string(),
        "inclusion_probability": pa.float64(),
        "draw_id": pa.string(),
        "item_code": pa.string(),
        "result_codes": pa.string(),
        "critical_count": pa.int32(),
        "serious_count": pa.int32(),
        "minor_count": pa.int32(),
        "inspector": pa.string(),
    }
)
# The contract allows no longer one.
LONGEST_ID = 128
RANDOM_DRAW, UNKNOWN = "random_draw", "unknown"


class ReturnRefused(Refusal):
    """Results that cannot be written where admission looks for them, or that are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedPlan:
    """The results of a plan as written: how many rows, their digest, whether any of it is new, and where."""

    plan_id: str
    rows: int
    digest: str
    fresh: bool
    path: Path

    @property
    def file(self) -> str:
        """Where it lies in the folder of raw files."""
        return f"{FOLDER}/{self.path.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReturn:
    """What of a plan was returned last: how many rows, their digest, by whom and on which day in China."""

    rows: int
    digest: str
    by: str
    day: date


def return_results(
    ledger: Ledger,
    city: str,
    *,
    raw_folder: Path | None,
    by: str,
    now: datetime,
    within: Callable[[str], bool] | None = None,
) -> tuple[ReturnedPlan, ...]:
    """Writes the results of every plan of the city that has some; files first, the ledger's record last.

    `within` says of a plan whether it is one of those to return; None is all of them. Raises ReturnRefused
    where the folder of raw files is not there or may not be written into.
    """
    refuse_no_name(by, "the name of who returns the results")
    folder = _opened(raw_folder)
    with ledger.reading() as session:
        plan_ids = plans_with_tasks(session, city)
    asked = (plan_id for plan_id in plan_ids if within is None or within(plan_id))
    found = (_return_plan(ledger, plan_id, folder, by=by, now=now) for plan_id in asked)
    return tuple(returned for returned in found if returned is not None)


def return_results_of(
    ledger: Ledger, city: str, plan_id: str, *, raw_folder: Path | None, by: str, now: datetime
) -> ReturnedPlan:
    """The same of one plan; also raises ReturnRefused where nothing of it is entered."""
    returned = return_results(
        ledger, city, raw_folder=raw_folder, by=by, now=now, within=lambda one: one == plan_id
    )
    if not returned:
        raise ReturnRefused(
            expected=f"results of plan {plan_id}", got="none", todo="enter or import them, then return them"
        )
    return returned[0]


def last_return(session: Session, plan_id: str) -> LastReturn | None:
    """The last return of a plan that changed what was returned before; None where there was none."""
    newest = select(ResultReturnRow).where(ResultReturnRow.plan_id == plan_id)
    row = session.scalar(newest.order_by(ResultReturnRow.return_id.desc()).limit(1))
    if row is None:
        return None
    return LastReturn(rows=row.rows, digest=row.digest, by=row.by, day=day_in_china(row.at))


def admission_command(city: str, today: date) -> str:
    """What takes returned files into the lake; what became known later than the mapping's day comes too."""
    return f"python -m data_contracts admit --city {city} --exported-on {today}"


def returned_table(session: Session, plan_id: str) -> pa.Table:
    """The rows of a plan in SCHEMA, by inspection and day of knowledge.

    Two versions of one day would contradict each other in the lake: the last one of a day is what it says.
    A void plan's draw has no chance that anyone may rely on: from that day its mechanism is unknown.
    """
    facts = task_facts(session, [plan_id])
    chances = _chances(session, plan_id)
    repaired = {
        key: state.day
        for key, state in publication_states(session, [plan_id]).items()
        if state.kind is PublicationKind.REPAIRED
    }
    by_day: dict[tuple[Key, date], dict[str, object]] = {}
    for result in all_versions(session, [plan_id]):
        row = _row(result, facts[result.entry.task_id].entity_id)
        row["inclusion_probability"] = chances[str(row["entity_id"])]
        row["forgotten_on"] = repaired.get(result.entry.key)
        by_day[result.entry.key, result.entered_on] = row
    if voided_on := _voided_on(session, plan_id):
        for key, row in {key: row for (key, _), row in by_day.items()}.items():
            without = {**row, "mechanism": UNKNOWN, "inclusion_probability": None, "known_on": voided_on}
            by_day[key, voided_on] = without
    rows = sorted(by_day.values(), key=lambda row: (str(row["inspection_id"]), str(row["known_on"])))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def inspection_id(plan_id: str, entity_id: str, item_code: str) -> str:
    """The id of an inspection in the lake: readable, or a digest of itself where that would be too long."""
    words = f"{plan_id}/{entity_id}/{item_code}"
    return words if len(words) <= LONGEST_ID else hashlib.sha256(words.encode()).hexdigest()


def chance_of(text: str) -> float:
    """The double nearest to an exact chance, written as count/size or as a decimal."""
    return float(Fraction(text))


def _opened(raw_folder: Path | None) -> Path:
    """The folder of returned results; a raw folder that is not there would never be admitted."""
    if raw_folder is None or not raw_folder.is_dir():
        raise ReturnRefused(
            expected="the folder of the city's raw files, from which records are admitted",
            got="none" if raw_folder is None else f"nothing at {raw_folder}",
            todo="run `python -m serving return-results --raw FOLDER` where the raw files lie",
        )
    return raw_folder / FOLDER


def _return_plan(
    ledger: Ledger, plan_id: str, folder: Path, *, by: str, now: datetime
) -> ReturnedPlan | None:
    with ledger.reading() as session:
        table = returned_table(session, plan_id)
        digest = _digest(table)
        known = session.scalar(
            select(ResultReturnRow.return_id).where(
                ResultReturnRow.plan_id == plan_id, ResultReturnRow.digest == digest
            )
        )
    if not table.num_rows:
        return None
    path = folder / f"{plan_id}.parquet"
    _write(table, path)
    if known is None:
        _record(ledger, plan_id, digest, table.num_rows, by, now)
    return ReturnedPlan(plan_id=plan_id, rows=table.num_rows, digest=digest, fresh=known is None, path=path)


def _row(result: StandingResult, entity_id: str) -> dict[str, object]:
    entry = result.entry
    return {
        "inspection_id": inspection_id(result.plan_id, entity_id, entry.item_code),
        "entity_id": entity_id,
        "occurred_on": entry.visited_on,
        "known_on": result.entered_on,
        "mechanism": RANDOM_DRAW,
        "draw_id": result.plan_id,
        "item_code": entry.item_code,
        "result_codes": ";".join(entry.codes),
        "critical_count": entry.critical_count,
        "serious_count": entry.serious_count,
        "minor_count": entry.minor_count,
        # One of the team stands for it, the one with the lowest ticket: chance chose among them too.
        "inspector": next(iter(result.inspectors), None),
    }


def _chances(session: Session, plan_id: str) -> Mapping[str, float]:
    statement = select(DrawnEntityRow.entity_id, DrawnEntityRow.inclusion_probability).where(
        DrawnEntityRow.plan_id == plan_id
    )
    exact = {text: chance_of(text) for _, text in session.execute(statement)}
    return {entity_id: exact[text] for entity_id, text in session.execute(statement)}


def _voided_on(session: Session, plan_id: str) -> date | None:
    statement = select(PlanEventRow.at).where(PlanEventRow.plan_id == plan_id, PlanEventRow.kind == "voided")
    at = session.scalar(statement)
    return day_in_china(at) if at else None


def _digest(table: pa.Table) -> str:
    """SHA-256 of the rows, whatever library wrote the file."""
    digest = hashlib.sha256()
    for line in _lines(table):
        digest.update(line)
    return digest.hexdigest()


def _lines(table: pa.Table) -> Iterable[bytes]:
    for batch in table.to_batches(max_chunksize=50_000):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"


def _write(table: pa.Table, path: Path) -> None:
    """Puts the file there whole, unless the same bytes lie there already."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    data = sink.getvalue()
    if path.is_file() and path.read_bytes() == data:
        return
    try:
        path.parent.mkdir(exist_ok=True)
        handle, staged = tempfile.mkstemp(dir=path.parent, prefix=".returned-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(staged).chmod(0o644)
        Path(staged).replace(path)
    except OSError as cause:
        raise ReturnRefused(
            expected=f"a folder that may be written into at {path.parent}",
            got=cause.strerror or str(cause),
            todo="let the service write there, or run `python -m serving return-results` where the files lie",
        ) from cause


def _record(ledger: Ledger, plan_id: str, digest: str, rows: int, by: str, now: datetime) -> None:
    row = ResultReturnRow(plan_id=plan_id, digest=digest, rows=rows, by=by, at=now, reason="returned")
    try:
        with ledger.writing() as session:
            session.add(row)
    except IntegrityError:
        return  # another recorded the same rows in the same instant
