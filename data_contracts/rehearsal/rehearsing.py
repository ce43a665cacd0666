"""What admission would do, without a lake: all that is wrong with mapping, files and rows; the first rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from data_contracts.admission.admitting import Job, Request, engine_for, gather, jobs_of
from data_contracts.admission.engine import FILE_STEP, Engine, Part
from data_contracts.admission.feed_files import pairing
from data_contracts.admission.row_faults import EXAMPLES_SHOWN, VALUES_KEPT, RowFault, counted, row_faults
from data_contracts.admission.unique_rows import TODO
from data_contracts.conversions import quoted
from data_contracts.mapping.city_mapping import Feed, MappingFile
from data_contracts.raw import RawFile, list_raw_files
from data_contracts.refusal import Refusal
from data_contracts.rehearsal.advice import advice, unit_hint
from data_contracts.rehearsal.findings import (
    Finding,
    complaint_findings,
    export_findings,
    file_findings,
    header_findings,
    line_in,
    misfit_finding,
    person_findings,
    where_of,
)
from data_contracts.report import SET_ASIDE, FeedCount, Report
from data_contracts.shrinking import Delivered, shrinking

Tell = Callable[[str, int, int], None]
MANY = 0.05  # of the deregistrations, known before they happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first good rows of one feed as they would be admitted."""

    feed: str
    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Everything found, the first rows of every feed that can be read, and the account if all of them can."""

    mapping: str
    findings: tuple[Finding, ...]
    previews: tuple[Preview, ...]
    report: Report | None

    @property
    def stopped(self) -> tuple[Finding, ...]:
        """What admission would refuse."""
        return tuple(finding for finding in self.findings if finding.stops)

    def as_json(self) -> dict[str, Any]:
        """The plain form, for programs."""
        return {
            "mapping": self.mapping,
            "admissible": not self.stopped,
            "findings": [asdict(finding) for finding in self.findings],
            "previews": [
                {
                    "feed": preview.feed,
                    "table": preview.table,
                    "rows": [
                        {
                            name: value if isinstance(value, bool | int | float | None) else str(value)
                            for name, value in zip(preview.columns, row, strict=True)
                        }
                        for row in preview.rows
                    ],
                }
                for preview in self.previews
            ],
            "report": self.report.as_json() if self.report else None,
        }


def rehearse(
    opened: MappingFile,
    request: Request,
    staging: Path,
    *,
    rows: int = 10,
    tell: Tell | None = None,
    before: Report | None = None,
) -> Rehearsal:
    """Goes through everything that admission does, in an empty folder, and stops at nothing.

    `before` is the account of the lake as it is, if there is one.
    """
    found = list(export_findings(opened))
    files = _listed(request.raw_folder, found)
    paired = pairing(request.mapping, files or ())
    if files is not None:
        found.extend(file_findings(opened, paired))
    with engine_for(request, staging) as engine:
        jobs = jobs_of(paired.pairs)
        headings: dict[int, tuple[str, ...]] = {}
        parts = _parts(opened, jobs, engine, _Notes(found, headings), tell)
        found.extend(complaint_findings(opened, headings))
        found.extend(person_findings(opened, jobs, headings))
        found.extend(_shrinking_findings(opened, parts, before))
        report = None
        feeds = list(_by_feed(parts))
        previews = [_preview(engine, feed, own, rows) for feed, own in feeds]
        for feed, own in feeds:
            found.extend(_row_findings(opened, engine, feed, own))
            found.extend(_foreknown_findings(opened, engine, feed, own))
        if not any(finding.stops for finding in found):
            counts = gather(parts, engine, tell=lambda _step, _done: None).feeds
            found.extend(_disputes(opened, engine, feeds))
            found.extend(_limit_findings(opened, feeds, counts))
            report = _report(request, counts)
    # What stops admission comes last, next to the prompt of a terminal.
    found.sort(key=lambda finding: (finding.stops, finding.line or 0))
    return Rehearsal(mapping=opened.path.name, findings=tuple(found), previews=tuple(previews), report=report)


class _Notes(NamedTuple):
    """What the walk over the files leaves: findings, and the column names that each feed's files have."""

    found: list[Finding]
    headings: dict[int, tuple[str, ...]]


