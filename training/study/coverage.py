"""Do 95 % intervals cover the truth? Many histories of one quarter, estimated honestly and naively.

Honest: random draws only, weighted 1/π, as a validation judges a release. Naive: every inspected row alike.
Both by the same functions of the product, with its intervals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from models.document import Json
from models.grades import GRADES
from training.estimates.doubly_robust import Frame, robust_rate
from training.estimates.measures import BoolArray, Estimate, FloatArray, Judged, estimate
from training.judging.validation import RANKING, grade_rates
from training.rows.selection import select_rows
from training.study.city import City
from training.study.grading import Graded, Learning, fixed_model, with_truth
from training.study.visits import Inspected, inspect_quarter

POPULATION_RATE, ROBUST_RATE = "population_rate", "population_rate_robust"
WAYS = ("honest", "naive")
# What the share of covered histories must lie in where 95 % is promised and 200 are drawn.
PROMISED = (0.91, 0.98)
# The figures for which the product promises it.
HELD = ("auc", POPULATION_RATE, *(f"rate_{grade.value}" for grade in GRADES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many histories are drawn, and with which chance."""

    histories: int
    seed: int
    repetitions: int
    # Quarters from which the judged model learned; a quarter as many again calibrate it.
    training_draws: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """How often one way's interval of one figure held the truth."""

    figure: str
    way: str
    truth: float
    estimates: tuple[Estimate, ...]

    @property
    def hits(self) -> int:
        """Histories whose interval holds the truth."""
        return sum(each.low <= self.truth <= each.high for each in self.estimates)

    @property
    def share(self) -> float:
        """Their share of all histories."""
        return self.hits / len(self.estimates)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of the share (Jeffreys): what this many histories can tell about it."""
        low, high = beta.ppf((0.025, 0.975), self.hits + 0.5, len(self.estimates) - self.hits + 0.5)
        return float(low), float(high)

    @property
    def mean(self) -> float:
        """The mean estimate: away from the truth where the way is biased."""
        return _mean([each.value for each in self.estimates])

    @property
    def width(self) -> float:
        """The mean width of the intervals."""
        return _mean([each.high - each.low for each in self.estimates])

    @property
    def as_promised(self) -> bool:
        """Whether the share lies where 95 % is kept."""
        return PROMISED[0] <= self.share <= PROMISED[1]

    def to_fields(self) -> dict[str, Json]:
        """The figure as an object of coverage.json, every history's interval included."""
        return {
            "figure": self.figure,
            "way": self.way,
            "truth": self.truth,
            "mean": _number(self.mean),
            "hits": self.hits,
            "coverage": self.share,
            "coverage_low": self.interval[0],
            "coverage_high": self.interval[1],
            "as_promised": self.as_promised,
            "mean_width": _number(self.width),
            "intervals": [
                [_number(number, 5) for number in (each.value, each.low, each.high)]
                for each in self.estimates
            ],
        }


def _mean(values: Sequence[float]) -> float:
    """The mean of what could be told; NaN where nothing could."""
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")


