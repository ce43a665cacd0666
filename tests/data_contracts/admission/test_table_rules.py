"""Every rule of every contract: a bad row breaks it, a good one and a withdrawal without values keep it."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from data_contracts.contract import Rule, contract_names, load_contract
from data_contracts.conversions import macros, named
from data_contracts.identifiers import uscc_of

RULES = [(table, rule) for table in contract_names() for rule in load_contract(table).rules]
ONE_RULE_EACH = [pytest.param(table, rule, id=f"{table}.{rule.name}") for table, rule in RULES]
DAY, LATER, EXPORT = "2024-03-31", "2024-06-30", "2024-12-31"
GOOD_CODE = uscc_of("91110000802100433")
# For each rule values that keep it and values that break it, by column; what is not named is null.
CASES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "known_before_it_happened": (
        {"occurred_on": DAY, "known_on": DAY},
        {"occurred_on": LATER, "known_on": DAY},
    ),
    "known_in_future": ({"known_on": EXPORT}, {"known_on": "2025-01-01"}),
    "forgotten_before_it_happened": (
        {"occurred_on": DAY, "forgotten_on": LATER},
        {"occurred_on": LATER, "forgotten_on": DAY},
    ),
    "implausibly_old": ({"occurred_on": "1949-10-01"}, {"occurred_on": "1949-09-30"}),
    "ended_before_it_began": ({"occurred_on": DAY, "ended_on": DAY}, {"occurred_on": LATER, "ended_on": DAY}),
    "end_without_knowledge": ({"ended_on": DAY, "end_known_on": LATER}, {"ended_on": DAY}),
    "end_known_in_future": ({"end_known_on": EXPORT}, {"end_known_on": "2025-01-01"}),
    "reported_before_the_year": (
        {"report_year": 2024, "occurred_on": DAY},
        {"report_year": 2025, "occurred_on": DAY},
    ),
    "invalid_before_valid": (
        {"valid_from": DAY, "valid_until": DAY},
        {"valid_from": LATER, "valid_until": DAY},
    ),
    "its_own_parent": ({"code": "01", "parent": "A"}, {"code": "01", "parent": "01"}),
    "due_before_it_was_made": ({"occurred_on": DAY, "due_on": DAY}, {"occurred_on": LATER, "due_on": DAY}),
    "outcome_without_date": ({"outcome": "kept", "end_known_on": DAY}, {"outcome": "kept"}),
    "outcome_known_in_future": ({"outcome_known_on": EXPORT}, {"outcome_known_on": "2025-01-01"}),
    "settled_before_it_was_made": (
        {"occurred_on": DAY, "outcome_known_on": DAY},
        {"occurred_on": LATER, "outcome_known_on": DAY},
    ),
    "bad_uscc": ({"uscc": GOOD_CODE}, {"uscc": "9" * 18}),
    "bad_uscc_id": (
        {"id_kind": "uscc", "entity_id": GOOD_CODE},
        {"id_kind": "uscc", "entity_id": "9" * 18},
    ),
    "bad_registration_id": (
        {"id_kind": "registration_15", "entity_id": "110108000000016"},
        {"id_kind": "registration_15", "entity_id": "110108000000017"},
    ),
    "deregistered_before_registered": (
        {"registered_on": DAY, "deregistered_on": DAY},
        {"registered_on": LATER, "deregistered_on": DAY},
    ),
    "probability_without_draw": (
        {"mechanism": "random_draw", "inclusion_probability": 0.03},
        {"mechanism": "targeted", "inclusion_probability": 0.03},
    ),
    "clean_and_problem": (
        {"result_codes": "ordered_to_correct;other"},
        {"result_codes": "no_problem;ordered_to_correct"},
    ),
    "valid_before_issue": (
        {"occurred_on": DAY, "valid_until": DAY},
        {"occurred_on": LATER, "valid_until": DAY},
    ),
    "end_reason_without_end": ({"end_reason": "revoked", "ended_on": DAY}, {"end_reason": "revoked"}),
    "expired_while_valid": (
        {"end_reason": "expired", "ended_on": LATER, "valid_until": LATER},
        {"end_reason": "expired", "ended_on": DAY, "valid_until": LATER},
    ),
    "related_to_itself": (
        {"entity_id": "e", "related_id": "f"},
        {"entity_id": "e", "related_id": "e"},
    ),
    "period_unreadable": ({"period": "2024-03"}, {"period": "2024-13"}),
    "period_does_not_match": (
        {"period": "2024-03", "occurred_on": DAY},
        {"period": "2024", "occurred_on": DAY},
    ),
    "zero_with_sales": (
        {"zero_declared": True, "sales_fen": 0},
        {"zero_declared": True, "sales_fen": 5_000},
    ),
    "due_before_registration": (
        {"occurred_on": DAY, "next_due_on": DAY},
        {"occurred_on": LATER, "next_due_on": DAY},
    ),
    "corrected_before_it_was_found": (
        {"occurred_on": DAY, "corrected_on": DAY},
        {"occurred_on": LATER, "corrected_on": DAY},
    ),
    "corrected_in_future": ({"corrected_on": EXPORT}, {"corrected_on": "2025-01-01"}),
}
# Where one name stands for another condition in another table.
OTHERWISE: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "complaints.outcome_without_date": (
        {"outcome": "upheld", "outcome_known_on": DAY},
        {"outcome": "upheld"},
    ),
}


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in macros():
        connection.execute(macro)
    return connection


def holds(
    engine: duckdb.DuckDBPyConnection, table: str, rule: Rule, row: Mapping[str, object]
) -> bool | None:
    """What the rule says of one row: true, false or null."""
    columns = load_contract(table).columns
    assert set(row) <= {column.name for column in columns}
    given = ", ".join(
        f"CAST(${column.name} AS {column.sql_type}) AS {named(column.name)}"
        if column.name in row
        else f"CAST(NULL AS {column.sql_type}) AS {named(column.name)}"
        for column in columns
    )
    found = engine.execute(
        f"SELECT ({rule.sql}) FROM (SELECT {given}, DATE '{EXPORT}' AS exported_on)", dict(row)
    ).fetchone()
    assert found is not None
    answer: bool | None = found[0]
    return answer


@pytest.mark.parametrize(("table", "rule"), ONE_RULE_EACH)
def test_a_bad_row_breaks_the_rule_and_a_good_one_keeps_it(
    engine: duckdb.DuckDBPyConnection, table: str, rule: Rule
) -> None:
    good, bad = OTHERWISE.get(f"{table}.{rule.name}") or CASES[rule.name]
    assert holds(engine, table, rule, good) is True
    assert holds(engine, table, rule, bad) is False


@pytest.mark.parametrize(("table", "rule"), ONE_RULE_EACH)
def test_a_withdrawal_breaks_no_rule(engine: duckdb.DuckDBPyConnection, table: str, rule: Rule) -> None:
    assert holds(engine, table, rule, {}) is not False
    if table != "codes":
        assert holds(engine, table, rule, {"known_on": LATER}) is not False


@pytest.mark.parametrize(
    ("period", "last_day", "matches"),
    [
        ("2024", "2024-12-31", True),
        ("2024", "2024-11-30", False),
        ("2024", "2024-12-30", False),
        ("2023", "2024-12-31", False),
        ("2024-02", "2024-02-29", True),
        ("2024-02", "2024-02-28", False),
        ("2024-02", "2024-03-31", False),
    ],
)
def test_a_period_ends_on_its_last_day(
    engine: duckdb.DuckDBPyConnection, period: str, last_day: str, matches: bool
) -> None:
    rule = next(rule for rule in load_contract("tax_social").rules if rule.name == "period_does_not_match")
    assert holds(engine, "tax_social", rule, {"period": period, "occurred_on": last_day}) is matches


def test_every_rule_says_why_and_what_to_do() -> None:
    assert all(rule.why and rule.todo for _, rule in RULES)
    assert all(not rule.why.endswith(".") and not rule.todo.endswith(".") for _, rule in RULES)
