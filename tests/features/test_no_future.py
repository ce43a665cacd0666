"""The promise of the product: what was not yet known, had not yet happened or is forgotten moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.contract import Column, load_contract
from features.as_of import AsOf

T = date(2024, 2, 29)
U = date(2024, 9, 1)
ENTITIES = ["a", "b", "c"]
EVENTS = ["annual_reports", "listings", "penalties", "complaints", "inspections", "evaluations"]
Row = dict[str, Any]

past = st.integers(0, 1500).map(lambda days: T - timedelta(days=days))
future = st.integers(1, 400).map(lambda days: T + timedelta(days=days))
forgotten_by_use = st.integers(0, 1500).map(lambda days: U - timedelta(days=days))


def content(column: Column) -> st.SearchStrategy[Any]:
    """Any value the contract allows in a column, or none."""
    if column.codes:
        codes = st.sampled_from([code.code for code in column.codes])
        return (
            st.sets(codes, min_size=1, max_size=3).map(lambda some: ";".join(sorted(some)))
            if column.multi
            else codes
        )
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.sampled_from([0, 1, 7, 10**9, 10**12]),
        "number": st.sampled_from([0.1, 1.0]),
        "boolean": st.booleans(),
        "string": st.sampled_from(["F5211", "food", "62"]),
        "date": st.one_of(past, future),
    }
    return kinds[column.kind] if column.required else st.none() | kinds[column.kind]


def rows(table: str, **days: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    """Rows of a table with the given clocks and any content."""
    contract = load_contract(table)
    clocks = {"occurred_on", "known_on", "forgotten_on", *contract.key, "entity_id", "report_year"}
    free = {c.name: content(c) for c in contract.columns if c.name not in clocks}
    if table == "annual_reports":
        free["report_year"] = st.integers(2019, 2024)
    return st.fixed_dictionaries(free | days | {"entity_id": st.sampled_from(ENTITIES)})


def visible(table: str) -> st.SearchStrategy[Row]:
    # A visible row's other days (ends, deregistrations) are left out: they are changed below.
    plain = {name: st.none() for name in ("ended_on", "end_known_on") if table == "listings"}
    return rows(table, occurred_on=past, forgotten_on=st.none(), **plain).map(
        lambda r: r | {"known_on": r["occurred_on"]}
    )


def invisible(table: str) -> st.SearchStrategy[Row]:
    return st.one_of(
        rows(table, occurred_on=past, known_on=future, forgotten_on=st.none()),
        rows(table, occurred_on=future, known_on=future, forgotten_on=st.none()),
        rows(table, occurred_on=future, known_on=past, forgotten_on=st.none()),
        rows(table, occurred_on=past, known_on=past, forgotten_on=forgotten_by_use),
    )


def versions(known: st.SearchStrategy[date]) -> st.SearchStrategy[Row]:
    return rows("entities", known_on=known, deregistered_on=st.none() | future, id_kind=st.just("local"))


@st.composite
def cities(draw: st.DrawFn) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """A city as known on T, and the same with rows and ends that are not to be seen."""
    known: dict[str, list[Row]] = {
        table: draw(st.lists(visible(table), max_size=4), label=table) for table in EVENTS
    }
    known["entities"] = [
        draw(versions(past)) | {"entity_id": entity, "deregistered_on": None} for entity in ENTITIES
    ]
    later = {
        table: [*some, *draw(st.lists(invisible(table), max_size=3))]
        for table, some in known.items()
        if table in EVENTS
    }
    later["entities"] = known["entities"] + draw(
        st.lists(versions(future), max_size=3, unique_by=lambda r: (r["entity_id"], r["known_on"]))
    )
    for number, listing in enumerate(known["listings"]):
        if draw(st.booleans()):
            end = {"ended_on": draw(st.one_of(past, future)), "end_known_on": draw(future)}
            later["listings"][number] = listing | end
    return known, later


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(both=cities())
def test_nothing_unknown_future_or_forgotten_moves_any_indicator(
    both: tuple[dict[str, list[Row]], dict[str, list[Row]]], measure: Callable[..., dict[str, Row]]
) -> None:
    known, later = both
    as_of = AsOf(on=T, used_on=U)
    assert measure(later, as_of) == measure(known, as_of)


def test_the_same_row_counts_from_the_day_it_is_known_until_the_day_it_is_forgotten(
    measure: Callable[..., dict[str, Row]],
) -> None:
    """The property above could hold because nothing ever counts; this row does, between its two days."""
    city = {
        "entities": [{"entity_id": "a", "id_kind": "local", "known_on": date(2020, 1, 1)}],
        "penalties": [
            {"entity_id": "a", "kinds": "fine", "occurred_on": date(2024, 1, 10),
             "known_on": date(2024, 2, 1), "forgotten_on": date(2024, 8, 1)}
        ],
    }  # fmt: skip
    counted = [
        measure(city, AsOf(on=on, used_on=used))["a"]["penalties_count_365d"]
        for on, used in (
            (date(2024, 1, 31), date(2024, 1, 31)),  # happened, not yet known
            (date(2024, 2, 1), date(2024, 2, 1)),  # known
            (date(2024, 2, 1), date(2024, 7, 31)),  # still usable
            (date(2024, 2, 1), date(2024, 8, 1)),  # repaired: not even for the past
        )
    ]
    assert counted == [0, 1, 1, 0]
