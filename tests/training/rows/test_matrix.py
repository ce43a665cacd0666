"""Which indicators reach the model, why others do not, and how rows and labels meet."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import by_name
from training.rows.baselines import baseline_scores, points_of
from training.rows.matrix import LabelledRows, MatrixRefused, choose_columns, join_labels, stacked

NAMES = (
    "entity_age_now", "entity_region_now", "entity_ownership_now", "serious_listed_now",
    "penalties_count_365d", "penalties_count_1095d", "complaints_count_365d",
)  # fmt: skip
CATALOGUE = tuple(by_name()[name] for name in NAMES)


def snapshot() -> pa.Table:
    return pa.table({
        "entity_id": ["a", "b", "c", "d"],
        "entity_age_now": [1.5, None, 3.0, 4.0],
        "entity_region_now": ["310104", "310101", None, "310101"],
        "entity_ownership_now": ["state", "private", None, None],
        "serious_listed_now": [0, 1, 0, 1],
        "penalties_count_365d": [0, 2, 0, 1],
        "penalties_count_1095d": [1, 1, 1, 1],
        "complaints_count_365d": pa.array([None, None, None, None], pa.int64()),
    })  # fmt: skip


def outcomes(*entities: str, forgotten: tuple[str, ...] = ()) -> pa.Table:
    return pa.table({
        "entity_id": list(entities),
        "mechanism": ["unknown"] * len(entities),
        "inclusion_probability": pa.array([None] * len(entities), pa.float64()),
        "label": [1] * len(entities),
        "forgotten": [entity in forgotten for entity in entities],
    })  # fmt: skip


def rows() -> LabelledRows:
    return join_labels(date(2024, 1, 1), snapshot(), outcomes("d", "b", "zzz", "a"))


def test_rows_follow_their_labels_and_unknown_entities_are_counted() -> None:
    joined = rows()
    assert joined.indicators.column("entity_id").to_pylist() == ["d", "b", "a"]
    assert joined.outcomes.column("entity_id").to_pylist() == ["d", "b", "a"]
    assert joined.unknown_entities == 1


def test_an_entity_whose_deciding_inspection_is_forgotten_is_no_row_and_is_counted() -> None:
    joined = join_labels(date(2024, 1, 1), snapshot(), outcomes("d", "b", "a", forgotten=("b",)))
    assert joined.outcomes.column("entity_id").to_pylist() == ["d", "a"]
    assert joined.indicators.column("entity_id").to_pylist() == ["d", "a"]
    assert (joined.forgotten, joined.unknown_entities, joined.population) == (1, 0, 4)


def test_an_inspection_without_a_recorded_result_is_neither_clean_nor_a_problem() -> None:
    table = outcomes("d", "b")
    table = table.set_column(table.column_names.index("label"), "label", pa.array([None, 0], pa.int64()))
    joined = join_labels(date(2024, 1, 1), snapshot(), table)
    assert joined.outcomes.column("entity_id").to_pylist() == ["b"]
    assert (joined.forgotten, joined.unrecorded) == (0, 1)


def test_every_indicator_is_used_or_has_a_reason() -> None:
    chosen = choose_columns(
        CATALOGUE,
        [rows()],
        unavailable={"entity_age_now": "entities.registered_on is undated"},
        excluded=["penalties_count_1095d"],
    )
    assert [spec.name for spec in chosen.schema] == ["entity_region_now", "penalties_count_365d"]
    assert chosen.dropped == {
        "entity_age_now": "entities.registered_on is undated",
        "entity_ownership_now": "off by default",
        "serious_listed_now": "decided by a direct rule",
        "penalties_count_1095d": "excluded by the recipe",
        "complaints_count_365d": "missing for every inspected entity of the training dates",
    }
    constant = choose_columns(CATALOGUE, [rows()], unavailable={}, excluded=[])
    assert constant.dropped["penalties_count_1095d"].startswith("the same for every inspected entity")


def test_a_category_gets_the_sorted_codes_of_training_and_missing_stays_missing() -> None:
    chosen = choose_columns(CATALOGUE, [rows()], unavailable={}, excluded=["entity_age_now"])
    region = chosen.schema[0]
    assert region.categories == ("310101", "310104")
    matrix = stacked(chosen.schema, [rows(), join_labels(date(2024, 4, 1), snapshot(), outcomes("c"))])
    np.testing.assert_array_equal(matrix, [[0, 1], [0, 2], [1, 0], [np.nan, 0]])


def test_a_misspelt_exclusion_is_refused_for_it_would_let_the_indicator_in() -> None:
    with pytest.raises(
        MatrixRefused, match="names of indicators in excluded_indicators; got entity_regoin_now"
    ):
        choose_columns(CATALOGUE, [rows()], unavailable={}, excluded=["entity_regoin_now"])


def test_no_usable_indicator_is_refused() -> None:
    with pytest.raises(MatrixRefused, match="at least one indicator that differs"):
        choose_columns(CATALOGUE, [rows()], unavailable=dict.fromkeys(NAMES, "no table"), excluded=[])


def test_the_points_table_adds_up_to_its_caps_and_missing_adds_nothing() -> None:
    """a and c: one older penalty 10; b: serious 100 + two penalties of this year 60; d: 100 + 30."""
    assert points_of(snapshot()).tolist() == [10.0, 160.0, 10.0, 130.0]


def test_baselines_know_the_past_and_give_newcomers_the_base_rate() -> None:
    past = pa.table({"entity_id": ["b", "d"], "visits": [4, 1], "problems": [1, 0], "last": [1, 0]})
    scores = baseline_scores(rows().indicators, past, base_rate=0.2, seed=1)
    assert scores["own_past_rate"].tolist() == pytest.approx([0.2 / 2, 1.2 / 5, 0.2])
    assert scores["last_result"].tolist() == [0.0, 1.0, 0.2]
    again = baseline_scores(rows().indicators, past, base_rate=0.2, seed=1)
    np.testing.assert_array_equal(scores["random"], again["random"])
