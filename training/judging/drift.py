"""Has the world moved away from a release: a month against its calibration, its season, its promises. Pure.

Alarms go by the size of an effect, never by significance alone: with millions of entities every difference is
significant, and with twenty none is large. What comes back every year at this time rings no alarm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.stats import norm

from models.schema import Schema
from training.estimates.measures import NORMAL, Estimate, Judged, auc, estimate, rate_interval
from training.judging.chance import CHANCE, beside_chance
from training.judging.populations import Population, most_used, shifts
from training.pack.stability import ALARM, WATCH, Shift
from training.rows.parts import Scale

# A fall of the AUC, and a ratio of found to promised, that somebody must look at.
AUC_FALL = 0.05
RATE_RATIO = 1.5
# An AUC that may be chance and surely lies below this is a ranking nobody should act on.
USELESS = 0.6
LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that moved: what, by how much, beyond which limit, in both languages."""

    name: str
    size: float
    limit: float
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was found later against what was promised; `auc_fall_p` is ECB's test against the approved AUC."""

    inspected: int
    problems: int
    promised: float
    found: Estimate
    auc: Estimate | None
    approved_auc: float
    auc_fall_p: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDrift:
    """One month of a release."""

    on: date
    population: int
    mean_probability: float
    shares: tuple[float, ...]
    # Against the calibration dates, and against the same month a year earlier (empty: no such records).
    shifts: tuple[Shift, ...]
    season: tuple[Shift, ...]
    # None while the outcomes of the month are not known.
    kept: Kept | None
    alarms: tuple[Alarm, ...]

    @property
    def rings(self) -> bool:
        """Whether anybody must look."""
        return bool(self.alarms)


def drift_of(
    schema: Schema,
    scale: Scale,
    reference: Sequence[Population],
    now: Population,
    *,
    season: Population | None,
    kept: Kept | None,
) -> MonthDrift:
    """One month against the calibration populations and the same month of the year before."""
    watched = most_used(schema, scale, reference)
    moved = shifts(schema, reference, now, watched)
    seasonal = shifts(schema, [season], now, watched) if season is not None else ()
    return MonthDrift(
        on=now.on,
        population=len(now.probability),
        mean_probability=float(now.probability.mean()),
        shares=tuple(float(share) for share in now.counts / now.counts.sum()),
        shifts=moved,
        season=seasonal,
        kept=kept,
        alarms=(*shift_alarms(moved, seasonal), *(kept_alarms(kept) if kept else ())),
    )


def shift_alarms(moved: Sequence[Shift], season: Sequence[Shift]) -> tuple[Alarm, ...]:
    """An alarm for every large shift that last year's same month does not explain.

    A shift is the season's where the month looks like the same one a year earlier.
    """
    last_year = {each.name: each for each in season}
    return tuple(
        Alarm(
            name=f"psi:{each.name}", size=each.psi, limit=ALARM,
            reason_zh=f"{each.name} 的分布相对校准期移动 PSI {each.psi:.2f}，且去年同月不能解释",
            reason_en=f"{each.name} moved by a PSI of {each.psi:.2f} from the calibration dates, and the "
            "same month a year earlier does not explain it",
        )
        for each in moved
        if each.level == "alarm" and not _seasonal(last_year.get(each.name))
    )  # fmt: skip


def _seasonal(last_year: Shift | None) -> bool:
    return last_year is not None and last_year.psi < WATCH


def kept_of(rows: Judged, *, approved: Mapping[str, float], repetitions: int, seed: int) -> Kept:
    """What honest rows of the month found, against the promise and the AUC at approval (value, low, high)."""
    both = 0 < rows.label.sum() < len(rows.label)
    ranked = estimate(rows.ranked(), auc, repetitions=repetitions, seed=seed) if both else None
    return Kept(
        inspected=len(rows.label),
        problems=int(rows.label.sum()),
        promised=float(np.average(rows.score, weights=rows.weight)),
        found=rate_interval(rows),
        auc=ranked,
        approved_auc=approved["value"],
        auc_fall_p=auc_fall_p(approved["value"], ranked) if ranked else None,
    )


def auc_fall_p(approved: float, now: Estimate) -> float:
    """The p of no fall: S = (AUC at approval − AUC now) / s(AUC now), p = 1 − Φ(S) (ECB 2019, annex 1).

    s comes from the bootstrap interval over entities, which knows of weights and repeated entities.
    """
    spread = (now.high - now.low) / (2 * NORMAL)
    fall = approved - now.value
    if spread <= 0:
        return 0.0 if fall > 0 else CHANCE
    return float(norm.sf(fall / spread))


def kept_alarms(kept: Kept) -> tuple[Alarm, ...]:
    """Alarms of broken promises: no ranking left, a clear fall of it, rates far from what was promised."""
    found = []
    if kept.auc is not None and kept.auc.low <= CHANCE and kept.auc.high < USELESS:
        zh, en = beside_chance(kept.auc)
        found.append(Alarm(name="auc", size=kept.auc.value, limit=CHANCE, reason_zh=zh, reason_en=en))
    fall = kept.approved_auc - kept.auc.value if kept.auc is not None else 0.0
    if fall >= AUC_FALL and kept.auc_fall_p is not None and kept.auc_fall_p < LEVEL:
        found.append(Alarm(
            name="auc_fall", size=fall, limit=AUC_FALL,
            reason_zh=f"AUC 比批准时下降 {fall:.3f}",
            reason_en=f"the AUC fell by {fall:.3f} since approval",
        ))  # fmt: skip
    outside = not kept.found.low <= kept.promised <= kept.found.high
    ratio = kept.found.value / kept.promised if kept.promised > 0 else float("inf")
    if outside and not 1 / RATE_RATIO < ratio < RATE_RATIO:
        found.append(Alarm(
            name="rate", size=ratio, limit=RATE_RATIO,
            reason_zh=f"实际问题率是预测的 {ratio:.2f} 倍",
            reason_en=f"problems were found {ratio:.2f} times as often as promised",
        ))  # fmt: skip
    return tuple(found)


def same_month_last_year(on: date) -> date:
    """The same day a year earlier; 29 February has none and gives the 28th."""
    last = on.replace(day=28) if (on.month, on.day) == (2, 29) else on
    return last.replace(year=on.year - 1)
