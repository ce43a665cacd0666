"""The whole city: population, hidden riskiness, its history, raw files with dirt, and the truth apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_contracts.sandbox_city import raw_tables, truth
from data_contracts.sandbox_city.annual_reports import AnnualReports, deadline, make_annual_reports
from data_contracts.sandbox_city.circles import make_circles
from data_contracts.sandbox_city.columns import Floats, R, chosen, joined, ordered
from data_contracts.sandbox_city.complaints import make_complaints
from data_contracts.sandbox_city.days import NEVER, Days, day_number, quarter_starts
from data_contracts.sandbox_city.dirt import faults_of, soil
from data_contracts.sandbox_city.exports import write_file
from data_contracts.sandbox_city.figures import make_figures
from data_contracts.sandbox_city.history import History, Stage, live_through
from data_contracts.sandbox_city.inspections import Inspectors, make_inspectors
from data_contracts.sandbox_city.listings import Listings, for_missing_reports
from data_contracts.sandbox_city.penalties import Penalties
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population, make_population
from data_contracts.sandbox_city.riskiness import Riskiness, make_riskiness
from data_contracts.sandbox_city.versions import make_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFiles:
    """Where the city lies, and how many rows each raw file has."""

    raw_folder: Path
    truth_folder: Path
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _City:
    """Everything that is drawn before a file is written."""

    population: Population
    riskiness: Riskiness
    reports: AnnualReports
    inspectors: Inspectors
    history: History


def generate(plan: SandboxPlan, raw_folder: Path, truth_folder: Path) -> CityFiles:
    """Writes the raw files of a city and, apart from them, its truth. Same plan, same bytes."""
    streams = iter(
        np.random.default_rng(plan.seed).spawn(12)
    )  # one per subject: they do not disturb each other
    quarters = quarter_starts(plan.first_day, plan.last_day)
    city = _live(plan, quarters, streams)
    ids = raw_tables.entity_ids(city.population)
    tables = _raw_tables(plan, city, quarters, ids=ids, streams=streams)
    dirt, faults = next(streams), faults_of(plan.last_day)
    soiled = {file: soil(table, faults[file], dirt) for file, table in tables.items()}
    for folder in (raw_folder, truth_folder):
        folder.mkdir(parents=True, exist_ok=True)
    for file, dirty in soiled.items():
        write_file(dirty.table, raw_folder / file)
    truth.write_by_quarter(truth_folder, city.riskiness, city.history, quarters=quarters, ids=ids)
    truth.write_inspectors(truth_folder, city.inspectors)
    truth.write_planted(truth_folder, soiled)
    rows = {file: dirty.table.num_rows for file, dirty in soiled.items()}
    return CityFiles(raw_folder=raw_folder, truth_folder=truth_folder, rows=rows)


def _live(plan: SandboxPlan, quarters: tuple[int, ...], streams: Iterator[np.random.Generator]) -> _City:
    """Draws entities, reports and complaints, then lives through the quarters."""
    last_day = day_number(plan.last_day)
    population = make_population(plan, next(streams))
    riskiness = make_riskiness(population, quarters, next(streams))
    reports = make_annual_reports(plan, population, riskiness=riskiness, quarters=quarters, rng=next(streams))
    complaints = make_complaints(
        population, riskiness, quarters=quarters, last_day=last_day, rng=next(streams)
    )
    inspectors = make_inspectors(population, next(streams))
    history = History(
        complaints=complaints, listings=[for_missing_reports(population, reports, next(streams))]
    )
    rng = next(streams)
    stage = Stage(
        population=population,
        riskiness=riskiness,
        circles=make_circles(population, riskiness, last_day=last_day, rng=next(streams)),
        inspectors=inspectors,
        spans=tuple(zip(quarters, (*quarters[1:], last_day + 1), strict=True)),
    )
    live_through(stage, history, rng)
    return _City(
        population=population, riskiness=riskiness, reports=reports, inspectors=inspectors, history=history
    )


def _raw_tables(
    plan: SandboxPlan,
    city: _City,
    quarters: tuple[int, ...],
    *,
    ids: pa.Array,
    streams: Iterator[np.random.Generator],
) -> dict[str, pa.Table]:
    """What the offices know on the last day, by file."""
    last_day = day_number(plan.last_day)
    reports = _known(city.reports, last_day)
    figures = make_figures(
        city.population, reports, risk=_risk_of(reports, city.riskiness, quarters), rng=next(streams)
    )
    versions = make_versions(plan, city.population, next(streams))
    inspections = _known(joined(city.history.inspections), last_day)
    return {
        "entities.parquet": raw_tables.entities_table(versions, city.population, ids),
        "annual_reports.parquet": raw_tables.annual_reports_table(reports, figures, ids),
        "listings.csv": raw_tables.listings_table(_listings(city.history, last_day), ids),
        "penalties.csv": raw_tables.penalties_table(_penalties(city.history, last_day), ids),
        "complaints.parquet": raw_tables.complaints_table(_known(city.history.complaints, last_day), ids),
        "inspections.parquet": raw_tables.inspections_table(
            inspections, city.inspectors, quarters=quarters, ids=ids
        ),
    }


def _known(rows: R, last_day: int) -> R:
    return ordered(chosen(rows, rows.known <= last_day))


def _penalties(history: History, last_day: int) -> Penalties:
    rows = _known(joined(history.penalties), last_day)
    return replace(rows, forgotten=_by(rows.forgotten, last_day))


def _listings(history: History, last_day: int) -> Listings:
    """An end that is not known yet is not in the export, nor is a repair still to come."""
    rows = _known(joined(history.listings), last_day)
    return replace(
        rows,
        ended=np.where(rows.end_known <= last_day, rows.ended, NEVER).astype(np.int32),
        end_known=_by(rows.end_known, last_day),
        forgotten=_by(rows.forgotten, last_day),
    )


def _by(days: Days, last_day: int) -> Days:
    return np.where(days <= last_day, days, NEVER).astype(np.int32)


def _risk_of(reports: AnnualReports, riskiness: Riskiness, quarters: tuple[int, ...]) -> Floats:
    """The riskiness of each filer in the quarter in which its report was due."""
    years, places = np.unique(reports.year, return_inverse=True)
    due = np.array([deadline(int(year)) for year in years], np.int64)[places]
    quarter = np.maximum(np.searchsorted(np.array(quarters), due, side="right") - 1, 0)
    return riskiness[quarter, reports.entity].astype(np.float64)
