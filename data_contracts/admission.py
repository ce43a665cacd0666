"""Raw files into the lake: all or nothing, the same lake for the same files, every row accounted for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.admission_engine import (
    FEED_STEP,
    FILE_STEP,
    AdmissionError,
    Engine,
    Part,
    TableCount,
    open_engine,
)
from data_contracts.contract import TABLES_FOLDER, load_contract
from data_contracts.feed_files import pair_files
from data_contracts.lake import FORMAT, Lake, LakeError, open_lake, publish, read_card, staging_folder
from data_contracts.mapping import CityMapping, Feed
from data_contracts.raw import RawFile, list_raw_files
from data_contracts.report import FeedCount, Report, report_of

Tell = Callable[[str, int, int], None]
# Raised when the meaning of admitted rows changes without a change of contract or mapping.
CODE_FORMAT = 2
EXAMPLES_KEPT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The outcome: the lake as it is now, its report, and whether anything had to be done."""

    lake: Lake
    report: Report
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of one feed as they would be admitted."""

    feed: str
    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to admit: a mapping, its folder of raw files, the day of admission and the key of pseudonyms."""

    mapping: CityMapping
    raw_folder: Path
    admitted_on: date
    key: bytes
    memory_limit: str = "4GB"

    @property
    def exported_on(self) -> date:
        """The day up to which things may be known: that of the export if the mapping says it."""
        return self.mapping.exported_on or self.admitted_on


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """Tables as staged: what lake.json says of each, and the account of every feed."""

    tables: dict[str, dict[str, object]]
    feeds: tuple[FeedCount, ...]


def admit(request: Request, lake_root: Path, *, tell: Tell | None = None) -> Admission:
    """Admits a folder of raw files as its mapping says; a refusal leaves the lake as it was."""
    files = list_raw_files(request.raw_folder)
    pairs = pair_files(request.mapping, files, request.raw_folder)
    inputs = _inputs_digest(request, files)
    done = _already(lake_root, inputs)
    if done:
        return done
    with staging_folder(lake_root) as staging, _engine(request, staging) as engine:
        folder = staging / "version"
        for name in ("tables", "rejected"):
            (folder / name).mkdir(parents=True)
        built = _build(request, pairs, engine, tell or _silent)
        _refuse_over_limit(built.feeds)
        report = _write_cards(folder, request, built, inputs)
        publish(lake_root, folder, report.version)
    return Admission(lake=open_lake(lake_root), report=report, fresh=True)


def check(
    request: Request, scratch: Path, *, rows: int = 5, tell: Tell | None = None
) -> tuple[Report, tuple[Preview, ...]]:
    """What admission would do, without a lake: the report and the first rows of every feed."""
    pairs = pair_files(request.mapping, list_raw_files(request.raw_folder), request.raw_folder)
    previews: dict[str, Preview] = {}

    def look(engine: Engine, part: Part) -> None:
        if part.feed.name not in previews:
            columns, shown = engine.preview(part, rows)
            previews[part.feed.name] = Preview(
                feed=part.feed.name, table=part.feed.table, columns=tuple(columns), rows=tuple(shown)
            )

    with staging_folder(scratch) as staging, _engine(request, staging) as engine:
        for name in ("tables", "rejected"):
            (staging / "version" / name).mkdir(parents=True)
        built = _build(request, pairs, engine, tell or _silent, look)
    report = Report(
        city=request.mapping.city,
        title=request.mapping.title,
        version="not written",
        exported_on=request.exported_on.isoformat(),
        feeds=built.feeds,
    )
    return report, tuple(previews.values())


def read_report(lake: Lake) -> Report:
    """The report kept with a version of a lake."""
    path = lake.folder / "report.json"
    try:
        return report_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise LakeError(
            expected=f"a report in {path}", got=str(cause), todo="admit the raw files again"
        ) from cause


def _inputs_digest(request: Request, files: Sequence[RawFile]) -> str:
    """Digest of everything that decides the lake, so that the same admission is not done twice."""
    digest = hashlib.sha256(f"{CODE_FORMAT}|{request.exported_on}|{request.mapping.text}".encode())
    digest.update(hashlib.sha256(request.key).digest())
    for path in sorted(TABLES_FOLDER.glob("*.yaml")):
        digest.update(path.read_bytes())
    for raw in files:
        digest.update(f"|{raw.name}|{raw.digest}".encode())
    return digest.hexdigest()


def _already(lake_root: Path, inputs: str) -> Admission | None:
    if not (lake_root / "CURRENT").is_file():
        return None
    try:
        lake = open_lake(lake_root)
        if read_card(lake.folder).get("inputs") != inputs:
            return None
        return Admission(lake=lake, report=read_report(lake), fresh=False)
    except LakeError:
        return None  # A damaged version is made anew.


