"""Evidence for the draw, in minutes: `python -m tests.benchmarks.draw {chances,coverage,times}`.

chances   100,000 draws against their promised chances, and the flawed practice of skip numbers beside them
coverage  how often the interval of the violation rate holds the truth of a sandbox city (--truth its folder)
times     freeze, draw and verify a frame of 3.5 million, each as its own process, with memory
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import chi2

from data_contracts.sandbox_city.truth import QUARTERS
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.draw import draw
from serving.sampling.estimates import StratumSample, violation_rate
from serving.sampling.frame import Frame, Stratification, build_frame
from serving.sampling.ratios import parse_ratios
from tests.benchmarks.drawing import STEPS
from tests.benchmarks.measuring import run

SHARES = {"A": 0.65, "B": 0.25, "C": 0.085, "D": 0.015}
# In the lower 0.1 % a draw is called uneven.
UNEVEN = 0.001
Pick = Callable[[Frame, tuple[Allocation, ...], str], set[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenness:
    """How likely the inclusions of the least even stratum are, and the pairs that never came together."""

    p_value: float
    missing_pairs: int

    @property
    def holds(self) -> bool:
        """Whether everybody, and every two of them, had the promised chance."""
        return self.p_value >= UNEVEN and not self.missing_pairs


def by_tickets(frame: Frame, allocations: tuple[Allocation, ...], seed: str) -> set[str]:
    """Our draw."""
    return {entity.entity_id for entity in draw(frame, allocations, seed=seed, plan_id="p")}


def by_skip_numbers(frame: Frame, allocations: tuple[Allocation, ...], seed: str) -> set[str]:
    """The flawed practice: a random start, then every k-th of the list."""
    chosen, members = set[str](), frame.members()
    for one in allocations:
        ids, step = frame.ids_at(members[one.stratum]), one.size // one.count
        start = random.Random(f"{seed}/{one.stratum}").randrange(step)
        chosen.update(ids[start + step * number] for number in range(one.count))
    return chosen


def evenness(pick: Pick, frame: Frame, allocations: tuple[Allocation, ...], draws: int) -> Evenness:
    """Draws many times: χ² of inclusions in each stratum, and whether each pair of a stratum came together.

    In a stratum of N with fixed size, Σ (seen − expected)² / (expected (1 − π)) · (N − 1) / N follows χ² with
    N − 1 degrees of freedom. A stratum drawn whole must be seen every time; of one drawn there are no pairs.
    """
    seen, pairs = Counter[str](), set[tuple[str, str]]()
    members = {name: frame.ids_at(places) for name, places in frame.members().items()}
    for number in range(draws):
        ids = pick(frame, allocations, hashlib.sha256(b"%d" % number).hexdigest())
        seen.update(ids)
        if len(pairs) < sum(one.size * (one.size - 1) // 2 for one in allocations if one.count > 1):
            for stratum in members.values():
                pairs.update(combinations(sorted(ids.intersection(stratum)), 2))
    values, wanted = [], set[tuple[str, str]]()
    for one in allocations:
        chance = one.count / one.size
        wanted |= set(combinations(sorted(members[one.stratum]), 2)) if one.count > 1 else set()
        squares = sum((seen[each] - draws * chance) ** 2 for each in members[one.stratum])
        if one.count == one.size:
            values.append(float(not squares))
        else:
            statistic = squares / (draws * chance * (1 - chance)) * (one.size - 1) / one.size
            values.append(float(chi2.sf(statistic, one.size - 1)))
    return Evenness(p_value=min(values), missing_pairs=len(wanted - pairs))


def small_frame() -> tuple[Frame, tuple[Allocation, ...]]:
    """83 entities in eight strata of region and grade."""
    made = [(f"E{n:03d}", "AAAABBCD"[n % 8], str(n % 2)) for n in range(83)]
    frame = build_frame(made, stratification=Stratification.REGION_AND_GRADE)
    return frame, allocate(parse_ratios("A=0.1,B=0.2,C=0.5,D=0.8"), frame.strata())


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How often intervals held the truth, and their standard error beside the spread of the values."""

    share: float
    told_error: float
    seen_error: float


def coverage(violates: np.ndarray, risk: np.ndarray, draws: int, ratios: str) -> Coverage:
    """Draws many times from a population whose violations (bool) are known, graded by its risk."""
    ids = [f"{number:07d}" for number in range(len(risk))]
    rank = np.argsort(np.argsort(risk)) / len(risk)
    grades = np.array(list(SHARES))[np.searchsorted(np.cumsum(list(SHARES.values()))[:-1], rank, "right")]
    frame = build_frame(zip(ids, grades.tolist(), [None] * len(ids), strict=True))
    allocations, truth = allocate(parse_ratios(ratios), frame.strata()), float(violates.mean())
    held, values, errors = 0, [], []
    for number in range(draws):
        found = Counter(
            one.stratum for one in draw(frame, allocations, seed=f"{number}", plan_id="p")
            if violates[int(one.entity_id)]
        )  # fmt: skip
        rate = violation_rate(
            [StratumSample(size=a.size, drawn=a.count, found=found[a.stratum]) for a in allocations]
        )
        held += rate.low <= truth <= rate.high
        values.append(rate.value)
        errors.append(rate.standard_error)
    return Coverage(
        share=held / draws, told_error=float(np.mean(errors)), seen_error=float(np.std(values, ddof=1))
    )


def coverage_of_city(truth: Path, entities: int, draws: int) -> Coverage:
    """Coverage in the last quarter of a sandbox city: violations once drawn from its true chances."""
    table = pq.read_table(truth / QUARTERS)
    table = table.filter(pc.equal(table["on"], pc.max(table["on"]))).slice(0, entities)
    chance = np.asarray(table["probability"], float)
    violates = np.random.default_rng(1).random(len(chance)) < chance
    # Grades know the hidden risk only through noise, as a model would.
    risk = np.asarray(table["riskiness"], float) + np.random.default_rng(2).normal(0, 1, len(chance))
    return coverage(violates, risk, draws, "A=0.02,B=0.05,C=0.2,D=1")


def tell_times(rows: int) -> None:
    """Each step as its own process in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="xinheng-draw-") as folder:
        for step in ("freeze", *STEPS):
            cost = run(["tests.benchmarks.drawing", step, folder, str(rows)], os.environ)
            facts = f"{cost.wall_seconds:6.1f} s wall  {cost.cpu_seconds:6.1f} s processor"
            sys.stdout.write(f"{step:<11}{facts}  {cost.peak_bytes / 2**30:5.2f} GiB\n")


def main() -> None:
    """Reads the command line and tells what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.draw", description=__doc__)
    parser.add_argument("what", choices=["chances", "coverage", "times"])
    parser.add_argument("--draws", type=int)
    parser.add_argument("--truth", type=Path, help="folder `truth` of a sandbox city")
    parser.add_argument("--entities", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=3_500_000)
    asked = parser.parse_args()
    if asked.what == "chances":
        for name, pick in (("tickets", by_tickets), ("skip numbers", by_skip_numbers)):
            sys.stdout.write(f"{name}: {evenness(pick, *small_frame(), asked.draws or 100_000)}\n")
    elif asked.what == "coverage":
        sys.stdout.write(f"{coverage_of_city(asked.truth, asked.entities, asked.draws or 2_000)}\n")
    else:
        tell_times(asked.rows)


if __name__ == "__main__":
    main()
