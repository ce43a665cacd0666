"""The tables give what LightGBM's own pred_contrib gives, to the last digits, for every shape of model."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.treeshap.explainer import explainer_of
from models.treeshap.subtrees import subtrees_of
from models.treeshap.trees import ShapeUnsupported, trees_of

Array = np.ndarray[Any, Any]
ROUNDS = 25
CATEGORIES = [10, 11]
# What is special of each model; "weighted" and "categories" are about its data.
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "one tree": {"rounds": 1},
    "six hundred trees": {"rounds": 600, "num_leaves": 6},
    "stumps": {"num_leaves": 2},
    "no split at all": {"min_data_in_leaf": 5000},
    "deep": {"num_leaves": 120, "min_data_in_leaf": 2},
    "depth 6": {"max_depth": 6},
    "weighted": {"weighted": True},
    "categories": {"categories": True},
    "monotone": {"monotone_constraints": [1, 0, -1] + [0] * 9, "monotone_constraints_method": "intermediate"},
    "monotone with categories": {"monotone_constraints": [1, 0, -1] + [0] * 9, "categories": True},
    "zeros are missing": {"zero_as_missing": True},
    "nothing is missing": {"use_missing": False},
    "many bins": {"max_bin": 1000, "num_leaves": 60},
    "empty leaves": {"min_data_in_leaf": 0, "min_sum_hessian_in_leaf": 0, "weighted": True},
    "dart": {"boosting": "dart"},
    "forest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
}


def city(rows: int) -> tuple[Array, Array]:
    """Counts, measures and codes with gaps; what they are worth together is not additive."""
    rng = np.random.default_rng(20261122)
    x = rng.poisson(0.6, (rows, 12)).astype(float) * rng.integers(1, 4, (rows, 12))
    x[:, 6:9] = rng.normal(size=(rows, 3))
    x[rng.random(x.shape) < 0.05] = np.nan
    x[:, 10], x[:, 11] = rng.integers(0, 40, rows), rng.integers(0, 90, rows)
    told = np.nan_to_num(x[:, 0]) + x[:, 6] * (x[:, 10] % 3 == 0) + (x[:, 11] % 5 == 0)
    return x, (np.nan_to_num(told) + rng.normal(size=rows) > 2).astype(int)


def nasty(x: Array) -> Array:
    """Rows as no training saw them: nulls, numbers out of range, unseen and broken codes, nearly zero."""
    rows, rng = x.copy(), np.random.default_rng(7)
    chance = rng.random(rows.shape)
    for place, value in enumerate((np.nan, 1e9, -3.5, -0.5, 3.7, 1e-36, np.inf, -np.inf)):
        rows[(chance > place * 0.02) & (chance <= (place + 1) * 0.02)] = value
    return rows


X, Y = city(3_000)


def fitted(shape: dict[str, Any]) -> lightgbm.Booster:
    """A model of a shape, read back from its text as a release is."""
    asked = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1} | shape
    rounds, weighted = asked.pop("rounds", ROUNDS), asked.pop("weighted", False)
    weight = np.random.default_rng(3).exponential(5.0, len(X)) if weighted else None
    named = CATEGORIES if asked.pop("categories", False) else "auto"
    data = lightgbm.Dataset(X, Y, weight=weight, categorical_feature=named)
    return lightgbm.Booster(model_str=lightgbm.train(asked, data, rounds).model_to_string())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_has_lightgbms_own_contributions(shape: str) -> None:
    model = fitted(SHAPES[shape])
    rows = nasty(X[:800])
    found = explainer_of(model.dump_model()).contributions(rows, threads=2)
    assert np.abs(found - model.predict(rows, pred_contrib=True)).max() <= 1e-9
    assert np.abs(found.sum(axis=1) - model.predict(rows, raw_score=True)).max() <= 1e-9


@pytest.mark.slow
def test_twenty_thousand_rows_have_lightgbms_own_contributions() -> None:
    model = fitted({"max_depth": 6, "categories": True})
    rows = nasty(city(20_000)[0])
    found = explainer_of(model.dump_model()).contributions(rows, threads=2)
    assert np.abs(found - model.predict(rows, pred_contrib=True, num_threads=2)).max() <= 1e-9


def test_alone_repeated_and_in_any_number_of_threads_a_row_says_the_same() -> None:
    explainer = explainer_of(fitted({}).dump_model())
    # More than one chunk, in which most rows are alike.
    rows = nasty(X[:700])[np.random.default_rng(1).integers(0, 700, 17_000)]
    found = explainer.contributions(rows, threads=1)
    assert np.array_equal(explainer.contributions(rows, threads=2), found)
    assert np.array_equal(explainer.contributions(rows[:5_000], threads=2), found[:5_000])
    alone = np.concatenate([explainer.contributions(rows[place : place + 1]) for place in range(40)])
    assert np.abs(alone - found[:40]).max() <= 1e-12
    assert explainer.contributions(rows[:0]).shape == (0, 13)


def test_subtrees_of_any_size_say_the_same() -> None:
    model = fitted({"num_leaves": 63})
    rows, cells = nasty(X[:300]), []
    for most_bytes in (2**29, 2**24, 2**22):
        explainer = explainer_of(model.dump_model(), most_bytes=most_bytes)
        cells.append(explainer.layout.sums.cells)
        assert np.abs(explainer.contributions(rows) - model.predict(rows, pred_contrib=True)).max() <= 1e-9
        assert explainer.layout.sums.cells * 8 <= most_bytes
    assert cells == sorted(cells, reverse=True)
    assert cells[0] > cells[-1]


def test_leaves_below_too_many_indicators_are_answered_by_the_formula() -> None:
    """A chain of twenty splits on twenty indicators: its last leaves would need tables of a million rows."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(4_000, 20))
    y = (x > -1.5).all(axis=1).astype(float)
    asked = {"objective": "binary", "num_leaves": 40, "min_data_in_leaf": 1, "verbose": -1}
    model = lightgbm.train(asked, lightgbm.Dataset(x, y), 3)
    explainer = explainer_of(model.dump_model())
    assert not explainer.layout.sums.tabled.all()
    found = explainer.contributions(x[:500], threads=2)
    assert np.abs(found - model.predict(x[:500], pred_contrib=True)).max() <= 1e-9
    assert np.abs(explainer.contributions(x[:1]) - found[:1]).max() <= 1e-12


