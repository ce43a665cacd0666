"""Relations and related parties, by hand: who counts, who does not, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import ibis
import pytest

from features.as_of import AsOf, Known
from features.catalogue.parties import parties
from tests.lake_rows import Row, Rows, arrow_of, schema_of

T = date(2024, 7, 1)
Measure = Callable[[Rows, AsOf], dict[str, Row]]


def entity(name: str, **facts: Any) -> Row:
    return {"entity_id": name, "id_kind": "local", "known_on": date(2020, 1, 1), **facts}


def tie(one: str, kind: str, related_kind: str, other: str, **days: Any) -> Row:
    return {
        "entity_id": one, "kind": kind, "related_kind": related_kind, "related_id": other,
        "occurred_on": date(2021, 1, 1), **days,
    }  # fmt: skip


def head(one: str, person: str, **days: Any) -> Row:
    return tie(one, "legal_representative", "person", person, **days)


def ended(on: date) -> dict[str, date]:
    return {"ended_on": on, "end_known_on": on}


def listed(one: str, kind: str) -> Row:
    return {"entity_id": one, "kind": kind, "occurred_on": date(2024, 1, 1)}


def test_those_with_the_same_head_are_related_and_the_entity_itself_is_not(measure: Measure) -> None:
    city = {
        "entities": [entity(name) for name in "abc"],
        "relations": [head(name, "li") for name in "abc"],
        "listings": [listed("a", "abnormal"), listed("b", "abnormal")],
    }
    told = measure(city, AsOf(on=T, used_on=T))
    assert {name: told[name]["parties_count_now"] for name in "abc"} == {"a": 2, "b": 2, "c": 2}
    assert {name: told[name]["parties_abnormal_now"] for name in "abc"} == {"a": 50, "b": 50, "c": 100}
    assert {name: told[name]["head_entities_now"] for name in "abc"} == {"a": 2, "b": 2, "c": 2}


def test_a_tie_told_from_both_sides_is_one_related_party(measure: Measure) -> None:
    city = {
        "entities": [entity("mother"), entity("child"), entity("stranger")],
        "relations": [
            tie("mother", "investment", "entity", "child"),
            tie("child", "shareholder", "entity", "mother"),
        ],
        "listings": [listed("child", "serious"), listed("child", "judgment_debtor")],
    }
    told = measure(city, AsOf(on=T, used_on=T))
    assert [told[name]["parties_count_now"] for name in ("mother", "child", "stranger")] == [1, 1, 0]
    assert told["mother"]["parties_serious_now"] == told["mother"]["parties_debtor_now"] == 100
    assert told["child"]["parties_serious_now"] == 0
    assert told["stranger"]["parties_serious_now"] is None


def test_a_shared_address_relates_nobody(measure: Measure) -> None:
    city = {
        "entities": [entity(str(number)) for number in range(11)],
        "relations": [tie(str(n), "shared_address", "address", "x") for n in range(11)],
    }
    told = measure(city, AsOf(on=T, used_on=T))["0"]
    assert (told["parties_count_now"], told["address_sharing_now"], told["address_crowded_now"]) == (0, 10, 1)


@pytest.mark.parametrize(("others", "crowded"), [(8, 0), (9, 1)])
def test_ten_at_one_address_are_a_crowd_itself_among_them(
    measure: Measure, others: int, crowded: int
) -> None:
    names = [str(number) for number in range(others + 2)]
    city = {
        # The last one is gone, though nobody closed its address.
        "entities": [*map(entity, names[:-1]), entity(names[-1], deregistered_on=date(2024, 5, 1))],
        "relations": [tie(name, "shared_address", "address", "x") for name in names],
    }
    assert measure(city, AsOf(on=T, used_on=T))["0"]["address_crowded_now"] == crowded


def test_what_ended_with_a_deregistered_entity_still_tells_of_it(measure: Measure) -> None:
    gone = date(2024, 5, 1)
    city = {
        "entities": [entity("a"), entity("b", deregistered_on=gone), entity("c", deregistered_on=gone)],
        "relations": [
            head("a", "li"),
            head("b", "li", **ended(gone)),
            head("c", "li", **ended(date(2023, 1, 1))),  # left it long before
        ],
    }
    told = measure(city, AsOf(on=T, used_on=T))["a"]
    assert (told["head_deregistered_365d"], told["head_entities_now"]) == (1, 0)
    assert (told["parties_count_now"], told["parties_deregistered_ever"]) == (1, 100)


def test_a_person_of_many_entities_costs_a_row_for_each_not_for_each_pair() -> None:
    names = [f"e{number}" for number in range(300)]
    city: dict[str, list[Row]] = {
        "entities": [entity(name) for name in names],
        "relations": [head(name, "li") for name in names],
        "listings": [listed("e0", "serious")],
        "penalties": [{"entity_id": "e1", "kinds": "fine", "occurred_on": date(2024, 1, 1)}],
    }
    tables = {table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table) for table in city}
    view = parties(Known(tables=tables, as_of=AsOf(on=T, used_on=T)))
    query = str(ibis.to_sql(view, dialect="duckdb"))
    with duckdb.connect() as connection:
        for table, rows in city.items():
            connection.register(table, arrow_of(table, rows))
        rows = connection.sql(query).to_arrow_table().to_pylist()
        plan = str(connection.sql(f"EXPLAIN {query}").to_arrow_table().to_pylist()).lower()
    assert len(rows) == 300
    assert {row["parties"] for row in rows} == {299}
    assert "hash join" in plan
    for quadratic in ("cross", "loop", "blockwise", "ie join", "piecewise"):
        assert quadratic not in plan


def test_without_listings_only_what_reads_them_goes() -> None:
    tables = {
        table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table)
        for table in ("entities", "relations", "penalties")
    }
    view = parties(Known(tables=tables, as_of=AsOf(on=T, used_on=T)))
    assert view.columns == ("entity_id", "parties", "deregistered", "revoked", "penalised")
