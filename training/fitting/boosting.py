"""The boosted trees. Configuration is checked in Python first: some errors of LightGBM end the process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from data_contracts.refusal import Refusal
from models.schema import IndicatorSpec
from training.estimates.measures import FloatArray, check_two_classes


class BoostingRefused(Refusal):
    """A configuration or a matrix that LightGBM must not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostingParameters:
    """The shape of the model. There is no other parameter: an unknown one has no field to go to."""

    rounds: int = 200
    learning_rate: float = 0.05
    leaves: int = 15
    # Exact reasons for every entity are part of the product; their cost grows with the square of the depth.
    depth: int = 6
    rows_per_leaf: int = 100
    l2: float = 10.0
    column_share: float = 1.0
    row_share: float = 1.0
    bins: int = 255
    # How far the rate of a category is drawn to the others': a code with few rows must not speak loudly.
    category_l2: float = 100.0
    category_smoothing: float = 100.0
    # Split categories as ranges of their sorted codes. Region and industry codes are hierarchies: neighbours
    # are akin, and a range of them needs less evidence than any subset.
    ordered_categories: bool = False

    def __post_init__(self) -> None:
        """Refuses each parameter outside its range."""
        ranges: dict[str, tuple[float, float]] = {
            "rounds": (1, 2000), "learning_rate": (1e-4, 1.0), "leaves": (2, 64), "depth": (1, 6),
            "rows_per_leaf": (1, 1_000_000), "l2": (0.0, 1e6), "column_share": (0.01, 1.0),
            "row_share": (0.01, 1.0), "bins": (2, 255), "category_l2": (0.0, 1e6),
            "category_smoothing": (0.0, 1e6),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
                raise BoostingRefused(
                    expected=f"{name} from {low} to {high}",
                    got=repr(value),
                    todo=f"correct {name} under [boosting]",
                )
        if self.leaves > 2**self.depth:
            raise BoostingRefused(
                expected=f"at most {2**self.depth} leaves at depth {self.depth}",
                got=f"leaves = {self.leaves}",
                todo="lower leaves or raise depth under [boosting]",
            )


def monotone_constraints(schema: Sequence[IndicatorSpec]) -> list[int]:
    """One constraint per column. A directed category is refused: LightGBM would abort the process on it."""
    for spec in schema:
        if spec.kind == "category" and spec.direction != 0:
            raise BoostingRefused(
                expected="direction 0 for a category",
                got=f"direction {spec.direction} for {spec.name}",
                todo=f"set direction=0 for {spec.name} in features/catalogue",
            )
        if spec.direction not in (-1, 0, 1):
            raise BoostingRefused(
                expected="direction -1, 0 or 1",
                got=f"{spec.direction} for {spec.name}",
                todo=f"correct the direction of {spec.name} in features/catalogue",
            )
    return [spec.direction for spec in schema]


def native_parameters(
    parameters: BoostingParameters, schema: Sequence[IndicatorSpec], *, seed: int, threads: int
) -> dict[str, Any]:
    """LightGBM's own parameters: deterministic, monotone, quiet."""
    return {
        "objective": "binary",
        "learning_rate": parameters.learning_rate,
        "num_leaves": parameters.leaves,
        "max_depth": parameters.depth,
        "min_data_in_leaf": parameters.rows_per_leaf,
        "lambda_l2": parameters.l2,
        "feature_fraction": parameters.column_share,
        "bagging_fraction": parameters.row_share,
        "bagging_freq": 1 if parameters.row_share < 1 else 0,
        "max_bin": parameters.bins,
        "cat_l2": parameters.category_l2,
        "cat_smooth": parameters.category_smoothing,
        "monotone_constraints": monotone_constraints(schema),
        "monotone_constraints_method": "intermediate",
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "seed": seed,
        "verbosity": -1,
    }


def fit_booster(
    matrix: FloatArray,
    label: FloatArray,
    weight: FloatArray,
    *,
    schema: Sequence[IndicatorSpec],
    parameters: BoostingParameters,
    seed: int,
    threads: int = 2,
    start: FloatArray | None = None,
) -> str:
    """The model as LightGBM text: the same input gives the same bytes.

    `start` is a log-odds of every row from which the trees go on; it is no part of the model.
    """
    check_matrix(matrix, label, weight, schema=schema)
    native = native_parameters(parameters, schema, seed=seed, threads=threads)
    rows = _dataset(Rows(matrix=matrix, label=label, weight=weight, start=start), schema, parameters)
    booster = lightgbm.train(native, rows, num_boost_round=parameters.rounds)
    return str(booster.model_to_string())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """A matrix of rows × indicators with the label and the weight of every row."""

    matrix: FloatArray
    label: FloatArray
    weight: FloatArray
    # A log-odds of every row from which the trees go on; None: that of all rows.
    start: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """When no more trees are added: `patience` trees without a better `measure` on later rows."""

    measure: str
    patience: int
    # The recipe bounds depth; a study of what the bound costs sets another, or -1 for none.
    depth: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A model cut after its best number of trees."""

    model: str
    rounds: int


def fit_stopped(
    rows: Rows,
    later: Rows,
    *,
    schema: Sequence[IndicatorSpec],
    parameters: BoostingParameters,
    stopping: Stopping,
    seed: int,
    threads: int = 2,
) -> Stopped:
    """At most `parameters.rounds` trees; as many of them are kept as rank the later rows best."""
    for each in (rows, later):
        check_matrix(each.matrix, each.label, each.weight, schema=schema)
    native = native_parameters(parameters, schema, seed=seed, threads=threads) | {"metric": stopping.measure}
    if stopping.depth is not None:
        native["max_depth"] = stopping.depth
    known = _dataset(rows, schema, parameters)
    unseen = lightgbm.Dataset(later.matrix, later.label, weight=later.weight, reference=known)
    booster = lightgbm.train(
        native, known, num_boost_round=parameters.rounds, valid_sets=[unseen],
        callbacks=[lightgbm.early_stopping(stopping.patience, verbose=False)],
    )  # fmt: skip
    best = max(1, int(booster.best_iteration))
    return Stopped(model=str(booster.model_to_string(num_iteration=best)), rounds=best)


def _dataset(rows: Rows, schema: Sequence[IndicatorSpec], parameters: BoostingParameters) -> lightgbm.Dataset:
    """The rows as LightGBM bins them."""
    split_as_sets = [] if parameters.ordered_categories else schema
    # Weights have mean 1, so that `l2` and the leaf size mean the same under every sampling ratio.
    return lightgbm.Dataset(
        rows.matrix, rows.label, weight=rows.weight / rows.weight.mean(), init_score=rows.start,
        feature_name=[spec.name for spec in schema],
        categorical_feature=[spec.name for spec in split_as_sets if spec.kind == "category"],
        params={"verbosity": -1, "max_bin": parameters.bins}, free_raw_data=True,
    )  # fmt: skip


def raw_scores(model: str, matrix: FloatArray, *, threads: int = 2) -> FloatArray:
    """Log-odds of every row before calibration."""
    booster = lightgbm.Booster(model_str=model)
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)


def check_matrix(
    matrix: FloatArray, label: FloatArray, weight: FloatArray, *, schema: Sequence[IndicatorSpec]
) -> None:
    """Refuses rows that do not fit together: shape, labels of one class, weights, names, category codes."""
    if matrix.shape != (len(label), len(schema)) or len(weight) != len(label):
        raise BoostingRefused(
            expected=f"a matrix of {len(label)} rows × {len(schema)} indicators and as many weights",
            got=f"{matrix.shape} and {len(weight)} weights",
            todo="build the matrix and the labels from the same snapshot",
        )
    if not np.isin(label, (0.0, 1.0)).all():
        raise BoostingRefused(expected="labels 0 and 1", got="other values", todo="leave unlabelled rows out")
    check_two_classes(label, where="the training rows")
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        raise BoostingRefused(
            expected="positive weights", got=f"{float(np.min(weight))}", todo="check weight_cap and π"
        )
    repeated = sorted({spec.name for spec in schema if sum(s.name == spec.name for s in schema) > 1})
    if repeated or np.isinf(matrix).any():
        columns = [spec.name for spec, column in zip(schema, matrix.T, strict=True) if np.isinf(column).any()]
        raise BoostingRefused(
            expected="every indicator once and finite values",
            got=f"repeated {repeated}, infinite {columns}",
            todo="correct the indicator in features/catalogue",
        )
    _check_categories(matrix, schema)


def _check_categories(matrix: FloatArray, schema: Sequence[IndicatorSpec]) -> None:
    """Refuses category codes outside the indicator's table."""
    for place, spec in enumerate(schema):
        if spec.kind != "category":
            continue
        codes = matrix[:, place][~np.isnan(matrix[:, place])]
        if len(codes) and not (
            codes.min() >= 0 and codes.max() < len(spec.categories) and (codes % 1 == 0).all()
        ):
            raise BoostingRefused(
                expected=f"codes 0 to {len(spec.categories) - 1} of {spec.name}",
                got=f"{codes.min()} to {codes.max()}",
                todo="encode categories with models.scorer.matrix",
            )