def tree_of(spec: Any, features: int) -> dict[str, Any]:
    """A tree as LightGBM dumps it, from nested (feature, threshold, left, right) or leaves (value, count)."""
    if len(spec) == 2:
        value, count = spec
        return {"leaf_value": value, "leaf_count": count, "leaf_index": 0}
    feature, threshold, left, right = spec
    children = [tree_of(child, features) for child in (left, right)]
    counts = [child.get("leaf_count", child.get("internal_count")) for child in children]
    return {
        "split_feature": feature % features, "threshold": threshold, "decision_type": "<=",
        "default_left": True, "missing_type": "None", "internal_count": sum(counts),
        "left_child": children[0], "right_child": children[1],
    }  # fmt: skip


def worth(tree: dict[str, Any], row: Array, known: frozenset[int]) -> float:
    """What a tree says when some columns are known: other splits are averaged by their training rows."""
    if "leaf_value" in tree:
        return float(tree["leaf_value"])
    left, right = tree["left_child"], tree["right_child"]
    if tree["split_feature"] in known:
        return worth(left if row[tree["split_feature"]] <= tree["threshold"] else right, row, known)
    counts = [child.get("leaf_count", child.get("internal_count")) for child in (left, right)]
    return (counts[0] * worth(left, row, known) + counts[1] * worth(right, row, known)) / sum(counts)


def by_all_orders(tree: dict[str, Any], row: Array) -> list[float]:
    """Shapley values as they are defined: the mean gain of a column over all orders of becoming known."""
    gains = [0.0] * len(row)
    for order in permutations(range(len(row))):
        known: frozenset[int] = frozenset()
        for column in order:
            before = worth(tree, row, known)
            known |= {column}
            gains[column] += worth(tree, row, known) - before
    return [gain / factorial(len(row)) for gain in gains]


FEATURES = 4
LEAVES = st.tuples(st.floats(-3, 3), st.integers(1, 50))
TREES = st.recursive(
    LEAVES,
    lambda below: st.tuples(
        st.integers(0, FEATURES - 1), st.sampled_from([-1.0, 0.0, 0.5, 2.0]), below, below
    ),
    max_leaves=9,
)


