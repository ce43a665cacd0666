"""Direct rules decide under the law of the day, never lower a grade, and refuse what they cannot read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.direct_rules import (
    RULES,
    Condition,
    FactsMissing,
    RuleRefused,
    RuleUnknown,
    final_letters,
    rule_by_code,
    rule_set_digest,
    rules_in_force,
    settled_facts,
)
from models.grades import Grade
from tests.models.conftest import with_facts

SERIOUS = rule_by_code("serious_violation_list")


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2016, 3, 31), set()),
        (date(2016, 4, 1), {"serious_violation_list_2016"}),
        (date(2021, 8, 31), {"serious_violation_list_2016"}),
        (date(2021, 9, 1), {"serious_violation_list"}),
        (date(2026, 6, 30), {"serious_violation_list"}),
    ],
)
def test_a_listing_is_judged_by_the_order_of_its_day_and_by_one_only(day: date, codes: set[str]) -> None:
    reading = {rule.code for rule in rules_in_force(day) if rule.conditions == SERIOUS.conditions}
    assert reading == codes


def test_a_boolean_fact_counts_as_well() -> None:
    assert SERIOUS.holds(pa.table({"serious_listed_now": [True, False]})).tolist() == [True, False]


def test_a_count_that_an_engine_widened_counts_as_well() -> None:
    assert SERIOUS.holds(pa.table({"serious_listed_now": [1.0, 0.0, None]})).tolist() == [True, False, False]


def test_a_snapshot_without_the_fact_is_refused() -> None:
    with pytest.raises(
        FactsMissing, match="the column serious_listed_now that the direct rule serious_violation_list"
    ):
        SERIOUS.holds(pa.table({"age_years_now": [1.0]}))


def test_a_floor_lifts_what_is_better_and_leaves_what_is_worse() -> None:
    facts = with_facts(pa.table({"debtor_listed_now": pa.array([1, 1, 1, 1, 0], pa.int64())}))
    model = np.array(["A", "B", "C", "D", "A"])
    assert final_letters(model, facts, date(2026, 6, 30)).tolist() == ["C", "C", "C", "D", "A"]


def test_of_several_rules_the_worst_decides() -> None:
    facts = with_facts(pa.table({
        "debtor_listed_now": pa.array([1], pa.int64()), "serious_listed_now": pa.array([1], pa.int64()),
    }))  # fmt: skip
    assert final_letters(np.array(["A"]), facts, date(2026, 6, 30)).tolist() == ["D"]


def test_only_a_fact_that_settles_the_grade_alone_is_kept_out_of_the_model() -> None:
    """A debtor is C or worse: which of the two, the model says, and it needs to know."""
    assert settled_facts() == {"serious_listed_now"}
    harder = replace(rule_by_code("judgment_debtor"), grade=Grade.D)
    assert settled_facts([harder]) == {"debtor_listed_now"}


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(
        RuleUnknown, match=r"a direct rule among serious_violation_list, .*got 'abnormal_list'"
    ):
        rule_by_code("abnormal_list")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"conditions": ()}, "conditions that ask for 1 or more"),
        ({"conditions": (Condition(column="x_y_now", at_least=0),)}, "conditions that ask for 1 or more"),
        (
            {"valid_until": date(2021, 8, 31)},
            "a last day on or after the first; got 2021-09-01 to 2021-08-31",
        ),
        ({"grade": Grade.A}, "a grade worse than A"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(RuleRefused, match=said):
        replace(SERIOUS, **changed)  # type: ignore[arg-type]


def test_the_digest_of_the_rules_changes_with_any_word_of_them() -> None:
    assert rule_set_digest() == rule_set_digest(tuple(RULES))
    reworded = (replace(SERIOUS, sentence_en="It is listed."), *RULES[1:])
    assert rule_set_digest(reworded) != rule_set_digest()
