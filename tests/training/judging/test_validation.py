"""The validation says what is so: order of the rates, warnings, gains, and null for what was not measured."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.direct_rules import final_letters
from models.grades import GRADES
from tests.models.conftest import with_facts
from training.estimates.measures import Judged, Recalibration
from training.judging.cautions import coverage_cautions
from training.judging.validation import (
    TestRows,
    Validation,
    grade_rates,
    measure,
    order_probability,
)

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
        mechanisms={"unknown": 1600}, note=("中文", "English"), weight_coverage={"test": 1.0},
        fitted_slope=1.0, test_calibration=Recalibration(slope=1.0, intercept=0.0), mean_probability=0.275,
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
    for words in ("do not rise", "surely worse than chance: AUC", "slope <= 0", "no better than random"):
        assert words in said
    assert "排序不优于：随机" in dict.fromkeys(zh for zh, _ in falling.cautions)


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


def test_weights_that_stand_for_everyone_twice_are_told_and_so_are_those_that_miss_a_third() -> None:
    both = coverage_cautions({"training": 1.0, "calibration": 1.97, "test": 0.66})
    said = [en for _, en in both]
    assert len(said) == 2
    assert both[0][0].startswith("校准期的随机抽取合计代表全体的 1.97 倍：一个观察期内有多次抽取")
    assert (
        "calibration dates stand for 1.97 of the population; several draws fall into one horizon" in said[0]
    )
    assert "test dates stand for 0.66 of the population; part of the frame had no chance" in said[1]


def test_the_edges_of_the_coverage_and_records_without_draws_need_no_warning() -> None:
    assert coverage_cautions({"training": 0.8, "calibration": 1.25, "test": None}) == ()


def test_the_coverage_and_the_line_of_the_test_rows_are_written_down() -> None:
    odd = replace(
        validation(RATES),
        weight_coverage={"test": 2.0, "training": None},
        test_calibration=Recalibration(slope=0.8, intercept=0.1),
    )
    document = json.loads(odd.to_json())
    assert document["weight_coverage"] == {"test": 2.0, "training": None}
    assert document["test_calibration"] == {"slope": 0.8, "intercept": 0.1}
    assert any("several draws" in warning for warning in document["warnings"])


def test_a_listed_entity_counts_in_grade_d_whatever_the_model_says_while_the_rule_is_in_force() -> None:
    model = np.array(["A", "C", "D", "B"])
    facts = with_facts(pa.table({"serious_listed_now": pa.array([1, 0, 1, None], pa.int64())}))
    assert final_letters(model, facts, date(2025, 1, 1)).tolist() == ["D", "C", "D", "B"]
    assert final_letters(model, facts, date(2016, 3, 31)).tolist() == model.tolist()
