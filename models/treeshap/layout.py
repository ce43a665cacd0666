"""Subtrees laid out as flat arrays, the only thing that compiled code reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.treeshap.subtrees import Comparison, Subtree
from models.treeshap.trees import CategorySplit, NumberSplit

Array = npt.NDArray[Any]
# The places between thresholds are kept in a byte; 0 and 255 stand below and above all of them.
MOST_THRESHOLDS = 250
CATEGORY = 9


class Columns(NamedTuple):
    """What rows are turned into first: a byte for each column, which comparisons read.

    The first `numbers` columns hold the place of a value among thresholds, the others 0 or 1: whether a code
    goes right. `first` and `words_first` are where each column's thresholds and words of codes begin.
    """

    feature: Array
    missing: Array
    missing_left: Array
    first: Array
    thresholds: Array
    numbers: int
    words_first: Array
    words: Array


class Comparisons(NamedTuple):
    """Of subtree s those from `first[s]` to `first[s + 1]`: the bit is set where byte > `place`, or not."""

    first: Array
    column: Array
    place: Array
    inverted: Array
    bit: Array


class Paths(NamedTuple):
    """Of subtree s the paths from `first[s]`; of path p the parts from `parts_first[p]`.

    `own` is the place of a part's indicator among those of its subtree.
    """

    first: Array
    value: Array
    parts_first: Array
    own: Array
    share: Array
    clear: Array
    set_: Array


class Sums(NamedTuple):
    """Where the tables lie and what is added from them.

    Of subtree s the indicators from `features_first[s]`, each with its table at `table` (−1 without one).
    Of tree t the subtrees from `trees_first[t]` and the runs from `runs_first[t]`; of run r, which is one
    indicator of one tree, the tables from `entries_first[r]`: `offset`, `size` and subtree within the tree.
    """

    bits: Array
    tabled: Array
    features_first: Array
    features: Array
    table: Array
    trees_first: Array
    runs_first: Array
    run_feature: Array
    entries_first: Array
    offset: Array
    size: Array
    subtree: Array
    most_subtrees: int
    cells: int


class Layout(NamedTuple):
    """All of it, and how many indicators the longest path has."""

    columns: Columns
    comparisons: Comparisons
    paths: Paths
    sums: Sums
    longest: int


def laid_out(subtrees: Sequence[Subtree], table_bits: int) -> Layout:
    """The arrays of some subtrees, in the order of their trees; one of more bits than that has no table."""
    columns, places = _columns(subtrees)
    paths = _paths(subtrees)
    return Layout(
        columns=columns,
        comparisons=_comparisons(subtrees, places),
        paths=paths,
        sums=_sums(subtrees, table_bits),
        longest=int(np.diff(paths.parts_first).max(initial=0)),
    )


def _starts(lengths: Iterable[int]) -> Array:
    return np.array([0, *accumulate(lengths)], np.int64)


def _columns(subtrees: Sequence[Subtree]) -> tuple[Columns, dict[object, tuple[int, int]]]:
    """The columns, and of every split its column and place there."""
    splits = {comparison.split for subtree in subtrees for comparison in subtree.comparisons}
    numbers = [split for split in splits if isinstance(split, NumberSplit)]
    groups: dict[tuple[int, int, bool], list[NumberSplit]] = {}
    for split in sorted(numbers, key=lambda s: (s.feature, s.missing, s.missing_left, s.threshold)):
        groups.setdefault((split.feature, int(split.missing), split.missing_left), []).append(split)
    told: list[tuple[int, int, bool, list[float]]] = []
    places: dict[object, tuple[int, int]] = {}
    for (feature, missing, left), some in groups.items():
        for at in range(0, len(some), MOST_THRESHOLDS):
            chunk = some[at : at + MOST_THRESHOLDS]
            places |= {split: (len(told), place) for place, split in enumerate(chunk, start=1)}
            told.append((feature, missing, left, [split.threshold for split in chunk]))
    categories = sorted(
        (split for split in splits if isinstance(split, CategorySplit)), key=lambda s: (s.feature, s.codes)
    )
    words = [_words(split) for split in categories]
    count = len(told)
    places |= {split: (count + place, 0) for place, split in enumerate(categories)}
    told += [(split.feature, CATEGORY, False, []) for split in categories]
    return Columns(
        feature=np.array([one[0] for one in told], np.int64),
        missing=np.array([one[1] for one in told], np.int64),
        missing_left=np.array([one[2] for one in told], np.bool_),
        first=_starts(len(one[3]) for one in told),
        thresholds=np.array([value for one in told for value in one[3]], np.float64),
        numbers=count,
        words_first=_starts(len(some) for some in words),
        words=np.array([word for some in words for word in some], np.uint32),
    ), places


def _words(split: CategorySplit) -> list[int]:
    """The codes that go left, as bits of words of 32."""
    words = [0] * (max(split.codes) // 32 + 1)
    for code in split.codes:
        words[code // 32] |= 1 << (code % 32)
    return words


def _comparisons(subtrees: Sequence[Subtree], places: dict[object, tuple[int, int]]) -> Comparisons:
    every: list[Comparison] = [one for subtree in subtrees for one in subtree.comparisons]
    return Comparisons(
        first=_starts(len(subtree.comparisons) for subtree in subtrees),
        column=np.array([places[one.split][0] for one in every], np.int64),
        place=np.array([places[one.split][1] for one in every], np.uint8),
        inverted=np.array([one.on_the_left for one in every], np.bool_),
        bit=np.array([one.bit for one in every], np.int64),
    )


def _paths(subtrees: Sequence[Subtree]) -> Paths:
    paths = [(path, subtree.features) for subtree in subtrees for path in subtree.paths]
    parts = [(part, features.index(part.feature)) for path, features in paths for part in path.parts]
    return Paths(
        first=_starts(len(subtree.paths) for subtree in subtrees),
        value=np.array([path.value for path, _ in paths], np.float64),
        parts_first=_starts(len(path.parts) for path, _ in paths),
        own=np.array([own for _, own in parts], np.int64),
        share=np.array([part.share for part, _ in parts], np.float64),
        clear=np.array([part.clear for part, _ in parts], np.int64),
        set_=np.array([part.set_ for part, _ in parts], np.int64),
    )


def _sums(subtrees: Sequence[Subtree], table_bits: int) -> Sums:
    bits = np.array([subtree.bits for subtree in subtrees], np.int64)
    tabled = bits <= table_bits
    trees = np.array([subtree.tree for subtree in subtrees], np.int64)
    features = [subtree.features for subtree in subtrees]
    flat = np.array([feature for some in features for feature in some], np.int64)
    owner = np.repeat(np.arange(len(subtrees)), [len(some) for some in features])
    _, trees_first = np.unique(trees, return_index=True)
    tree_of = np.repeat(np.arange(len(trees_first)), np.diff(np.append(trees_first, len(subtrees))))
    # Tables of one indicator in one tree lie side by side: they are added in one go.
    order = np.lexsort((owner, flat, tree_of[owner]))
    order = order[tabled[owner[order]]]
    size = np.left_shift(1, bits[owner[order]])
    offset = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    table = np.full(len(flat), -1, np.int64)
    table[order] = offset[:-1]
    keys = np.stack([tree_of[owner[order]], flat[order]], axis=1)
    starts = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=-1) != 0, axis=1))
    firsts = np.append(trees_first, len(subtrees)).astype(np.int64)
    return Sums(
        bits=bits,
        tabled=tabled,
        features_first=_starts(len(some) for some in features),
        features=flat,
        table=table,
        trees_first=firsts,
        runs_first=np.searchsorted(keys[starts, 0], np.arange(len(firsts))).astype(np.int64),
        run_feature=flat[order][starts],
        entries_first=np.append(starts, len(order)).astype(np.int64),
        offset=offset[:-1],
        size=size.astype(np.int64),
        subtree=(owner[order] - firsts[tree_of[owner[order]]]).astype(np.int64),
        most_subtrees=int(np.diff(firsts).max(initial=1)),
        cells=int(offset[-1]),
    )
