"""The validation says what is so: order of the rates, warnings, gains, and null for what was not measured."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.grades import GRADES
from training.measures import Judged
from training.validation import TestRows, Validation, grade_rates, measure, order_probability

RATES = {"A": 0.05, "B": 0.15, "C": 0.3, "D": 0.6}


def planted(rates: dict[str, float], each: int = 400) -> tuple[Judged, np.ndarray]:
    """`each` entities a grade with exactly the planted share of problems."""
    letters = np.repeat(list(rates), each)
    label = np.concatenate([np.arange(each) < round(rate * each) for rate in rates.values()]).astype(float)
    score = np.repeat(list(RATES.values()), each)
    return Judged(label=label, score=score, weight=np.ones(4 * each), entity=np.arange(4 * each)), letters


def validation(rates: dict[str, float]) -> Validation:
    judged, letters = planted(rates)
    grades = grade_rates(judged, letters, letters)
    chance = np.random.default_rng(1).random(len(judged.label))
    figures = measure(TestRows(judged=judged, baselines={"random": chance}), repetitions=40, seed=1)
    return Validation(
        metrics=figures.metrics, baselines=figures.baselines, gains=figures.gains, grades=grades,
        order_probability=order_probability(grades, seed=1), rows={"test": 1600}, effective_rows=1600.0,
        mechanisms={"unknown": 1600}, note=("中文", "English"), fitted_slope=1.0, mean_probability=0.275,
        observed_rate=0.275, dropped={}, test_dates=(date(2025, 1, 1),),
    )  # fmt: skip


def test_rising_rates_need_no_warning_and_their_order_is_nearly_sure() -> None:
    rising = validation(RATES)
    assert rising.rates_rise
    assert rising.warnings == ()
    assert rising.order_probability > 0.999
    assert [grade.rate.value for grade in rising.grades] == pytest.approx(list(RATES.values()))
    assert rising.gains["random"]["auc"].low > 0


def test_falling_rates_are_said_and_so_is_a_ranking_no_better_than_chance() -> None:
    falling = validation({"A": 0.6, "B": 0.3, "C": 0.15, "D": 0.05})
    assert not falling.rates_rise
    assert falling.order_probability < 0.001
    assert falling.metrics["auc"].value < 0.5
    said = " ".join(replace(falling, fitted_slope=-0.3).warnings)
    for words in ("do not rise", "not surely better than chance", "slope <= 0", "no better than random"):
        assert words in said


def test_a_grade_nobody_inspected_has_no_rate_and_the_rates_do_not_rise() -> None:
    judged, letters = planted(RATES)
    kept = letters != "D"
    some = Judged(
        label=judged.label[kept],
        score=judged.score[kept],
        weight=judged.weight[kept],
        entity=judged.entity[kept],
    )
    grades = grade_rates(some, letters[kept], letters)
    document = json.loads(replace(validation(RATES), grades=grades).to_json())
    last = document["grades"][3]
    assert (last["inspected"], last["rate"], last["low"]) == (0, None, None)
    assert last["share"] == 0.25
    assert not document["rates_rise"]


def test_a_share_is_of_all_entities_and_a_rate_of_the_inspected() -> None:
    judged, letters = planted(RATES, each=10)
    population = np.array(["A"] * 65 + ["B"] * 25 + ["C"] * 9 + ["D"])
    shares = [grade.share for grade in grade_rates(judged, letters, population)]
    assert shares == [0.65, 0.25, 0.09, 0.01]
    assert [grade.grade for grade in grade_rates(judged, letters, population)] == [g.value for g in GRADES]
