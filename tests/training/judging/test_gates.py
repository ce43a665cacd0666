"""Gates fail on the number they name, say the limit, and never pass what was not measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from models.verdict import Verdict, VerdictRefused
from training.estimates.measures import Estimate, Recalibration
from training.judging.gates import judge
from training.judging.validation import GradeRate, Validation
from training.pack.canary import Canary
from training.pack.promises import JeffreysTest
from training.pack.stability import Shift
from training.plan.gate_limits import GateLimits, GateLimitsRefused
from training.release.model_card import missing_parts


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def grade(letter: str, rate: float, *, inspected: int = 100) -> GradeRate:
    return GradeRate(
        grade=letter, share=0.25, inspected=inspected, problems=int(rate * inspected), effective=100.0,
        rate=estimate(rate, rate - 0.02, rate + 0.02),
    )  # fmt: skip


def gains(
    *average_precision: float, lift: tuple[float, float, float] = (0.5, -0.1, 1.0)
) -> dict[str, Estimate]:
    return {"average_precision": estimate(*average_precision), "lift_at_5pct": estimate(*lift)}


def good(**changed: Any) -> Validation:
    """A validation that passes every gate."""
    fields: dict[str, Any] = {
        "metrics": {"auc": estimate(0.7, 0.65, 0.75)}, "baselines": {},
        "gains": {"points_table": gains(0.1, 0.05, 0.15), "unweighted": gains(-0.01, -0.03, 0.01)},
        "grades": tuple(grade(letter, 0.1 * n) for n, letter in enumerate("ABCD", 1)),
        "order_probability": 0.97, "rows": {}, "effective_rows": 400.0, "mechanisms": {"random_draw": 500},
        "note": ("随机", "random"), "weight_coverage": {"training": 2.0, "calibration": 1.0, "test": 1.05},
        "fitted_slope": 1.0, "test_calibration": Recalibration(slope=0.9, intercept=0.0),
        "mean_probability": 0.2, "observed_rate": 0.2, "dropped": {}, "test_dates": (date(2026, 1, 1),),
        "canary": Canary(auc=0.51, spread=0.02, shuffles=10),
        "jeffreys": (
            JeffreysTest(
                grade="A", mean_probability=0.1, inspected=90, problems=9, effective=90.0, p=0.5, p_holm=0.5
            ),
        ),
        "psi": (Shift(name="score", on=date(2026, 1, 1), psi=0.02, critical=0.01, level="steady"),),
    }  # fmt: skip
    return Validation(**(fields | changed))


def judged(validation: Validation, **limits: float) -> Verdict:
    return judge(validation, GateLimits(**limits), missing_from_card=())


def failed(validation: Validation, **limits: float) -> list[str]:
    return [gate.name for gate in judged(validation, **limits).failed]


def test_a_good_model_passes_every_gate() -> None:
    verdict = judged(good())
    assert verdict.passed
    assert not verdict.conditions


NAN = float("nan")


@pytest.mark.parametrize(
    ("changed", "gate"),
    [
        ({"effective_rows": 199.0}, "honest_rows"),
        ({"metrics": {"auc": estimate(0.55, 0.49, 0.6)}}, "auc_above_chance"),
        ({"canary": Canary(auc=0.54, spread=0.02, shuffles=10)}, "shuffled_labels"),
        ({"canary": None}, "shuffled_labels"),
        ({"weight_coverage": {"calibration": 1.0, "test": 0.8}}, "weight_coverage"),
        ({"order_probability": 0.94}, "rates_rise"),
        ({"grades": tuple(grade(x, 0.1) for x in "ABCD")}, "rates_rise"),
        ({"jeffreys": ()}, "no_grade_promises_too_little"),
        ({"test_calibration": Recalibration(slope=0.4, intercept=0.0)}, "calibration_slope"),
        ({"test_calibration": Recalibration(slope=NAN, intercept=0.0)}, "calibration_slope"),
        ({"psi": ()}, "score_shift"),
        ({"against_direction": ("penalties_count_365d",)}, "directions_hold"),
        ({"gains": {"points_table": gains(0.1, -0.01, 0.2)}}, "beats_points_table"),
        ({"gains": {"points_table": gains(NAN, NAN, NAN)}}, "beats_points_table"),
        ({"gains": {"points_table": gains(0.1, 0.05, 0.2, lift=(-0.7, -1.0, -0.1))}}, "beats_points_table"),
        ({"gains": {"points_table": gains(0.1, 0.05, 0.2, lift=(NAN, NAN, NAN))}}, "beats_points_table"),
        ({"gains": {"unweighted": gains(-0.1, -0.2, -0.01)}}, "beats_unweighted"),
        ({"gains": {"unweighted": gains(0.0, -0.1, 0.1, lift=(-0.7, -1.0, -0.1))}}, "beats_unweighted"),
    ],
)
def test_each_gate_fails_by_its_own_name(changed: dict[str, Any], gate: str) -> None:
    assert failed(good(**changed)) == [gate]


def test_an_empty_grade_fails_and_is_named() -> None:
    empty = replace(grade("D", 0.5, inspected=0), rate=estimate(NAN, NAN, NAN))
    verdict = judged(good(grades=(*good().grades[:3], empty)))
    assert [gate.name for gate in verdict.failed] == ["no_empty_grade", "rates_rise"]
    assert verdict.failed[0].reason_en.endswith("test dates: D")


def test_jeffreys_names_the_grade_that_promises_too_little() -> None:
    (low,) = good().jeffreys
    verdict = judged(good(jeffreys=(replace(low, grade="C", p_holm=0.01),)))
    assert [gate.reason_en for gate in verdict.failed] == [
        "grades whose mean probability is surely below their rate: C"
    ]


def test_an_unknown_selection_passes_only_on_a_condition() -> None:
    verdict = judged(good(weight_coverage={"calibration": None, "test": None}, note=("未知", "unknown")))
    assert verdict.passed
    assert [(gate.name, gate.condition, gate.reason_zh) for gate in verdict.conditions] == [
        ("selection_known", "unknown-selection", "未知")
    ]


def test_a_limit_that_is_not_the_standard_says_so() -> None:
    """Whoever reads the verdict sees that somebody moved the bar."""
    verdict = judged(good(order_probability=0.9), order_probability=0.85)
    (gate,) = [gate for gate in verdict.gates if gate.name == "rates_rise"]
    assert gate.passed
    assert gate.limit == "A < B < C < D with P >= 0.85 (standard 0.95)"


@pytest.mark.parametrize(
    ("name", "value"), [("order_probability", 0.2), ("canary", 0.5), ("psi", float("inf"))]
)
def test_a_limit_that_asks_nothing_is_refused(name: str, value: float) -> None:
    with pytest.raises(GateLimitsRefused, match=f"Expected {name} from .* to .*; got {value}"):
        GateLimits(**{name: value})


def test_a_verdict_is_read_back_as_it_was_written() -> None:
    verdict = judged(good(order_probability=0.5, jeffreys=()))
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_a_verdict_that_was_made_to_pass_is_refused() -> None:
    text = judged(good(order_probability=0.5)).to_json()
    with pytest.raises(VerdictRefused, match="Expected passed = False"):
        Verdict.from_json(text.replace('"passed": false\n}', '"passed": true\n}'))


def test_a_verdict_without_gates_is_refused() -> None:
    with pytest.raises(VerdictRefused, match="at least one gate, and each once; got none"):
        Verdict(gates=())


def test_a_card_without_an_owner_lacks_it() -> None:
    parts = ("用途 Purpose\nx", "数据 Data\nx", "选取方式 Selection\nx", "结果 Results\n", "局限 Limits\nx")
    card = "# 模型卡" + "".join(f"\n\n## {part}" for part in parts)
    assert missing_parts(card) == ("Results", "Owner")
    verdict = judge(good(), GateLimits(), missing_from_card=missing_parts(card))
    assert [gate.name for gate in verdict.failed] == ["card_complete"]


def test_what_could_not_be_measured_is_null_in_json() -> None:
    assert '"value": null' in judged(good(canary=None)).to_json()
