"""The studies on tiny cities: what they draw is fair, and what they tell is the truth."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.typed import typed
from training.__main__ import app
from training.estimates.measures import Estimate, auc
from training.plan.recipe import read_recipe
from training.rows.selection import select_rows
from training.study import coverage, loops
from training.study.city import City, StudyRefused, read_city
from training.study.grading import Graded, Learning, true_auc
from training.study.pictures import loops_picture
from training.study.visits import draw_by_grade, inspect_quarter

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def imagined() -> City:
    """2,000 entities that never were: riskiness drives the truth, the points and the complaints."""
    rng = np.random.default_rng(3)
    risk = rng.standard_normal(2000)
    return City(
        on=DAY,
        indicators=pa.table({"entity_id": [f"E{number}" for number in range(2000)]}),
        unavailable={},
        probability=1 / (1 + np.exp(2.2 - 1.5 * risk)),
        riskiness=risk,
        points=np.round(np.maximum(risk + rng.standard_normal(2000), 0) * 5),
        complaints=rng.poisson(np.exp(0.7 * risk)).astype(float),
    )


@pytest.fixture(scope="module")
def small_city(home_of_a_thousand: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city of a thousand as a folder of its own; snapshots go there and not into what others read."""
    folder = tmp_path_factory.mktemp("study") / "city"
    folder.mkdir()
    for name in ("lake", "truth"):
        (folder / name).symlink_to(home_of_a_thousand / "sandbox" / name)
    return folder


def test_every_entity_is_one_row_and_the_random_ones_stand_for_the_whole_city(imagined: City) -> None:
    visits = inspect_quarter(imagined, np.random.default_rng(1))
    selection = select_rows(visits.mechanism, visits.probability, weight_cap=1000)
    assert len(set(visits.row)) == len(visits)
    assert selection.represented == pytest.approx(2000)
    assert set(selection.mechanisms) == {"random_draw", "targeted", "complaint", "lead"}


def test_honest_estimates_have_the_truth_as_their_mean_and_naive_ones_do_not(imagined: City) -> None:
    graded = Graded(score=imagined.probability, grade=np.repeat(["A", "B", "C", "D"], 500))
    plan = coverage.Plan(histories=20, seed=1, repetitions=2, training_draws=1)
    told: dict[str, list[float]] = {"honest": [], "naive": []}
    for number in range(300):
        visits = inspect_quarter(imagined, np.random.default_rng([2, number]))
        honest = np.array([name == "random_draw" for name in visits.mechanism])
        weight = np.where(honest, 1 / visits.probability, 0.0)
        for way, taken, by in (("honest", honest, weight), ("naive", honest | True, np.ones(len(visits)))):
            told[way].append(float(np.average(visits.label[taken], weights=by[taken])))
    truth = coverage.true_figures(imagined, graded)[coverage.POPULATION_RATE]
    error = np.std(told["honest"]) / np.sqrt(300)
    assert plan.histories == 20
    assert abs(np.mean(told["honest"]) - truth) < 4 * error
    assert np.mean(told["naive"]) - truth > 20 * error


def test_the_true_auc_is_that_of_endlessly_many_inspections_of_everyone(imagined: City) -> None:
    rng = np.random.default_rng(4)
    score = imagined.riskiness + rng.standard_normal(2000)
    often = [
        auc((rng.random(2000) < imagined.probability).astype(float), score, np.ones(2000)) for _ in range(200)
    ]
    assert true_auc(imagined.probability, score) == pytest.approx(np.mean(often), abs=0.003)


def test_coverage_counts_the_intervals_that_hold_the_truth() -> None:
    held = Estimate(value=0.5, low=0.4, high=0.6)
    missed = Estimate(value=0.5, low=0.52, high=0.6)
    told = coverage.Covered(figure="auc", way="honest", truth=0.5, estimates=(held,) * 19 + (missed,))
    assert (told.hits, told.share, told.as_promised) == (19, 0.95, True)
    assert told.interval[0] < 0.95 < told.interval[1]


