"""The figures with the inspector adjusted for, on planted inspections: who came explains all, or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.city_score import beyond, within
from training.estimates.measures import FloatArray, Judged, auc

INSPECTORS = ["strict", "mild"]


def inspections(score: FloatArray, who: list[str], label: FloatArray) -> Judged:
    return Judged(label=label, score=score, weight=np.ones(len(label)), entity=np.arange(len(label))).ranked()


def planted(seed: int = 4, count: int = 2000) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Who came (1: strict), what the entity is, and problems that follow both."""
    generator = np.random.default_rng(seed)
    strict, risk = generator.integers(0, 2, count).astype(float), generator.random(count)
    return strict, risk, (generator.random(count) < 0.1 + 0.4 * strict + 0.3 * (risk - 0.5)).astype(float)


def test_a_score_that_knows_the_inspector_only_is_chance_once_he_is_adjusted_for() -> None:
    strict, _, label = planted()
    who = [INSPECTORS[0] if each else INSPECTORS[1] for each in strict]
    rows = inspections(strict, who, label)
    assert auc(rows.label, rows.score, rows.weight) > 0.7
    assert within(rows, who).value == pytest.approx(0.5)
    assert beyond(rows, who).value == pytest.approx(0.5, abs=0.02)


def test_a_score_that_knows_the_entity_stays_better_than_chance() -> None:
    strict, risk, label = planted()
    who = [INSPECTORS[0] if each else INSPECTORS[1] for each in strict]
    rows = inspections(risk, who, label)
    for figure in (within(rows, who), beyond(rows, who)):
        assert figure.low > 0.55


def test_with_one_inspector_both_are_the_auc_and_unrecorded_ones_are_left_out() -> None:
    _, risk, label = planted(count=600)
    score = np.round(risk, 1)
    rows = inspections(score, ["one"] * 600, label)
    plain = auc(rows.label, rows.score, rows.weight)
    assert within(rows, ["one"] * 600).value == pytest.approx(plain)
    assert beyond(rows, ["one"] * 600).value == pytest.approx(plain)
    half = ["one"] * 300 + [""] * 300
    kept = inspections(score[:300], ["one"] * 300, label[:300])
    assert beyond(rows, half).value == pytest.approx(auc(kept.label, kept.score, kept.weight))
