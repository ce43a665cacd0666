"""Proves advice by another path: the edited records are written, and the real snapshot build reads them.

Nothing is shared with the search but the edits: the lake's own files are rewritten, all entities at once, and
graded by the code that grades a city.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.lake import CARD, Lake, open_lake
from features.as_of import AsOf
from features.catalogue import CATALOGUE
from features.snapshot import Engine, Snapshot, build_snapshot
from models.change_guard import Past
from models.deciding import Occasion, decide_batches
from models.decision import Decision
from models.grades import GRADES
from models.release import Release
from models.remedies.records import Edit, key_of
from models.remedies.search import Advice, Way

Opened = Callable[[Lake], AbstractContextManager[Engine]]
# No act is dropped.
ALL_ACTS = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of the promises: how many were replayed, which were not kept, which acts were idle."""

    advised: int
    helped: int
    ways: int
    waits: int
    drops: int
    broken: tuple[str, ...]
    idle: tuple[str, ...]
    forbidden: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept, no act was idle and nothing unchangeable was aimed at."""
        return not (self.broken or self.idle or self.forbidden)


def proved(advices: Sequence[Advice], release: Release, lake: Lake, opened: Opened, scratch: Path) -> Proof:
    """Replays every way of every advice through the real pipeline, and again without each of its acts."""
    broken, idle, drops = [], [], 0
    for number, dropped in _rounds(advices):
        chosen = {
            advice.decision.entity_id: (advice, advice.ways[number])
            for advice in advices
            if len(advice.ways) > number
            and (dropped is ALL_ACTS or dropped < len(advice.ways[number].offers))
        }
        edits = [edit for _, way in chosen.values() for edit in way.edits(dropped)]
        place = scratch / f"{number}-{'all' if dropped is ALL_ACTS else dropped}"
        copy = edited_lake(lake, edits, max(way.on for _, way in chosen.values()), place)
        grades = _graded(chosen, release, copy, opened, place)
        drops += 0 if dropped is ALL_ACTS else len(chosen)
        for entity, (_, way) in chosen.items():
            reached = entity in grades and GRADES.index(grades[entity]) <= GRADES.index(way.grade)
            told = f"{entity} on {way.on}: promised {way.grade.value}, got {grades.get(entity)}"
            if dropped is ALL_ACTS and not reached:
                broken.append(told)
            elif dropped is not ALL_ACTS and reached:
                idle.append(f"{told} without {way.offers[dropped].act.code}")
    ways = [way for advice in advices for way in advice.ways]
    return Proof(
        advised=len(advices), helped=sum(bool(advice.ways) for advice in advices), ways=len(ways),
        waits=sum(not way.offers for way in ways), drops=drops, broken=tuple(broken), idle=tuple(idle),
        forbidden=tuple(_forbidden(ways)),
    )  # fmt: skip


def _rounds(advices: Sequence[Advice]) -> Iterator[tuple[int, int | None]]:
    """The n-th way of everybody with all its acts, then without the first, the second …"""
    for number in range(max((len(advice.ways) for advice in advices), default=0)):
        own = [advice.ways[number] for advice in advices if len(advice.ways) > number]
        yield number, ALL_ACTS
        yield from ((number, dropped) for dropped in range(max(len(way.offers) for way in own)))


def _forbidden(ways: Sequence[Way]) -> Iterator[str]:
    """Indicators aimed at that no entity can change."""
    changeable = {indicator.name: indicator.changeable for indicator in CATALOGUE}
    aimed = {name for way in ways for offer in way.offers for name in offer.act.moves}
    yield from sorted(name for name in aimed if not changeable.get(name, True))


def edited_lake(lake: Lake, edits: Sequence[Edit], known_to: date, place: Path) -> Lake:
    """A copy of the lake with the edits in its files, known up to a day; other tables are the same."""
    version = hashlib.sha256(repr((lake.digest, [e.row for e in edits], known_to)).encode()).hexdigest()
    folder = place / "lake" / "versions" / version[:16]
    (folder / "tables").mkdir(parents=True)
    for name, table in lake.tables.items():
        target, own = folder / "tables" / table.path.name, [edit for edit in edits if edit.table == name]
        if own:
            pq.write_table(_rewritten(pq.read_table(table.path), name, own), target, row_group_size=20_000)
        else:
            os.symlink(table.path.resolve(), target)
    card = json.loads((lake.folder / CARD).read_text("utf-8"))
    card |= {"exported_on": known_to.isoformat(), "digest": version}
    (folder / CARD).write_text(json.dumps(card), "utf-8")
    (place / "lake" / "CURRENT").write_text(version[:16] + "\n", "utf-8")
    return open_lake(place / "lake")


def _rewritten(rows: pa.Table, name: str, edits: Sequence[Edit]) -> pa.Table:
    """The table without what is written anew, and with it, sorted by entity as a lake's tables are."""
    gone = {edit.replaces for edit in edits if edit.replaces}
    key = key_of(name)
    kept = np.ones(rows.num_rows, dtype=bool)
    told = np.flatnonzero(
        np.asarray(pc.is_in(rows[key], pa.array(sorted({one for one, _ in gone}), pa.string())))
    )
    for place in told:
        kept[place] = (rows[key][place].as_py(), rows["known_on"][place].as_py()) not in gone
    fresh = {(e.row[key], e.row["known_on"]): dict(e.row) for e in edits}
    added = pa.Table.from_pylist(list(fresh.values()), schema=rows.schema)
    return pa.concat_tables([rows.filter(pa.array(kept)), added]).sort_by("entity_id")


def _graded(
    chosen: Mapping[str, tuple[Advice, Way]], release: Release, lake: Lake, opened: Opened, place: Path
) -> dict[str, str]:
    """The grade of each entity on the day of its way, as the city is graded, its change guard included."""
    grades: dict[str, str] = {}
    for on in sorted({way.on for _, way in chosen.values()}):
        with opened(lake) as engine:
            snapshot = build_snapshot(engine, lake, AsOf(on=on, used_on=on), place / "snapshots")
        own = {entity: advice.decision for entity, (advice, way) in chosen.items() if way.on == on}
        grades |= _decided(snapshot, release, own)
    return grades


def _decided(snapshot: Snapshot, release: Release, before: Mapping[str, Decision]) -> dict[str, str]:
    table = snapshot.read()
    rows = table.filter(pc.is_in(table["entity_id"], pa.array(sorted(before), pa.string())))
    decisions = [before[entity] for entity in rows["entity_id"].to_pylist()]
    past = Past(
        grade=np.array([decision.guarded_grade.value for decision in decisions]),
        probability=np.array([decision.probability for decision in decisions]),
    )
    occasion = Occasion(
        as_of=snapshot.as_of.on, used_on=snapshot.as_of.used_on, snapshot_digest=snapshot.digest
    )
    found: dict[str, str] = {}
    for batch in decide_batches(release, rows, occasion, past=past, threads=1):
        found |= dict(zip(batch["entity_id"].to_pylist(), batch["grade"].to_pylist(), strict=True))
    return found
