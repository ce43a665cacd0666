"""Tuning inside the past: candidates are fitted on every fold with several seeds, and one is chosen.

The study is a journal file that survives its process: a trial that was killed is begun again, and because the
sampler's seed is that of the recipe plus the number of finished trials, an interrupted study makes the same
trials as an uninterrupted one. Chosen is by mean and regret over time, never by one lucky score.
"""

from __future__ import annotations

import fcntl
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from data_contracts.refusal import Refusal
from training.estimates.measures import FloatArray, Measure, auc, average_precision, check_two_classes
from training.fitting.boosting import BoostingParameters, Rows, Stopping, fit_stopped, raw_scores
from training.plan.recipe import Recipe
from training.rows.fold_rows import FoldRows
from training.rows.parts import Part

STUDY = "tuning"
MEASURES: Mapping[str, Measure] = {"auc": auc, "average_precision": average_precision}
# Trials before the median of others may end one, and before the sampler looks at what came out.
UNPRUNED, UNGUIDED = 5, 10
FINISHED = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
# Over fewer rows a second thread costs more than it brings.
FEW_ROWS = 20_000
# Where candidates are looked for; depth stays within what exact reasons can afford.
WHOLE = {"depth": (2, 6), "leaves": (3, 63), "rows_per_leaf": (10, 500)}
REAL = {
    "learning_rate": (0.02, 0.2), "l2": (0.1, 300.0), "column_share": (0.1, 1.0),
    "row_share": (0.5, 1.0), "category_l2": (1.0, 1000.0),
}  # fmt: skip
EVEN = ("column_share", "row_share", "depth")
# Tried where weights differ, from 1 (no weights) to the recipe's `weight_cap`: variance against bias. Honest
# rows with their full weights judge it.
CAP = "training_weight_cap"


class TuningRefused(Refusal):
    """A study that cannot be continued, or of which nothing can be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The measure on a fold's judged date, and the trees that early stopping kept."""

    score: float
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One finished trial: its parameters and its score of every seed on every judged date."""

    number: int
    parameters: BoostingParameters
    training_weight_cap: float
    scores: Mapping[date, tuple[float, ...]]

    @property
    def by_date(self) -> FloatArray:
        """The mean over seeds of every judged date, oldest first."""
        return np.array([np.mean(self.scores[day]) for day in sorted(self.scores)])

    @property
    def mean(self) -> float:
        """The mean over dates and seeds."""
        return float(self.by_date.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen candidate, the one of the best mean, and what the chosen lost at most on one date."""

    chosen: Candidate
    best_mean: Candidate
    regret: float
    eligible: int
    # The candidate that the recipe came with, which is always tried first.
    before: Candidate | None


def judge(
    parameters: BoostingParameters,
    fold: FoldRows,
    recipe: Recipe,
    *,
    seed: int,
    depth: int | None = None,
    cap: float = math.inf,
) -> Judgement:
    """Fits on the fold's training rows, stops by its later date, measures on its judged date.

    `cap` bounds the weights of boosting; those that stop and judge are left as they are.
    """
    later, test = honest_rows(fold.calibration), honest_rows(fold.test)
    check_two_classes(test.label, where=f"the rows judged on {fold.day}")
    stopping = Stopping(measure=recipe.tuning.measure, patience=recipe.tuning.patience, depth=depth)
    fitted = fit_stopped(
        training_rows(fold.training, cap=cap), later,
        schema=fold.schema, parameters=replace(parameters, rounds=recipe.tuning.most_rounds),
        stopping=stopping, seed=seed, threads=1 if len(fold.training.label) < FEW_ROWS else 2,
    )  # fmt: skip
    raw = raw_scores(fitted.model, test.matrix, threads=1)
    score = MEASURES[recipe.tuning.measure](test.label, raw, test.weight)
    return Judgement(score=score, rounds=fitted.rounds)


def training_rows(part: Part, *, cap: float = math.inf) -> Rows:
    """All rows with their training weights, none above a cap."""
    weight = np.minimum(part.selection.training_weight, cap)
    return Rows(matrix=part.matrix, label=part.label, weight=weight, start=part.start)


def honest_rows(part: Part) -> Rows:
    """The rows that may judge, with their honest weights."""
    honest = part.selection.honest
    return Rows(
        matrix=part.matrix[honest], label=part.label[honest], weight=part.selection.honest_weight[honest]
    )


