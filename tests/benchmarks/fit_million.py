"""A matrix as large as asked for with 120 indicators, and the default model fitted to it: one step each."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from features.catalogue import CATALOGUE
from models.schema import IndicatorSpec, Schema
from training.fitting.boosting import BoostingParameters, fit_booster

INDICATORS = 120
LABEL, MATRIX, MODEL = "label.npy", "matrix.npy", "booster.txt"
# Rows that are made at a time.
BLOCK = 50_000


def schema() -> Schema:
    """The first 120 numbers of the catalogue, each with its direction."""
    numbers = (each for each in CATALOGUE if each.default_on and each.kind != "category")
    return tuple(IndicatorSpec.of(each) for each in numbers)[:INDICATORS]


def make(folder: Path, rows: int) -> None:
    """Counts and amounts, one in ten missing, and labels that a quarter of the indicators move."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(1)
    matrix = np.lib.format.open_memmap(folder / MATRIX, "w+", np.float64, (rows, INDICATORS))
    label = np.empty(rows)
    toward = np.array([each.direction * (place % 4 == 0) for place, each in enumerate(schema())])
    for begin in range(0, rows, BLOCK):
        shape = (min(BLOCK, rows - begin), INDICATORS)
        values = np.where(
            np.arange(INDICATORS) % 2, generator.poisson(1.0, shape), generator.exponential(10, shape)
        )
        log_odds = (values - values.mean(axis=0)) / values.std(axis=0) @ (0.2 * toward) - 1.5
        label[begin : begin + len(values)] = generator.random(len(values)) < 1 / (1 + np.exp(-log_odds))
        values[generator.random(shape) < 0.1] = np.nan
        matrix[begin : begin + len(values)] = values
    matrix.flush()
    np.save(folder / LABEL, label)


def fit(folder: Path) -> None:
    """The default configuration on two threads."""
    matrix, label = np.load(folder / MATRIX, mmap_mode="r"), np.load(folder / LABEL)
    model = fit_booster(
        matrix,
        label,
        np.ones(len(label)),
        schema=schema(),
        parameters=BoostingParameters(),
        seed=7,
        threads=2,
    )
    (folder / MODEL).write_text(model, "utf-8")


def main() -> None:
    """Makes the matrix, or fits to it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--rows", type=int, help="make a matrix of so many rows; without, fit to the one there"
    )
    asked = parser.parse_args()
    if asked.rows:
        make(asked.folder, asked.rows)
    else:
        fit(asked.folder)


if __name__ == "__main__":
    main()
