"""The gates of a release: conditions with number, limit and reason in 中文 and English. Pure.

Whoever promotes reads them in the release (`models/verdict.py`); what failed keeps it from going live.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from models.verdict import Gate, Verdict
from training.estimates.measures import Estimate
from training.judging.chance import CHANCE, beside_chance
from training.judging.validation import Validation
from training.pack.baseline_words import BASELINE_WORDS
from training.plan.gate_limits import GateLimits

__all__ = ["Gate", "GateLimits", "Verdict", "judge"]

# Fitted to the same rows without weights: in a city without selection it is as good, so it must only not win.
ONLY_NOT_WORSE = "unweighted"
UNKNOWN_SELECTION = "unknown-selection"


def judge(validation: Validation, limits: GateLimits, *, missing_from_card: Sequence[str]) -> Verdict:
    """The verdict over what was measured; `missing_from_card` are parts that the model card lacks."""
    gates = [ask(validation, limits) for ask in GATES]
    return Verdict(gates=(*gates, *_baselines(validation), _card(missing_from_card)))


def _honest_rows(validation: Validation, limits: GateLimits) -> Gate:
    rows = validation.effective_rows
    return Gate(
        name="honest_rows",
        passed=rows >= limits.effective_rows,
        value=rows,
        limit=f">= {limits.effective_rows:g}{limits.standard('effective_rows')}",
        reason_zh=f"可用于如实检验的有效行数为 {rows:.0f}",
        reason_en=f"{rows:.0f} effective rows are there to judge honestly",
    )


def _ranking(validation: Validation, _: GateLimits) -> Gate:
    auc = validation.metrics["auc"]
    zh, en = beside_chance(auc)
    return Gate(
        name="auc_above_chance",
        passed=auc.low > CHANCE,
        value=_told(auc.value),
        limit="interval above 0.5",
        reason_zh=zh,
        reason_en=en,
    )


def _canary(validation: Validation, limits: GateLimits) -> Gate:
    found = validation.canary
    auc = found.auc if found else math.nan
    return Gate(
        name="shuffled_labels",
        passed=abs(auc - 0.5) <= limits.canary,
        value=_told(auc),
        limit=f"0.5 ± {limits.canary:g}{limits.standard('canary')}",
        reason_zh=f"打乱标签后重新训练，平均 AUC 为 {auc:.3f}（应接近 0.5，否则结果经流程泄漏）",
        reason_en=f"fitted to shuffled labels the mean AUC is {auc:.3f}; elsewhere it would leak",
    )


def _no_empty_grade(validation: Validation, _: GateLimits) -> Gate:
    empty = [grade.grade for grade in validation.grades if not grade.inspected or not grade.share]
    return Gate(
        name="no_empty_grade",
        passed=not empty,
        value=float(len(empty)),
        limit="0",
        reason_zh=f"检验期内无主体或无检查的等级：{'、'.join(empty) or '无'}",
        reason_en=f"grades without entities or without inspections on the test dates: {_names(empty)}",
    )


def _rates_rise(validation: Validation, limits: GateLimits) -> Gate:
    rates = " < ".join(f"{grade.rate.value:.1%}" for grade in validation.grades)
    likely = validation.order_probability
    return Gate(
        name="rates_rise",
        passed=validation.rates_rise and likely >= limits.order_probability,
        value=_told(likely),
        limit=f"A < B < C < D with P >= {limits.order_probability:g}{limits.standard('order_probability')}",
        reason_zh=f"四级问题率 {rates} 依次升高的后验概率为 {likely:.3f}",
        reason_en=f"the rates {rates} truly rise from A to D with posterior probability {likely:.3f}",
    )


def _jeffreys(validation: Validation, limits: GateLimits) -> Gate:
    low = [test.grade for test in validation.jeffreys if test.p_holm < limits.jeffreys_p]
    least = min((test.p_holm for test in validation.jeffreys), default=math.nan)
    return Gate(
        name="no_grade_promises_too_little",
        passed=bool(validation.jeffreys) and not low,
        value=_told(least),
        limit=f"p >= {limits.jeffreys_p:g} (Jeffreys, Holm){limits.standard('jeffreys_p')}",
        reason_zh=f"预测概率显著低于实际问题率的等级：{'、'.join(low) or '无'}",
        reason_en=f"grades whose mean probability is surely below their rate: {_names(low)}",
    )


def _slope(validation: Validation, limits: GateLimits) -> Gate:
    slope = validation.test_calibration.slope
    usual = limits.standard("slope_low") + limits.standard("slope_high")
    return Gate(
        name="calibration_slope",
        passed=limits.slope_low <= slope <= limits.slope_high,
        value=_told(slope),
        limit=f"{limits.slope_low:g} to {limits.slope_high:g}{usual}",
        reason_zh=f"检验期校准斜率 {slope:.2f}（1 为恰当，小于 1 为过度自信）",
        reason_en=f"calibration slope on the test dates {slope:.2f} (1 is right, below 1 is too sure)",
    )


def _coverage(validation: Validation, limits: GateLimits) -> Gate:
    judged = {part: validation.weight_coverage.get(part) for part in ("calibration", "test")}
    known = {part: share for part, share in judged.items() if share is not None}
    off = [part for part, share in known.items() if not limits.coverage_low <= share <= limits.coverage_high]
    told = ", ".join(f"{part} {share:.2f}" for part, share in known.items())
    usual = limits.standard("coverage_low") + limits.standard("coverage_high")
    return Gate(
        name="weight_coverage",
        passed=not off,
        value=told or None,
        limit=f"{limits.coverage_low:g} to {limits.coverage_high:g}{usual} where rows were drawn at random",
        reason_zh=f"随机抽查行的 1/π 之和与总体之比：{told or '没有随机抽查的行，不适用'}",
        reason_en=f"sum of 1/π over the population: {told or 'no row was drawn at random, nothing to hold'}",
    )


def _score_shift(validation: Validation, limits: GateLimits) -> Gate:
    shifts = [shift.psi for shift in validation.psi if shift.name == "score"]
    worst = max(shifts, default=math.nan)
    return Gate(
        name="score_shift",
        passed=worst < limits.psi,
        value=_told(worst),
        limit=f"PSI < {limits.psi:g}{limits.standard('psi')}",
        reason_zh=f"检验期各日评分对校准期总体的 PSI 最大为 {worst:.3f}",
        reason_en=f"the score's largest PSI on a test date against the calibration population is {worst:.3f}",
    )


def _monotone(validation: Validation, _: GateLimits) -> Gate:
    wrong = validation.against_direction
    return Gate(
        name="directions_hold",
        passed=not wrong,
        value=float(len(wrong)),
        limit="0",
        reason_zh=f"评分违反指标方向的指标：{'、'.join(wrong) or '无'}",
        reason_en=f"directed indicators with a pair of rows that scores the wrong way: {_names(wrong)}",
    )


def _leakage(_: Validation, __: GateLimits) -> Gate:
    """Passed whenever anything was fitted: the linter stops a fit before its first tree."""
    return Gate(
        name="no_leak",
        passed=True,
        value=None,
        limit="the linter of leaks stops a fit",
        reason_zh="训练前已检查指标与结果是否共用事件、是否缺少知晓日期、是否为抽取标志或等级",
        reason_en="before fitting, no indicator was found that may know the outcome",
    )


def _selection(validation: Validation, _: GateLimits) -> Gate:
    """Passes conditionally where nobody knows why entities were inspected: a promoter must accept that."""
    known = validation.weight_coverage.get("test") is not None
    return Gate(
        name="selection_known",
        passed=True,
        value="known" if known else "unknown",
        limit="known, or accepted by who promotes",
        reason_zh=validation.note[0],
        reason_en=validation.note[1],
        condition="" if known else UNKNOWN_SELECTION,
    )


GATES: tuple[Callable[[Validation, GateLimits], Gate], ...] = (
    _honest_rows, _ranking, _canary, _leakage, _selection, _coverage, _no_empty_grade, _rates_rise,
    _jeffreys, _slope, _score_shift, _monotone,
)  # fmt: skip


def _baselines(validation: Validation) -> tuple[Gate, ...]:
    """A gate for every baseline, on the same rows: surely better over all, not surely worse at the top.

    The gain in average precision must be sure. That in lift at 5 % rests on the few rows at the top, a
    twentieth of the weight, and must only not be surely a loss. Both are asked at once: of a rival that is as
    good, no second look makes a pass more likely.
    """
    found = []
    for name, gains in validation.gains.items():
        gain, top = gains["average_precision"], gains["lift_at_5pct"]
        tolerant = name == ONLY_NOT_WORSE
        zh, en = BASELINE_WORDS.get(name, (name, name))
        found.append(
            Gate(
                name=f"beats_{name}",
                passed=(gain.high >= 0 if tolerant else gain.low > 0) and top.high >= 0,
                value=_told(gain.value),
                limit=f"gain {'not surely below' if tolerant else 'surely above'} 0, lift not surely below",
                reason_zh=f"与基线“{zh}”的平均精度之差 {_span(gain, '至')}，"
                f"5% 处提升度之差 {_span(top, '至')}",
                reason_en=f"gains {_span(gain, 'to')} in average precision and {_span(top, 'to')} in lift at "
                f"5 % over the baseline {en!r}",
            )
        )
    return tuple(found)


def _span(gain: Estimate, to: str) -> str:
    """A gain with its interval."""
    return f"{gain.value:+.3f} [{gain.low:+.3f} {to} {gain.high:+.3f}]"


def _card(missing: Sequence[str]) -> Gate:
    return Gate(
        name="card_complete",
        passed=not missing,
        value=float(len(missing)),
        limit="purpose, data, selection, results, limits, owner",
        reason_zh=f"模型卡缺少：{'、'.join(missing) or '无'}",
        reason_en=f"the model card lacks: {_names(missing)}",
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _told(value: float) -> float | None:
    """JSON knows no NaN: what could not be measured is null, and fails."""
    return float(value) if math.isfinite(value) else None
