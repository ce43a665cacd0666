"""Direct rules: the list decides, under the law of the day, and never lowers a grade."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from features.catalogue import CATALOGUE
from models.direct_rules import RULES, FactsMissing, RuleUnknown, rule_by_code, rules_in_force
from models.grades import Grade

SERIOUS = rule_by_code("serious_violation_list")


@pytest.mark.parametrize(
    ("day", "holds"), [(date(2021, 8, 31), False), (date(2021, 9, 1), True), (date(2026, 6, 30), True)]
)
def test_order_44_holds_from_its_first_day(day: date, holds: bool) -> None:
    assert (SERIOUS in rules_in_force(day)) is holds


def test_a_rule_ends_after_its_last_day() -> None:
    ended = replace(SERIOUS, valid_until=date(2025, 12, 31))
    assert rules_in_force(date(2025, 12, 31), [ended]) == (ended,)
    assert rules_in_force(date(2026, 1, 1), [ended]) == ()


def test_only_a_known_listing_counts() -> None:
    facts = pa.table({"serious_listed_now": pa.array([1, 0, None], pa.int64())})
    assert SERIOUS.holds(facts).tolist() == [True, False, False]


def test_a_boolean_fact_counts_as_well() -> None:
    assert SERIOUS.holds(pa.table({"serious_listed_now": [True, False]})).tolist() == [True, False]


def test_a_snapshot_without_the_fact_is_refused() -> None:
    with pytest.raises(
        FactsMissing, match="the column serious_listed_now that the direct rule serious_violation_list"
    ):
        SERIOUS.holds(pa.table({"age_years_now": [1.0]}))


def test_every_rule_reads_a_fact_of_the_catalogue() -> None:
    assert {rule.fact for rule in RULES} <= {indicator.name for indicator in CATALOGUE}


def test_every_rule_names_its_law_and_speaks_both_languages() -> None:
    for rule in RULES:
        assert rule.legal_basis_zh.startswith("《")
        assert rule.sentence_zh.endswith("。")
        assert rule.sentence_en.endswith(".")


def test_the_serious_list_means_grade_d_by_order_44() -> None:
    assert SERIOUS.grade is Grade.D
    assert "第44号" in SERIOUS.legal_basis_zh


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(RuleUnknown, match="a direct rule among serious_violation_list; got 'abnormal_list'"):
        rule_by_code("abnormal_list")