def _listed(folder: Path, found: list[Finding]) -> tuple[RawFile, ...] | None:
    try:
        return list_raw_files(folder)
    except Refusal as refusal:
        found.append(Finding(where="the raw folder", what=refusal.got, todo=refusal.todo, stops=True))
        return None


def _parts(
    opened: MappingFile, jobs: Sequence[Job], engine: Engine, notes: _Notes, tell: Tell | None
) -> list[Part]:
    """Every file that its feed can read; what cannot be read is told."""
    parts = []
    for step, job in enumerate(jobs):
        if tell:
            tell(f"checking {job.raw.name} for {job.feed.table}", step, len(jobs))
        where = f"feed {job.feed.name!r}, file {job.raw.name}"
        line = opened.line("feed", job.feed.number - 1, "file")
        try:
            bound = engine.bind(job.feed, job.raw, job.base, persons=job.persons)
            odd = list(header_findings(opened, job.feed, job.raw.name, bound.source.columns))
            notes.found.extend(odd)
            notes.headings.setdefault(job.feed.number, () if odd else bound.source.columns)
            notes.found.extend(misfit_finding(opened, job.feed, misfit) for misfit in bound.misfits)
            if not bound.misfits and job.feed.number not in opened.unsound:
                parts.append(engine.check_part(bound))
        except Refusal as refusal:
            notes.found.append(
                Finding(
                    line=line,
                    where=where,
                    what=f"expected {refusal.expected}, got {refusal.got}",
                    todo=refusal.todo,
                    stops=True,
                )
            )
    return parts


def _by_feed(parts: Sequence[Part]) -> Iterator[tuple[Feed, list[Part]]]:
    for number in sorted({part.feed.number for part in parts}):
        own = [part for part in parts if part.feed.number == number]
        yield own[0].feed, own


def _preview(engine: Engine, feed: Feed, parts: Sequence[Part], most: int) -> Preview:
    """The first good rows, of the first file that has some."""
    columns: list[str] = [column.target for column in feed.columns]
    rows: list[tuple[object, ...]] = []
    for part in parts:
        columns, rows = engine.preview(part, most)
        if rows:
            break
    return Preview(feed=feed.name, table=feed.table, columns=tuple(columns), rows=tuple(rows))


def _row_findings(
    opened: MappingFile, engine: Engine, feed: Feed, parts: Sequence[Part]
) -> Iterator[Finding]:
    """What is refused by column and reason, and what no row would ever tell."""
    read = [(part.feed, part.file, part.path) for part in parts]
    for fault in row_faults(read, engine.query, lines_below=FILE_STEP):
        if fault.reason == SET_ASIDE:
            continue
        if _told_in_code_table(feed, fault):
            continue
        todo, paste = advice(feed, fault)
        yield Finding(
            line=line_in(opened, feed, fault.column),
            where=where_of(feed, fault.column),
            what=f"{counted(fault.rows)} {fault.reason}",
            todo=todo,
            stops=False,
            rows=fault.rows,
            examples=tuple(str(value) for value in fault.values[:EXAMPLES_SHOWN]),
            paste=paste,
        )
    for column in feed.columns:
        hint = unit_hint(column)
        if hint:
            what, todo = hint
            line = line_in(opened, feed, column.target)
            yield Finding(line=line, where=where_of(feed, column.target), what=what, todo=todo, stops=False)


