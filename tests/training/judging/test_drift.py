"""Drift rings by size: not for mere significance, not for what the season brings, but for broken promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.calibration import Calibration
from models.grades import GradeCuts
from tests.models.conftest import with_facts
from tests.training.conftest import Planted
from training.estimates.measures import Estimate, Judged
from training.fitting.boosting import BoostingParameters, fit_booster
from training.judging.comparison import compare_models
from training.judging.drift import (
    auc_fall_p,
    drift_of,
    kept_alarms,
    kept_of,
    same_month_last_year,
    shift_alarms,
)
from training.judging.populations import population_of
from training.pack.stability import Shift
from training.rows.parts import Scale

DAY = date(2025, 4, 1)
CUTS = GradeCuts(cuts=(0.3, 0.5, 0.8))


def shifted(psi: float, level: str, name: str = "score") -> Shift:
    return Shift(name=name, on=DAY, psi=psi, critical=0.001, level=level)


def honest(found: float, promised: float, *, count: int = 400, sorted_well: bool = True) -> Judged:
    label = (np.arange(count) < found * count).astype(float)
    spread = np.linspace(0.02, -0.02, count) * (1 if sorted_well else -1)
    return Judged(label=label, score=promised + spread, weight=np.ones(count), entity=np.arange(count))


def test_a_large_shift_rings_unless_the_same_month_a_year_ago_looked_alike() -> None:
    moved = (shifted(0.4, "alarm"), shifted(0.2, "watch", "age"))
    (alarm,) = shift_alarms(moved, ())
    assert (alarm.name, alarm.size) == ("psi:score", 0.4)
    assert "PSI of 0.40" in alarm.reason_en
    assert shift_alarms(moved, (shifted(0.05, "steady"),)) == ()
    assert len(shift_alarms(moved, (shifted(0.3, "alarm"),))) == 1


def test_kept_promises_are_quiet_and_broken_ones_ring() -> None:
    approved = {"value": 0.9, "low": 0.85, "high": 0.95}

    def names(rows: Judged) -> list[str]:
        kept = kept_of(rows, approved=approved, repetitions=60, seed=1)
        return [alarm.name for alarm in kept_alarms(kept)]

    assert names(honest(0.2, 0.2)) == []
    assert names(honest(0.2, 0.05)) == ["rate"]
    assert names(honest(0.2, 0.2, sorted_well=False)) == ["auc", "auc_fall"]


def test_a_model_that_ranked_well_and_now_ranks_backwards_rings_and_is_called_worse_than_chance() -> None:
    """The world turned: what stood high at approval has fewer problems now. Rates alone would be quiet."""
    generator = np.random.default_rng(3)
    risk = generator.random(600)

    def month(direction: float) -> Judged:
        label = (generator.random(600) < 0.2 + 0.25 * direction * (risk - 0.5)).astype(float)
        return Judged(label=label, score=0.1 + 0.2 * risk, weight=np.ones(600), entity=np.arange(600))

    before, now = (kept_of(month(way), approved={"value": 0.6}, repetitions=60, seed=1) for way in (1, -1))
    assert [alarm.name for alarm in kept_alarms(before)] == []
    alarms = {alarm.name: alarm for alarm in kept_alarms(now)}
    assert set(alarms) == {"auc", "auc_fall"}
    assert "worse than chance: AUC 0.3" in alarms["auc"].reason_en
    assert "比随机更差：AUC 0.3" in alarms["auc"].reason_zh


def test_a_month_in_which_nothing_was_found_has_no_auc_and_no_fall() -> None:
    kept = kept_of(honest(0.0, 0.2), approved={"value": 0.7}, repetitions=10, seed=1)
    assert (kept.auc, kept.auc_fall_p) == (None, None)
    assert [alarm.name for alarm in kept_alarms(kept)] == ["rate"]


def test_the_fall_of_an_auc_by_hand() -> None:
    """A fall of 0.05 with a standard error of 0.02551 is S = 1.96: p = 0.025."""
    now = Estimate(value=0.70, low=0.65, high=0.75)
    assert auc_fall_p(0.75, now) == pytest.approx(0.025, abs=1e-3)
    assert auc_fall_p(0.70, now) == 0.5


def test_the_same_month_last_year_of_a_leap_day() -> None:
    assert same_month_last_year(date(2024, 2, 29)) == date(2023, 2, 28)
    assert same_month_last_year(DAY) == date(2024, 4, 1)


@pytest.fixture(scope="module")
def graded(planted: Planted) -> tuple[pa.Table, Scale]:
    """A snapshot of the planted rows, and a scale over them."""
    booster = fit_booster(
        planted.matrix, planted.label, planted.weight, schema=planted.schema,
        parameters=BoostingParameters(rounds=20, depth=3, leaves=4), seed=1, threads=1,
    )  # fmt: skip
    codes = np.array(planted.schema[2].categories)[planted.matrix[:, 2].astype(int)]
    table = pa.table({
        "entity_id": [f"e{number}" for number in range(len(planted.label))],
        "penalties_count_365d": planted.matrix[:, 0],
        "entity_age_now": pa.array(planted.matrix[:, 1], from_pandas=True),
        "industry_code_now": codes,
    })  # fmt: skip
    table = with_facts(table)
    calibration = Calibration(slope=1.0, intercept=0.0, base_rate=0.3)
    return table, Scale(schema=planted.schema, booster=booster, calibration=calibration, threads=1)


def test_a_month_like_its_calibration_is_steady_and_one_of_more_penalties_rings(
    graded: tuple[pa.Table, Scale],
) -> None:
    table, scale = graded
    before = population_of(date(2025, 1, 1), table, scale, CUTS)
    worse = table.set_column(1, "penalties_count_365d", pa.array([9.0] * table.num_rows))
    now = population_of(DAY, worse, scale, CUTS)
    quiet = drift_of(scale.schema, scale, [before], replace(before, on=DAY), season=None, kept=None)
    assert not quiet.rings
    assert {each.psi for each in quiet.shifts} == {0.0}
    loud = drift_of(scale.schema, scale, [before], now, season=before, kept=None)
    assert {"psi:score", "psi:penalties_count_365d"} <= {alarm.name for alarm in loud.alarms}
    assert not drift_of(scale.schema, scale, [before], now, season=now, kept=None).rings


def test_a_model_beside_itself_moves_nobody_and_a_stricter_one_says_why(
    graded: tuple[pa.Table, Scale],
) -> None:
    table, scale = graded
    same = compare_models(DAY, table, (scale, CUTS), (scale, CUTS))
    assert (same.migration.churn, same.worse, same.better) == (0.0, (), ())
    steeper = replace(scale, calibration=Calibration(slope=2.0, intercept=0.5, base_rate=0.3))
    moved = compare_models(DAY, table, (scale, CUTS), (steeper, CUTS))
    assert moved.migration.churn > 0
    assert moved.worse[0].name == "penalties_count_365d"
    assert moved.worse[0].change > 0
