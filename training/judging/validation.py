"""What a release is worth on later dates: figures with intervals, baselines, the rate of each grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.document import Json, write_json
from models.grades import GRADES
from training.estimates.doubly_robust import DoublyRobust
from training.estimates.leniency import Leniency
from training.estimates.measures import (
    Estimate,
    FloatArray,
    Judged,
    Measure,
    Recalibration,
    auc,
    average_precision,
    brier,
    effective_entities,
    estimate,
    gain,
    lift,
    rate_interval,
)
from training.judging.cautions import NO_SLOPE, RATES_FALL, coverage_cautions, no_better_than
from training.judging.chance import CHANCE, beside_chance
from training.pack.canary import Canary
from training.pack.capacity import Capacity
from training.pack.fairness import GroupRow
from training.pack.leaning import Agreement, LeaningRow
from training.pack.plain import plain
from training.pack.promises import CalibrationCheck, JeffreysTest, OrderTest
from training.pack.stability import Concentration, GuardEffect, Migration, Shift
from training.pack.timeline import DateRow

RANKING: Mapping[str, Measure] = {
    "auc": auc,
    "average_precision": average_precision,
    "lift_at_5pct": partial(lift, share=0.05),
}
# Draws from each grade's posterior that tell how sure the order of the rates is.
ORDER_DRAWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRate:
    """One grade: its share of all entities, and how often inspections found a problem in it."""

    grade: str
    share: float
    inspected: int
    problems: int
    effective: float
    rate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a validator asks for beyond the headline figures; each field is a key of validation.json."""

    ranking_at_capacity: tuple[Capacity, ...] = ()
    # Share of all entities visited in order of risk, share of all problems then found.
    gains_curve: tuple[tuple[float, float], ...] = ()
    calibration: CalibrationCheck | None = None
    jeffreys: tuple[JeffreysTest, ...] = ()
    order_tests: tuple[OrderTest, ...] = ()
    psi: tuple[Shift, ...] = ()
    # Of the score within each region, named by its code; empty where the records tell no region.
    psi_by_region: tuple[Shift, ...] = ()
    migration: tuple[Migration, ...] = ()
    change_guard: tuple[GuardEffect, ...] = ()
    herfindahl: tuple[Concentration, ...] = ()
    # Empty where no row was drawn at random: gaps between groups of inspected entities prove nothing.
    fairness: tuple[GroupRow, ...] = ()
    # (threshold, benefit of the model, benefit of visiting everyone).
    net_benefit: tuple[tuple[float, float, float], ...] = ()
    leaning: tuple[LeaningRow, ...] = ()
    explanation_stability: tuple[Agreement, ...] = ()
    monthly: tuple[DateRow, ...] = ()
    # None where no visit was drawn at random.
    doubly_robust: DoublyRobust | None = None
    # Shown, never used at scoring; where nothing can be said of inspectors, the reason.
    leniency: Leniency | None = None
    leniency_refused: str | None = None
    canary: Canary | None = None
    # Directed indicators for which a probe found a pair of rows that scores the wrong way.
    against_direction: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation(Evidence):
    """Everything that was measured."""

    metrics: Mapping[str, Estimate]
    baselines: Mapping[str, Mapping[str, Estimate]]
    gains: Mapping[str, Mapping[str, Estimate]]
    grades: tuple[GradeRate, ...]
    order_probability: float
    rows: Mapping[str, int]
    effective_rows: float
    mechanisms: Mapping[str, int]
    note: tuple[str, str]
    # Per part, Σ 1/π of the random rows over the population; none where no row was drawn at random.
    weight_coverage: Mapping[str, float | None]
    fitted_slope: float
    test_calibration: Recalibration
    mean_probability: float
    observed_rate: float
    dropped: Mapping[str, str]
    test_dates: tuple[date, ...]

    @property
    def rates_rise(self) -> bool:
        """Whether every grade was inspected and its rate lies above that of the grade before."""
        rates = [grade.rate.value for grade in self.grades]
        return all(low < high for low, high in pairwise(rates))

    @property
    def cautions(self) -> tuple[tuple[str, str], ...]:
        """What a person must know before relying on the release, in Chinese and in English."""
        found = []
        if not self.rates_rise:
            found.append(RATES_FALL)
        if self.metrics["auc"].low <= CHANCE:
            found.append(beside_chance(self.metrics["auc"]))
        if self.fitted_slope <= 0:
            found.append(NO_SLOPE)
        behind = [name for name, gains in self.gains.items() if gains["auc"].value <= 0]
        if behind:
            found.append(no_better_than(behind))
        return (*found, *coverage_cautions(self.weight_coverage))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The same in English alone."""
        return tuple(en for _, en in self.cautions)

    def to_json(self) -> str:
        """The text of validation.json."""
        return write_json({
            "metrics": _estimates(self.metrics),
            "baselines": {name: _estimates(figures) for name, figures in self.baselines.items()},
            "gains": {name: _estimates(figures) for name, figures in self.gains.items()},
            "grades": [_grade(grade) for grade in self.grades],
            "rates_rise": self.rates_rise,
            "order_probability": self.order_probability,
            "rows": dict(self.rows),
            "effective_rows": self.effective_rows,
            "mechanisms": dict(self.mechanisms),
            "selection_note_zh": self.note[0],
            "selection_note_en": self.note[1],
            "weight_coverage": dict(self.weight_coverage),
            "calibration_slope": self.fitted_slope,
            "test_calibration": {
                "slope": _number(self.test_calibration.slope),
                "intercept": _number(self.test_calibration.intercept),
            },
            "mean_probability": self.mean_probability,
            "observed_rate": self.observed_rate,
            "dropped_indicators": dict(self.dropped),
            "warnings": list(self.warnings),
            "warnings_zh": [zh for zh, _ in self.cautions],
            "test_dates": [day.isoformat() for day in self.test_dates],
            **{each.name: plain(getattr(self, each.name)) for each in fields(Evidence)},
        })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TestRows:
    """The honest test rows with the model's probabilities, and the scores of the baselines."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    judged: Judged
    baselines: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The measured part of a validation."""

    metrics: Mapping[str, Estimate]
    baselines: Mapping[str, Mapping[str, Estimate]]
    gains: Mapping[str, Mapping[str, Estimate]]


def measure(rows: TestRows, *, repetitions: int, seed: int) -> Figures:
    """Ranking and calibration of the model, ranking of the baselines, and what the model gains over each."""
    ask = partial(estimate, repetitions=repetitions, seed=seed)
    model = rows.judged.ranked()
    rivals = {name: model.scored(score).ranked() for name, score in rows.baselines.items()}
    return Figures(
        metrics={name: ask(model, figure) for name, figure in RANKING.items()}
        | {"brier": ask(rows.judged, brier)},
        baselines={
            name: {figure: ask(rival, ranking) for figure, ranking in RANKING.items()}
            for name, rival in rivals.items()
        },
        gains={
            name: {
                figure: gain(model, rival.score, ranking, repetitions=repetitions, seed=seed)
                for figure, ranking in RANKING.items()
            }
            for name, rival in rivals.items()
        },
    )


def grade_rates(
    rows: Judged, graded: NDArray[np.str_], population: NDArray[np.str_]
) -> tuple[GradeRate, ...]:
    """Rate, counts and share of each grade; the share is of all entities, not of the inspected."""
    return tuple(
        GradeRate(
            grade=grade.value,
            share=float(np.mean(population == grade.value)),
            inspected=int(np.sum(graded == grade.value)),
            problems=int(np.sum(rows.label[graded == grade.value])),
            effective=effective_entities(rows.where(graded == grade.value)),
            rate=rate_interval(rows.where(graded == grade.value)),
        )
        for grade in GRADES
    )


def order_probability(grades: tuple[GradeRate, ...], *, seed: int) -> float:
    """The posterior probability (Jeffreys prior) that the true rates rise from A to D."""
    generator = np.random.default_rng(seed)
    draws = []
    for grade in grades:
        found = grade.rate.value * grade.effective if grade.effective else 0.0
        draws.append(generator.beta(found + 0.5, grade.effective - found + 0.5, ORDER_DRAWS))
    return float(np.mean(np.all(np.diff(np.stack(draws), axis=0) > 0, axis=0)))


def _estimates(figures: Mapping[str, Estimate]) -> dict[str, Json]:
    return {name: _fields(figure) for name, figure in figures.items()}


def _fields(figure: Estimate) -> dict[str, Json]:
    return {"value": _number(figure.value), "low": _number(figure.low), "high": _number(figure.high)}


def _grade(grade: GradeRate) -> dict[str, Json]:
    return {
        "grade": grade.grade,
        "share": grade.share,
        "inspected": grade.inspected,
        "problems": grade.problems,
        "rate": _number(grade.rate.value),
        "low": _number(grade.rate.low),
        "high": _number(grade.rate.high),
    }


def _number(value: float) -> float | None:
    """JSON knows no NaN: what could not be measured is null."""
    return value if np.isfinite(value) else None
