from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from features.catalogue import CATALOGUE

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)
VISIT = {"mechanism": "targeted"}


def test_inspections_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        inspections=[
            VISIT | {"result_codes": "no_problem", "occurred_on": date(2020, 1, 1), "critical_count": 7},
            VISIT | {"result_codes": "no_problem", "occurred_on": date(2022, 1, 1), "critical_count": 0},
            VISIT | {"result_codes": "ordered_to_correct;uncooperative", "occurred_on": date(2023, 1, 1),
                     "critical_count": 3, "minor_count": 2},
            # two visits on the last day: the worse one speaks for the day
            VISIT | {"result_codes": "unreachable", "occurred_on": date(2024, 6, 21), "serious_count": 2},
            VISIT | {"result_codes": "no_problem", "occurred_on": date(2024, 6, 21), "serious_count": 1},
        ],
    )  # fmt: skip
    assert told["inspections_count_1095d"] == 4  # the one of 2020 is outside
    assert told["inspections_recency_last"] == 10
    assert told["inspections_problems_1095d"] == 2
    assert told["inspections_grave_1095d"] == 1  # uncooperative
    assert told["inspections_rate_1095d"] == 50.0  # 2 of 4
    assert told["inspections_rate_ever"] == 40.0  # 2 of 5
    assert told["inspections_problem_last"] == 1
    assert told["inspections_ordered_1095d"] == 1
    assert told["inspections_uncooperative_1095d"] == 1
    assert told["inspections_unreachable_1095d"] == 1
    assert told["inspections_critical_1095d"] == 3
    assert told["inspections_critical_mean_1095d"] == 1.5  # 3 over the two visits that counted them
    assert told["inspections_critical_last"] == 3  # of 2023: on the last day nobody counted them
    assert told["inspections_serious_1095d"] == 3
    assert told["inspections_serious_mean_1095d"] == 1.5
    assert told["inspections_serious_last"] == 2
    assert told["inspections_minor_1095d"] == 2
    assert told["inspections_minor_mean_1095d"] == 2.0
    assert told["inspections_minor_last"] == 2
    assert told["inspections_tenure_ever"] == 1643  # 2020-01-01 to 2024-07-01


def test_never_inspected_is_no_good_result(of_one: Told) -> None:
    told = of_one(T)
    assert told["inspections_count_1095d"] == 0
    assert told["inspections_rate_1095d"] is None
    assert told["inspections_problem_last"] is None


def test_a_visit_without_a_recorded_result_is_neither_clean_nor_a_problem(of_one: Told) -> None:
    told = of_one(
        T,
        inspections=[
            VISIT | {"result_codes": "unreachable", "occurred_on": date(2023, 1, 1)},
            {"mechanism": "follow_up", "result_codes": None, "occurred_on": date(2024, 5, 1)},
            {"mechanism": "complaint", "result_codes": None, "occurred_on": date(2024, 6, 1)},
        ],
    )
    assert told["inspections_count_1095d"] == 3
    assert told["inspections_rate_1095d"] == 100.0  # 1 of the 1 that tells
    assert told["inspections_problem_last"] == 1  # the last visit that tells
    assert told["inspections_recency_last"] == 30
    assert told["inspections_followups_1095d"] == 1
    assert told["inspections_prompted_1095d"] == 1


def test_no_indicator_reads_the_inspector_or_the_draw() -> None:
    forbidden = {"inspector", "draw_id", "inclusion_probability"}
    read = {column.partition(".")[2] for indicator in CATALOGUE for column in indicator.reads}
    assert read & forbidden == set()


def test_how_an_entity_was_chosen_counts_only_where_its_own_conduct_chose_it(of_one: Told) -> None:
    """A draw or a target list says what the authority thought of it: that would teach the old policy back."""
    told = of_one(
        T,
        inspections=[
            {"mechanism": mechanism, "result_codes": "no_problem", "occurred_on": date(2024, 1, 1)}
            for mechanism in ("targeted", "unknown")
        ],
    )
    reading = [i.name for i in CATALOGUE if "inspections.mechanism" in i.reads]
    assert reading == ["inspections_followups_1095d", "inspections_prompted_1095d"]
    assert [told[name] for name in reading] == [0, 0]


def test_the_last_year_is_told_beside_the_three(of_one: Told) -> None:
    found = [("no_problem", date(2024, 6, 1)), ("disclosure_false", date(2023, 7, 3)),  # 364 days before
             ("disclosure_missing", date(2023, 7, 2)), (None, date(2024, 6, 2))]  # fmt: skip
    told = of_one(T, inspections=[{"result_codes": codes, "occurred_on": day} for codes, day in found])
    assert (told["inspections_count_365d"], told["inspections_problems_365d"]) == (3, 1)
    assert told["inspections_rate_365d"] == 50.0
    assert told["inspections_disclosure_1095d"] == 2
