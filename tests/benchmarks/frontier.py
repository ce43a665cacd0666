"""Whether the standard error that the frontier predicts is the one that repeated draws have.

`python -m tests.benchmarks.frontier [DRAWS]`: for a proportional, a risk-only and ten frontier plans over
Dandong's counts, prints predicted and simulated standard error, and the time of a point; fails beyond 5 %.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from serving.sampling.capacity import Cell, Limits, standard_error
from serving.sampling.frontier import frontier, point_at

SIZES = {"A": 31107, "B": 12044, "C": 3682, "D": 721}
RATES = {"A": 0.01, "B": 0.03, "C": 0.10, "D": 0.25}
MOST = 0.05


def simulated_error(cells: Sequence[Cell], counts: Sequence[int], *, draws: int, seed: int) -> float:
    """The standard deviation of the estimated rate over many draws of one city with fixed violators.

    Of a stratum with so many violators a draw without replacement finds a hypergeometric number.
    """
    chance = np.random.default_rng(seed)
    total = sum(cell.size for cell in cells)
    estimates = np.zeros(draws)
    for cell, count in zip(cells, counts, strict=True):
        violators = round(cell.rate * cell.size)
        found = chance.hypergeometric(violators, cell.size - violators, count, size=draws)
        estimates += cell.size / total * found / count
    return float(estimates.std())


def main(draws: int) -> int:
    """Prints a line for each plan; 1 if one is beyond the tolerance."""
    cells = [Cell(name=g, grade=g, size=SIZES[g], rate=RATES[g]) for g in SIZES]
    limits = Limits(hours=1500, exploration_floor=0.001)
    plans = [(981, 380, 116, 23), (140, 216, 496, 648)]
    plans += [tuple(point.counts.values()) for point in frontier(cells, limits, points=10).points]
    worst = 0.0
    for number, counts in enumerate(plans):
        predicted = standard_error(cells, np.array(counts, dtype=float))
        seen = simulated_error(cells, counts, draws=draws, seed=number)
        worst = max(worst, abs(predicted / seen - 1))
        sys.stdout.write(
            f"{counts!s:28} predicted {predicted:.6f}  simulated {seen:.6f}  {predicted / seen:.4f}\n"
        )
    begun = time.perf_counter()
    for target in np.geomspace(0.0037, 0.006, 20):
        point_at(cells, limits, target=float(target))
    each = (time.perf_counter() - begun) / 20
    sys.stdout.write(f"{draws:,} draws, worst {worst:.2%} off; a point takes {1000 * each:.0f} ms\n")
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
