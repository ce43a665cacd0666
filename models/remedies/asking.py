"""Asks for the remedies of one entity, or of many in proof: what the command and the pages both do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.assembly import unavailable
from features.snapshot import Snapshot
from models.deciding import Occasion, decide_batches
from models.decision import Decision, decision_of
from models.direct_rules import final_letters
from models.release import Release
from models.remedies.neighbourhood import Engine
from models.remedies.proof import Opened, Proof, proved
from models.remedies.replay import Replay
from models.remedies.search import Advice, Searcher, counted_indicators
from models.schema import snapshot_columns
from models.scorer import Scorer

# Of those sampled some are related to others, and one's acts would move another's indicators.
SPARE = 1.25
# So many are asked about in one query: all their records are in memory.
TOGETHER = 100

Told = Callable[[str], None]


def searcher_of(release: Release, lake: Lake, engine: Engine, days: AsOf) -> Searcher:
    """The search over a lake as it was known on the days, with the indicators that the release reads."""
    catalogue = counted_indicators(release)
    skipped = frozenset(unavailable(catalogue, lake, days))
    return Searcher(release, Replay(engine, days, catalogue, skipped))


def advice_for(searcher: Searcher, decision: Decision) -> Advice:
    """The advice for one entity."""
    [advice] = searcher.advise([decision])
    return advice


def advised_sample(
    searcher: Searcher, snapshot: Snapshot, count: int, told: Told = lambda _: None
) -> list[Advice]:
    """The advice for entities of grade C and D, evenly spread over the ids, none related to another.

    `told` hears how far it is.
    """
    table = snapshot.read()
    release = searcher.release
    scores = Scorer(release).score(snapshot_columns(release.schema, table))
    grades = final_letters(scores.grade, table, snapshot.as_of.on)
    places = np.flatnonzero(np.isin(grades, ["C", "D"]))
    chosen = places[
        np.unique(np.linspace(0, len(places) - 1, min(len(places), int(count * SPARE))).astype(int))
    ]
    apart = searcher.replay.unrelated(table["entity_id"].take(pa.array(chosen)).to_pylist())
    rows = table.filter(pc.is_in(table["entity_id"], pa.array(apart[:count], pa.string())))
    decisions, found = _decisions(release, snapshot, rows), list[Advice]()
    for first in range(0, len(decisions), TOGETHER):
        found += searcher.advise(decisions[first : first + TOGETHER])
        told(f"Advised {len(found)} of {len(decisions)}.")
    return found


def _decisions(release: Release, snapshot: Snapshot, rows: pa.Table) -> list[Decision]:
    occasion = Occasion(
        as_of=snapshot.as_of.on, used_on=snapshot.as_of.used_on, snapshot_digest=snapshot.digest
    )
    batches = decide_batches(release, rows, occasion, threads=1)
    return [decision_of(row) for batch in batches for row in batch.to_pylist()]


def proof_of(
    advices: Sequence[Advice], release: Release, lake: Lake, opened: Opened, scratch: Path,
    told: Told = lambda _: None,
) -> Proof:  # fmt: skip
    """Every promise replayed through the real pipeline, in copies of the lake below a folder."""
    return proved(advices, release, lake, opened, scratch, told)


def proof_told(proof: Proof, on: date) -> list[str]:
    """The result of a proof, line by line."""
    lines = [
        f"{proof.advised} entities of grade C and D as of {on}: {proof.helped} can reach a better grade "
        f"within a year, in {proof.ways} ways ({proof.waits} of them by waiting alone).",
        f"Replayed by the snapshot build: {proof.ways - len(proof.broken)} of {proof.ways} promises kept.",
        f"Dropping one act: {proof.drops - len(proof.idle)} of {proof.drops} times the grade is missed.",
        f"Unchangeable indicators aimed at: {len(proof.forbidden)}.",
    ]
    return [*lines, *proof.broken[:5], *proof.idle[:5], *proof.forbidden[:5]]
