"""One warning (监测预警) and the table of many: what every rule of this folder makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

KINDS = ("grade_rise", "complaint_growth", "licence_expiry", "abnormal_clock")
SEVERITIES = ("low", "medium", "high")
ALERT_SCHEMA = pa.schema(
    [
        ("entity_id", pa.string()),
        ("kind", pa.string()),
        ("severity", pa.string()),
        ("since", pa.date32()),
        ("until", pa.date32()),
        ("statistic", pa.float64()),
        ("sentence_zh", pa.string()),
        ("sentence_en", pa.string()),
        ("evidence", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One warning. `since` is the day from which the rule holds, `until` the day by which to act, if any.

    `statistic` is the p-value of a test. `evidence` names records as `table:id`, or grades as `grade:B>C`.
    """

    entity_id: str
    kind: str
    severity: str
    since: date
    until: date | None
    statistic: float | None
    sentence_zh: str
    sentence_en: str
    evidence: tuple[str, ...]


def alert_table(alerts: Sequence[Alert]) -> pa.Table:
    """The rows of ALERT_SCHEMA: the gravest first, then by kind and entity, the same for the same alerts."""
    order = sorted(
        alerts,
        key=lambda one: (-SEVERITIES.index(one.severity), KINDS.index(one.kind), one.entity_id, one.evidence),
    )
    rows = [{name: getattr(one, name) for name in ALERT_SCHEMA.names} for one in order]
    return pa.Table.from_pylist(
        [row | {"evidence": list(row["evidence"])} for row in rows], schema=ALERT_SCHEMA
    )
