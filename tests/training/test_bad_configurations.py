"""Every bad configuration is a Python error that names the culprit; none may end the interpreter."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_contracts.refusal import Refusal
from models.grades import GradeCuts
from models.schema import IndicatorSpec
from tests.training.planted_folds import RECIPE, SCHEMA, folds
from training.fitting.boosting import (
    BoostingParameters,
    Stopping,
    fit_booster,
    fit_stopped,
    monotone_constraints,
)
from training.fitting.boosting import Rows as BoostedRows
from training.plan.recipe import recipe_of
from training.plan.rolling_origin import plan
from training.plan.time_splits import check_maturity
from training.rows.selection import select_rows
from training.tuning.trials import judge

HOUSE = Path(__file__).parents[2]
DATES = {
    "training_dates": [date(2021, 1, 1)],
    "calibration_dates": [date(2022, 1, 1)],
    "test_dates": [date(2023, 1, 1)],
}
BASE: dict[str, Any] = {"outcome": "problem_found", "horizon_days": 180, **DATES}


def recipe(**change: Any) -> Callable[[], object]:
    return lambda: recipe_of({**BASE, **change}, place="mine.toml")


def directed_category() -> IndicatorSpec:
    """A category with a direction, past the check of its own class."""
    made = object.__new__(IndicatorSpec)
    for name in IndicatorSpec.__slots__:
        object.__setattr__(made, name, getattr(SCHEMA[0], name))
    object.__setattr__(made, "kind", "category")
    object.__setattr__(made, "categories", ("52", "61"))
    return made


def stopped_by(label: np.ndarray) -> Callable[[], object]:
    matrix, weight = np.zeros((len(label), 3)), np.ones(len(label))
    known = BoostedRows(matrix=matrix, label=np.arange(len(label)) % 2.0, weight=weight)
    later = BoostedRows(matrix=matrix, label=label, weight=weight)
    return lambda: fit_stopped(
        known, later, schema=SCHEMA, parameters=BoostingParameters(rounds=2),
        stopping=Stopping(measure="auc", patience=1), seed=1,
    )  # fmt: skip


def clean_fold() -> object:
    fold = folds()[0]
    clean = replace(fold.test, label=np.zeros_like(fold.test.label))
    return judge(RECIPE.boosting, replace(fold, test=clean), RECIPE, seed=1)


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "a constraint on a category": (
        lambda: monotone_constraints([directed_category()]),
        "direction 0 for a category; got direction 1 for penalties_count_365d",
    ),
    "an unknown parameter": (recipe(boosting={"num_leaves": 7}), r"got 'num_leaves'. To do: write 'leaves'"),
    "an unknown parameter of tuning": (recipe(tuning={"trials": 7}), r"mine.toml, \[tuning\]; got 'trials'"),
    "a measure that nobody computes": (
        recipe(tuning={"measure": "f1"}),
        "one of auc, average_precision; got f1",
    ),
    "a horizon beyond the data": (
        lambda: check_maturity(recipe_of(BASE, place="mine.toml").split, date(2023, 3, 1)),
        r"end by 2023-03-01.*got 2023-01-01 \(open until 2023-06-30\)",
    ),
    "a horizon beyond the plan": (
        lambda: plan(recipe_of(BASE | {"horizon_days": 360}, place="mine.toml").grid, until=date(2022, 1, 1)),
        "each 360 days before what follows, between 2021-01-01 and 2022-01-01; got 1 dates",
    ),
    "an empty part": (recipe(calibration_dates=[]), "at least one date in calibration_dates; got none"),
    "an empty fold": (
        lambda: plan(replace(RECIPE.grid, least_training=9), until=date(2022, 7, 1)),
        "9 dates for boosting",
    ),
    "one class to fit on": (
        lambda: fit_booster(
            np.zeros((9, 3)), np.ones(9), np.ones(9), schema=SCHEMA, parameters=BoostingParameters(), seed=1
        ),
        "the training rows; got 9 with a problem among 9",
    ),
    "one class to stop by": (stopped_by(np.zeros(8)), "got 0 with a problem among 8"),
    "one class to judge on": (clean_fold, "the rows judged on 2021-10-01; got 0 with a problem among 300"),
    "cuts out of order": (
        lambda: GradeCuts(cuts=(0.3, 0.2, 0.5)),
        r"that do not fall; got \(0.3, 0.2, 0.5\)",
    ),
    "π of zero": (
        lambda: select_rows(["random_draw"] * 2, np.array([0.5, 0.0]), weight_cap=100),
        r"in \(0, 1\].*got 1 of 2 without one \(first: row 1, 0.0\)",
    ),
    "π above one": (
        lambda: select_rows(["random_draw"], np.array([1.5]), weight_cap=100),
        r"in \(0, 1\].*first: row 0, 1.5",
    ),
    "no π": (
        lambda: select_rows(["random_draw"], np.array([np.nan]), weight_cap=100),
        "first: row 0, nan",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_configuration_is_refused_by_name(case: str) -> None:
    act, named = BAD[case]
    with pytest.raises(Refusal, match=named):
        act()


def test_where_native_code_would_abort_the_interpreter_lives_on() -> None:
    """LightGBM ends its process on a directed category; ours catches the error and goes on."""
    program = """
        import numpy as np
        from data_contracts.refusal import Refusal
        from tests.training.test_bad_configurations import SCHEMA, directed_category
        from training.fitting.boosting import BoostingParameters, fit_booster
        try:
            fit_booster(np.zeros((9, 3)), np.arange(9) % 2.0, np.ones(9), seed=1,
                        schema=(*SCHEMA[1:], directed_category()), parameters=BoostingParameters())
        except Refusal as refusal:
            print("alive:", refusal)
    """
    words = [sys.executable, "-c", textwrap.dedent(program)]
    ended = subprocess.run(words, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "alive: Expected direction 0 for a category; got direction 1" in ended.stdout
