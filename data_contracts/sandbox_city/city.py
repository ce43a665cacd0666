"""The whole city: population, hidden riskiness, its history, raw files with dirt, and the truth apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_contracts.sandbox_city import dirt, truth
from data_contracts.sandbox_city.annual_reports import make_annual_reports
from data_contracts.sandbox_city.circles import make_circles
from data_contracts.sandbox_city.complaints import make_complaints
from data_contracts.sandbox_city.days import day_number, quarter_starts
from data_contracts.sandbox_city.deliveries import deliveries
from data_contracts.sandbox_city.delivery import City, Delivery, Streams
from data_contracts.sandbox_city.dirt import Fault, soil
from data_contracts.sandbox_city.exports import ENCODINGS, Desk, open_desk, open_file, text_lines
from data_contracts.sandbox_city.faults import event_faults, registration_faults
from data_contracts.sandbox_city.file_columns import event_files
from data_contracts.sandbox_city.history import History, QuarterTruth, Stage, live_through
from data_contracts.sandbox_city.inspections import make_inspectors
from data_contracts.sandbox_city.listings import for_missing_reports, for_name_rulings
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import make_population
from data_contracts.sandbox_city.raw_tables import entity_ids
from data_contracts.sandbox_city.riskiness import make_riskiness
from data_contracts.sandbox_city.truth import PlantedFile

# One stream of chance per subject: they do not disturb each other. New ones go to the end.
SUBJECTS = (
    "population", "riskiness", "annual_reports", "complaints", "inspectors", "missing_reports", "history",
    "figures", "versions", "dirt", "circles", "mistakes", "corrections", "assignments", "violations",
    "tax_social", "intellectual_property", "public_opinion", "commitments", "relations", "registry_changes",
    "key_persons", "licences", "judicial", "products", "name_rulings",
)  # fmt: skip
REGISTRATIONS = "entities.parquet"
MONTHLY_FILES = 3
LATER = ("versions", "retractions", "completions")
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFiles:
    """Where the city lies, and how many rows each raw file has."""

    raw_folder: Path
    truth_folder: Path
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folders:
    """Where files are written, and the thread that writes them."""

    raw: Path
    truth: Path
    desk: Desk


def generate(
    plan: SandboxPlan,
    raw_folder: Path,
    truth_folder: Path,
    *,
    tell: Tell | None = None,
) -> CityFiles:
    """Writes the raw files of a city and, apart from them, its truth. Same plan, same bytes.

    `tell` hears of each step: what is being made, how many steps are done, and of how many.
    """
    tell = tell or _silent
    generators = np.random.default_rng(plan.seed).spawn(len(SUBJECTS))
    streams: Streams = dict(zip(SUBJECTS, generators, strict=True))
    for folder in (raw_folder, truth_folder):
        folder.mkdir(parents=True, exist_ok=True)
    planted: dict[str, PlantedFile] = {}
    with open_desk() as desk:
        folders = _Folders(raw=raw_folder, truth=truth_folder, desk=desk)
        city = _live(plan, streams, folders, tell)
        quarters, faults = len(city.quarters), _faults(plan)
        for delivery in deliveries(city, streams):
            tell(delivery.path, quarters + len(planted), quarters + len(faults) + MONTHLY_FILES)
            planted[delivery.path] = _sent(delivery, faults, folders, streams["dirt"])
        truth.write_inspectors(truth_folder, city.inspectors)
        truth.write_planted(truth_folder, planted)
    rows = {path: entry.rows for path, entry in planted.items()}
    return CityFiles(raw_folder=raw_folder, truth_folder=truth_folder, rows=rows)


def _live(plan: SandboxPlan, streams: Streams, folders: _Folders, tell: Tell) -> City:
    """Draws who lives in the city, then lives through the quarters; the truth is written on the way."""
    quarters, last_day = quarter_starts(plan.first_day, plan.last_day), day_number(plan.last_day)
    tell("population", 0, len(quarters))
    population = make_population(plan, streams["population"])
    riskiness = make_riskiness(population, quarters, streams["riskiness"])
    reports = make_annual_reports(
        plan, population, riskiness=riskiness, quarters=quarters, rng=streams["annual_reports"]
    )
    complaints = make_complaints(
        population, riskiness, quarters=quarters, last_day=last_day, rng=streams["complaints"]
    )
    circles = make_circles(population, riskiness, last_day=last_day, rng=streams["circles"])
    inspectors = make_inspectors(population, streams["inspectors"])
    listed = [
        for_missing_reports(population, reports, streams["missing_reports"]),
        for_name_rulings(population, riskiness[-1], last_day, streams["name_rulings"]),
    ]
    history = History(complaints=complaints, listings=listed)
    stage = Stage(
        population=population,
        riskiness=riskiness,
        circles=circles,
        inspectors=inspectors,
        spans=tuple(zip(quarters, (*quarters[1:], last_day + 1), strict=True)),
    )
    ids = entity_ids(population)
    _write_quarters(
        _told(live_through(stage, history, streams["history"]), len(quarters), tell), ids, folders
    )
    return City(
        plan=plan,
        quarters=quarters,
        population=population,
        riskiness=riskiness,
        circles=circles,
        reports=reports,
        inspectors=inspectors,
        history=history,
        ids=ids,
    )


def _silent(*_: object) -> None:
    """Tells nobody."""


def _told(lived: Iterator[QuarterTruth], count: int, tell: Tell) -> Iterator[QuarterTruth]:
    for done, quarter in enumerate(lived):
        tell("history", done, count)
        yield quarter


def _write_quarters(lived: Iterator[QuarterTruth], ids: pa.Array, folders: _Folders) -> None:
    file = truth.quarter_writer(folders.truth)
    for quarter in lived:
        folders.desk.do(partial(file.write_table, truth.quarter_table(quarter, ids)))
    folders.desk.do(file.close)


def _faults(plan: SandboxPlan) -> dict[str, Callable[[str], tuple[Fault, ...]]]:
    """For every kind of file, its faults by the mark of a delivery."""
    found: dict[str, Callable[[str], tuple[Fault, ...]]] = {
        REGISTRATIONS: lambda _: registration_faults(plan.last_day)
    }
    for name, columns in event_files(plan.last_day).items():
        found[name] = partial(event_faults, columns, plan.last_day)
    return found


def _sent(
    delivery: Delivery,
    faults: Mapping[str, Callable[[str], tuple[Fault, ...]]],
    folders: _Folders,
    rng: np.random.Generator,
) -> PlantedFile:
    """Soils and writes the blocks of one file, and counts what was planted."""
    folder, _, name = delivery.path.rpartition("/")
    kinds = faults[name]("2" if folder else "1")
    lines_of = partial(text_lines, encoding=ENCODINGS[name]) if name in ENCODINGS else None
    counts, file = Counter[str](), None
    for block in delivery.blocks:
        dirty = soil(block.table, kinds, rng, copyable=~block.withdrawn, lines_of=lines_of)
        if file is None:
            file = open_file(folders.raw / delivery.path, block.table.schema)
        folders.desk.do(partial(file.write, dirty.table, dirty.lines))
        counts.update(dirty.planted)
        counts.update(rows=dirty.rows, **{name: getattr(block, name) for name in LATER})
    if file is not None:
        folders.desk.do(file.close)
    return _account(counts, is_event=name != REGISTRATIONS)


def _account(counts: Counter[str], *, is_event: bool) -> PlantedFile:
    """What an admission must find. Registrations of unknown entities are rejected, events are admitted."""
    own = {"rows", dirt.DUPLICATES, dirt.NEAR_MISSES, dirt.UNKNOWN_ENTITIES, *LATER}
    reasons = {kind: count for kind, count in sorted(counts.items()) if kind not in own}
    duplicates = counts[dirt.DUPLICATES] + counts["completions"]
    return PlantedFile(
        rows=counts["rows"],
        admitted=counts["rows"] - duplicates - sum(reasons.values()),
        versions=counts["versions"],
        retractions=counts["retractions"],
        unknown_entities=counts[dirt.UNKNOWN_ENTITIES] + is_event * counts[dirt.NEAR_MISSES],
        duplicates=duplicates,
        completions=counts["completions"],
        near_misses=counts[dirt.NEAR_MISSES],
        reasons=reasons,
    )
