"""What is wrong with a mapping file and its raw files before a row is made, each thing at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_contracts.admission.admitting import Job
from data_contracts.admission.feed_files import Pairing
from data_contracts.mapping.binding import PERSONS, Misfit, column_called, listed
from data_contracts.mapping.cell_looks import looks_like_row
from data_contracts.mapping.city_mapping import NO_EXPORT_DAY, Feed, MappingFile
from data_contracts.mapping.foreign_words import LIKELY, heading_likeness, names_persons
from data_contracts.near_names import near
from data_contracts.rehearsal.advice import toml_text
from data_contracts.report import SET_ASIDE

Headings = Mapping[int, tuple[str, ...]]  # by the number of the feed: the column names of its first file


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


def complaint_findings(opened: MappingFile, headings: Headings) -> Iterator[Finding]:
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


def person_findings(opened: MappingFile, jobs: Sequence[Job], headings: Headings) -> Iterator[Finding]:
    """Columns that seem to name persons and are not declared: rejected rows say nothing of them."""
    told: set[str] = set()
    for job in jobs:
        columns = headings.get(job.feed.number, ())
        said = (*job.persons, *job.feed.harmless)
        hidden = {(column_called(name, columns) or name).lower() for name in said}
        names = [name for name in columns if names_persons(name)]
        open_names = [name for name in names if name.lower() not in hidden]
        if open_names and job.raw.name not in told:
            told.add(job.raw.name)
            listed = ", ".join(toml_text(name) for name in open_names)
            yield Finding(
                line=opened.line("feed", job.feed.number - 1),
                where=f"feed {job.feed.name!r}, persons",
                what=f"{', '.join(open_names)} of {job.raw.name} may name persons; rejected rows hide them",
                todo=f"say which: persons = [{listed}], or not_persons of those that name nobody",
                stops=False,
            )


def _likely_heading(feed: Feed, column: str, headings: Sequence[str]) -> str:
    wanted = feed.contract.column(column)
    ranked = sorted(headings, key=lambda name: -heading_likeness(feed.contract, wanted, name))
    likely = [name for name in ranked[:3] if heading_likeness(feed.contract, wanted, name) >= LIKELY]
    if likely:
        return f"map it; the nearest columns of the file are {', '.join(likely)}"
    return f"map it; the columns of the file are {listed(headings)}" if headings else ""


def file_findings(opened: MappingFile, paired: Pairing) -> Iterator[Finding]:
    """Feeds without a file, and files without a feed; a file that several feeds miss is named once."""
    missing: dict[str, list[Feed]] = {}
    for feed in paired.empty:
        missing.setdefault(feed.file, []).append(feed)
    for pattern, feeds in missing.items():
        names = ", ".join(repr(feed.name) for feed in feeds)
        held = f"the folder has {', '.join(paired.names)[:300]}" if paired.names else "the folder has no file"
        yield Finding(
            line=opened.line("feed", feeds[0].number - 1, "file"),
            where=f"feed{'s' if len(feeds) > 1 else ''} {names}, file",
            what=f"no file fits {pattern!r}{near(pattern, paired.names)}",
            todo=f"put it there, correct 'file', or take the feed out; {held}",
            stops=True,
        )
    for name in paired.stray:
        yield Finding(
            where=f"file {name}",
            what="no feed reads it",
            todo="add a [[feed]] for it (the command draft makes one), or say under [ignored] why not",
            stops=True,
        )


def export_findings(opened: MappingFile) -> Iterator[Finding]:
    """A day of the export that nobody says: the day of admission would stand for it."""
    asked = any(NO_EXPORT_DAY in one.text or one.place.path == ("exported_on",) for one in opened.complaints)
    if opened.mapping.exported_on is None and not asked:
        yield Finding(
            where=f"{opened.path.name}, exported_on",
            what="it is missing: the same files make another lake tomorrow, by the day of admission",
            todo=NO_EXPORT_DAY,
            stops=False,
        )


def header_findings(opened: MappingFile, feed: Feed, file: str, columns: Sequence[str]) -> Iterator[Finding]:
    """Column names that are most likely values; they may name persons, so none is shown."""
    if looks_like_row(columns):
        yield Finding(
            line=opened.line("feed", feed.number - 1, "file"),
            where=f"feed {feed.name!r}, file {file}",
            what=f"its {len(columns)} column names look like values of a row",
            todo="correct header_line, header_rows or format of the feed",
            stops=False,
        )


def misfit_finding(opened: MappingFile, feed: Feed, misfit: Misfit) -> Finding:
    of_feed = misfit.target in (SET_ASIDE, PERSONS)
    key = (misfit.target,) if of_feed else ("columns", misfit.target)
    return Finding(
        line=opened.line("feed", feed.number - 1, *key),
        where=f"feed {feed.name!r}, {misfit.target}" if of_feed else where_of(feed, misfit.target),
        what=misfit.got,
        todo=misfit.todo,
        stops=True,
    )


def line_in(opened: MappingFile, feed: Feed, column: str) -> int | None:
    key = () if column == "*" else ("columns", column)
    return opened.line("feed", feed.number - 1, *key)


def where_of(feed: Feed, column: str) -> str:
    return f"feed {feed.name!r}" + ("" if column == "*" else f", column {column}")
