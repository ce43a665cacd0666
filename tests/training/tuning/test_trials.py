"""A study survives kill -9 and goes on as if nothing had happened; its choice is no lucky score."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.planted_folds import RECIPE, folds, study_of
from training.commands.tune import write_tuned
from training.fitting.boosting import BoostingParameters
from training.plan.recipe import read_recipe, recipe_file
from training.rows.selection import Selection
from training.tuning.backtest import DepthPrice, backtest, depth_prices
from training.tuning.trials import (
    FINISHED,
    Candidate,
    Choice,
    TuningRefused,
    candidates,
    choose,
    finished,
    honest_rows,
    open_study,
    run_trials,
    training_rows,
)

HOUSE = Path(__file__).parents[2]
TRIALS = 11
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def trials_of(file: Path) -> list[tuple[str, dict[str, Any], float | None]]:
    """State, parameters and value of every finished trial."""
    with open_study(file, RECIPE) as study:
        ended = study.get_trials(states=FINISHED)
        return [(trial.state.name, trial.params, trial.value) for trial in ended]


def test_a_study_killed_in_the_middle_makes_the_same_trials_as_one_that_was_not(tmp_path: Path) -> None:
    """Killed with SIGKILL in its fifth trial; half a line is left behind as well."""
    killed, whole = tmp_path / "killed.log", tmp_path / "whole.log"
    words = [sys.executable, "-m", "tests.training.planted_folds", str(killed), str(TRIALS)]
    with subprocess.Popen(words, cwd=HOUSE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "4":
                break
        process.kill()
    assert process.returncode == -9
    with killed.open("ab") as journal:
        journal.write(b'{"op_code": 6, "worker_id": "0')
    with open_study(killed, RECIPE) as study:
        assert 4 <= finished(study) < TRIALS
    study_of(killed, TRIALS)
    study_of(whole, TRIALS)
    assert trials_of(killed) == trials_of(whole)
    with open_study(killed, RECIPE) as again, open_study(whole, RECIPE) as once:
        assert choose(candidates(again)).chosen.parameters == choose(candidates(once)).chosen.parameters
        assert any(trial.state.name == "PRUNED" for trial in once.trials)


def test_two_processes_never_work_on_one_study(tmp_path: Path) -> None:
    with (
        open_study(tmp_path / "s.log", RECIPE),
        pytest.raises(TuningRefused, match=r"got .*s\.log held by another process"),
        open_study(tmp_path / "s.log", RECIPE),
    ):
        pass


def test_the_recipe_is_the_first_candidate_and_every_fold_has_every_seed(tmp_path: Path) -> None:
    study_of(tmp_path / "s.log", 1)
    with open_study(tmp_path / "s.log", RECIPE) as study:
        (only,) = candidates(study)
    tuned = ("depth", "leaves", "learning_rate", "rows_per_leaf", "l2", "category_l2", "column_share")
    assert [getattr(only.parameters, n) for n in tuned] == [getattr(RECIPE.boosting, n) for n in tuned]
    assert 1 <= only.parameters.rounds <= RECIPE.tuning.most_rounds
    assert sorted(only.scores) == [fold.day for fold in folds()]
    assert {len(scores) for scores in only.scores.values()} == {RECIPE.tuning.seeds}
    assert max(only.scores) + (date(2021, 4, 1) - date(2021, 1, 1)) <= RECIPE.test_dates[0]


def candidate(number: int, scores: Sequence[float]) -> Candidate:
    days = [date(2021, 1 + place, 1) for place in range(len(scores))]
    return Candidate(
        number=number,
        parameters=BoostingParameters(rounds=number + 1),
        training_weight_cap=10.0,
        scores={day: (score, score) for day, score in zip(days, scores, strict=True)},
    )


def test_of_nearly_equal_means_the_one_that_never_fails_is_chosen() -> None:
    lucky = candidate(0, [0.68, 0.66, 0.68, 0.56])
    steady = candidate(1, [0.65, 0.64, 0.64, 0.63])
    worse = candidate(2, [0.56, 0.56, 0.57, 0.57])
    choice = choose([lucky, steady, worse])
    assert (choice.best_mean.number, choice.chosen.number, choice.before) == (0, 1, lucky)
    assert choice.regret == pytest.approx(0.04)


def test_a_clearly_better_mean_is_not_given_up_for_less_regret() -> None:
    choice = choose([candidate(0, [0.60, 0.61, 0.60]), candidate(1, [0.70, 0.71, 0.72])])
    assert choice.chosen.number == 1
    assert choice.eligible == 1


def test_nothing_is_chosen_of_nothing() -> None:
    with pytest.raises(TuningRefused, match="at least one trial judged on every fold; got none"):
        choose([])


@pytest.mark.parametrize(("city", "cap"), [("sandbox", 3.5), ("sandbox", math.inf), ("chicago", math.inf)])
def test_the_tuned_recipe_is_a_file_of_its_own_and_differs_in_what_was_chosen_only(
    tmp_path: Path, city: str, cap: float
) -> None:
    """The cap is a key above the tables; where weights do not differ none was chosen, and none is written."""
    given = recipe_file(city)
    before = given.read_bytes()
    best = replace(candidate(0, [0.6, 0.7]), training_weight_cap=cap)
    choice = Choice(chosen=best, best_mean=best, regret=0.0, eligible=1, before=None)
    tuned = read_recipe(write_tuned(given, tmp_path / "tuned.toml", choice))
    old = read_recipe(given)
    kept = old.training_weight_cap if math.isinf(cap) else cap
    assert tuned == replace(old, boosting=best.parameters, training_weight_cap=kept)
    assert given.read_bytes() == before


def test_the_cap_of_weights_is_tried_only_where_weights_differ(tmp_path: Path) -> None:
    """It begins at the recipe's own; weights that stop and judge stay as they are."""
    study_of(tmp_path / "s.log", 2)
    with open_study(tmp_path / "s.log", RECIPE) as study:
        first, second = candidates(study)
    assert first.training_weight_cap == RECIPE.weight_cap
    assert 1.0 <= second.training_weight_cap < RECIPE.weight_cap
    (fold, *_) = folds()
    assert training_rows(fold.training, cap=3.0).weight.max() == 3.0
    assert honest_rows(fold.test).weight.max() > 3.0
    alike = tuple(
        replace(each, training=replace(each.training, selection=unweighted(each.training.selection)))
        for each in folds()
    )
    with open_study(tmp_path / "alike.log", RECIPE) as study:
        run_trials(study, alike, RECIPE, over=lambda done: done >= 1, progress=lambda _done, _day: None)
        (only,) = candidates(study)
    assert math.isinf(only.training_weight_cap)


def unweighted(selection: Selection) -> Selection:
    return replace(selection, training_weight=np.ones_like(selection.training_weight))


def test_every_date_is_judged_by_what_was_fitted_before_it() -> None:
    seen: list[date] = []
    found = backtest(folds(), RECIPE, seen.append)
    assert [each.day for each in found] == seen == [fold.day for fold in folds()]
    assert all(each.auc.low < each.auc.value < each.auc.high for each in found)
    assert np.mean([each.auc.value for each in found]) > 0.6


def test_the_price_of_depth_is_told_against_no_bound() -> None:
    names: list[str] = []
    prices = depth_prices(folds(), RECIPE, names.append)
    assert names == [price.depth for price in prices] == ["4", "6", "8", "free"]
    assert prices[-1].against(prices[-1])[0] == 0.0
    loss, error = DepthPrice(depth="4", scores=np.array([0.6, 0.6])).against(
        DepthPrice(depth="free", scores=np.array([0.61, 0.63]))
    )
    assert (loss, error) == (pytest.approx(0.02), pytest.approx(0.01))
