"""Replays of sandbox cities beside their hidden truth, and exactly what lies between the two.

`python -m tests.benchmarks.replays [--entities N] [--seeds N …]` prints, for every city and year, the
findings of a flat ratio of 3 %: the truth, what each step added to it, the estimate and its interval; then,
over all cities, how often the intervals hold it, also those of graded ratios under a register's grades.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from data_contracts.sandbox_city.days import day_number
from data_contracts.sandbox_city.visits import RANDOM
from serving.inspections.policies.past_draws import DrawnBefore, drawn_before
from serving.sampling.policy_replay import ReplayLine, replay
from tests.serving.sampling.lived_city import LivedCity, live

SHARE = 0.03
FLAT: Mapping[str, str] = dict.fromkeys("ABCD", "3/100")
GRADED: Mapping[str, str] = {"A": "1/100", "B": "2/100", "C": "10/100", "D": "30/100"}
FIRST_YEAR = 2023  # before, the offices drew without grades


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What lies between the truth and an estimate, in findings.

    lots: whom the draw chose, and on which day; inspectors: how strict those were who came; coins: what was
    found beyond the chance of finding it, and by how many standard deviations; late: what is not known yet.
    """

    truth: float
    lots: float
    inspectors: float
    coins: float
    coins_sigma: float
    late: float


def gap(city: LivedCity, quarters: Sequence[int]) -> Gap:
    """The gap of the flat ratio over the draws of some quarters; its parts sum to estimate less truth."""
    people, inspectors = city.stage.population, city.stage.inspectors
    truth = city.expected_findings(quarters, FLAT)
    parts = np.zeros(5)
    for quarter in quarters:
        visits = city.visits[quarter]
        mine = visits.mechanism == RANDOM
        who, weight = visits.entity[mine], SHARE / visits.probability[mine] / len(quarters)
        alive = people.deregistered[who] > visits.occurred[mine]
        chance = city.quarters[quarter].violation[who].astype(np.float64) * alive
        met = chance + inspectors.strictness[visits.inspector[mine]] * chance * (1 - chance)
        found = visits.problem[mine]
        known = visits.known[mine] <= day_number(city.plan.last_day)
        parts += [
            weight @ chance,
            weight @ (met - chance),
            weight @ (found - met),
            weight**2 @ (met * (1 - met)),
            -weight @ (found & ~known),
        ]
    return Gap(
        truth=truth,
        lots=parts[0] - truth,
        inspectors=parts[1],
        coins=parts[2],
        coins_sigma=parts[2] / np.sqrt(parts[3]),
        late=parts[4],
    )


def replayed(drawn: DrawnBefore, ratios: Mapping[str, str]) -> Iterator[ReplayLine]:
    """The lines of everybody, in the years with graded draws."""
    lines = replay(drawn.by_entity(), ratios)
    return (one for one in lines if one.breakdown == "all" and one.year >= FIRST_YEAR)


def finished(city: LivedCity, year: int, drawn: DrawnBefore) -> list[int]:
    """The quarters of a year whose draw is replayed; the unfinished ones are the last."""
    last = len(city.quarters) - len(drawn.unfinished)
    return [quarter for quarter in city.quarters_of(year) if quarter < last]


def held(line: ReplayLine, truth: float) -> bool:
    """Whether the interval holds the truth."""
    return (line.findings_low or 0) <= truth <= (line.findings_high or 0)


def main() -> None:
    """Lives through the cities and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    asked = parser.parse_args()
    console, holds, sigmas = Console(width=110), dict[str, list[bool]](), list[float]()
    headings = ("seed", "year", "truth", "lots", "inspectors", "coins", "σ", "late", "estimate", "95 %")
    table = Table(*headings, title=f"Findings at 3 % in cities of {asked.entities:,}, and what lies between")
    with tempfile.TemporaryDirectory() as folder:
        for seed in asked.seeds:
            city = live(asked.entities, seed)
            lake, today = city.lake(Path(folder)), city.plan.last_day
            drawn = drawn_before(lake, today=today)
            for line in replayed(drawn, FLAT):
                between = gap(city, finished(city, line.year, drawn))
                sigmas.append(between.coins_sigma)
                holds.setdefault("flat", []).append(held(line, between.truth))
                figures = [f"{value:+.1f}" for value in astuple(between)[1:]]
                ends = f"{line.findings_low:.0f} – {line.findings_high:.0f}"
                table.add_row(
                    str(seed), str(line.year), f"{between.truth:.1f}", *figures, f"{line.findings:.1f}", ends
                )
            drawn = drawn_before(lake, registers=[city.register()], today=today)
            for line in replayed(drawn, GRADED):
                truth = city.expected_findings(finished(city, line.year, drawn), GRADED)
                holds.setdefault("graded, by a register", []).append(held(line, truth))
    console.print(table)
    console.print(f"coins: mean {np.mean(sigmas):+.2f} σ, spread {np.std(sigmas):.2f} (0 and 1 expected)")
    for name, each in holds.items():
        console.print(f"{name}: {sum(each)} of {len(each)} intervals hold the truth ({np.mean(each):.1%})")


if __name__ == "__main__":
    main()
