"""Chooses the thirty decisions of `golden/decisions.json` from a city that was built, admitted and fitted.

`python -m tests.models.choose_accounts RELEASE SNAPSHOTS LAKE_DIGEST USED_ON`: a release's folder, the
snapshots of the city, the digest of its lake; the guard holds the grades of 30 June against those of 31 May.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.as_of import AsOf
from features.catalogue import CATALOGUE
from features.snapshot import Snapshot, open_snapshot
from models.change_guard import Past
from models.deciding import DECISION_SCHEMA, Occasion, decide_batches
from models.decision import Decision, decision_of
from models.release import Release, load_release
from models.schema import IndicatorSpec

OUT = Path(__file__).parent / "golden" / "decisions.json"
# Who has none of these has no history: nothing of it was ever told but its registration.
HISTORY = (
    "inspections_recency_last", "penalties_recency_last", "complaints_recency_last", "changes_recency_last",
    "report_zero_last", "licences_expiry_now", "insured_count_last",
)  # fmt: skip
MONTHS = (date(2026, 5, 31), date(2026, 6, 30))
WANTED = {"held": 2, "no-history": 2, "rule": 2, "A": 6, "B": 6, "C": 6, "D": 6}


def decided(release: Release, snapshot: Snapshot, past: Past | None) -> pa.Table:
    """The decisions about a snapshot, row by row."""
    days = snapshot.as_of
    occasion = Occasion(as_of=days.on, used_on=days.used_on, snapshot_digest=snapshot.digest)
    made = decide_batches(release, snapshot.read(), occasion, past=past)
    return pa.Table.from_batches(made, schema=DECISION_SCHEMA)


def past_of(before: pa.Table, rows: pa.Table) -> Past:
    """What was decided a month before of the same entities."""
    grades = dict(zip(before["entity_id"].to_pylist(), before["guarded_grade"].to_pylist(), strict=True))
    chances = dict(zip(before["entity_id"].to_pylist(), before["probability"].to_pylist(), strict=True))
    ids = rows["entity_id"].to_pylist()
    return Past(
        grade=np.array([grades.get(one, "") for one in ids]),
        probability=np.array([chances.get(one, np.nan) for one in ids], dtype=float),
    )


def chosen(rows: pa.Table, table: pa.Table) -> dict[str, Decision]:
    """Some of each grade, evenly over the city, and at least one held, by rule and without any history."""
    decisions = [decision_of(row) for row in table.to_pylist()]
    known = np.zeros(rows.num_rows, dtype=bool)
    for name in HISTORY:
        known |= np.asarray(rows[name].is_valid())
    kinds: dict[str, list[Decision]] = {kind: [] for kind in WANTED}
    for decision, any_history in zip(decisions, known, strict=True):
        if decision.rules:
            kinds["rule"].append(decision)
        elif decision.held:
            kinds["held"].append(decision)
        elif not any_history:
            kinds["no-history"].append(decision)
        else:
            kinds[decision.grade.value].append(decision)
    found: dict[str, Decision] = {}
    kinds["rule"].sort(key=lambda one: one.grade)
    for kind, number in WANTED.items():
        for decision in _spread(kinds[kind], number):
            name = f"{decision.grade.value}-{kind}" if len(kind) > 1 else kind
            count = sum(key.startswith(f"{name}-") for key in found) + 1
            found[f"{name}-{count}"] = decision
    return found


def _spread(decisions: list[Decision], number: int) -> list[Decision]:
    places = np.unique(np.linspace(0, len(decisions) - 1, number).astype(int)) if decisions else []
    return [decisions[place] for place in places]


def main(release: str, snapshots: str, lake_digest: str, used_on: str) -> None:
    """Writes the file."""
    loaded = load_release(Path(release))
    # The model is the release's, the words and families are the catalogue's of today.
    today = {indicator.name: indicator for indicator in CATALOGUE}
    schema = tuple(
        IndicatorSpec.of(today[spec.name], categories=spec.categories or None) for spec in loaded.schema
    )
    opened = replace(loaded, schema=schema)
    may, june = (
        open_snapshot(
            Path(snapshots), AsOf(on=day, used_on=date.fromisoformat(used_on)), lake_digest=lake_digest
        )
        for day in MONTHS
    )
    rows = june.read(["entity_id", *HISTORY])
    table = decided(opened, june, past_of(decided(opened, may, None), rows))
    found = {name: json.loads(one.to_json()) for name, one in sorted(chosen(rows, table).items())}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
