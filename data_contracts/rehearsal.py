"""What admission would do, without a lake: all that is wrong with mapping, files and rows; the first rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from data_contracts.admission import Job, Request, engine_for, gather, jobs_of
from data_contracts.admission_engine import FILE_STEP, Engine, Part
from data_contracts.advice import advice, toml_text, unit_hint
from data_contracts.binding import PERSONS, Misfit, listed
from data_contracts.feed_files import pairing
from data_contracts.foreign_words import LIKELY, heading_likeness, names_persons
from data_contracts.mapping import CityMapping, Feed, MappingFile
from data_contracts.near_names import near
from data_contracts.raw import RawFile, list_raw_files
from data_contracts.refusal import Refusal
from data_contracts.report import SET_ASIDE, FeedCount, Report
from data_contracts.row_faults import EXAMPLES_SHOWN, counted, row_faults

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know before admission; `stops` if admission would refuse because of it.

    `line` is that of the mapping file, `rows` how many it concerns, `paste` what may be copied into the file.
    """

    where: str
    what: str
    todo: str
    stops: bool
    line: int | None = None
    rows: int | None = None
    examples: tuple[str, ...] = ()
    paste: str = ""


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
    opened: MappingFile, request: Request, staging: Path, *, rows: int = 10, tell: Tell | None = None
) -> Rehearsal:
    """Goes through everything that admission does, in an empty folder, and stops at nothing."""
    found: list[Finding] = []
    files = _listed(request.raw_folder, found)
    paired = pairing(request.mapping, files)
    found.extend(_file_findings(opened, request.mapping, files))
    with engine_for(request, staging) as engine:
        jobs = jobs_of(paired.pairs)
        headings: dict[int, tuple[str, ...]] = {}
        parts = _parts(opened, jobs, engine, _Notes(found, headings), tell)
        found.extend(_complaint_findings(opened, headings))
        found.extend(_person_findings(opened, jobs, headings))
        report = None
        feeds = list(_by_feed(parts))
        previews = [_preview(engine, feed, own, rows) for feed, own in feeds]
        for feed, own in feeds:
            found.extend(_row_findings(opened, engine, feed, own))
        if not any(finding.stops for finding in found):
            counts = gather(parts, engine, tell=lambda _step, _done: None).feeds
            found.extend(_limit_findings(opened, feeds, counts))
            report = _report(request, counts)
    # What stops admission comes last, next to the prompt of a terminal.
    found.sort(key=lambda finding: (finding.stops, finding.line or 0))
    return Rehearsal(mapping=opened.path.name, findings=tuple(found), previews=tuple(previews), report=report)


class _Notes(NamedTuple):
    """What the walk over the files leaves: findings, and the column names that each feed's files have."""

    found: list[Finding]
    headings: dict[int, tuple[str, ...]]


def _complaint_findings(opened: MappingFile, headings: Mapping[int, tuple[str, ...]]) -> Iterator[Finding]:
    """The mistakes of the mapping file itself; for a column that is not mapped, the likeliest of its file."""
    feeds = {feed.number - 1: feed for feed in opened.mapping.feeds}
    alike: dict[tuple[str, str], list[tuple[str | int, ...]]] = {}
    for complaint in opened.complaints:
        alike.setdefault((complaint.place.words, complaint.text), []).append(complaint.place.path)
    for (words, text), (path, *others) in alike.items():
        todo = ""
        if len(path) == 4 and path not in opened.places and path[1] in feeds:
            feed = feeds[int(path[1])]
            todo = _likely_heading(feed, str(path[3]), headings.get(feed.number, ()))
        more = f" (so do {len(others)} more, to line {opened.line(*others[-1])})" if others else ""
        yield Finding(line=opened.line(*path), where=words, what=text + more, todo=todo, stops=True)


def _person_findings(
    opened: MappingFile, jobs: Sequence[Job], headings: Mapping[int, tuple[str, ...]]
) -> Iterator[Finding]:
    """Columns that seem to name persons and are not declared: a rejected row would keep them as they are."""
    told: set[str] = set()
    for job in jobs:
        hidden = {name.lower() for name in job.persons}
        names = [name for name in headings.get(job.feed.number, ()) if names_persons(name)]
        open_names = [name for name in names if name.lower() not in hidden]
        if open_names and job.raw.name not in told:
            told.add(job.raw.name)
            listed = ", ".join(toml_text(name) for name in open_names)
            yield Finding(
                line=opened.line("feed", job.feed.number - 1),
                where=f"feed {job.feed.name!r}, persons",
                what=f"{', '.join(open_names)} of {job.raw.name} may name persons; rejected rows are kept",
                todo=f"declare them if they do: persons = [{listed}]",
                stops=False,
            )


def _likely_heading(feed: Feed, column: str, headings: Sequence[str]) -> str:
    wanted = feed.contract.column(column)
    ranked = sorted(headings, key=lambda name: -heading_likeness(feed.contract, wanted, name))
    likely = [name for name in ranked[:3] if heading_likeness(feed.contract, wanted, name) >= LIKELY]
    if likely:
        return f"map it; the nearest columns of the file are {', '.join(likely)}"
    return f"map it; the columns of the file are {listed(headings)}" if headings else ""


def _listed(folder: Path, found: list[Finding]) -> tuple[RawFile, ...]:
    try:
        return list_raw_files(folder)
    except Refusal as refusal:
        found.append(Finding(where="the raw folder", what=refusal.got, todo=refusal.todo, stops=True))
        return ()


def _file_findings(opened: MappingFile, mapping: CityMapping, files: Sequence[RawFile]) -> Iterator[Finding]:
    """Feeds without a file, and files without a feed."""
    paired = pairing(mapping, files)
    for feed in paired.empty if files else ():
        yield Finding(
            line=opened.line("feed", feed.number - 1, "file"),
            where=f"feed {feed.name!r}, file",
            what=f"no file fits {feed.file!r}{near(feed.file, paired.names)}",
            todo=f"correct 'file'; the folder has {', '.join(paired.names)[:300]}",
            stops=True,
        )
    for name in paired.stray:
        yield Finding(
            where=f"file {name}",
            what="no feed reads it",
            todo="add a [[feed]] for it (the command draft makes one), or say under [ignored] why not",
            stops=True,
        )


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
            notes.headings.setdefault(job.feed.number, bound.source.columns)
            notes.found.extend(_misfit_finding(opened, job.feed, misfit) for misfit in bound.misfits)
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


def _misfit_finding(opened: MappingFile, feed: Feed, misfit: Misfit) -> Finding:
    of_feed = misfit.target in (SET_ASIDE, PERSONS)
    key = (misfit.target,) if of_feed else ("columns", misfit.target)
    return Finding(
        line=opened.line("feed", feed.number - 1, *key),
        where=f"feed {feed.name!r}, {misfit.target}" if of_feed else _where(feed, misfit.target),
        what=misfit.got,
        todo=misfit.todo,
        stops=True,
    )


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
        todo, paste = advice(feed, fault)
        yield Finding(
            line=_line(opened, feed, fault.column),
            where=_where(feed, fault.column),
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
            line = _line(opened, feed, column.target)
            yield Finding(line=line, where=_where(feed, column.target), what=what, todo=todo, stops=False)


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


def _line(opened: MappingFile, feed: Feed, column: str) -> int | None:
    key = () if column == "*" else ("columns", column)
    return opened.line("feed", feed.number - 1, *key)


def _where(feed: Feed, column: str) -> str:
    return f"feed {feed.name!r}" + ("" if column == "*" else f", column {column}")
