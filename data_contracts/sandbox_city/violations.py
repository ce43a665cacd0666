"""Violations: the single findings behind the counts of an inspection, with codes that fit their severity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data_contracts.sandbox_city.columns import Codes, Ints
from data_contracts.sandbox_city.days import NEVER, Days, arrow_dates
from data_contracts.sandbox_city.inspections import ITEMS, Inspections
from data_contracts.sandbox_city.names import numbered, words

SEVERITIES = np.array(["critical", "serious", "minor"])
CODES_PER_SEVERITY = 4  # of each item; the first are the most frequent
CODE_SHARES = np.array([0.45, 0.3, 0.15, 0.1])
CODES = np.array([f"{item}-{letter}{number}" for item in ITEMS for letter in "CSM" for number in range(1, 5)])
CORRECTED = np.array([0.55, 0.7, 0.85])
MEAN_CORRECTION = np.array([45, 30, 12])  # days after the inspection was known


@dataclass(frozen=True, slots=True, kw_only=True)
class Violations:
    """One element per finding; `inspection` is the number of the inspection that made it."""

    entity: Ints
    inspection: Ints
    code: Ints
    severity: Codes
    occurred: Days
    known: Days
    corrected: Days


def make_violations(made: Inspections, numbers: Ints, rng: np.random.Generator) -> Violations:
    """As many findings of each severity as the inspections count; `numbers` are the inspections' own."""
    counts = np.stack([made.critical, made.serious, made.minor])
    severity, row = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    count = len(row)
    kind = np.searchsorted(np.cumsum(CODE_SHARES)[:-1], rng.random(count), side="right")
    code = (made.item[row].astype(np.int32) * 3 + severity) * CODES_PER_SEVERITY + kind
    days = made.known[row] + 1 + rng.exponential(MEAN_CORRECTION[severity]).astype(np.int32)
    done = rng.random(count) < CORRECTED[severity]
    return Violations(
        entity=made.entity[row],
        inspection=numbers[row],
        code=code.astype(np.int32),
        severity=severity.astype(np.int8),
        occurred=made.occurred[row],
        known=made.known[row],
        corrected=np.where(done, days, NEVER).astype(np.int32),
    )


def violations_table(rows: Violations, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The inspection platform's list of findings."""
    return pa.table(
        {
            "finding_id": numbered("WT", numbers),
            "inspection_id": numbered("JC", rows.inspection),
            "entity_id": ids.take(pa.array(rows.entity)),
            "code": words(CODES, rows.code),
            "severity": words(SEVERITIES, rows.severity),
            "found_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
            "corrected_on": arrow_dates(rows.corrected),
        }
    )
