"""Folds of a planted problem, as small as a study can use; and a study of them that can be killed.

`python -m tests.training.planted_folds FILE TRIALS` says how many trials are finished before each one.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np

from models.schema import IndicatorSpec
from training.fitting.boosting import BoostingParameters
from training.plan.recipe import Recipe, Tuning
from training.plan.rolling_origin import plan
from training.rows.fold_rows import FoldRows
from training.rows.parts import Part
from training.rows.selection import RANDOM_DRAW, select_rows
from training.tuning.trials import open_study, run_trials

RECIPE = Recipe(
    outcome="problem_found",
    horizon_days=90,
    training_dates=(date(2021, 1, 1),),
    calibration_dates=(date(2021, 7, 1),),
    test_dates=(date(2022, 7, 1),),
    boosting=BoostingParameters(rounds=20, leaves=4, depth=2, rows_per_leaf=20),
    tuning=Tuning(most_rounds=15, patience=5, least_training=2),
)
SCHEMA = tuple(
    IndicatorSpec(
        name=name, kind="number", direction=1, categories=(), family=name, dimension="basic", unit="t",
        unit_en="times", label_zh="t", label_en=name, raises_zh="{value}", raises_en="{value}",
        lowers_zh="{value}", lowers_en="{value}", missing="null", window_days=None, changeable=True,
    )
    for name in ("penalties_count_365d", "complaints_count_365d", "listings_count_365d")
)  # fmt: skip


def part(seed: int, rows: int) -> Part:
    """Rows drawn at random, whose log-odds rise with the first two indicators."""
    generator = np.random.default_rng(seed)
    matrix = generator.poisson(1.0, (rows, len(SCHEMA))).astype(float)
    log_odds = 0.9 * matrix[:, 0] + 0.4 * matrix[:, 1] - 1.5
    return Part(
        matrix=matrix,
        label=(generator.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float),
        entity=np.arange(rows),
        selection=select_rows([RANDOM_DRAW] * rows, generator.uniform(0.05, 0.5, rows), weight_cap=100),
        unknown_entities=0, forgotten=0, unrecorded=0, population=rows,
    )  # fmt: skip


def folds() -> tuple[FoldRows, ...]:
    """A fold for every date of the plan before the test date."""
    return tuple(
        FoldRows(
            split=split, schema=SCHEMA, training=part(10 * place, 200 * len(split.training)),
            calibration=part(10 * place + 1, 300), test=part(10 * place + 2, 300),
        )
        for place, split in enumerate(plan(RECIPE.grid, until=RECIPE.test_dates[0]))
    )  # fmt: skip


def study_of(file: Path, trials: int) -> None:
    """Tunes up to a number of trials."""

    def over(done: int) -> bool:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        return done >= trials

    with open_study(file, RECIPE) as study:
        run_trials(study, folds(), RECIPE, over=over, progress=lambda _done, _day: None)


if __name__ == "__main__":
    study_of(Path(sys.argv[1]), int(sys.argv[2]))