def _number(value: float, digits: int = 15) -> float | None:
    """JSON knows no NaN: what a history could not tell is null, and never holds the truth."""
    return round(value, digits) if np.isfinite(value) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The result of the study."""

    plan: Plan
    entities: int
    on: str
    # Rows of a mean history by mechanism, and the mean effective number of the honest ones.
    rows: Mapping[str, float]
    effective_rows: float
    represented: float
    figures: tuple[Covered, ...]

    def of(self, figure: str, way: str) -> Covered:
        """One figure estimated in one way."""
        return next(each for each in self.figures if (each.figure, each.way) == (figure, way))

    @property
    def honest_kept(self) -> bool:
        """Whether every promised honest interval covers as promised."""
        return all(self.of(figure, "honest").as_promised for figure in HELD)

    @property
    def naive_broken(self) -> bool:
        """Whether every naive interval surely covers less than promised."""
        return all(self.of(figure, "naive").interval[1] < PROMISED[0] for figure in HELD)

    def to_json(self) -> dict[str, Json]:
        """The document coverage.json."""
        return {
            "study": "coverage",
            "entities": self.entities,
            "on": self.on,
            "histories": self.plan.histories,
            "seed": self.plan.seed,
            "bootstrap_repetitions": self.plan.repetitions,
            "training_draws": self.plan.training_draws,
            "promised": list(PROMISED),
            "held_figures": list(HELD),
            "honest_kept": self.honest_kept,
            "naive_broken": self.naive_broken,
            "mean_rows": dict(self.rows),
            "mean_effective_rows": self.effective_rows,
            "mean_represented": self.represented,
            "figures": [each.to_fields() for each in self.figures],
        }


def study_coverage(city: City, learning: Learning, plan: Plan, *, tell: Callable[[], None]) -> Coverage:
    """Draws the histories one by one and holds every interval against the truth; `tell` hears of each."""
    rng = np.random.default_rng(plan.seed)
    graded = fixed_model(city, learning, draws=plan.training_draws, rng=rng)
    known = true_figures(city, graded)
    found: dict[tuple[str, str], list[Estimate]] = {(name, way): [] for name in known for way in WAYS}
    rows: Counter[str] = Counter()
    sizes = []
    for number in range(plan.histories):
        # A stream of chance for each history: any one of them can be lived again alone.
        visits = inspect_quarter(city, np.random.default_rng([plan.seed, number]))
        selection = select_rows(visits.mechanism, visits.probability, weight_cap=learning.weight_cap)
        rows.update(selection.mechanisms)
        sizes.append((selection.effective_size, selection.represented))
        every = np.ones(len(visits), dtype=np.bool_)
        ways = {"honest": (selection.honest, selection.honest_weight), "naive": (every, np.ones(len(visits)))}
        for way, (taken, weight) in ways.items():
            for name, told in estimated(visits, graded, taken, weight, plan=plan, seed=plan.seed + number):
                found[name, way].append(told)
        tell()
    return Coverage(
        plan=plan,
        entities=len(city),
        on=city.on.isoformat(),
        rows={name: count / plan.histories for name, count in sorted(rows.items())},
        effective_rows=float(np.mean([size for size, _ in sizes])),
        represented=float(np.mean([stood / len(city) for _, stood in sizes])),
        figures=tuple(
            Covered(figure=name, way=way, truth=known[name], estimates=tuple(told))
            for (name, way), told in found.items()
        ),
    )


def true_figures(city: City, graded: Graded) -> dict[str, float]:
    """What the figures are when everyone counts with the true chance: nothing is left to luck."""
    rows = with_truth(city.probability, graded.score)
    figures = {name: measure(*rows) for name, measure in RANKING.items()}
    figures[POPULATION_RATE] = figures[ROBUST_RATE] = float(np.mean(city.probability))
    for grade in GRADES:
        figures[f"rate_{grade.value}"] = float(np.mean(city.probability[graded.grade == grade.value]))
    return figures


def estimated(
    visits: Inspected, graded: Graded, taken: BoolArray, weight: FloatArray, *, plan: Plan, seed: int
) -> Iterator[tuple[str, Estimate]]:
    """Every figure with its 95 % interval from the rows that are taken."""
    row = visits.row[taken]
    judged = Judged(
        label=visits.label[taken], score=graded.score[row], weight=weight[taken], entity=row
    )  # fmt: skip
    ranked = judged.ranked()
    for name, measure in RANKING.items():
        yield name, estimate(ranked, measure, repetitions=plan.repetitions, seed=seed)
    everyone = _frame(visits, graded, taken, weight)
    rate = robust_rate(everyone, np.ones(len(graded.score), dtype=np.bool_))
    yield POPULATION_RATE, rate.weighted
    yield ROBUST_RATE, rate.robust
    for told in grade_rates(judged, graded.grade[row], graded.grade):
        yield f"rate_{told.grade}", told.rate


def _frame(visits: Inspected, graded: Graded, taken: BoolArray, weight: FloatArray) -> Frame:
    """Everyone with the model's probability; the taken rows with their result and 1 over their weight."""
    inclusion, label = np.full(len(graded.score), np.nan), np.zeros(len(graded.score))
    inclusion[visits.row[taken]] = 1 / weight[taken]
    label[visits.row[taken]] = visits.label[taken]
    return Frame(
        probability=graded.score, grade=graded.grade, entity=np.arange(len(graded.score)),
        inclusion=inclusion, label=label,
    )  # fmt: skip


def table_of(figures: Sequence[Covered]) -> list[tuple[str, ...]]:
    """One row for each figure: the truth, and for both ways mean, width and coverage; for people."""
    rows = []
    for name in dict.fromkeys(each.figure for each in figures):
        ways = [next(e for e in figures if (e.figure, e.way) == (name, way)) for way in WAYS]
        told = [f"{way.mean:.3f} · {way.hits}/{len(way.estimates)} = {way.share:.1%}" for way in ways]
        rows.append((name.replace("_", " "), f"{ways[0].truth:.3f}", *told))
    return rows
