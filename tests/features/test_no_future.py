"""The promise of the product: what was not yet known, had not yet happened or is forgotten moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.contract import Column, load_contract
from features.as_of import AsOf
from features.assembly import assemble
from features.professional import catalogue_of, fields
from tests.lake_rows import Row, Rows, arrow_of, chained, schema_of

T = date(2024, 2, 29)
U = date(2024, 9, 1)
ENTITIES = ["a", "b", "c"]
EVERY = catalogue_of(tuple(fields()))
# The largest sets of tables that some indicator reads together: whatever ties tables is in one of them.
TOGETHER = {frozenset({c.partition(".")[0] for c in i.reads} - {"entities"}) for i in EVERY} - {frozenset()}
GROUPS = sorted(sorted(one) for one in TOGETHER if not any(one < other for other in TOGETHER))
# What ties the entities to each other, so that the records of one may move the indicators of another.
TIES = {
    "related_kind": st.sampled_from(["entity", "entity", "person", "address"]),
    "related_id": st.sampled_from([*ENTITIES, "head", "street"]),
}

past = st.integers(0, 1500).map(lambda days: T - timedelta(days=days))
future = st.integers(1, 400).map(lambda days: T + timedelta(days=days))
FIRST = {"known_on": date(2020, 1, 1), "deregistered_on": None}
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
    free = {c.name: TIES.get(c.name, content(c)) for c in contract.columns if c.name not in fixed}
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


@pytest.fixture(scope="module")
def measure_of() -> Iterator[Callable[[Sequence[str], Rows, AsOf], list[Row]]]:
    """Every indicator of a group of tables: all of the catalogue at once takes an engine seconds to plan."""
    connection = duckdb.connect(config={"threads": 1})
    queries: dict[tuple[str, AsOf], str] = {}

    def values(group: Sequence[str], rows: Rows, as_of: AsOf) -> list[Row]:
        tables = {
            table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table)
            for table in (*group, "entities")
        }
        for table in tables:
            connection.register(table, arrow_of(table, rows.get(table, [])))
        key = (";".join(group), as_of)
        if key not in queries:
            told = [i for i in EVERY if {c.partition(".")[0] for c in i.reads} <= set(tables)]
            queries[key] = str(ibis.to_sql(assemble(tables, as_of, told, skipped=()), dialect="duckdb"))
        return list(connection.sql(queries[key]).to_arrow_table().to_pylist())

    yield values
    connection.close()


@st.composite
def cities(draw: st.DrawFn, events: Sequence[str]) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """A city as known on T, and the same with all that is not to be seen on T."""
    known: dict[str, list[Row]] = {}
    later: dict[str, list[Row]] = {}
    for table in events:
        key = load_contract(table).key[0]
        drawn = draw(st.lists(visible(table), max_size=2 if table != "relations" else 4), label=table)
        known[table] = [row | {key: f"known {number}"} for number, row in enumerate(drawn)]
        later[table] = [one for row in known[table] for one in draw(known_later(table, row))]
        later[table] += draw(st.lists(invisible(table), max_size=2))
    known["entities"] = [
        draw(entity_versions(past)) | {"entity_id": entity, "deregistered_on": None} for entity in ENTITIES
    ]
    later["entities"] = known["entities"] + draw(
        st.lists(entity_versions(future), max_size=3, unique_by=lambda r: (r["entity_id"], r["known_on"]))
    )
    return known, later


grouped = pytest.mark.parametrize("group", GROUPS, ids="+".join)
few = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def test_every_indicator_is_measured_with_some_group() -> None:
    read = [{c.partition(".")[0] for c in i.reads} - {"entities"} for i in EVERY]
    assert all(any(tables <= set(group) for group in GROUPS) for tables in read)


@grouped
@few
@given(data=st.data())
def test_nothing_unknown_future_withdrawn_or_forgotten_moves_any_indicator(
    group: list[str], data: st.DataObject, measure_of: Callable[..., list[Row]]
) -> None:
    known, later = data.draw(cities(group))
    as_of = AsOf(on=T, used_on=U)
    assert measure_of(group, later, as_of) == measure_of(group, known, as_of)


@st.composite
def repaired_cities(
    draw: st.DrawFn, events: Sequence[str]
) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """A city with repaired records, corrected ones among them, and the same without these records."""
    without: dict[str, list[Row]] = {
        "entities": [draw(entity_versions(past)) | FIRST | {"entity_id": e} for e in ENTITIES]
    }
    with_them = dict(without)
    for table in events:
        key = load_contract(table).key[0]
        without[table] = [
            row | {key: f"kept {number}"}
            for number, row in enumerate(draw(st.lists(visible(table), max_size=2)))
        ]
        repaired: list[Row] = []
        for number in range(draw(st.integers(0, 2))):
            forgotten = {"forgotten_on": draw(forgotten_by_use), key: f"repaired {number}"}
            versions = [
                draw(rows(table, occurred_on=past, known_on=past)) for _ in range(draw(st.integers(1, 2)))
            ]
            versions.sort(key=lambda row: row["known_on"])
            repaired += chained(*({"retracted": False} | row | forgotten for row in versions))
        with_them[table] = without[table] + repaired
    return with_them, without


@grouped
@few
@given(data=st.data(), on=st.sampled_from([T, date(2022, 6, 30), U]))
def test_deleting_a_repaired_record_changes_nothing_used_after_its_repair(
    group: list[str], data: st.DataObject, on: date, measure_of: Callable[..., list[Row]]
) -> None:
    with_them, without = data.draw(repaired_cities(group))
    as_of = AsOf(on=on, used_on=U)
    assert measure_of(group, with_them, as_of) == measure_of(group, without, as_of)


HEADED = [
    {"relation_id": f"head of {e}", "entity_id": e, "kind": "legal_representative", "related_kind": "person",
     "related_id": "head", "occurred_on": date(2020, 1, 1)}
    for e in ("a", "b")
]  # fmt: skip
BETWEEN = {"occurred_on": T - timedelta(days=90), "known_on": T - timedelta(days=90)}


@pytest.mark.parametrize(
    ("clocks", "share"),
    [
        ({}, 100.0),
        ({"known_on": T + timedelta(days=1)}, 0.0),
        ({"occurred_on": T + timedelta(days=1)}, 0.0),
        ({"forgotten_on": U}, 0.0),
        ({"superseded_on": T}, 0.0),
    ],
)
def test_a_neighbours_record_counts_under_the_same_rule(
    clocks: Row, share: float, measure: Callable[..., dict[str, Row]]
) -> None:
    """The neighbour, tied by a person, was penalised; a's share of penalised parties tells."""
    city = {
        "entities": [{"entity_id": e, "id_kind": "local", "known_on": date(2020, 1, 1)} for e in ("a", "b")],
        "relations": HEADED,
        "penalties": [{"entity_id": "b", "kinds": "fine", **BETWEEN, **clocks}],
    }
    assert measure(city, AsOf(on=T, used_on=U))["a"]["parties_penalised_1095d"] == share


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
