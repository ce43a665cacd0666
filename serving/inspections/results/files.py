"""Results from a file as offices fill it in: CSV or a workbook, read strictly, good rows in, bad rows back.

A file goes in whole or not at all, in one transaction with its digest: the same file twice changes nothing,
and one whose import was interrupted is simply imported again.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_contracts.file_digest import file_digest
from data_contracts.line_faults import FAULT, FAULTS, FIELDS, LINE
from data_contracts.mapping.reading import Reading
from data_contracts.raw import RawFile, text_to_parquet
from serving.inspections.plans.plan import refuse_no_name
from serving.inspections.results.cells import (
    COLUMNS,
    REJECTED_HEADINGS,
    Columns,
    columns_of,
    entry_of,
    harmless,
    heading,
)
from serving.inspections.results.entering import Judged, judge, record, taken_meanwhile
from serving.inspections.results.facts import plan_of_task, standing_results, task_facts
from serving.inspections.results.rules import Fault, ResultEntry, TaskFacts
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.ledger.schema import ResultImportRow

BYTE_ORDER_MARK = "\ufeff"  # Excel reads UTF-8 only behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of a file: rows read = taken + unchanged + rejected; not `fresh` if it came before."""

    import_id: int
    rows: int
    taken: int
    unchanged: int
    rejected: int
    fresh: bool
    rejected_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A file as read: headings, rows of text with their lines, and the fault of lines that are no rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    line_faults: Mapping[int, Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorted:
    """The entries that may go in, and the faults of rows by their place in the file."""

    judged: Judged
    facts: Mapping[str, TaskFacts]
    faults: Mapping[int, Sequence[Fault]]


def import_results(
    ledger: Ledger,
    file: Path,
    *,
    city: str,
    folder: Path,
    by: str,
    now: datetime,
    name: str = "",
    within: Callable[[str], bool] | None = None,
) -> ImportOutcome:
    """Takes the good rows of a file and keeps the others with their reasons in `folder`.

    `name` is what the sender calls the file; `within` tells the plans that the sender may see, tasks of
    others are none. Refuses a file that is no table or lacks a column.
    """
    refuse_no_name(by, "the name of who imports the results")
    digest = file_digest(file)
    if earlier := _earlier(ledger, city, digest, folder):
        return earlier
    table = _read(file, name or file.name, digest)
    columns = columns_of(table.headings, name or file.name)
    try:
        with ledger.writing() as session:
            found = _sort_out(session, table, columns, city=city, now=now, within=within)
            row = ResultImportRow(city=city, digest=digest, file_name=name or file.name, rows=len(table.rows))
            row.taken, row.unchanged = len(found.judged.taken), found.judged.unchanged
            row.rejected, row.by, row.at, row.reason = len(found.faults), by, now, "imported"
            session.add(row)
            session.flush()
            record(session, found.judged.taken, found.facts, by=by, now=now, import_id=row.import_id)
            _keep_rejected(table, found.faults, rejected_path(folder, digest))
            return _outcome(row, folder, fresh=True)
    except IntegrityError as cause:
        # Of two who import one file at once the second finds the first one's work.
        if earlier := _earlier(ledger, city, digest, folder):
            return earlier
        raise taken_meanwhile() from cause


def find_import(session: Session, city: str, import_id: int) -> ResultImportRow | None:
    """An import of the city by its number, if there is one."""
    row = session.get(ResultImportRow, import_id)
    return row if row is not None and row.city == city else None


def rejected_path(folder: Path, digest: str) -> Path:
    """Where the rejected rows of a file lie."""
    return folder / f"rejected-{digest}.csv"


def blank_form(session: Session, plan_id: str) -> bytes:
    """Every task and item of the plan without a result, as a CSV that Excel opens, to be filled in."""
    standing = standing_results(session, [plan_id])
    facts = task_facts(session, [plan_id])
    rows = [
        (task.task_id, item, *[""] * (len(COLUMNS) - 2))
        for task in facts.values()
        for item in task.items
        if (task.task_id, item) not in standing
    ]
    return _csv([[heading(name) for name in COLUMNS], *sorted(rows)])


def _earlier(ledger: Ledger, city: str, digest: str, folder: Path) -> ImportOutcome | None:
    with ledger.reading() as session:
        statement = select(ResultImportRow).where(
            ResultImportRow.city == city, ResultImportRow.digest == digest
        )
        row = session.scalar(statement)
        return _outcome(row, folder, fresh=False) if row else None


def _outcome(row: ResultImportRow, folder: Path, *, fresh: bool) -> ImportOutcome:
    return ImportOutcome(
        import_id=row.import_id,
        rows=row.rows,
        taken=row.taken,
        unchanged=row.unchanged,
        rejected=row.rejected,
        fresh=fresh,
        rejected_file=rejected_path(folder, row.digest) if row.rejected else None,
    )


def _read(file: Path, name: str, digest: str) -> _Table:
    """The rows of a file as texts, by the reader that admits the records of a city."""
    with tempfile.TemporaryDirectory(prefix="xinheng-results-") as scratch:
        target = Path(scratch) / "rows.parquet"
        text_to_parquet(RawFile(path=file, name=name, digest=digest), Reading(), target)
        table = pq.read_table(target)
    headings = tuple(column for column in table.column_names if column not in (FAULT, FIELDS, LINE))
    lines = tuple(table[LINE].to_pylist())
    rows = list(zip(*(table[column].to_pylist() for column in headings), strict=True))
    faults: dict[int, Fault] = {}
    told = zip(table[FAULT].to_pylist(), table[FIELDS].to_pylist(), strict=True)
    for place, (kind, fields) in enumerate(told):
        if kind:
            faults[place] = Fault(kind, "a line that is a row of the table", str(fields), FAULTS[kind])
    cells = tuple(tuple(cell or "" for cell in row) for row in rows)
    # A sheet that was emptied keeps lines of nothing but delimiters.
    kept = [place for place, row in enumerate(cells) if place in faults or any(map(str.strip, row))]
    return _Table(
        headings=headings,
        rows=tuple(cells[place] for place in kept),
        lines=tuple(lines[place] for place in kept),
        line_faults={new: faults[old] for new, old in enumerate(kept) if old in faults},
    )


def _sort_out(
    session: Session,
    table: _Table,
    columns: Columns,
    *,
    city: str,
    now: datetime,
    within: Callable[[str], bool] | None,
) -> _Sorted:
    """Which rows may go in, judged against what the ledger holds."""
    entries: list[ResultEntry] = []
    places: list[int] = []
    faults: dict[int, Sequence[Fault]] = {}
    for place, row in enumerate(table.rows):
        line_fault = table.line_faults.get(place)
        entry, found = (None, [line_fault]) if line_fault else entry_of(row, columns)
        if entry is None:
            faults[place] = found
        else:
            entries.append(entry)
            places.append(place)
    plan_ids = sorted({plan_of_task(entry.task_id) for entry in entries})
    plan_ids = [plan_id for plan_id in plan_ids if within is None or within(plan_id)]
    facts = task_facts(session, plan_ids, city=city)
    judged = judge(entries, facts, standing_results(session, plan_ids), today=day_in_china(now))
    faults.update({places[number]: found for number, found in judged.faults.items()})
    return _Sorted(judged=judged, facts=facts, faults=faults)


def _keep_rejected(table: _Table, faults: Mapping[int, Sequence[Fault]], target: Path) -> None:
    """Writes the rejected rows, as they came, with line and reasons; there before the ledger commits."""
    if not faults:
        return
    kept = [place for place, name in enumerate(table.headings) if name not in REJECTED_HEADINGS]
    lines = [
        (
            *(harmless(table.rows[place][column]) for column in kept),
            str(table.lines[place]),
            harmless(" ".join(str(fault) for fault in found)),
        )
        for place, found in sorted(faults.items())
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, staged = tempfile.mkstemp(dir=target.parent, prefix=".rejected-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(_csv([[table.headings[column] for column in kept] + [*REJECTED_HEADINGS], *lines]))
        stream.flush()
        os.fsync(stream.fileno())
    Path(staged).replace(target)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