@contextmanager
def open_study(file: Path, recipe: Recipe) -> Iterator[optuna.Study]:
    """The study of a journal file, made or continued; refused while another process holds it."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TuningRefused(
                expected="a study that nobody else works on", got=f"{file} held by another process",
                todo="wait until it ends: its trials are kept",
            ) from None  # fmt: skip
        _end_of_whole_lines(held)
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(file), lock_obj=_AlreadyHeld())),
            study_name=STUDY, direction="maximize", load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=1),
        )  # fmt: skip
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        if not finished(study):
            study.enqueue_trial(_starting_point(recipe), skip_if_exists=False)
        yield study


class _AlreadyHeld:
    """The journal's lock, which needs no file of its own: the study's file is held as long as it is open.

    A lock file would outlive a killed process and make the next one wait.
    """

    def acquire(self) -> bool:
        """It is held."""
        return True

    def release(self) -> None:
        """It stays held."""


def _end_of_whole_lines(journal: Any) -> None:
    """Cuts off a line that its writer did not end before it was killed."""
    journal.seek(0)
    text = journal.read()
    if not text.endswith(b"\n"):
        journal.truncate(text.rfind(b"\n") + 1)


def finished(study: optuna.Study) -> int:
    """Trials that came to an end, pruned ones among them."""
    return len(study.get_trials(deepcopy=False, states=FINISHED))


def run_trials(
    study: optuna.Study,
    folds: Sequence[FoldRows],
    recipe: Recipe,
    *,
    over: Callable[[int], bool],
    progress: Callable[[int, date], None],
) -> None:
    """Trial after trial until `over` says so of the number of finished ones."""
    objective = partial(_objective, folds=folds, recipe=recipe, progress=progress)
    while not over(done := finished(study)):
        study.sampler = optuna.samplers.TPESampler(seed=recipe.seeds.tuning + done, n_startup_trials=UNGUIDED)
        study.optimize(partial(objective, done=done), n_trials=1)


def _objective(
    trial: optuna.Trial,
    *,
    folds: Sequence[FoldRows],
    recipe: Recipe,
    progress: Callable[[int, date], None],
    done: int,
) -> float:
    """The mean measure over folds and seeds; ended early where the first folds are worse than the median."""
    parameters, cap = _suggested(trial, recipe.boosting), _suggested_cap(trial, folds, recipe)
    scores: dict[str, list[float]] = {}
    rounds: list[int] = []
    for place, fold in enumerate(folds):
        progress(done, fold.day)
        seeds = range(recipe.seeds.boosting, recipe.seeds.boosting + recipe.tuning.seeds)
        found = [judge(parameters, fold, recipe, seed=seed, cap=cap) for seed in seeds]
        scores[fold.day.isoformat()] = [each.score for each in found]
        rounds += [each.rounds for each in found]
        trial.report(float(np.mean(list(scores.values()))), place)
        if trial.should_prune():
            raise optuna.TrialPruned
    chosen = replace(parameters, rounds=int(np.median(rounds)))
    trial.set_user_attr("parameters", asdict(chosen))
    trial.set_user_attr(CAP, cap)
    trial.set_user_attr("scores", scores)
    return float(np.mean(list(scores.values())))


def _suggested(trial: optuna.Trial, start: BoostingParameters) -> BoostingParameters:
    """The parameters of a trial; a tree has no more leaves than its depth allows."""
    whole = {
        name: trial.suggest_int(name, low, high, log=name not in EVEN) for name, (low, high) in WHOLE.items()
    }
    real = {
        name: trial.suggest_float(name, low, high, log=name not in EVEN) for name, (low, high) in REAL.items()
    }
    ordered = bool(trial.suggest_categorical("ordered_categories", [False, True]))
    whole["leaves"] = min(whole["leaves"], 2 ** whole["depth"])
    # Digits beyond these are noise, and a recipe is read by people.
    rounded = {name: float(f"{value:.3g}") for name, value in real.items()}
    return BoostingParameters(**{**asdict(start), **whole, **rounded, "ordered_categories": ordered})


def _suggested_cap(trial: optuna.Trial, folds: Sequence[FoldRows], recipe: Recipe) -> float:
    """The cap of a trial; none where all rows weigh alike."""
    if all(float(np.ptp(fold.training.selection.training_weight)) == 0.0 for fold in folds):
        return math.inf
    return float(f"{trial.suggest_float(CAP, 1.0, recipe.weight_cap, log=True):.3g}")


def _starting_point(recipe: Recipe) -> dict[str, Any]:
    """The recipe's own parameters as the first trial, moved into the ranges where they lie outside."""
    start = recipe.boosting
    ranges = {**WHOLE, **REAL}
    point = {name: min(max(getattr(start, name), low), high) for name, (low, high) in ranges.items()}
    cap = min(recipe.training_weight_cap, recipe.weight_cap)
    return {**point, "ordered_categories": start.ordered_categories, CAP: cap}


def candidates(study: optuna.Study) -> tuple[Candidate, ...]:
    """The trials that were judged on every fold."""
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    return tuple(
        Candidate(
            number=trial.number,
            parameters=BoostingParameters(**trial.user_attrs["parameters"]),
            training_weight_cap=float(trial.user_attrs.get(CAP, math.inf)),
            scores={date.fromisoformat(day): tuple(s) for day, s in trial.user_attrs["scores"].items()},
        )
        for trial in complete
    )


def choose(found: Sequence[Candidate]) -> Choice:
    """Of those whose mean is within one standard error of the best one's, the one of the least regret.

    The error is that of the difference to the best over the judged dates; the regret of a candidate is the
    most that it lies below the best candidate of a date, on any date.
    """
    if not found:
        raise TuningRefused(
            expected="at least one trial judged on every fold", got="none", todo="give more trials or minutes"
        )
    table = np.array([each.by_date for each in found])
    best = int(np.argmax(table.mean(axis=1)))
    behind = table[best] - table
    dates = table.shape[1]
    error = behind.std(axis=1, ddof=1) / np.sqrt(dates) if dates > 1 else np.zeros(len(found))
    regret = (table.max(axis=0) - table).max(axis=1)
    eligible = np.flatnonzero(behind.mean(axis=1) <= error).tolist()
    chosen = min(eligible, key=lambda place: (regret[place], behind[place].mean(), place))
    first = min(found, key=lambda each: each.number)
    return Choice(
        chosen=found[chosen], best_mean=found[best], regret=float(regret[chosen]),
        eligible=len(eligible), before=first if first.number == 0 else None,
    )  # fmt: skip
