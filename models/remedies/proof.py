"""Proves advice by another path: the edited records are written, and the real snapshot build reads them.

Nothing is shared with the search but the edits: the lake's own files are rewritten, all entities at once, and
graded by the code that grades a city.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
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
from models.grades import GRADES, Grade
from models.release import Release
from models.remedies.records import Edit, key_of
from models.remedies.search import Advice, Way

Opened = Callable[[Lake], AbstractContextManager[Engine]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A way with all its acts (`dropped` None), or without one of them."""

    advice: Advice
    way: Way
    dropped: int | None

    @property
    def entity_id(self) -> str:
        """Of whom."""
        return self.advice.decision.entity_id


def proved(
    advices: Sequence[Advice], release: Release, lake: Lake, opened: Opened, scratch: Path,
    told_to: Callable[[str], None],
) -> Proof:  # fmt: skip
    """Replays every way of every advice through the real pipeline, and again without each of its acts."""
    broken, idle, drops = [], [], 0
    rounds = list(_rounds(advices))
    for number, (on, together) in enumerate(rounds):
        place = scratch / str(number)
        edits = [edit for one in together for edit in one.way.edits(one.dropped)]
        copy = edited_lake(lake, edits, on, place)
        with opened(copy) as engine:
            snapshot = build_snapshot(engine, copy, AsOf(on=on, used_on=on), place / "snapshots")
        grades = _decided(snapshot, release, {one.entity_id: one.advice.decision for one in together})
        for one in together:
            grade = grades.get(one.entity_id)
            reached = grade is not None and GRADES.index(Grade(grade)) <= GRADES.index(one.way.grade)
            told = f"{one.entity_id} on {on}: promised {one.way.grade.value}, got {grade}"
            if one.dropped is None and not reached:
                broken.append(told)
            elif one.dropped is not None:
                drops += 1
                if reached:
                    idle.append(f"{told} without {one.way.offers[one.dropped].act.code}")
        shutil.rmtree(place)
        told_to(
            f"Replayed {number + 1} of {len(rounds)} copies of the city: {len(broken)} promises broken, "
            f"{len(idle)} acts idle."
        )
    ways = [way for advice in advices for way in advice.ways]
    return Proof(
        advised=len(advices), helped=sum(bool(advice.ways) for advice in advices), ways=len(ways),
        waits=sum(not way.offers for way in ways), drops=drops, broken=tuple(broken), idle=tuple(idle),
        forbidden=tuple(_forbidden(ways)),
    )  # fmt: skip


def _rounds(advices: Sequence[Advice]) -> Iterator[tuple[date, list[Experiment]]]:
    """By day the experiments that one copy of the lake can hold: of each entity one."""
    days = sorted({way.on for advice in advices for way in advice.ways})
    for on in days:
        of_entities = [list(_experiments(advice, on)) for advice in advices]
        for number in range(max(map(len, of_entities))):
            yield on, [own[number] for own in of_entities if len(own) > number]


def _experiments(advice: Advice, on: date) -> Iterator[Experiment]:
    for way in advice.ways:
        if way.on == on:
            for dropped in (None, *range(len(way.offers))):
                yield Experiment(advice=advice, way=way, dropped=dropped)


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
    # A first report has no figures to repeat, in a file that may promise some in every row.
    schema = pa.schema([column.with_nullable(True) for column in rows.schema])
    added = pa.Table.from_pylist(list(fresh.values()), schema=schema)
    return pa.concat_tables([rows.filter(pa.array(kept)).cast(schema), added]).sort_by("entity_id")


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
