"""The files of the market regulator: registrations, reports, lists, penalties, complaints, inspections.

Lists, penalties and complaints come twice: as they stood on the eve of the last month, and what came since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.sandbox_city import complaints, listings, penalties, raw_tables
from data_contracts.sandbox_city import figures as filed
from data_contracts.sandbox_city import riskiness as hidden
from data_contracts.sandbox_city.annual_reports import AnnualReports, deadline
from data_contracts.sandbox_city.columns import chosen, joined
from data_contracts.sandbox_city.delivery import Block, City, Delivery, enter, in_two, table_of, whole
from data_contracts.sandbox_city.entries import Entries, followed, renumbered
from data_contracts.sandbox_city.exports import BLOCK_ROWS
from data_contracts.sandbox_city.versions import EntityVersions
from data_contracts.sandbox_city.violations import make_violations, violations_table


def registrations(city: City, versions: EntityVersions) -> Delivery:
    """The versions of all entities."""
    return Delivery(path="entities.parquet", blocks=_versions(city, versions))


def annual_reports(city: City, rng: np.random.Generator) -> Delivery:
    """The reports of every year, one year after the other."""
    return Delivery(path="annual_reports.parquet", blocks=_reports(city, rng))


def _versions(city: City, versions: EntityVersions) -> Iterator[Block]:
    for start in range(0, len(versions.entity), BLOCK_ROWS):
        part = chosen(versions, slice(start, start + BLOCK_ROWS))
        table = raw_tables.entities_table(part, city.population, city.ids)
        yield Block(table=table, withdrawn=np.zeros(table.num_rows, np.bool_))


def _reports(city: City, rng: np.random.Generator) -> Iterator[Block]:
    first_number = 1
    for made in city.reports:
        reports = _amended_later(city, made)
        due = deadline(int(reports.year[0])) if len(reports.year) else city.last_day
        risk = hidden.at(city.riskiness, city.quarters, due)
        entries = enter(city, reports, rng, first_number=first_number)
        first_number += len(entries)
        for start in range(0, max(len(entries), 1), BLOCK_ROWS):
            part = entries.at(slice(start, start + BLOCK_ROWS))
            yield _filings(city, part, risk[part.rows.entity].astype(np.float64), rng)


def _amended_later(city: City, reports: AnnualReports) -> AnnualReports:
    """An amendment is known later than the filing, which may have waited for the entity to be known."""
    known = np.maximum(reports.known, city.population.registered_known[reports.entity])
    return replace(reports, amended=np.maximum(reports.amended, known + 1))


def _filings(
    city: City, part: Entries[AnnualReports], risk: npt.NDArray[np.float64], rng: np.random.Generator
) -> Block:
    """Filings and, after them, the amendments known by the last day: the same report with other figures."""
    figures = filed.make_figures(city.population, part.rows, risk=risk, rng=rng)
    made = raw_tables.annual_reports_table
    first = made(part.rows, figures, city.ids, part.number, amended=False)
    later = np.flatnonzero(part.rows.amended <= city.last_day)
    changed = filed.amended(chosen(figures, later), rng)
    rows, numbers = chosen(part.rows, later), part.number[later]
    amendments = made(rows, changed, city.ids, numbers, amended=True)
    table = pa.concat_tables([first, amendments])
    return Block(table=table, withdrawn=np.zeros(table.num_rows, np.bool_), versions=len(later))


def listing_files(city: City, rng: np.random.Generator) -> Iterator[Delivery]:
    """Lists, with some wrong entries and their withdrawals."""
    entries = enter(city, joined(city.history.listings), rng)
    wrong, withdrawals = listings.by_mistake(city.population, entries.rows, rng)
    mistakes = np.arange(len(wrong.entity), dtype=np.int32) + np.int32(len(entries) + 1)
    entries, numbers = renumbered(followed(entries, wrong, mistakes, city.last_day), rng)
    entries = followed(entries, withdrawals, numbers[mistakes], city.last_day, withdrawn=True)
    made = table_of(city, raw_tables.listings_table)
    yield from in_two("listings.csv", entries, city.last_month, made, known="录入日期")


def penalty_files(city: City, rng: np.random.Generator) -> Iterator[Delivery]:
    """Decisions, some corrected and some revoked later."""
    entries = enter(city, joined(city.history.penalties), rng)
    numbers, first = entries.number, entries.rows
    places, lower = penalties.corrected_amounts(first, rng)
    fallen, gone = penalties.revoked(first, rng)
    entries = followed(entries, lower, numbers[places], city.last_day, version=True)
    entries = followed(entries, gone, numbers[fallen], city.last_day, withdrawn=True)
    made = table_of(city, raw_tables.penalties_table)
    yield from in_two("penalties.csv", entries, city.last_month, made, known="入库日期")


def complaint_files(city: City, rng: np.random.Generator) -> Iterator[Delivery]:
    """Complaints, some entered under another entity first."""
    entries = enter(city, city.history.complaints, rng)
    rows, numbers = entries.rows, entries.number
    places, others = complaints.wrongly_assigned(city.population, rows, rng)
    right = chosen(rows, places)
    right = replace(right, known=(right.known + rng.integers(1, 30, len(places))).astype(np.int32))
    entity = rows.entity.copy()
    entity[places] = others
    entries = replace(entries, rows=replace(rows, entity=entity))
    entries = followed(entries, right, numbers[places], city.last_day, version=True)
    made = table_of(city, raw_tables.complaints_table)
    yield from in_two("complaints.parquet", entries, city.last_month, made)


def inspection_files(city: City, rng: np.random.Generator) -> Iterator[Delivery]:
    """Inspections, and their findings one by one."""
    entries = enter(city, joined(city.history.inspections), rng)
    inspectors = raw_tables.inspector_ids(city.inspectors)
    made = table_of(city, raw_tables.inspections_table, inspectors, city.quarters)
    yield whole("inspections.parquet", entries, made)
    findings = enter(city, make_violations(entries.rows, entries.number, rng), rng)
    yield whole("violations.parquet", findings, table_of(city, violations_table))
