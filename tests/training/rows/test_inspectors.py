"""Taking inspectors out of what is learned: trees keep what tells entities apart, not who came."""

from __future__ import annotations

from dataclasses import replace
from datetime import date as day_of

import numpy as np
import pyarrow as pa
import pytest

from tests.training.planted_folds import SCHEMA
from training.estimates.measures import FloatArray, auc
from training.fitting.boosting import BoostingParameters, fit_booster, raw_scores
from training.rows.inspectors import InspectorsRefused, starting_scores
from training.rows.matrix import LabelledRows
from training.rows.parts import part_of

PARAMETERS = BoostingParameters(rounds=60, learning_rate=0.1, leaves=4, depth=2, rows_per_leaf=40)
# No direction: an area is neither good nor bad.
AREA_AND_RISK = tuple(replace(spec, direction=0) for spec in SCHEMA[:2])


def visits(seed: int, strict: int) -> tuple[FloatArray, FloatArray, list[str]]:
    """Two areas, one of which is visited by a strict inspector: (area, risk), problems, who came."""
    generator = np.random.default_rng(seed)
    area, risk = generator.integers(0, 2, 4000), generator.normal(size=4000)
    log_odds = np.where(area == strict, 0.5, -2.0) + 0.7 * risk
    label = (generator.random(4000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return np.stack([area, risk], axis=1).astype(float), label, np.where(area == strict, "s", "m").tolist()


def test_what_is_left_ranks_the_entities_when_the_inspectors_have_changed_areas() -> None:
    """The strict inspector moves from area 1 to area 0: a model of places then ranks the wrong way."""
    matrix, label, who = visits(1, strict=1)
    weight = np.ones(len(label))
    later, found, _ = visits(2, strict=0)

    def ranked(start: FloatArray | None) -> float:
        model = fit_booster(
            matrix, label, weight, schema=AREA_AND_RISK, parameters=PARAMETERS, seed=1, threads=1, start=start
        )
        return auc(found, raw_scores(model, later, threads=1), weight)

    adjusted = ranked(starting_scores(label, weight, who, np.zeros(len(label), dtype=np.int64)))
    assert ranked(None) < 0.45
    assert adjusted > 0.6


def test_a_starting_score_by_hand() -> None:
    """Three in four of 100 visits; ann has 50 of 50, visits of nobody recorded 25 of 50; both drawn twice."""
    label = np.array([1.0] * 50 + [1.0] * 25 + [0.0] * 25)
    who = ["ann"] * 50 + [None] * 50
    scores = starting_scores(label, np.full(100, 3.0), who, np.zeros(100, dtype=np.int64))
    own = (50 + 50 * 0.75) / 100
    dated = (50 + 50 * own) / 100
    assert scores[0] == pytest.approx(np.log(dated / (1 - dated)))
    unknown = (25 + 50 * (25 + 50 * 0.75) / 100) / 100
    assert scores[-1] == pytest.approx(np.log(unknown / (1 - unknown)))


def test_a_date_on_which_an_inspector_was_stricter_has_a_higher_score() -> None:
    label = np.tile([1.0, 0.0], 100)
    label[100:] = 1.0
    date = np.repeat([0, 1], 100)
    scores = starting_scores(label, np.ones(200), ["ann"] * 200, date)
    assert scores[0] < scores[-1]
    assert len(np.unique(scores)) == 2


def test_rows_without_inspectors_are_refused() -> None:
    with pytest.raises(InspectorsRefused, match=r"got none in 3 rows.*adjust_for_inspector = false"):
        starting_scores(np.ones(3), np.ones(3), [None] * 3, np.zeros(3, dtype=np.int64))


def test_a_part_starts_from_its_inspectors_date_by_date_only_when_it_is_asked_to() -> None:
    def seen_on(month: int, problems: list[int]) -> LabelledRows:
        ids = [f"e{number}" for number in range(4)]
        return LabelledRows(
            as_of=day_of(2013, month, 1),
            indicators=pa.table({"entity_id": ids, **{spec.name: [1.0, 2.0, 3.0, 4.0] for spec in SCHEMA}}),
            outcomes=pa.table({
                "entity_id": ids, "label": problems, "mechanism": ["unknown"] * 4,
                "inclusion_probability": pa.nulls(4, pa.float64()), "inspector": ["ann", "ann", "bob", None],
            }),
            unknown_entities=0, forgotten=0, unrecorded=0, population=4,
        )  # fmt: skip

    rows = [seen_on(1, [1, 1, 0, 0]), seen_on(2, [1, 0, 0, 0])]
    assert part_of(rows, SCHEMA, weight_cap=100).start is None
    start = part_of(rows, SCHEMA, weight_cap=100, adjusted=True).start
    assert start is not None
    assert start[0] == start[1]
    assert start[1] > start[4] > start[2]
    outcomes = rows[0].outcomes.set_column(4, "inspector", pa.nulls(4, pa.string()))
    with pytest.raises(InspectorsRefused, match="got none in 4 rows"):
        part_of([replace(rows[0], outcomes=outcomes)], SCHEMA, weight_cap=100, adjusted=True)
