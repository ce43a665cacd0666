"""The gates of a release: conditions with number, limit and reason in 中文 and English. Pure.

Whoever promotes reads them in the release (`models/verdict.py`); what failed keeps it from going live.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.verdict import Gate, Verdict
from training.validation import Validation

__all__ = ["Gate", "GateLimits", "Verdict", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """The limits of the gates: policy, from the recipe's table [gates]."""

    effective_rows: float = 200.0
    order_probability: float = 0.95


def judge(validation: Validation, limits: GateLimits) -> Verdict:
    """The verdict over what was measured."""
    return Verdict(gates=(_rows(validation, limits), _ranking(validation), _order(validation, limits)))


def _rows(validation: Validation, limits: GateLimits) -> Gate:
    rows = validation.effective_rows
    return Gate(
        name="honest_rows",
        passed=rows >= limits.effective_rows,
        value=rows,
        limit=f">= {limits.effective_rows:g}",
        reason_zh=f"可用于诚实检验的有效行数为 {rows:.0f}",
        reason_en=f"{rows:.0f} effective rows are there to judge honestly",
    )


def _ranking(validation: Validation) -> Gate:
    auc = validation.metrics["auc"]
    return Gate(
        name="auc_above_chance",
        passed=auc.low > 0.5,
        value=auc.value,
        limit="interval above 0.5",
        reason_zh=f"AUC {auc.value:.3f}，区间 {auc.low:.3f}–{auc.high:.3f}",
        reason_en=f"AUC {auc.value:.3f}, interval {auc.low:.3f} to {auc.high:.3f}",
    )


def _order(validation: Validation, limits: GateLimits) -> Gate:
    return Gate(
        name="rates_rise",
        passed=validation.rates_rise and validation.order_probability >= limits.order_probability,
        value=validation.order_probability,
        limit=f"A < B < C < D with probability >= {limits.order_probability:g}",
        reason_zh=f"四级问题率依次升高的后验概率为 {validation.order_probability:.2f}",
        reason_en=f"the rates rise from A to D with probability {validation.order_probability:.2f}",
    )
