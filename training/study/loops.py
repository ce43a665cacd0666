"""Five years of "inspect by last year's grade": what a model makes of its own choices.

Both ways begin with the same flat draw and plan as many visits a year. Ours draws in every grade and weighs
random visits 1/π; the naive one spends all on grades C and D and learns from every inspected row alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from data_contracts.sandbox_city.columns import Codes
from data_contracts.sandbox_city.policies import GRADED_PER_YEAR
from features.catalogue import find_indicator
from models.document import Json
from models.schema import IndicatorSpec, Schema
from training.estimates.measures import BoolArray, FloatArray, IntArray
from training.fitting.boosting import raw_scores
from training.fitting.grade_cuts import choose_cuts
from training.study.city import City
from training.study.grading import Learning, boosted, true_auc
from training.study.visits import QUARTERS, Inspected, draw_by_grade, find, prompted

# The inspections that a simulation can keep: the others tell details of visits that nobody simulates.
KEPT = (
    "inspections_count_1095d", "inspections_problems_1095d", "inspections_rate_1095d",
    "inspections_problem_last",
)  # fmt: skip
REMEMBERED_YEARS = 3
WORST = 2  # grades C and D
FIGURES = ("found_in_worst", "missed_in_best", "reached_in_best", "auc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an office spends its visits and learns from them."""

    name: str
    # Chances of a random visit within a year in grades A to D.
    ratios: tuple[float, float, float, float]
    weighted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often the years are lived, and with which chance."""

    years: int
    repetitions: int
    seed: int
    # Last years whose inspections a year's model learns from.
    learned_years: int
    # Whether complaints and leads bring visits too: they reach every grade, as chance would.
    prompted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The grades at the end of one year, held against the truth; year 0 is the flat draw of the beginning."""

    way: str
    repetition: int
    year: int
    # Expected violators graded C and D, and A, over all of them.
    found_in_worst: float
    missed_in_best: float
    # Of the expected violators who stood in A before the year, those whom a visit of the year reached.
    reached_in_best: float
    auc: float
    inspected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """The result of the study."""

    plan: Plan
    ways: tuple[Way, ...]
    entities: int
    on: str
    indicators: int
    years: tuple[Year, ...]

    def values(self, way: str, year: int, figure: str) -> FloatArray:
        """One figure of one year, for every repetition in order."""
        told = [getattr(each, figure) for each in self.years if (each.way, each.year) == (way, year)]
        return np.array(told, dtype=np.float64)

    def change(self, way: str, figure: str) -> tuple[float, float, float]:
        """From the beginning to the last year: the mean change and its 95 % over the repetitions."""
        return mean_interval(self.values(way, self.plan.years, figure) - self.values(way, 0, figure))

    def gap(self, figure: str) -> tuple[float, float, float]:
        """Ours less naive in the last year: the mean and its 95 % over the repetitions."""
        ours, naive = (self.values(way.name, self.plan.years, figure) for way in self.ways)
        return mean_interval(ours - naive)

    def to_json(self) -> dict[str, Json]:
        """The document loops.json."""
        return {
            "study": "loops",
            "entities": self.entities,
            "on": self.on,
            "indicators": self.indicators,
            "kept_inspections": list(KEPT),
            "years": self.plan.years,
            "repetitions": self.plan.repetitions,
            "seed": self.plan.seed,
            "learned_years": self.plan.learned_years,
            "prompted": self.plan.prompted,
            "ways": [
                {
                    "name": way.name,
                    "ratios": list(way.ratios),
                    "weighted": way.weighted,
                    "by_year": [self._year(way, year) for year in range(self.plan.years + 1)],
                    "change": {name: list(self.change(way.name, name)) for name in FIGURES},
                }
                for way in self.ways
            ],
            "gap_in_last_year": {name: list(self.gap(name)) for name in FIGURES},
        }

    def _year(self, way: Way, year: int) -> dict[str, Json]:
        figures: dict[str, Json] = {
            name: list(mean_interval(self.values(way.name, year, name))) for name in FIGURES
        }
        return {"year": year, "inspected": float(np.mean(self.values(way.name, year, "inspected")))} | figures


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What no year changes: the city, its indicators, and how one learns."""

    city: City
    schema: Schema
    matrix: FloatArray
    learning: Learning


def both_ways(shares: Sequence[float]) -> tuple[Way, Way]:
    """Ours with the city's recorded ratios; a naive one with as many visits, all of D and the rest in C."""
    visits = float(np.dot(shares, GRADED_PER_YEAR))
    of_d = min(1.0, visits / shares[3])
    of_c = min(1.0, max(0.0, visits - of_d * shares[3]) / shares[2])
    return (
        Way(name="ours", ratios=_four(GRADED_PER_YEAR), weighted=True),
        Way(name="naive", ratios=(0.0, 0.0, of_c, of_d), weighted=False),
    )


