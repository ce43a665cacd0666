"""What holds for all indicators together."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from data_contracts.contract import load_contract
from features.as_of import AsOf, clocks
from features.assembly import assemble
from features.catalogue import CATALOGUE, by_name, find_indicator
from features.indicator import DERIVED, PARTIES, Indicator, IndicatorError
from features.professional import catalogue_of, fields
from tests.lake_rows import arrow_of, schema_of

T = date(2024, 7, 1)
# What these indicators say of an entity is made of the records of others.
OF_OTHERS = ("relations", PARTIES)
WHOLE = catalogue_of(tuple(fields()))


def test_names_are_unique_and_keep_their_order() -> None:
    assert list(by_name()) == [indicator.name for indicator in CATALOGUE]


def test_labels_are_unique_in_both_languages() -> None:
    for language in ("label_zh", "label_en"):
        labels = [getattr(indicator, language) for indicator in WHOLE]
        assert len(set(labels)) == len(labels)


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(IndicatorError, match=r"'penalties_count_356d' \(did you mean 'penalties_count_365d'"):
        find_indicator("penalties_count_356d")


@pytest.mark.parametrize("indicator", WHOLE, ids=lambda i: i.name)
def test_reads_name_columns_of_the_contracts(indicator: Indicator) -> None:
    for column in indicator.reads:
        table, _, name = column.partition(".")
        assert load_contract(table).column(name).name == name
        assert indicator.source in (table, DERIVED, *OF_OTHERS)


@pytest.mark.parametrize("indicator", WHOLE, ids=lambda i: i.name)
def test_sentences_of_states_need_no_value_and_the_others_show_it(indicator: Indicator) -> None:
    state = indicator.kind == "integer" and not indicator.unit
    for words in (indicator.raises_zh, indicator.raises_en, indicator.lowers_zh, indicator.lowers_en):
        assert ("{value}" in words) is not state


def test_every_indicator_comes_in_the_type_it_declares() -> None:
    """A sum of sums is 128 bits wide on DuckDB though the expression says 64: a file would hold fractions."""
    tables = {
        table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table)
        for table in sorted({column.partition(".")[0] for i in WHOLE for column in i.reads})
    }
    with duckdb.connect() as connection:
        for table in tables:
            connection.register(table, arrow_of(table, []))
        query = ibis.to_sql(assemble(tables, AsOf(on=T, used_on=T), WHOLE, skipped=()), dialect="duckdb")
        schema = connection.sql(str(query)).to_arrow_table().schema
    declared = {"integer": pa.int64(), "number": pa.float64(), "category": pa.string()}
    wrong = {
        i.name: schema.field(i.name).type for i in WHOLE if schema.field(i.name).type != declared[i.kind]
    }
    assert wrong == {}


def test_ownership_is_there_but_off_for_equal_treatment() -> None:
    assert [i.name for i in CATALOGUE if not i.default_on] == ["entity_ownership_now"]


def test_what_an_entity_is_cannot_be_asked_to_change() -> None:
    assert not any(i.changeable for i in CATALOGUE if i.source == "entities")


def full_rows(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Rows with a value in every column, so that reading an undeclared one would show."""
    city: dict[str, list[dict[str, Any]]] = {}
    for table in sorted({column.partition(".")[0] for i in WHOLE for column in i.reads}):
        city[table] = []
        for number in range(40 if table != "entities" else 8):
            occurred = T - timedelta(days=chance.randint(0, 1400))
            row: dict[str, Any] = {"entity_id": f"e{number % 8}"}
            for column in load_contract(table).columns:
                if column.codes:
                    row[column.name] = chance.choice(column.codes).code
                elif column.kind == "integer":
                    row[column.name] = (
                        T.year - 1 - number % 4 if column.name == "report_year" else chance.randint(0, 3)
                    )
                elif column.kind == "boolean" and column.name != "retracted":
                    row[column.name] = chance.random() < 0.5
                elif column.kind == "string" and column.name not in ("entity_id", *load_contract(table).key):
                    names = ["e0", "e1", "e2", "e3"] if column.name == "related_id" else ["F52", "I64"]
                    row[column.name] = chance.choice(names)
            row |= {c.dated_by: occurred for c in load_contract(table).columns if c.dated_by is not None}
            row |= (
                {"registered_on": occurred, "known_on": occurred}
                if table == "entities"
                else {"occurred_on": occurred}
            )
            city[table].append(row)
    return city


def may_be_emptied(table: str) -> list[str]:
    """The columns of a table that neither name a row nor decide whether it is seen."""
    contract = load_contract(table)
    fixed = {*contract.key, "entity_id", "known_on", "deregistered_on"}
    fixed |= {clock.partition(".")[2] for clock in clocks(table)}
    return [column.name for column in contract.columns if column.name not in fixed]


def reading(indicator: Indicator) -> set[str]:
    """What an indicator reads, and the days on which those facts came to be known."""
    read = {tuple(column.split(".")) for column in indicator.reads}
    days = {(table, load_contract(table).column(name).dated_by) for table, name in read}
    return {f"{table}.{name}" for table, name in read | days}


def of_copy(row: dict[str, Any], name: str) -> dict[str, Any]:
    """The row in a copy of the city of its own: what it says of others is about that copy's."""
    ids = {column: f"{row[column]} {name}" for column in ("entity_id", "related_id") if row.get(column)}
    return row | ids


def test_what_an_indicator_does_not_declare_to_read_does_not_move_it(
    measure: Callable[..., dict[str, dict[str, Any]]],
) -> None:
    """One copy of the city for each column, without that column: only what declares it may differ."""
    city = full_rows(random.Random(3))
    emptied = [(table, name) for table in city for name in may_be_emptied(table)]
    copies: dict[str, list[dict[str, Any]]] = {table: [] for table in city}
    for gap in [("", ""), *emptied]:
        for table, rows in city.items():
            without = {gap[1]: None} if table == gap[0] else {}
            copies[table] += [of_copy(row | without, str(gap)) for row in rows]
    told = measure(copies, AsOf(on=T, used_on=T))
    entities = sorted({row["entity_id"] for row in city["entities"]})
    undeclared = {
        (indicator.name, f"{table}.{name}")
        for table, name in emptied
        for indicator in CATALOGUE
        for entity in entities
        if f"{table}.{name}" not in reading(indicator)
        and told[f"{entity} {('', '')}"][indicator.name] != told[f"{entity} {(table, name)}"][indicator.name]
    }
    assert undeclared == set()
