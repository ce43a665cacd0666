"""A recipe: every choice of a training run, read from TOML. An unknown or missing key is refused by name."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from data_contracts.refusal import Refusal
from models.grades import LARGEST_MARGIN
from training.fitting.boosting import BoostingParameters
from training.plan.gate_limits import GateLimits
from training.plan.rolling_origin import Grid
from training.plan.time_splits import TimeSplit, check_split

TUNING_MEASURES = ("auc", "average_precision")
OUTCOMES = ("problem_found", "serious_problem_found", "critical_violation_found", "sanctioned")


class RecipeRefused(Refusal):
    """A recipe that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """One seed for each use of chance."""

    boosting: int = 7
    bootstrap: int = 11
    baseline: int = 13
    tuning: int = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How the past is cut into folds, and how candidates are fitted and compared on them."""

    # Months between two as-of dates of the folds, counted from the first test date backwards.
    step_months: int = 3
    # Dates that a fold must have for boosting.
    least_training: int = 2
    # Every candidate is fitted with so many seeds on every fold.
    seeds: int = 2
    # Trees are added until the ranking of the later date has not improved for so many; `most_rounds` at most.
    patience: int = 40
    most_rounds: int = 500
    measure: str = "auc"

    def __post_init__(self) -> None:
        """Refuses each number outside its range."""
        ranges = {
            "step_months": (1, 24), "least_training": (1, 100), "seeds": (1, 20),
            "patience": (1, 1000), "most_rounds": (1, 2000),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                _refuse(f"{name} under [tuning]", f"{low} to {high}", getattr(self, name))
        if self.measure not in TUNING_MEASURES:
            _refuse("measure under [tuning]", f"one of {', '.join(TUNING_MEASURES)}", self.measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is learned, from which dates, how, and how it is judged."""

    outcome: str
    horizon_days: int
    training_dates: tuple[date, ...]
    calibration_dates: tuple[date, ...]
    test_dates: tuple[date, ...]
    # With these the shipped booster is fitted once more, on the freshest outcomes known by the test date;
    # the curve stays that of the honest calibration one step earlier.
    refit_dates: tuple[date, ...] = ()
    # Items whose inspections are outcomes; none means all.
    outcome_items: tuple[str, ...] = ()
    boosting: BoostingParameters = field(default_factory=BoostingParameters)
    # Published shares of cities that grade all their entities: A 65 %, B 25 %, C 8.5 %, D 1.5 %.
    grade_shares: tuple[float, ...] = (0.65, 0.25, 0.085, 0.015)
    # How far beyond a cut, in log-odds, a probability must lie to move a grade at once: the change guard.
    # Nineteen in twenty entities of which a month recorded nothing new moved by 0.16 or less (0.14 to 0.17 in
    # four months of a sandbox city of 200,000). A larger margin delays more real changes by a month.
    change_margin: float = 0.15
    # Shares of all entities that can be visited; precision, recall and lift are told at each.
    capacities: tuple[float, ...] = (0.01, 0.05, 0.10)
    weight_cap: float = 100.0
    # A cap for the weights of boosting alone; calibration and judging keep the full ones. 1/π near 134 beside
    # targeted rows of weight 1 leave few effective rows: what a lower cap bends, calibration puts right.
    training_weight_cap: float = 1_000_000.0
    # Boosting starts from the log-odds of each row's inspector, so that trees learn what tells apart the
    # entities of one inspector. Of inspectors nothing is left in a release.
    adjust_for_inspector: bool = False
    excluded_indicators: tuple[str, ...] = ()
    bootstrap_repetitions: int = 500
    seeds: Seeds = field(default_factory=Seeds)
    tuning: Tuning = field(default_factory=Tuning)
    gates: GateLimits = field(default_factory=GateLimits)

    def __post_init__(self) -> None:
        """Refuses choices that no run can follow; the boosting parameters and dates check themselves."""
        if self.outcome not in OUTCOMES:
            _refuse("outcome", f"one of {', '.join(OUTCOMES)}", self.outcome)
        if self.outcome == "sanctioned" and self.outcome_items:
            _refuse(
                "outcome_items",
                "none for the outcome sanctioned, which no inspection decides",
                self.outcome_items,
            )
        if not 1 <= self.horizon_days <= 1095:
            _refuse("horizon_days", "1 to 1095 days", self.horizon_days)
        if (
            len(self.grade_shares) != 4
            or abs(sum(self.grade_shares) - 1) > 1e-9
            or min(self.grade_shares) <= 0
        ):
            _refuse("grade_shares", "four positive shares that sum to 1", self.grade_shares)
        if not 0 <= self.change_margin <= LARGEST_MARGIN:
            _refuse("change_margin", f"0 (no guard) to {LARGEST_MARGIN:g} in log-odds", self.change_margin)
        if not self.capacities or not all(0 < share <= 1 for share in self.capacities):
            _refuse("capacities", "shares above 0 and up to 1", self.capacities)
        if not self.weight_cap >= 1:
            _refuse("weight_cap", "1 or more (a weight is 1/π)", self.weight_cap)
        if not self.training_weight_cap >= 1:
            _refuse("training_weight_cap", "1 or more (1: no weights)", self.training_weight_cap)
        if not 0 <= self.bootstrap_repetitions <= 10_000:
            _refuse("bootstrap_repetitions", "0 to 10000", self.bootstrap_repetitions)
        check_split(self.split)

    @property
    def split(self) -> TimeSplit:
        """The dates as one split."""
        return TimeSplit(
            training=self.training_dates,
            calibration=self.calibration_dates,
            test=self.test_dates,
            horizon_days=self.horizon_days,
            refit=self.refit_dates,
        )

    @property
    def grid(self) -> Grid:
        """The as-of dates of a rolling origin: from the first training date on, with the first test date."""
        return Grid(
            first=min(self.training_dates),
            anchor=self.test_dates[0],
            step_months=self.tuning.step_months,
            horizon_days=self.horizon_days,
            least_training=self.tuning.least_training,
        )

    @property
    def digest(self) -> str:
        """SHA-256 over every choice: two recipes with the same digest make the same run."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


def recipe_file(city: str) -> Path:
    """The recipe that comes with the package for a city."""
    return Path(__file__).parents[1] / "recipes" / f"{city}.toml"


def read_recipe(path: Path) -> Recipe:
    """The recipe of a TOML file."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.name for p in recipe_file("x").parent.glob("*.toml")))
        raise RecipeRefused(
            expected="a recipe file",
            got=f"nothing at {path}",
            todo=f"write it, or pass --recipe FILE (there are {known})",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeRefused(
            expected="a recipe in TOML", got=f"{error} in {path}", todo="correct the file there"
        ) from error
    return recipe_of(table, place=path.name)


def recipe_of(table: Mapping[str, Any], *, place: str) -> Recipe:
    """The recipe of a parsed TOML table."""
    values = dict(table)
    for key, kind in (
        ("boosting", BoostingParameters),
        ("seeds", Seeds),
        ("tuning", Tuning),
        ("gates", GateLimits),
    ):
        if key in values:
            values[key] = kind(**_checked(kind, values[key], place=f"{place}, [{key}]"))
    return Recipe(**_checked(Recipe, values, place=place))


def _checked(kind: type, table: object, *, place: str) -> dict[str, Any]:
    """The table's values with lists as tuples, when its keys are fields of the kind and of the right type."""
    if not isinstance(table, Mapping):
        raise RecipeRefused(
            expected=f"a table in {place}", got=repr(table), todo="write it as [table] with keys"
        )
    known = {field_.name: field_ for field_ in fields(kind)}
    for key in table:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"write {near[0]!r}" if near else f"remove it; there are {', '.join(known)}"
            raise RecipeRefused(expected=f"only known keys in {place}", got=f"{key!r}", todo=hint)
    required = [
        name for name, each in known.items() if each.default is MISSING and each.default_factory is MISSING
    ]
    absent = [name for name in required if name not in table]
    if absent:
        raise RecipeRefused(
            expected=f"{', '.join(required)} in {place}", got=f"no {', '.join(absent)}", todo="add it"
        )
    return {key: _typed(str(known[key].type), key, value, place=place) for key, value in table.items()}


def _typed(annotation: str, key: str, value: Any, *, place: str) -> Any:
    """The value as the field's type; whole numbers pass as numbers, nothing else is converted."""
    accepted: dict[str, tuple[type, ...]] = {
        "str": (str,), "int": (int,), "float": (int, float), "date": (date,), "bool": (bool,)
    }  # fmt: skip
    if annotation.startswith("tuple["):
        element = annotation.removeprefix("tuple[").split(",")[0]
        if isinstance(value, list):
            return tuple(_typed(element, f"an element of {key}", each, place=place) for each in value)
        raise RecipeRefused(
            expected=f"a list in {key}", got=f"{value!r} in {place}", todo="write it in brackets"
        )
    wanted = accepted.get(annotation)
    # The tables of a recipe ([boosting], [seeds]) have been made into their kinds already.
    if wanted is None:
        return value
    # A boolean is an int to Python; here it is only ever itself.
    if not isinstance(value, wanted) or (isinstance(value, bool) and annotation != "bool"):
        raise RecipeRefused(
            expected=f"{key} as {annotation}",
            got=f"{value!r} in {place}",
            todo=f"write {key} as {annotation}",
        )
    return float(str(value)) if annotation == "float" else value


def _refuse(key: str, expected: str, got: object) -> None:
    raise RecipeRefused(expected=f"{key}: {expected}", got=str(got), todo=f"correct {key} in the recipe")
