"""A model made ready to explain many rows: tables filled once, rows answered in chunks by some threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial.legendre import leggauss

from models.treeshap.kernel import add_row, add_trees, fill_tables, first_alike, read_rows
from models.treeshap.layout import Layout, laid_out
from models.treeshap.subtrees import BITS, subtrees_of
from models.treeshap.trees import ShapeUnsupported, expected_value, trees_of

Floats = npt.NDArray[np.float64]

CHUNK = 8192
MOST_TABLE_BYTES = 512 * 2**20
LEAST_BITS = 4
# A leaf by itself may have more bits than subtrees are cut to; beyond these the formula costs less.
BITS_OF_A_LEAF = 4
# Above this share of different rows, answering each one costs less than spreading the answers.
MOST_DIFFERENT = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explainer:
    """`features` indicators; `expected` is the mean raw score over the training rows."""

    features: int
    expected: float
    layout: Layout
    points: Floats
    weights: Floats
    tables: Floats

    def contributions(self, values: Floats, *, threads: int = 1) -> Floats:
        """Of rows × indicators, NaN for missing: contributions in log-odds, the expected score last.

        Rows that no comparison tells apart are answered once. The same for every number of threads.
        """
        values = np.ascontiguousarray(values, np.float64)
        found = np.zeros((len(values), self.features + 1))
        found[:, -1] = self.expected

        def answer(rows: slice) -> None:
            self._answer(values[rows], found[rows, :-1])

        chunks = list(_chunks(len(values), threads))
        if threads == 1 or len(chunks) == 1:
            for chunk in chunks:
                answer(chunk)
        else:
            with ThreadPoolExecutor(threads) as pool:
                for _ in pool.map(answer, chunks):
                    pass
        return found

    def _answer(self, values: Floats, found: Floats) -> None:
        read = np.empty((len(self.layout.columns.feature), len(values)), np.uint8)
        read_rows(values, self.layout.columns, read)
        if len(values) == 1:
            add_row(read, self.layout, self.points, self.weights, self.tables, found[0])
            return
        alike = np.empty(len(values), np.int64)
        different = first_alike(read, alike)
        if different > MOST_DIFFERENT * len(values):
            add_trees(read, self.layout, self.points, self.weights, self.tables, found)
            return
        firsts, place = np.unique(alike, return_inverse=True)
        answers = np.zeros((different, found.shape[1]))
        some = np.ascontiguousarray(read[:, firsts])
        add_trees(some, self.layout, self.points, self.weights, self.tables, answers)
        found[:] = answers[place]


def explainer_of(dump: Mapping[str, Any], *, most_bytes: int = MOST_TABLE_BYTES) -> Explainer:
    """Of `Booster.dump_model()`. Refuses what has no tables, or none of that size (ShapeUnsupported)."""
    trees = trees_of(dump)
    for bits in range(BITS, LEAST_BITS - 1, -2):
        layout = laid_out(subtrees_of(trees, bits), bits + BITS_OF_A_LEAF)
        if layout.sums.cells * 8 <= most_bytes:
            break
    else:
        raise ShapeUnsupported(
            expected=f"tables of at most {most_bytes:,} bytes",
            got=f"{layout.sums.cells * 8:,} at {bits} bits",
            todo="bound the depth of the trees, or let LightGBM itself give the contributions",
        )
    points, weights = _quadrature(layout.longest)
    tables = np.zeros(layout.sums.cells)
    fill_tables(layout.paths, layout.sums, points, weights, tables)
    return Explainer(
        features=int(dump["max_feature_idx"]) + 1, expected=expected_value(trees), layout=layout,
        points=points, weights=weights, tables=tables,
    )  # fmt: skip


def _quadrature(longest: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre on 0 to 1 for every length of a path: row k holds ⌈k / 2⌉ points."""
    points = np.zeros((longest + 1, (longest + 1) // 2 + 1))
    weights = np.zeros_like(points)
    for length in range(1, longest + 1):
        count = (length + 1) // 2
        x, w = leggauss(count)
        points[length, :count], weights[length, :count] = (x + 1) / 2, w / 2
    return points, weights


def _chunks(rows: int, threads: int) -> Iterator[slice]:
    """Chunks of at most CHUNK rows, and one for each thread of a smaller table."""
    size = max(1, min(CHUNK, -(-rows // threads)))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