@contextmanager
def _engine(request: Request, staging: Path) -> Iterator[Engine]:
    engine = open_engine(
        staging,
        request.raw_folder,
        exported_on=request.exported_on,
        key=request.key,
        memory_limit=request.memory_limit,
    )
    try:
        yield engine
    finally:
        engine.close()


def _build(
    request: Request,
    pairs: Sequence[tuple[int, Feed, tuple[RawFile, ...]]],
    engine: Engine,
    tell: Tell,
    look: Callable[[Engine, Part], None] = lambda _engine, _part: None,
) -> _Built:
    parts: list[Part] = []
    jobs = [(number, feed, place, raw) for number, feed, files in pairs for place, raw in enumerate(files)]
    persons: dict[str, set[str]] = {}
    for _, feed, _, raw in jobs:  # What one feed hides, another feed of the same file must not show.
        persons.setdefault(raw.name, set()).update(feed.persons)
    total = len(jobs) + len(request.mapping.tables)
    for step, (number, feed, place, raw) in enumerate(jobs):
        tell(f"checking {raw.name} for {feed.table}", step, total)
        base = number * FEED_STEP + place * FILE_STEP
        part = engine.check_part(engine.bind(feed, raw, base, persons=persons[raw.name]))
        look(engine, part)
        parts.append(part)
    tables: dict[str, dict[str, object]] = {}
    feeds: dict[int, FeedCount] = {}
    for step, table in enumerate(request.mapping.tables, start=len(jobs)):
        tell(f"gathering {table}", step, total)
        own = [part for part in parts if part.feed.table == table]
        count = engine.build_table(load_contract(table), own, engine.staging / "version")
        undated = sorted({name for part in own for name in part.feed.undated})
        words = "|".join((table, str(count.rows), *count.words))
        digest = hashlib.sha256(words.encode()).hexdigest()
        tables[table] = {"rows": count.rows, "digest": digest, "undated": undated}
        for number in sorted({part.base // FEED_STEP for part in own}):
            feeds[number] = _account(engine, number, [p for p in own if p.base // FEED_STEP == number], count)
    tell("done", total, total)
    return _Built(tables=tables, feeds=tuple(feeds[number] for number in sorted(feeds)))


def _account(engine: Engine, number: int, parts: Sequence[Part], count: TableCount) -> FeedCount:
    feed = parts[0].feed
    read = sum(part.rows for part in parts)
    admitted, rejected = count.admitted.get(number, 0), count.rejected.get(number, 0)
    return FeedCount(
        feed=feed.name,
        table=feed.table,
        files=tuple(part.file for part in parts),
        read=read,
        admitted=admitted,
        rejected=rejected,
        duplicates=count.kept.get(number, 0) - admitted - rejected,
        reject_limit=feed.reject_limit,
        reasons=count.reasons.get(number, {}),
        examples=engine.examples(number, EXAMPLES_KEPT),
    )


def _refuse_over_limit(feeds: Sequence[FeedCount]) -> None:
    over = [feed for feed in feeds if feed.over_limit]
    if not over:
        return
    told = "; ".join(
        f"{feed.feed} into {feed.table}: {feed.rejected:,} of {feed.read:,} rows rejected "
        f"({feed.reasons_text}), "
        f"for example {' / '.join(str(example) for example in feed.examples)}"
        for feed in over
    )
    todo = " / ".join(dict.fromkeys(example.todo for feed in over for example in feed.examples))
    raise AdmissionError(
        expected=f"at most {', '.join(f'{feed.reject_limit:.1%} of {feed.feed}' for feed in over)} rejected",
        got=f"{told}; nothing was written",
        todo=f"{todo}; or raise reject_limit of the feed if these rows may be left out",
    )


def _write_cards(folder: Path, request: Request, built: _Built, inputs: str) -> Report:
    mapping = request.mapping
    facts = {
        "format": FORMAT,
        "city": mapping.city,
        "exported_on": request.exported_on.isoformat(),
        "tables": built.tables,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    card = {
        **facts,
        "title": mapping.title,
        "provenance": mapping.provenance,
        "digest": digest,
        "inputs": inputs,
    }
    report = Report(
        city=mapping.city,
        title=mapping.title,
        version=digest[:16],
        exported_on=request.exported_on.isoformat(),
        feeds=built.feeds,
    )
    for name, document in (("lake.json", card), ("report.json", report.as_json())):
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    return report


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tells nobody."""
