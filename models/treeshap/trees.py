"""The trees of a model as LightGBM's own dump tells them; a shape that has no tables is refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from data_contracts.refusal import Refusal

# Features on one path are bits of one word of 64 bits.
MOST_ON_A_PATH = 62
# How the dump writes an infinite threshold, which every number is below: JSON has no infinity.
WRITTEN_FOR_INFINITY = 1e300


class ShapeUnsupported(Refusal):
    """A model that the tables cannot answer for; LightGBM itself can."""


class Missing(IntEnum):
    """What a split takes for missing: nothing (absent is 0), zeros and absent values, or absent ones."""

    NOTHING = 0
    ZERO = 1
    NAN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf: its value in log-odds and how many training rows it has."""

    value: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSplit:
    """Left when the value is at most the threshold, or missing and `missing_left`."""

    feature: int
    threshold: float
    missing: Missing
    missing_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySplit:
    """Left when the code is one of these; an unseen or missing one goes right."""

    feature: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An inner node; `count` training rows passed through it."""

    split: NumberSplit | CategorySplit
    count: int
    left: Node | Leaf
    right: Node | Leaf


Tree = Node | Leaf


def trees_of(dump: Mapping[str, Any]) -> tuple[Tree, ...]:
    """The trees of `Booster.dump_model()`.

    Refuses several classes, linear leaves and paths with more than 62 features (ShapeUnsupported).
    """
    if dump["num_tree_per_iteration"] != 1:
        raise _unsupported("one tree for each round", f"{dump['num_tree_per_iteration']}: several classes")
    return tuple(_tree(number, told["tree_structure"]) for number, told in enumerate(dump["tree_info"]))


def expected_value(trees: tuple[Tree, ...]) -> float:
    """The mean raw score over the training rows, counted and not weighted, as LightGBM has it."""
    return math.fsum(_mean(tree) for tree in trees)


def _mean(tree: Tree) -> float:
    if isinstance(tree, Leaf):
        return tree.value
    total, mean = tree.count, 0.0
    waiting: list[Tree] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Leaf):
            mean += node.count / total * node.value
        else:
            waiting += [node.left, node.right]
    return mean


def _tree(number: int, told: Mapping[str, Any]) -> Tree:
    tree = _node(number, told)
    deepest = _most_on_a_path(tree, frozenset())
    if deepest > MOST_ON_A_PATH:
        raise _unsupported(f"at most {MOST_ON_A_PATH} indicators on a path", f"{deepest} in tree {number}")
    return tree


def _node(number: int, told: Mapping[str, Any]) -> Tree:
    if "split_feature" not in told:
        if "leaf_coeff" in told:
            raise _unsupported("leaves of one value", f"a linear leaf in tree {number}")
        return Leaf(value=float(told["leaf_value"]), count=int(told.get("leaf_count", 0)))
    return Node(
        split=_split(told),
        count=int(told["internal_count"]),
        left=_node(number, told["left_child"]),
        right=_node(number, told["right_child"]),
    )


def _split(told: Mapping[str, Any]) -> NumberSplit | CategorySplit:
    feature = int(told["split_feature"])
    if told["decision_type"] == "==":
        return CategorySplit(
            feature=feature, codes=tuple(int(code) for code in told["threshold"].split("||"))
        )
    threshold = float(told["threshold"])
    return NumberSplit(
        feature=feature,
        threshold=math.inf if threshold >= WRITTEN_FOR_INFINITY else threshold,
        missing={"None": Missing.NOTHING, "Zero": Missing.ZERO, "NaN": Missing.NAN}[told["missing_type"]],
        missing_left=bool(told["default_left"]),
    )


def _most_on_a_path(tree: Tree, above: frozenset[int]) -> int:
    if isinstance(tree, Leaf):
        return len(above)
    here = above | {tree.split.feature}
    return max(_most_on_a_path(tree.left, here), _most_on_a_path(tree.right, here))


def _unsupported(expected: str, got: str) -> ShapeUnsupported:
    return ShapeUnsupported(
        expected=f"a model with {expected}", got=got, todo="let LightGBM itself give the contributions"
    )
