"""What holds for every further source: clocks, keys, sizes, ends, and the same rows from the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from data_contracts.sandbox_city.columns import chosen
from data_contracts.sandbox_city.days import NEVER
from tests.data_contracts.sandbox_city.sources.town import DRAWS, LAST_DAY, TABLES, Town

PER_ENTITY = {
    "relations": 1.6,
    "registry_changes": 0.5,
    "licences": 0.8,
    "judicial": 0.15,
    "key_persons": 0.9,
    "products": 0.5,
}
KEYS = {
    "relations": "relation_no",
    "registry_changes": "change_no",
    "licences": "许可证编号",
    "judicial": "案号",
    "key_persons": "record_no",
    "products": "product_no",
}
every_source = pytest.mark.parametrize("source", sorted(DRAWS))


@every_source
def test_the_same_seed_draws_the_same_rows_and_another_seed_others(source: str, town: Town) -> None:
    first, again, other = (DRAWS[source](town, seed) for seed in (3, 3, 4))
    for field in fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(again, field.name))
    assert not np.array_equal(first.known[:500], other.known[:500])


@every_source
def test_there_are_as_many_rows_as_planned(source: str, drawn: Mapping[str, Any], town: Town) -> None:
    known = drawn[source].known <= LAST_DAY
    assert known.sum() / len(town.population) == pytest.approx(PER_ENTITY[source], rel=0.15)


@every_source
def test_the_clocks_agree(source: str, drawn: Mapping[str, Any], town: Town) -> None:
    rows = drawn[source]
    assert (rows.occurred >= town.population.registered[rows.entity]).all()
    assert (rows.occurred <= town.population.deregistered[rows.entity]).all()
    assert (rows.known >= rows.occurred).all()
    late = rows.known - rows.occurred > 20
    assert 0.01 < late.mean() < 0.65, "some things become known late; versions of a row later still"
    if source != "registry_changes":
        assert (rows.ended >= rows.occurred).all()
        over = rows.ended < NEVER
        assert (rows.end_known[over] >= np.maximum(rows.ended, rows.known)[over]).all()
        assert (rows.end_known[~over] == NEVER).all()
        assert 0.02 < (rows.end_known <= LAST_DAY).mean() < 1, "some still run"
        assert (rows.end_known[over] - rows.ended[over] > 20).any()


@every_source
def test_a_key_and_the_day_it_was_known_are_one_row(
    source: str, drawn: Mapping[str, Any], town: Town
) -> None:
    table = TABLES[source](town, drawn[source]).to_pandas()
    known = "录入日期" if "录入日期" in table else "known_on"
    assert not table.duplicated([KEYS[source], known]).any()
    versioned = source in ("key_persons", "products")
    assert table.duplicated(KEYS[source]).any() == versioned


@every_source
def test_a_table_is_made_row_by_row(source: str, drawn: Mapping[str, Any], town: Town) -> None:
    """Written in blocks or in one piece, the rows are the same."""
    rows = drawn[source]
    whole, block = TABLES[source](town, rows), TABLES[source](town, chosen(rows, slice(0, 50)))
    assert block.equals(whole.slice(0, 50))
    empty = TABLES[source](town, chosen(rows, slice(0, 0)))
    assert empty.schema.equals(whole.schema)


@every_source
def test_arrays_are_small(source: str, drawn: Mapping[str, Any]) -> None:
    """Whole numbers of eight bytes are kept for money alone: cities have millions of entities."""
    rows = drawn[source]
    wide = {field.name for field in fields(rows) if getattr(rows, field.name).itemsize > 4}
    assert {name for name in wide if not name.endswith("_fen")} == set()
