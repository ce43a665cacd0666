"""Raw files into the lake: all or nothing, the same lake for the same files, every row accounted for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.account import (
    ADMITTED,
    DUPLICATE,
    REJECTED,
    AccountLine,
    reasons_of,
    rows_of,
    write_account,
)
from data_contracts.admission.engine import (
    FEED_STEP,
    FILE_STEP,
    AdmissionError,
    Engine,
    Part,
    open_engine,
)
from data_contracts.admission.feed_files import pair_files
from data_contracts.admission.gathering import Gathered, gather_table
from data_contracts.admission.strangers import find_strangers
from data_contracts.contract import TABLES_FOLDER, load_contract
from data_contracts.lake import (
    FORMAT,
    Lake,
    LakeError,
    open_lake,
    publish,
    read_card,
    read_report,
    staging_folder,
)
from data_contracts.mapping.city_mapping import CityMapping, Feed
from data_contracts.mapping.returned_results import FILE as RETURNED_RESULTS
from data_contracts.mapping.returned_results import is_returned
from data_contracts.pseudonym_key import fingerprint, refuse_other_key
from data_contracts.raw import RawFile, list_raw_files
from data_contracts.report import FeedCount, Report, StrangerCount

Tell = Callable[[str, int, int], None]
# Raised when the meaning of admitted rows changes without a change of contract or mapping.
CODE_FORMAT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The outcome: the lake as it is now, its report, and whether anything had to be done."""

    lake: Lake
    report: Report
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to admit: a mapping, its folder of raw files, the day of admission and the key of pseudonyms.

    `new_key` says that all pseudonyms of the lake shall change if the key is another one.
    """

    mapping: CityMapping
    raw_folder: Path
    admitted_on: date
    key: bytes
    memory_limit: str = "4GB"
    new_key: bool = False

    @property
    def exported_on(self) -> date:
        """The day up to which things may be known: that of the export if the mapping says it."""
        return self.mapping.exported_on or self.admitted_on

    @property
    def uses_key(self) -> bool:
        """Whether the lake may hold a pseudonym."""
        return any(feed.uses_pseudonyms for feed in self.mapping.feeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One raw file to be read by one feed, where its rows are counted from, and what of it stays hidden."""

    feed: Feed
    raw: RawFile
    base: int
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Tables as staged: what lake.json says of each, and the account of every feed."""

    tables: dict[str, dict[str, object]]
    feeds: tuple[FeedCount, ...]
    strangers: tuple[StrangerCount, ...]


def admit(request: Request, lake_root: Path, *, tell: Tell | None = None) -> Admission:
    """Admits a folder of raw files as its mapping says; a refusal leaves the lake as it was."""
    files = list_raw_files(request.raw_folder)
    pairs = pair_files(request.mapping, files, request.raw_folder)
    inputs = _inputs_digest(request, files)
    with staging_folder(lake_root) as staging:
        if request.uses_key and not request.new_key:
            refuse_other_key(lake_root, request.key)
        done = _already(lake_root, inputs)
        if done:
            return done
        with engine_for(request, staging) as engine:
            built = _build(request, pairs, engine, tell or _silent)
        _refuse_over_limit(built.feeds)
        report = _write_cards(engine.version, request, built, inputs)
        publish(lake_root, engine.version, report.version)
    return Admission(lake=open_lake(lake_root), report=report, fresh=True)


def _inputs_digest(request: Request, files: Sequence[RawFile]) -> str:
    """Digest of everything that decides the lake, so that the same admission is not done twice."""
    digest = hashlib.sha256(f"{CODE_FORMAT}|{request.exported_on}|{request.mapping.text}".encode())
    digest.update(hashlib.sha256(request.key).digest())
    for path in sorted(TABLES_FOLDER.glob("*.yaml")):
        digest.update(path.read_bytes())
    if any(is_returned(raw.name) for raw in files):
        digest.update(RETURNED_RESULTS.read_bytes())
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
def engine_for(request: Request, staging: Path) -> Iterator[Engine]:
    """The engine of one admission; it works in `staging` and ends with the block."""
    engine = open_engine(
        staging,
        request.raw_folder,
        exported_on=request.exported_on,
        key=request.key,
        time_zone=request.mapping.time_zone,
        memory_limit=request.memory_limit,
    )
    try:
        yield engine
    finally:
        engine.close()


def jobs_of(pairs: Sequence[tuple[int, Feed, tuple[RawFile, ...]]]) -> tuple[Job, ...]:
    """Every file as every feed reads it. What one feed hides, no other feed of the same file shows."""
    persons: dict[str, set[str]] = {}
    for _, feed, files in pairs:
        for raw in files:
            persons.setdefault(raw.name, set()).update(feed.persons)
    return tuple(
        Job(
            feed=feed,
            raw=raw,
            base=number * FEED_STEP + place * FILE_STEP,
            persons=tuple(sorted(persons[raw.name])),
        )
        for number, feed, files in pairs
        for place, raw in enumerate(files)
    )


def _build(
    request: Request, pairs: Sequence[tuple[int, Feed, tuple[RawFile, ...]]], engine: Engine, tell: Tell
) -> Built:
    parts: list[Part] = []
    jobs = jobs_of(pairs)
    total = len(jobs) + len(request.mapping.tables)
    for step, job in enumerate(jobs):
        tell(f"checking {job.raw.name} for {job.feed.table}", step, total)
        parts.append(engine.check_part(engine.bind(job.feed, job.raw, job.base, persons=job.persons)))
    return gather(parts, engine, tell=lambda step, done: tell(step, len(jobs) + done, total))


def gather(parts: Sequence[Part], engine: Engine, *, tell: Callable[[str, int], None]) -> Built:
    """Builds every table from its checked parts, below the staging folder, and accounts for every feed."""
    tables: dict[str, dict[str, object]] = {}
    account: list[AccountLine] = []
    feeds: dict[int, FeedCount] = {}
    for step, table in enumerate(sorted({part.feed.table for part in parts})):
        tell(f"gathering {table}", step)
        own = [part for part in parts if part.feed.table == table]
        gathered = gather_table(engine, load_contract(table), own)
        undated = sorted({name for part in own for name in part.feed.undated})
        tables[table] = {"rows": gathered.rows, "digest": gathered.digest, "undated": undated}
        account.extend(gathered.account)
        for number in sorted({part.base // FEED_STEP for part in own}):
            feeds[number] = _feed_count(number, own, gathered)
    tell("looking for unknown entities", len(tables))
    strangers = find_strangers(engine, sorted(tables))
    owners = {part.base // FEED_STEP: (part.feed.name, part.feed.table, part.feed.provider) for part in parts}
    write_account(engine.version / "account.parquet", account, owners)
    tell("done", len(tables))
    return Built(tables=tables, feeds=tuple(feeds[number] for number in sorted(feeds)), strangers=strangers)


def _feed_count(number: int, parts: Sequence[Part], gathered: Gathered) -> FeedCount:
    own = [part for part in parts if part.base // FEED_STEP == number]
    lines = [line for line in gathered.account if line.feed == number]
    feed = own[0].feed
    return FeedCount(
        feed=feed.name,
        table=feed.table,
        files=tuple(part.file for part in own),
        empty=tuple(part.file for part in own if not part.rows),
        read=sum(part.rows for part in own),
        admitted=rows_of(lines, ADMITTED),
        rejected=rows_of(lines, REJECTED),
        duplicates=rows_of(lines, DUPLICATE),
        reject_limit=feed.reject_limit,
        reasons=reasons_of(lines),
        examples=gathered.examples.get(number, ()),
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


def _write_cards(folder: Path, request: Request, built: Built, inputs: str) -> Report:
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
        "key": fingerprint(request.key) if request.uses_key else None,
    }
    report = Report(
        city=mapping.city,
        title=mapping.title,
        version=digest[:16],
        exported_on=request.exported_on.isoformat(),
        feeds=built.feeds,
        strangers=built.strangers,
    )
    for name, document in (("lake.json", card), ("report.json", report.as_json())):
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    return report


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tells nobody."""