def _told_in_code_table(feed: Feed, fault: RowFault) -> bool:
    """True if all that a column lacks are codes of words that stand in its code table."""
    column = {column.target: column for column in feed.columns}.get(fault.column)
    if fault.reason != "unknown_code" or column is None or not column.open_words:
        return False
    split = column.split if column.way == "codes" else "$^"
    words = {word.strip() for value in fault.values for word in re.split(split, value.value or "")}
    return len(fault.values) < VALUES_KEPT and words - {""} <= column.open_words | column.known_words


def _shrinking_findings(
    opened: MappingFile, parts: Sequence[Part], before: Report | None
) -> Iterator[Finding]:
    for feed, own in _by_feed(parts):
        delivered = Delivered(
            feed=feed.name,
            table=feed.table,
            rows=sum(part.rows for part in own),
            empty=tuple(part.file for part in own if not part.rows),
        )
        for what in shrinking([delivered], before):
            yield Finding(
                line=opened.line("feed", feed.number - 1, "file"),
                where=f"feed {feed.name!r}",
                what=what,
                todo="ask who delivers it whether the delivery is whole",
                stops=False,
            )


def _foreknown_findings(
    opened: MappingFile, engine: Engine, feed: Feed, parts: Sequence[Part]
) -> Iterator[Finding]:
    """Entities whose end was known before it came: known_on is most likely the day of their founding."""
    if feed.table != "entities" or "deregistered_on" not in {column.target for column in feed.columns}:
        return
    files = ", ".join(quoted(str(part.path)) for part in parts)
    ended, early = engine.query(
        "SELECT count(deregistered_on), count(*) FILTER (deregistered_on > known_on) "
        f"FROM read_parquet([{files}])"
    )[0]
    if early > MANY * ended:
        yield Finding(
            line=line_in(opened, feed, "known_on"),
            where=where_of(feed, "known_on"),
            what=f"{early:,} of {ended:,} deregistrations would be known before they happened",
            todo='what a register says is known on the day of its export: { date = "exported_on" }',
            stops=False,
            rows=early,
        )


def _disputes(
    opened: MappingFile, engine: Engine, feeds: Sequence[tuple[Feed, list[Part]]]
) -> Iterator[Finding]:
    """Rows that are only refused beside others: conflicts of a key, retractions of nothing."""
    reasons = ", ".join(quoted(reason) for reason in TODO)
    for feed, _ in feeds:
        rejected = engine.version / "rejected" / f"{feed.table}.parquet"
        for column, reason, todo, rows, examples in engine.query(
            f"""SELECT "column", reason, todo, count(*), list_slice(list(source_file || ' line ' || line ||
            ': ' || coalesce(value, '') ORDER BY source_file, line), 1, {EXAMPLES_SHOWN})
            FROM read_parquet({quoted(str(rejected))}) WHERE feed = {quoted(feed.name)}
            AND reason IN ({reasons}) GROUP BY ALL ORDER BY reason, "column" """
        ):
            yield Finding(
                line=line_in(opened, feed, column),
                where=where_of(feed, column),
                what=f"{counted(rows)} {reason}",
                todo=todo,
                stops=False,
                rows=rows,
                examples=tuple(examples),
            )


def _limit_findings(
    opened: MappingFile, feeds: Sequence[tuple[Feed, list[Part]]], counts: Sequence[FeedCount]
) -> Iterator[Finding]:
    for (feed, _), count in zip(feeds, counts, strict=True):
        if count.over_limit:
            yield Finding(
                line=opened.line("feed", feed.number - 1),
                where=f"feed {feed.name!r}",
                what=f"{count.rejected:,} of {count.read:,} rows are rejected ({count.reasons_text}), and "
                f"{feed.reject_limit:.1%} may be",
                todo="correct what is told above, or raise reject_limit of the feed if they may be left out",
                stops=True,
                rows=count.rejected,
            )


def _report(request: Request, counts: tuple[FeedCount, ...]) -> Report:
    return Report(
        city=request.mapping.city,
        title=request.mapping.title,
        version="not written",
        exported_on=request.exported_on.isoformat(),
        feeds=counts,
    )
