"""The files of other authorities: taxes, rights, opinion, promises, relations, licences, courts, persons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from data_contracts.sandbox_city import public_opinion, registry_changes, relations, tax_social
from data_contracts.sandbox_city.columns import Ints, chosen, joined
from data_contracts.sandbox_city.commitments import commitments_table, make_commitments
from data_contracts.sandbox_city.delivery import (
    Block,
    City,
    Delivery,
    Streams,
    blocks,
    enter,
    table_of,
    whole,
)
from data_contracts.sandbox_city.entries import Entries, followed
from data_contracts.sandbox_city.intellectual_property import (
    intellectual_property_table,
    make_intellectual_property,
)
from data_contracts.sandbox_city.judicial import judicial_table, make_judicial
from data_contracts.sandbox_city.key_persons import key_persons_table, make_key_persons
from data_contracts.sandbox_city.licences import licences_table, make_licences
from data_contracts.sandbox_city.products import make_products, products_table
from data_contracts.sandbox_city.versions import EntityVersions

PEOPLE_ITEMS = (registry_changes.HEAD, registry_changes.SHAREHOLDERS)


def tax_social_file(city: City, rng: np.random.Generator) -> Delivery:
    """Yearly declarations, some corrected by an audit."""
    return Delivery(path="tax_social.parquet", blocks=_tax_years(city, rng))


def _tax_years(city: City, rng: np.random.Generator) -> Iterator[Block]:
    first_number = 1
    years = tax_social.make_tax_social(
        city.plan, city.population, riskiness=city.riskiness, quarters=city.quarters, rng=rng
    )
    for rows in years:
        entries = enter(city, rows, rng, first_number=first_number)
        first_number += len(entries)
        places, audited = tax_social.reassessed(entries.rows, rng)
        entries = followed(entries, audited, entries.number[places], city.last_day, version=True)
        yield from blocks(entries, table_of(city, tax_social.tax_social_table))


def rights_file(city: City, rng: np.random.Generator) -> Delivery:
    """Intellectual property."""
    rows = make_intellectual_property(city.plan, city.population, city.riskiness, rng)
    made = table_of(city, intellectual_property_table)
    return whole("intellectual_property.parquet", enter(city, rows, rng), made)


def opinion_file(city: City, rng: np.random.Generator) -> Delivery:
    """Public opinion, of which some rumours were withdrawn."""
    rows = public_opinion.make_public_opinion(
        city.population, city.riskiness, quarters=city.quarters, last_day=city.last_day, rng=rng
    )
    entries = enter(city, rows, rng)
    places, days = public_opinion.rumours(entries.rows, rng)
    gone = replace(chosen(entries.rows, places), known=days)
    entries = followed(entries, gone, entries.number[places], city.last_day, withdrawn=True)
    made = table_of(city, public_opinion.public_opinion_table)
    return whole("public_opinion.parquet", entries, made, known="noticed_on")


def commitments_file(city: City, rng: np.random.Generator) -> Delivery:
    """Commitments and what became of them."""
    rows = make_commitments(
        city.population, city.riskiness, quarters=city.quarters, last_day=city.last_day, rng=rng
    )
    return whole("commitments.csv", enter(city, rows, rng), table_of(city, commitments_table))


def connected_files(city: City, versions: EntityVersions, streams: Streams) -> Iterator[Delivery]:
    """Relations, and what is told of the same people elsewhere: registry changes and key persons.

    Files that name people are apart, so that a mapping can hide whole columns.
    """
    tied = relations.make_relations(
        city.population,
        city.riskiness,
        circles=city.circles,
        last_day=city.last_day,
        rng=streams["relations"],
    )
    entries = enter(city, tied, streams["relations"])
    made = table_of(city, relations.relations_table, city.population)
    yield from _apart("relations", entries, entries.rows.party == relations.ENTITY, made)
    del entries
    changes = registry_changes.make_registry_changes(
        city.population,
        city.riskiness,
        quarters=city.quarters,
        last_day=city.last_day,
        versions=versions,
        relations=tied,
        rng=streams["registry_changes"],
    )
    changed = enter(city, changes, streams["registry_changes"])
    made = table_of(city, registry_changes.registry_changes_table, city.population)
    yield from _apart("registry_changes", changed, ~np.isin(changed.rows.item, PEOPLE_ITEMS), made)
    del changes, changed
    persons = make_key_persons(
        city.population,
        city.riskiness,
        quarters=city.quarters,
        last_day=city.last_day,
        relations=tied,
        rng=streams["key_persons"],
    )
    known = enter(city, persons, streams["key_persons"])
    yield _of_versions(city, "key_persons.parquet", known, known.rows.record, key_persons_table)


def licences_file(city: City, rng: np.random.Generator) -> Delivery:
    """Licences; a penalty that revokes ends them."""
    rows = make_licences(
        city.population,
        city.riskiness,
        quarters=city.quarters,
        last_day=city.last_day,
        penalties=joined(city.history.penalties),
        rng=rng,
    )
    return whole("licences.csv", enter(city, rows, rng), table_of(city, licences_table))


def judicial_file(city: City, rng: np.random.Generator) -> Delivery:
    """Records of courts and registers; some come before a listing as judgment debtor."""
    rows = make_judicial(
        city.population,
        city.riskiness,
        quarters=city.quarters,
        last_day=city.last_day,
        listings=joined(city.history.listings),
        rng=rng,
    )
    return whole("judicial.csv", enter(city, rows, rng), table_of(city, judicial_table))


def products_file(city: City, rng: np.random.Generator) -> Delivery:
    """Products and devices under a code; every test of a device is a later version of its row."""
    rows = make_products(
        city.population, city.riskiness, quarters=city.quarters, last_day=city.last_day, rng=rng
    )
    known = enter(city, rows, rng)
    return _of_versions(city, "products.parquet", known, known.rows.product, products_table)


def _apart(name: str, entries: Entries[Any], nameless: Any, made: Any) -> Iterator[Delivery]:
    yield whole(f"{name}.parquet", entries.at(nameless), made)
    yield whole(f"{name}_of_people.parquet", entries.at(~nameless), made)


def _of_versions(city: City, path: str, entries: Entries[Any], keys: Ints, made: Any) -> Delivery:
    """A source that numbers its records itself: the first row of a record is new, the others are versions."""
    later = np.ones(len(entries), np.bool_)
    later[np.unique(keys, return_index=True)[1]] = False
    return whole(path, replace(entries, version=later), lambda rows, _: made(rows, city.ids))
