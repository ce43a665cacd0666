"""The promise of the product: what was not yet known, had not yet happened or is forgotten moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.contract import Column, load_contract
from features.as_of import AsOf
from tests.lake_rows import Row, chained

T = date(2024, 2, 29)
U = date(2024, 9, 1)
ENTITIES = ["a", "b", "c"]
EVENTS = ["annual_reports", "listings", "penalties", "complaints", "inspections", "evaluations"]

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
    """Rows of a table with the given clocks and any content; dated facts are of before T or after."""
    contract = load_contract(table)
    fixed = {
        "retracted",
        "entity_id",
        "report_year",
        *contract.key,
        *(c.name for c in contract.columns if c.clock),
    }
    free = {c.name: content(c) for c in contract.columns if c.name not in fixed}
    free |= {c.dated_by: past | future for c in contract.columns if c.dated_by is not None}
    if table == "annual_reports":
        free["report_year"] = st.integers(2019, 2024)
    return st.fixed_dictionaries(free | days | {"entity_id": st.sampled_from(ENTITIES)})


def visible(table: str) -> st.SearchStrategy[Row]:
    # A visible row's late facts (ends, outcomes, deregistrations) are left out: they are changed below.
    late = dict.fromkeys(late_facts(table))
    return rows(table, occurred_on=past, forgotten_on=st.none()).map(
        lambda r: r | {"known_on": r["occurred_on"]} | late
    )


def late_facts(table: str) -> dict[str, str]:
    """The facts of a row that may become known after it, each with the column of that day."""
    contract = load_contract(table)
    facts = {c.name: c.dated_by for c in contract.columns if c.dated_by is not None}
    ended, end_known = contract.clock("ended"), contract.clock("end_known")
    facts |= {ended: end_known} if ended is not None and end_known is not None else {}
    return facts | {name: name for name in facts.values()}


def invisible(table: str) -> st.SearchStrategy[Row]:
    none, early, late = st.none(), past, future
    return st.one_of(
        rows(table, occurred_on=early, known_on=late, forgotten_on=none),
        rows(table, occurred_on=late, known_on=late, forgotten_on=none),
        rows(table, occurred_on=late, known_on=early, forgotten_on=none),
        rows(table, occurred_on=early, known_on=early, forgotten_on=forgotten_by_use),
        # corrected or withdrawn by T, and the withdrawal itself
        rows(table, occurred_on=early, known_on=early, superseded_on=early, forgotten_on=none),
        rows(table, occurred_on=early, known_on=early, retracted=st.just(True), forgotten_on=none),
    )


def entity_versions(known: st.SearchStrategy[date]) -> st.SearchStrategy[Row]:
    return rows("entities", known_on=known, deregistered_on=st.none() | future, id_kind=st.just("local"))


@st.composite
def known_later(draw: st.DrawFn, table: str, row: Row) -> list[Row]:
    """The row with what became known of it after T: late facts, a correction of anything, a withdrawal."""
    told = dict(row)
    for fact, known_on in late_facts(table).items():
        if fact != known_on and draw(st.booleans()):
            told[fact] = draw(content(load_contract(table).column(fact)))
            told[known_on] = draw(future)
    following = []
    if draw(st.booleans()):
        changed = draw(rows(table, occurred_on=past, known_on=future, forgotten_on=st.none()))
        following.append(told | changed | {"retracted": draw(st.booleans())})
    return chained(told, *following)


@st.composite
def cities(draw: st.DrawFn) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """A city as known on T, and the same with all that is not to be seen on T."""
    known: dict[str, list[Row]] = {}
    later: dict[str, list[Row]] = {}
    for table in EVENTS:
        key = load_contract(table).key[0]
        drawn = draw(st.lists(visible(table), max_size=4), label=table)
        known[table] = [row | {key: f"known {number}"} for number, row in enumerate(drawn)]
        later[table] = [one for row in known[table] for one in draw(known_later(table, row))]
        later[table] += draw(st.lists(invisible(table), max_size=3))
    known["entities"] = [
        draw(entity_versions(past)) | {"entity_id": entity, "deregistered_on": None} for entity in ENTITIES
    ]
    later["entities"] = known["entities"] + draw(
        st.lists(entity_versions(future), max_size=3, unique_by=lambda r: (r["entity_id"], r["known_on"]))
    )
    return known, later


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(both=cities())
def test_nothing_unknown_future_withdrawn_or_forgotten_moves_any_indicator(
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


@pytest.mark.parametrize(
    ("on", "fines"), [(date(2024, 2, 1), 100.0), (date(2024, 3, 1), 900.0), (date(2024, 4, 1), 0.0)]
)
def test_a_correction_and_a_withdrawal_count_from_their_day(
    measure: Callable[..., dict[str, Row]], on: date, fines: float
) -> None:
    """Nor could the property hold because corrections never count."""
    fined = {"penalty_id": "p", "entity_id": "a", "kinds": "fine", "occurred_on": date(2024, 1, 10),
             "known_on": date(2024, 2, 1), "fine_fen": 100_00}  # fmt: skip
    corrected = fined | {"known_on": date(2024, 3, 1), "fine_fen": 900_00}
    withdrawn = corrected | {"known_on": date(2024, 4, 1), "retracted": True}
    city = {
        "entities": [{"entity_id": "a", "id_kind": "local", "known_on": date(2020, 1, 1)}],
        "penalties": chained(fined, corrected, withdrawn),
    }
    assert measure(city, AsOf(on=on, used_on=U))["a"]["penalties_fine_365d"] == fines
