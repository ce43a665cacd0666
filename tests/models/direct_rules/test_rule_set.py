"""Every rule of the table: when it holds, on which days, with its law, its words and its records."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data_contracts.contract import load_contract
from features.as_of import AsOf
from features.catalogue import CATALOGUE
from features.catalogue.penalties import SEVERE_KINDS
from features.entity_rows import rows_of
from models.direct_rules import RULES, DirectRule, evidence_of, final_letters, rules_in_force
from models.direct_rules.rule_set import GRADES_BEGIN, HEAVY_KINDS
from models.grades import GRADES
from tests.lake_rows import write_lake
from tests.models.conftest import with_facts

ONE_DAY = timedelta(days=1)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
INDICATORS = {indicator.name: indicator for indicator in CATALOGUE}
WHO = "E1"


def facts(rule: DirectRule, *values: object, place: int = 0) -> pa.Table:
    """One row for each value of one fact of the rule; its other facts are fulfilled."""
    columns = {one.column: pa.array([one.at_least] * len(values), pa.int64()) for one in rule.conditions}
    columns[rule.conditions[place].column] = pa.array(values, pa.int64())
    return with_facts(pa.table(columns))


@each_rule
def test_it_holds_from_its_number_on_and_neither_below_nor_where_nothing_is_known(rule: DirectRule) -> None:
    for place, one in enumerate(rule.conditions):
        rows = facts(rule, one.at_least, one.at_least + 1, one.at_least - 1, 0, None, place=place)
        assert rule.holds(rows).tolist() == [True, True, False, False, False]


@each_rule
def test_it_is_in_force_from_its_first_day_to_its_last(rule: DirectRule) -> None:
    assert rule in rules_in_force(rule.valid_from)
    assert rule not in rules_in_force(rule.valid_from - ONE_DAY)
    last = rule.valid_until or date(2099, 12, 31)
    assert rule in rules_in_force(last)
    assert (rule in rules_in_force(last + ONE_DAY)) is (rule.valid_until is None)


@each_rule
def test_a_past_day_is_decided_again_by_the_rules_of_that_day(rule: DirectRule) -> None:
    """The same facts on the first day, the last and the days around: only days in force are lifted to it."""
    fulfilled, model = facts(rule, rule.conditions[0].at_least), np.array(["A"])
    days = [rule.valid_from - ONE_DAY, rule.valid_from, rule.valid_until or date(2026, 6, 30)]
    for day in days + ([rule.valid_until + ONE_DAY] if rule.valid_until else []):
        others = [GRADES.index(r.grade) for r in rules_in_force(day) if r.holds(fulfilled)[0]]
        expected = GRADES[max(others, default=0)]
        assert final_letters(model, fulfilled, day).tolist() == [expected.value]
        assert (GRADES.index(expected) >= GRADES.index(rule.grade)) or not rule.in_force(day)


@each_rule
def test_it_reads_states_and_counts_of_the_catalogue(rule: DirectRule) -> None:
    for one in rule.conditions:
        indicator = INDICATORS[one.column]
        assert indicator.kind == "integer"
        assert one.at_least == 1 or indicator.unit


@each_rule
def test_it_names_its_law_and_says_in_both_languages_what_follows_and_that_it_is_policy(
    rule: DirectRule,
) -> None:
    assert re.match("《.+》（.+）", rule.legal_basis_zh)
    assert rule.legal_basis_en[0].isupper()
    assert rule.sentence_zh.endswith("。")
    assert f"{rule.grade}级（{rule.grade.label_zh}" in rule.sentence_zh
    assert "本系统据此直接判定" in rule.sentence_zh
    assert rule.sentence_en.endswith(".")
    assert "y this system's direct rule" in rule.sentence_en
    assert re.search(rf"\b{rule.grade} \({rule.grade.label_en} risk\)", rule.sentence_en)


def test_codes_are_unique_and_a_floor_of_policy_is_no_older_than_the_grades() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    listed = [rule for rule in RULES if rule.valid_from < GRADES_BEGIN]
    assert {rule.grade.value for rule in listed} == {"D"}


def test_the_heavy_penalties_are_those_that_the_indicator_counts() -> None:
    assert set(HEAVY_KINDS) == set(SEVERE_KINDS)


@each_rule
def test_its_evidence_is_looked_for_by_columns_and_codes_of_the_contract(rule: DirectRule) -> None:
    contract = load_contract(rule.evidence.table)
    for column, codes in rule.evidence.codes:
        assert set(codes) <= {code.code for code in contract.column(column).codes}
    assert all(contract.column(name) for name in rule.evidence.shown)


def proving(rule: DirectRule, day: date) -> dict[str, Any]:
    """A record that fulfils the rule on the day."""
    codes = {column: codes[0] for column, codes in rule.evidence.codes}
    return {"entity_id": WHO, "occurred_on": day - timedelta(days=rule.evidence.for_days or 1), **codes}


@each_rule
def test_its_evidence_is_the_record_that_fulfils_it_and_none_that_does_not(
    rule: DirectRule, tmp_path: Path
) -> None:
    day = max(rule.valid_from, date(2021, 6, 30))
    good, source = proving(rule, day), rule.evidence
    others = [
        good | {"entity_id": "E2"},
        good | {"known_on": day + ONE_DAY},
        good | {"forgotten_on": day},
        good | {source.codes[0][0]: "other" if source.table != "listings" else "tax_arrears"},
    ]
    if source.open_now:
        others.append(good | {"ended_on": day, "end_known_on": day})
    if source.within_days:
        others.append(good | {"occurred_on": day - timedelta(days=source.within_days)})
    if source.for_days:
        others.append(good | {"occurred_on": day - timedelta(days=source.for_days - 1)})
    named = [{**row, load_contract(source.table).key[0]: f"R{n}"} for n, row in enumerate([good, *others])]
    lake = write_lake(tmp_path / "lake", {source.table: sorted(named, key=lambda row: row["entity_id"])})
    told = evidence_of(rule, lambda table: rows_of(lake, table, WHO, AsOf(on=day, used_on=day)), day)
    assert [record.record_id for record in told] == ["R0"]
    assert told[0].occurred_on == good["occurred_on"]
    assert next(label for _, label, _, _ in told[0].facts) == source.shown[0].replace("_", " ")