@settings(max_examples=60, deadline=None)
@given(
    tree=TREES.filter(lambda spec: len(spec) == 4),
    row=st.lists(st.floats(-3, 3), min_size=FEATURES, max_size=FEATURES),
)
def test_random_trees_have_shapley_values_by_their_definition(tree: Any, row: list[float]) -> None:
    told = tree_of(tree, FEATURES)
    dump = {
        "num_tree_per_iteration": 1,
        "max_feature_idx": FEATURES - 1,
        "tree_info": [{"tree_structure": told}],
    }
    values = np.array(row)
    found = explainer_of(dump).contributions(np.tile(values, (3, 1)))
    assert found[0, :-1].tolist() == pytest.approx(by_all_orders(told, values), abs=1e-9)
    assert found[0, -1] == pytest.approx(worth(told, values, frozenset()), abs=1e-9)
    assert np.array_equal(found[0], found[2])


def test_a_tree_of_two_splits_worked_by_hand() -> None:
    """f(x) = 8 where x0 > 0 and x1 > 0, else 0; half of the rows pass each: (1, 1) gains 3 by each."""
    told = tree_of((0, 0.0, (0.0, 2), (1, 0.0, (0.0, 1), (8.0, 1))), 2)
    dump = {"num_tree_per_iteration": 1, "max_feature_idx": 1, "tree_info": [{"tree_structure": told}]}
    found = explainer_of(dump).contributions(np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]]))
    assert found[:, 2].tolist() == [2.0, 2.0, 2.0]
    assert found[0, :2].tolist() == pytest.approx([3.0, 3.0])
    assert found[1, :2].tolist() == pytest.approx([1.0, -3.0])
    assert found[2, :2].tolist() == pytest.approx([-3.0, 1.0])


def test_what_has_no_tables_is_refused_by_name() -> None:
    classes = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, "verbose": -1},
        lightgbm.Dataset(X[:500], np.arange(500) % 3), 2,
    )  # fmt: skip
    with pytest.raises(ShapeUnsupported, match=r"one tree for each round; got 3: several classes"):
        explainer_of(classes.dump_model())
    linear = lightgbm.train(
        {"objective": "binary", "linear_tree": True, "verbose": -1},
        lightgbm.Dataset(np.nan_to_num(X[:500]), Y[:500], params={"linear_tree": True, "verbose": -1}), 2,
    )  # fmt: skip
    with pytest.raises(ShapeUnsupported, match=r"leaves of one value; got a linear leaf in tree 0"):
        explainer_of(linear.dump_model())
    with pytest.raises(ShapeUnsupported, match=r"tables of at most 1,000 bytes; got .* at 4 bits"):
        explainer_of(fitted({}).dump_model(), most_bytes=1_000)


def test_a_path_of_more_indicators_than_bits_is_refused() -> None:
    spec: Any = (1.0, 1)
    for feature in range(63):
        spec = (feature, 0.0, (0.0, 1), spec)
    told = [{"tree_structure": tree_of(spec, 63)}]
    dump = {"num_tree_per_iteration": 1, "max_feature_idx": 62, "tree_info": told}
    with pytest.raises(ShapeUnsupported, match=r"at most 62 indicators on a path; got 63 in tree 0"):
        trees_of(dump)


def test_every_leaf_stands_in_exactly_one_subtree() -> None:
    model = fitted({"num_leaves": 63})
    subtrees = subtrees_of(trees_of(model.dump_model()), 6)
    assert sum(len(subtree.paths) for subtree in subtrees) == 63 * ROUNDS
    assert all(subtree.bits <= 6 or len(subtree.paths) == 1 for subtree in subtrees)


@pytest.mark.slow
def test_a_process_of_its_own_gives_the_same_bytes() -> None:
    code = (
        "from tests.models.treeshap.test_explainer import X, explainer_of, fitted, nasty; import hashlib; "
        "found = explainer_of(fitted({}).dump_model()).contributions(nasty(X[:500]), threads=2); "
        "print(hashlib.sha256(found.tobytes()).hexdigest())"
    )
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout}
    told |= {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout}
    assert len(told) == 1
