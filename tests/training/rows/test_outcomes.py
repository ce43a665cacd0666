"""Outcomes by hand: which inspection counts, what a problem is, and what stays unlabelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from features.as_of import AsOf
from tests.lake_rows import arrow_of, chained
from training.rows.baselines import past_results
from training.rows.outcomes import (
    LabelWindow,
    OutcomeRefused,
    check_labels,
    last_knowledge,
    outcome_of,
    outcome_rows,
    reaches,
)

AS_OF = date(2024, 1, 1)
KNOWN_BY = date(2024, 12, 31)
Table = Callable[..., ibis.Table]


def row(entity: str, on: date, result: str | None = "no_problem", **changed: Any) -> dict[str, Any]:
    return {
        "inspection_id": f"{entity}-{on}-{result}", "entity_id": entity, "occurred_on": on, "known_on": on,
        "mechanism": "targeted", "result_codes": result, "item_code": "site", **changed,
    }  # fmt: skip


def table(*rows: dict[str, Any]) -> ibis.Table:
    return ibis.memtable(arrow_of("inspections", rows))


def labels(*rows: dict[str, Any], name: str = "problem_found", items: tuple[str, ...] = ()) -> dict[str, Any]:
    return known_labels(*rows, known_by=KNOWN_BY, name=name, items=items)


def known_labels(
    *rows: dict[str, Any],
    known_by: date,
    name: str = "problem_found",
    items: tuple[str, ...] = (),
) -> dict[str, Any]:
    window = LabelWindow(as_of=AS_OF, horizon_days=180, known_by=known_by, used_on=KNOWN_BY)
    expression = outcome_rows(table(*rows), outcome_of(name, items), window)
    return {found["entity_id"]: found for found in fetched(expression)}


def fetched(expression: ibis.Table) -> list[dict[str, Any]]:
    backend = ibis.duckdb.connect(threads=1)
    try:
        found: list[dict[str, Any]] = backend.to_pyarrow(expression).to_pylist()
    finally:
        backend.disconnect()
    return found


def test_the_horizon_is_open_at_its_beginning_and_closed_at_its_end() -> None:
    found = labels(
        row("on the day", AS_OF, "unreachable"),
        row("first day", date(2024, 1, 2), "unreachable"),
        row("last day", date(2024, 6, 29)),
        row("too late", date(2024, 6, 30), "unreachable"),
    )
    assert {entity: each["label"] for entity, each in found.items()} == {"first day": 1, "last day": 0}


def test_the_first_inspection_decides_and_not_a_later_one() -> None:
    found = labels(row("a", date(2024, 3, 1)), row("a", date(2024, 5, 1), "unreachable"))
    assert (found["a"]["label"], found["a"]["occurred_on"]) == (0, date(2024, 3, 1))


def test_a_random_draw_is_taken_before_an_earlier_targeted_visit() -> None:
    drawn = row("a", date(2024, 5, 1), "unreachable", mechanism="random_draw", inclusion_probability=0.25)
    found = labels(row("a", date(2024, 2, 1)), drawn, row("a", date(2024, 6, 1)))
    assert (found["a"]["label"], found["a"]["mechanism"], found["a"]["inclusion_probability"]) == (
        1, "random_draw", 0.25,
    )  # fmt: skip


def test_several_items_of_one_visit_are_one_visit() -> None:
    on = date(2024, 2, 1)
    found = labels(row("a", on), row("a", on, "disclosure_false", item_code="report"))
    assert (found["a"]["label"], found["a"]["inspection_id"]) == (1, "a-2024-02-01-disclosure_false")


@pytest.mark.parametrize(
    ("result", "problem", "serious"),
    [
        ("no_problem", 0, 0),
        ("activity_not_found", 0, 0),
        ("unreachable", 1, 0),
        ("ordered_to_stop", 1, 1),
        ("disclosure_missing;problem_pending", 1, 1),
        ("activity_not_found;other", 0, 0),
    ],
)
def test_the_contract_says_what_a_problem_is(result: str, problem: int, serious: int) -> None:
    one = row("a", date(2024, 2, 1), result)
    assert labels(one)["a"]["label"] == problem
    assert labels(one, name="serious_problem_found")["a"]["label"] == serious


def test_what_is_not_known_yet_is_no_label() -> None:
    late = row("late", date(2024, 3, 1), "unreachable", known_on=date(2025, 1, 1))
    assert labels(late) == {}


def test_a_first_inspection_that_is_forgotten_by_the_day_of_use_is_marked() -> None:
    found = labels(
        row("repaired", date(2024, 3, 1), "unreachable", forgotten_on=date(2024, 12, 31)),
        row("repaired later", date(2024, 3, 1), "unreachable", forgotten_on=date(2025, 1, 1)),
        row("never repaired", date(2024, 3, 1), "unreachable"),
    )
    assert {entity: each["forgotten"] for entity, each in found.items()} == {
        "repaired": True, "repaired later": False, "never repaired": False,
    }  # fmt: skip


def test_a_clean_second_visit_does_not_replace_the_forgotten_first_that_found_a_problem() -> None:
    """The problem was repaired and must be forgotten; to call the entity clean instead would be a lie."""
    first = row("a", date(2024, 3, 1), "unreachable", forgotten_on=date(2024, 9, 1))
    found = labels(first, row("a", date(2024, 5, 1)))
    assert (found["a"]["occurred_on"], found["a"]["forgotten"]) == (date(2024, 3, 1), True)


def test_a_visit_without_a_recorded_result_has_no_label_and_a_later_one_does_not_replace_it() -> None:
    found = labels(row("a", date(2024, 3, 1), None), row("a", date(2024, 5, 1)))
    assert (found["a"]["occurred_on"], found["a"]["label"]) == (date(2024, 3, 1), None)


def test_a_visit_of_which_one_item_is_forgotten_is_forgotten_whole() -> None:
    on = date(2024, 3, 1)
    found = labels(
        row("a", on), row("a", on, "disclosure_false", item_code="report", forgotten_on=date(2024, 9, 1))
    )
    assert found["a"]["forgotten"]


def test_a_result_entered_after_the_next_part_has_begun_is_no_label_of_the_part_before() -> None:
    """On that day nobody could have learned from it, though the lake of today knows it."""
    rows = (
        row("in time", date(2024, 6, 1), "unreachable", known_on=date(2024, 6, 29)),
        row("too late", date(2024, 6, 1), "unreachable", known_on=date(2024, 6, 30)),
    )
    assert set(known_labels(*rows, known_by=date(2024, 6, 29))) == {"in time"}
    assert set(known_labels(*rows, known_by=KNOWN_BY)) == {"in time", "too late"}


def test_what_became_known_later_changes_no_label_of_the_day() -> None:
    early = row("a", date(2024, 5, 1), known_on=date(2024, 5, 3))
    later = row("a", date(2024, 3, 1), "unreachable", known_on=date(2024, 8, 1))
    by = date(2024, 6, 29)
    assert known_labels(early, later, known_by=by) == known_labels(early, known_by=by)


VISIT = row("a", date(2024, 3, 1), inspection_id="v")


@pytest.mark.parametrize(
    ("known_by", "label"),
    [(date(2024, 6, 29), 0), (date(2024, 6, 30), 1), (date(2024, 7, 31), 1), (date(2024, 8, 1), None)],
)
def test_a_result_is_the_one_known_by_then_and_a_withdrawn_inspection_no_label(
    known_by: date, label: int | None
) -> None:
    versions = chained(
        VISIT,
        VISIT | {"known_on": date(2024, 6, 30), "result_codes": "unreachable"},
        VISIT | {"known_on": date(2024, 8, 1), "result_codes": "unreachable", "retracted": True},
    )
    found = known_labels(*versions, known_by=known_by)
    assert found.get("a", {}).get("label") == label


def test_a_correction_known_after_the_window_moves_neither_label_nor_past() -> None:
    """Nor does a second visit take the place of the first, should that be withdrawn later."""
    corrected = VISIT | {"known_on": date(2024, 8, 1), "occurred_on": date(2024, 6, 1), "retracted": True}
    second, by = row("a", date(2024, 5, 1), "unreachable"), date(2024, 6, 29)
    assert known_labels(*chained(VISIT, corrected), second, known_by=by) == known_labels(
        VISIT, second, known_by=by
    )
    days = AsOf(on=by, used_on=KNOWN_BY)
    pasts = [
        fetched(past_results(table(*versions, second), outcome_of("problem_found"), days))
        for versions in (chained(VISIT, corrected), [VISIT])
    ]
    assert pasts[0] == pasts[1] == [{"entity_id": "a", "visits": 2, "problems": 1, "last": 1}]


def test_only_inspections_of_the_items_asked_for_count() -> None:
    one = row("a", date(2024, 3, 1), "unreachable", item_code="canvass")
    assert labels(row("a", date(2024, 2, 1)), one, items=("canvass",))["a"]["label"] == 1


def test_the_past_of_an_entity_is_what_was_known_then() -> None:
    rows = (
        row("a", date(2023, 5, 1), "unreachable"),
        row("a", date(2023, 9, 1)),
        row("a", date(2023, 11, 1), None),
        row("a", date(2023, 12, 1), "unreachable", known_on=date(2024, 1, 2)),
        row("b", date(2023, 12, 1), "ordered_to_correct"),
        row("b", date(2023, 12, 5), "unreachable", forgotten_on=date(2024, 6, 1)),
        row("repaired", date(2023, 12, 1), "unreachable", forgotten_on=date(2024, 6, 1)),
    )
    past = past_results(table(*rows), outcome_of("problem_found"), AsOf(on=AS_OF, used_on=KNOWN_BY))
    assert fetched(past) == [
        {"entity_id": "a", "visits": 2, "problems": 1, "last": 0},
        {"entity_id": "b", "visits": 1, "problems": 1, "last": 1},
    ]


def test_knowledge_reaches_a_few_quiet_days_beyond_the_last_entry_but_never_beyond_the_export() -> None:
    inspections = table(row("a", date(2024, 6, 20)), row("b", date(2024, 6, 1), known_on=date(2024, 6, 25)))
    [last] = fetched(last_knowledge(inspections, None))
    assert reaches(last["last"], None) == date(2024, 7, 5)
    assert reaches(last["last"], date(2024, 6, 30)) == date(2024, 6, 30)
    with pytest.raises(OutcomeRefused, match="inspections to learn from; got none"):
        reaches(None, date(2024, 6, 30))


def test_dates_without_inspections_are_refused_by_name() -> None:
    empty = pa.table({
        "entity_id": pa.array([], pa.string()),
        "label": pa.array([], pa.int64()),
        "forgotten": pa.array([], pa.bool_()),
    })  # fmt: skip
    with pytest.raises(OutcomeRefused, match=r"of the items x .*got none after 2024-01-01"):
        check_labels({AS_OF: empty}, outcome_of("problem_found", ("x",)))


def test_a_date_of_which_every_inspection_is_forgotten_is_refused_too() -> None:
    gone = pa.table({"entity_id": ["a"], "label": [1], "forgotten": [True]})
    with pytest.raises(
        OutcomeRefused, match="known with their result and not forgotten; got none after 2024-01-01"
    ):
        check_labels({AS_OF: gone}, outcome_of("problem_found"))


def test_a_critical_violation_counts_whatever_the_result_was_and_a_missing_count_is_no_label() -> None:
    found = labels(
        row("a", date(2024, 2, 1), "no_problem", critical_count=2),
        row("b", date(2024, 2, 1), "ordered_to_correct", critical_count=0),
        row("c", date(2024, 2, 1), "ordered_to_correct"),
        name="critical_violation_found",
    )
    assert {entity: each["label"] for entity, each in found.items()} == {"a": 1, "b": 0, "c": None}
