"""Sudden growth of complaints (投诉突增): an exact test for each entity, and how many tests may be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import stats

from models.alerts.alert import Alert

# Complaints of the last 30 days against the 365 days before them.
RECENT_DAYS, PAST_DAYS = 30, 365
# Fewer is no wave, however rare they were before.
LEAST_COMPLAINTS = 3
FALSE_DISCOVERIES = 0.05
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def growth_p_values(recent: Counts, past: Counts, cell_recent: Counts, cell_past: Counts) -> Floats:
    """One-sided p-values that complaints of each entity came faster than before and than in its cell.

    The exact conditional test of two Poisson rates (Przyborowski and Wilenski 1940): given n = recent + past
    complaints, under an unchanged rate the recent ones are binomial with the share of recent days,
    30 / 395. Where the entity's cell (all others of its industry and type) as a whole grew, its own share
    takes that place, if larger: a wave over a whole trade is no alarm about one of it, and a trade that
    calms down makes no alarm out of an entity that does not. Arguments are counts by entity, of one length.
    """
    whole = recent + past
    usual = RECENT_DAYS / (RECENT_DAYS + PAST_DAYS)
    in_cell = np.divide(
        cell_recent,
        cell_recent + cell_past,
        out=np.full(len(recent), usual),
        where=cell_recent + cell_past > 0,
    )
    return np.asarray(stats.binom.sf(recent - 1, whole, np.maximum(usual, in_cell)), dtype=np.float64)


def discoveries(p_values: Floats, rate: float = FALSE_DISCOVERIES) -> npt.NDArray[np.bool_]:
    """Which of many tests stand: at most a share `rate` of them are expected to be false.

    The step-up rule of Benjamini and Hochberg (1995); p-values of discrete tests make it more careful.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    below = np.flatnonzero(p_values[order] <= rate * np.arange(1, count + 1) / max(count, 1))
    found = np.zeros(count, dtype=np.bool_)
    if len(below):
        found[order[: below[-1] + 1]] = True
    return found


def complaint_growth(counts: pa.Table, on: date, evidence: Mapping[str, Sequence[str]]) -> list[Alert]:
    """Sudden growth of genuine complaints; every entity with a complaint in 395 days is one of the tests.

    `counts` has entity_id, cell (text), recent and past (whole numbers); `evidence` the recent
    complaints' ids. Told are those with at least three recent complaints that stand at a false discovery
    rate of 5 %; of ten or more recent complaints the severity is high.
    """
    if not counts.num_rows:
        return []
    recent, past = (np.asarray(counts[name], dtype=np.int64) for name in ("recent", "past"))
    cells = np.asarray(counts["cell"].combine_chunks().dictionary_encode().indices)
    others = [np.bincount(cells, weights=own)[cells].astype(np.int64) - own for own in (recent, past)]
    p_values = growth_p_values(recent, past, *others)
    told = np.flatnonzero(discoveries(p_values) & (recent >= LEAST_COMPLAINTS))
    days, before = f"近{RECENT_DAYS}天", f"此前{PAST_DAYS}天"
    return [
        Alert(
            entity_id=(entity_id := counts["entity_id"][row].as_py()),
            kind="complaint_growth",
            severity="high" if recent[row] >= 10 else "medium",
            since=on,
            until=None,
            statistic=float(p_values[row]),
            sentence_zh=(
                f"投诉举报突增：{days}{recent[row]}件，{before}共{past[row]}件"
                f"（按自身历史和同类走势，偶然达到的概率为{_chance(p_values[row])}）。"
            ),
            sentence_en=(
                f"Complaints jumped: {recent[row]} in the last {RECENT_DAYS} days, {past[row]} in the "
                f"{PAST_DAYS} days before (by its own past and its like, chance would do that with "
                f"probability {_chance(p_values[row])})."
            ),
            evidence=tuple(f"complaints:{one}" for one in evidence.get(entity_id, ())),
        )
        for row in told
    ]


def _chance(p_value: float) -> str:
    return f"{p_value:.2g}" if p_value >= 1e-4 else "<0.0001"
