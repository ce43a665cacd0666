"""The outcome `sanctioned` by hand: who is in it, what is trivial, what is repaired, and its note."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pytest

from features.as_of import AsOf
from tests.lake_rows import arrow_of
from training.plan.recipe import RecipeRefused, recipe_of
from training.rows.outcomes import LabelWindow
from training.rows.sanctions import past_sanctions, sanction_rows
from training.rows.selection import select_rows

AS_OF, USED_ON = date(2024, 1, 1), date(2025, 1, 1)
WINDOW = LabelWindow(as_of=AS_OF, horizon_days=180, known_by=date(2024, 12, 31), used_on=USED_ON)
SPRING = date(2024, 3, 1)


def tables(**rows: list[dict[str, Any]]) -> dict[str, ibis.Table]:
    every = {"entities": [{"entity_id": name, "known_on": date(2020, 1, 1)} for name in "abcd"], **rows}
    return {name: ibis.memtable(arrow_of(name, some)) for name, some in every.items()}


def penalty(entity: str, on: date = SPRING, kinds: str = "fine", **more: Any) -> dict[str, Any]:
    number = f"{entity}-{on}-{kinds}"
    return {"penalty_id": number, "entity_id": entity, "occurred_on": on, "kinds": kinds, **more}


def listing(entity: str, on: date = SPRING, kind: str = "abnormal", **more: Any) -> dict[str, Any]:
    return {"listing_id": f"{entity}-{on}", "entity_id": entity, "occurred_on": on, "kind": kind, **more}


def fetched(expression: ibis.Table) -> dict[str, dict[str, Any]]:
    backend = ibis.duckdb.connect(threads=1)
    try:
        return {row["entity_id"]: row for row in backend.to_pyarrow(expression).to_pylist()}
    finally:
        backend.disconnect()


def labels(**rows: list[dict[str, Any]]) -> dict[str, int | None]:
    return {name: row["label"] for name, row in fetched(sanction_rows(tables(**rows), WINDOW)).items()}


def test_everyone_of_the_register_has_a_label_inspected_or_not() -> None:
    assert labels(penalties=[penalty("a")], listings=[listing("b")]) == {"a": 1, "b": 1, "c": 0, "d": 0}
    assert labels(penalties=[penalty("a")]) == {"a": 1, "b": 0, "c": 0, "d": 0}


def test_a_warning_a_penalty_on_the_spot_and_a_debt_are_no_sanctions() -> None:
    trivial = [
        penalty("a", kinds="warning"),
        penalty("b", procedure="simple"),
        penalty("c", kinds="fine;warning"),
    ]
    told = labels(penalties=trivial, listings=[listing("d", kind="judgment_debtor")])
    assert told == {"a": 0, "b": 0, "c": 1, "d": 0}


def test_the_window_is_open_at_its_beginning_and_what_was_known_too_late_is_no_label() -> None:
    last = AS_OF + timedelta(days=180)
    told = labels(
        penalties=[
            penalty("a", AS_OF), penalty("b", last), penalty("c", last + timedelta(days=1)),
            penalty("d", known_on=date(2025, 1, 1)),
        ]
    )  # fmt: skip
    assert told == {"a": 0, "b": 1, "c": 0, "d": 0}


def test_a_repaired_sanction_is_neither_a_problem_nor_its_absence() -> None:
    rows = {
        "penalties": [penalty("a", forgotten_on=USED_ON), penalty("b", forgotten_on=USED_ON)],
        "listings": [listing("b"), listing("c", forgotten_on=USED_ON + timedelta(days=1))],
    }
    told = fetched(sanction_rows(tables(**rows), WINDOW))
    assert {name: (row["label"], row["forgotten"]) for name, row in told.items()} == {
        "a": (None, True), "b": (1, False), "c": (1, False), "d": (0, False),
    }  # fmt: skip


def test_the_gone_are_not_in_the_register() -> None:
    entities = [{"entity_id": "a", "known_on": date(2020, 1, 1), "deregistered_on": date(2023, 1, 1)}]
    assert labels(entities=entities, penalties=[penalty("a")]) == {}


def test_the_past_counts_years_with_a_sanction_known_then() -> None:
    rows = [
        penalty("a", date(2023, 6, 1)), penalty("a", date(2023, 7, 1)), penalty("a", date(2021, 6, 1)),
        penalty("b", date(2020, 6, 1)), penalty("c", SPRING), penalty("d", date(2022, 6, 1)),
    ]  # fmt: skip
    past = fetched(past_sanctions(tables(penalties=rows), AsOf(on=AS_OF, used_on=USED_ON)))
    assert {name: (row["visits"], row["problems"], row["last"]) for name, row in past.items()} == {
        "a": (3, 2, 1), "d": (3, 1, 0),
    }  # fmt: skip


def test_the_report_says_that_detection_decides() -> None:
    chosen = select_rows(["whole_register"] * 3, np.full(3, np.nan), weight_cap=100)
    assert not chosen.known
    assert "not being sanctioned is not being clean" in chosen.note[1]
    assert "不能推断真实的违法率" in chosen.note[0]


def test_items_of_inspections_do_not_decide_a_sanction() -> None:
    dates = {
        "training_dates": [date(2020, 1, 1)], "calibration_dates": [date(2021, 1, 1)],
        "test_dates": [date(2022, 1, 1)], "horizon_days": 90,
    }  # fmt: skip
    assert recipe_of({"outcome": "sanctioned", **dates}, place="test").outcome == "sanctioned"
    with pytest.raises(RecipeRefused, match="outcome_items: none for the outcome sanctioned"):
        recipe_of({"outcome": "sanctioned", "outcome_items": ["food"], **dates}, place="test")