def test_a_grade_with_ratio_0_is_never_drawn_and_the_others_have_their_pi() -> None:
    grade = np.repeat(np.arange(4, dtype=np.int8), 100)
    draw = draw_by_grade(grade, np.array([0.0, 0.1, 0.25, 1.0]), np.random.default_rng(1))
    assert np.bincount(grade[draw.entity], minlength=4).tolist() == [0, 10, 25, 100]
    assert sorted(set(draw.probability)) == [0.1, 0.25, 1.0]


def test_both_ways_plan_as_many_visits_and_only_ours_reaches_every_grade() -> None:
    shares = np.array([0.65, 0.25, 0.085, 0.015])
    ours, naive = loops.both_ways(shares)
    assert float(shares @ ours.ratios) == pytest.approx(float(shares @ naive.ratios))
    assert min(ours.ratios) > 0
    assert naive.ratios[:2] == (0.0, 0.0)


def test_remembered_visits_are_those_of_three_years_and_the_last_result_is_of_any(imagined: City) -> None:
    years = [inspect_quarter(imagined, np.random.default_rng(number)) for number in range(4)]
    kept = loops.remembered(years, 2000)
    first_only = np.setdiff1d(years[0].row, np.concatenate([year.row for year in years[1:]]))
    assert kept[:, 0].sum() == sum(len(year) for year in years[1:])
    assert np.isnan(kept[first_only, 2]).all()
    assert np.isfinite(kept[first_only, 3]).all()


def test_the_study_of_coverage_prints_and_writes_what_it_measured(small_city: Path, tmp_path: Path) -> None:
    done = typed(
        app, "study", "coverage", "--city-folder", str(small_city), "--histories", "20", "--bootstrap", "10",
        "--training-draws", "20", "--threads", "1", "--recipe", str(_quick(tmp_path)),
        "--into", str(tmp_path), settings={},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "population rate" in done.stdout
    document = json.loads((tmp_path / "coverage.json").read_text("utf-8"))
    figures = {(each["figure"], each["way"]): each for each in document["figures"]}
    assert len(figures["auc", "honest"]["intervals"]) == 20
    assert figures["population_rate", "honest"]["coverage"] > figures["population_rate", "naive"]["coverage"]
    ET.fromstring((tmp_path / "coverage.svg").read_text("utf-8"))


def test_the_study_of_loops_begins_alike_in_both_ways_and_repeats_itself(
    small_city: Path, tmp_path: Path
) -> None:
    city = read_city(small_city, DAY)
    plan = loops.Plan(years=1, repetitions=2, seed=5, learned_years=1, prompted=True)
    recipe = read_recipe(_quick(tmp_path))
    learning = Learning(
        boosting=recipe.boosting, weight_cap=150, grade_shares=recipe.grade_shares, seed=7, threads=1
    )
    first, second = (loops.study_loops(city, learning, plan, tell=lambda: None) for _ in range(2))
    ours, naive = (first.values(way, 0, "inspected").tolist() for way in ("ours", "naive"))
    assert ours == naive
    assert first.to_json() == second.to_json()
    ET.fromstring(loops_picture(first.to_json()))


def test_a_city_without_truth_and_a_day_inside_a_quarter_are_refused(
    small_city: Path, tmp_path: Path
) -> None:
    with pytest.raises(StudyRefused, match="python -m data_contracts sandbox"):
        read_city(tmp_path, DAY)
    with pytest.raises(StudyRefused, match="first day of a quarter"):
        read_city(small_city, date(2026, 1, 2))


def _quick(folder: Path) -> Path:
    """The sandbox's recipe with few small trees, for a city of a thousand."""
    text = (Path(__file__).parents[2] / "training" / "recipes" / "sandbox.toml").read_text("utf-8")
    few = {"rounds": 20, "learning_rate": 0.1, "rows_per_leaf": 10, "l2": 1.0, "column_share": 0.5}
    for key, value in few.items():
        text, found = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.M)
        assert found == 1
    path = folder / "quick.toml"
    path.write_text(text, encoding="utf-8")
    return path