def _four(ratios: Sequence[float] | FloatArray) -> tuple[float, float, float, float]:
    a, b, c, d = (float(ratio) for ratio in ratios)
    return a, b, c, d


def study_loops(city: City, learning: Learning, plan: Plan, *, tell: Callable[[], None]) -> Loops:
    """Lives the years in both ways, as often as planned; `tell` hears of each year."""
    fixed = city.columns(without_source="inspections")
    kept = tuple(IndicatorSpec.of(find_indicator(name)) for name in KEPT)
    ground = Ground(city=city, schema=(*fixed, *kept), matrix=city.matrix(fixed), learning=learning)
    ways = both_ways(learning.grade_shares)
    lived = []
    for repetition in range(plan.repetitions):
        for way in ways:
            # Both ways begin with the same draw, visits and findings.
            rng = np.random.default_rng([plan.seed, repetition])
            for year in _live(ground, way, plan, repetition=repetition, rng=rng):
                lived.append(year)
                tell()
    return Loops(
        plan=plan, ways=ways, entities=len(city), on=city.on.isoformat(),
        indicators=len(ground.schema), years=tuple(lived),
    )  # fmt: skip


def _live(
    ground: Ground, way: Way, plan: Plan, *, repetition: int, rng: np.random.Generator
) -> Iterator[Year]:
    """Year after year: visits by last year's grade, a model of the last years' visits, new grades."""
    city, shares, entities = ground.city, ground.learning.grade_shares, len(ground.city)
    flat = float(np.dot(shares, GRADED_PER_YEAR))
    grade, ratios = np.zeros(entities, dtype=np.int8), np.array([flat, 0.0, 0.0, 0.0])
    past: list[Inspected] = []
    rows: list[FloatArray] = []
    for year in range(plan.years + 1):
        draw = draw_by_grade(grade, ratios, rng)
        others = prompted(city, rng, quarters=QUARTERS) if plan.prompted else {}
        visits = find(city, draw, others, rng)
        rows.append(_known(ground, past, visits.row))
        past.append(visits)
        before = grade
        score = _learned(ground, way, past, rows, plan.learned_years)
        grade, ratios = _places(score, shares), np.array(way.ratios)
        yield Year(
            way=way.name,
            repetition=repetition,
            year=year,
            found_in_worst=part(city.probability, grade >= WORST),
            missed_in_best=part(city.probability, grade == 0),
            reached_in_best=part(
                city.probability[before == 0], np.isin(np.flatnonzero(before == 0), visits.row)
            ),
            auc=true_auc(city.probability, score),
            inspected=len(visits),
        )


def part(probability: FloatArray, where: BoolArray) -> float:
    """The expected violators there over all of them: nothing in it is an estimate."""
    return float(probability[where].sum() / probability.sum())


def _known(ground: Ground, past: Sequence[Inspected], row: IntArray) -> FloatArray:
    """What is known of some entities before a year: their indicators and their visits so far."""
    return np.column_stack([ground.matrix[row], remembered(past, len(ground.city))[row]])


def _learned(
    ground: Ground, way: Way, past: Sequence[Inspected], rows: Sequence[FloatArray], years: int
) -> FloatArray:
    """Everyone's score at the end of a year; a visit is learned with what was known before it."""
    learning = ground.learning
    booster = boosted(rows[-years:], past[-years:], ground.schema, learning, weighted=way.weighted)
    everyone = _known(ground, past, np.arange(len(ground.city)))
    return raw_scores(booster, everyone, threads=learning.threads)


def remembered(past: Sequence[Inspected], entities: int) -> FloatArray:
    """The kept inspections of everyone: visits, problems and rate of three years, the last result."""
    visits, problems = np.zeros(entities), np.zeros(entities)
    last = np.full(entities, np.nan)
    for year in past[-REMEMBERED_YEARS:]:
        visits[year.row] += 1
        problems[year.row] += year.label
    for year in past:
        last[year.row] = year.label
    rate = np.divide(100 * problems, visits, out=np.full(entities, np.nan), where=visits > 0)
    return np.column_stack([visits, problems, rate, last])


def _places(score: FloatArray, shares: Sequence[float]) -> Codes:
    """Grades 0 to 3 by the policy's shares."""
    return np.searchsorted(choose_cuts(score, shares), score, side="right").astype(np.int8)


def mean_interval(values: FloatArray) -> tuple[float, float, float]:
    """The mean over repetitions and its 95 % interval by Student's t; the mean alone where there is one."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, mean, mean
    half = float(student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def table_of(loops: Loops) -> list[tuple[str, ...]]:
    """One row for each year: the three figures of both ways, for people."""
    return [
        (str(year), *(
            f"{np.mean(loops.values(way.name, year, figure)):.3f}" for figure in FIGURES for way in loops.ways
        ))
        for year in range(loops.plan.years + 1)
    ]  # fmt: skip
