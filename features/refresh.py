"""A snapshot made from an earlier one: computed anew only for entities that can have changed since.

Which those are is read off the expressions themselves (two_days.py) and off the rows that differ between the
two lakes. The result is the very snapshot that a full build makes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from data_contracts.contract import contract_names
from data_contracts.lake import Lake, LakeTable
from features.as_of import AsOf, Known, dated_by_export, known_by_export
from features.assembly import Part, aggregates, assemble, promised, seen, sources_of, value
from features.catalogue import CATALOGUE
from features.digest import parts_of
from features.indicator import Indicator, Missing
from features.snapshot import Engine, Snapshot, build_snapshot
from features.starting_point import Start
from features.two_days import Sweep, Turn, turn

NEWCOMERS = "newcomers"


class FileEngine(Engine, Protocol):
    """An engine that can also read a file beside the lake."""

    def file(self, name: str, path: Path) -> ir.Table:
        """A Parquet file as a table of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a source's refresh does: `kept` are copied for untouched entities, `moved` computed for all.

    `turns` tells of each kept one by how much it grows and which rows touch their entity.
    """

    source: str
    kept: tuple[Indicator, ...]
    moved: tuple[Indicator, ...]
    turns: Mapping[str, Turn]

    @property
    def sweeps(self) -> list[Sweep]:
        """Which values of which columns touch an entity, in one order."""
        found = frozenset[Sweep]().union(*(told.sweeps for told in self.turns.values()))
        return sorted(found, key=lambda sweep: (sweep.columns, str(sweep.low), str(sweep.high)))

    @property
    def columns(self) -> list[str]:
        """The columns in which rows of the two lakes are compared."""
        return sorted(frozenset[str]().union(*(told.columns for told in self.turns.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A snapshot, and of each source how many entities were computed anew; None where all were.

    `touched` is None when the snapshot was there already.
    """

    snapshot: Snapshot
    touched: Mapping[str, int | None] | None


def refresh_snapshot(
    engine: FileEngine,
    lake: Lake,
    as_of: AsOf,
    folder: Path,
    *,
    start: Start,
    catalogue: Sequence[Indicator] = CATALOGUE,
) -> Refreshed:
    """The snapshot of two days, from an earlier one of the same indicators."""
    start.snapshot.check()
    touched: dict[str, int | None] | None = None
    with ExitStack() as passing:

        def rows(skipped: Collection[str]) -> ir.Table:
            nonlocal touched
            # Named like what is staged, and made while its folder is held: the next one clears what a
            # killed one left.
            scratch = tempfile.TemporaryDirectory(
                prefix=".refresh-", suffix=".part", dir=folder / as_of.on.isoformat()
            )
            plans = planned(catalogue, start.snapshot, as_of, skipped)
            beside = _Beside(
                engine=engine, lake=lake, as_of=as_of, start=start,
                scratch=Path(passing.enter_context(scratch)),
            )  # fmt: skip
            beside.write_newcomers()
            parts, touched = [], {}
            for plan in plans:
                touched[plan.source] = beside.touched_by(plan) if plan.kept else None
                parts += list(beside.parts(plan))
            return assemble(engine.tables, as_of, catalogue, skipped=skipped, parts=parts)

        snapshot = build_snapshot(
            engine, lake, as_of, folder, catalogue=catalogue, rows=rows,
            notes={"refreshed_from": _told(start.snapshot)},
        )  # fmt: skip
    return Refreshed(snapshot=snapshot, touched=touched)


def _told(snapshot: Snapshot) -> dict[str, str]:
    return {
        "as_of": snapshot.as_of.on.isoformat(),
        "used_on": snapshot.as_of.used_on.isoformat(),
        "digest": snapshot.digest,
    }


def planned(
    catalogue: Sequence[Indicator], earlier: Snapshot, as_of: AsOf, skipped: Collection[str]
) -> list[Plan]:
    """What is kept and what is computed for all, by source. What was null for want of records is computed."""
    then, now = (
        Known(tables={name: promised(name) for name in contract_names()}, as_of=days)
        for days in (earlier.as_of, as_of)
    )
    plans = []
    for source, indicators in sources_of(catalogue, skipped).items():
        before, after = seen(source, then), seen(source, now)
        turns = {}
        for indicator in indicators:
            values = (value(indicator, before, then.as_of), value(indicator, after, now.as_of))
            told = turn(*values, source)
            # A filled zero is not told from a counted one, so it cannot grow.
            if told is None or (told.growth and indicator.missing is Missing.ZERO):
                continue
            if indicator.name not in earlier.unavailable:
                turns[indicator.name] = told
        kept = tuple(i for i in indicators if i.name in turns)
        moved = tuple(i for i in indicators if i.name not in turns)
        plans.append(Plan(source=source, kept=kept, moved=moved, turns=turns))
    return plans


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """The tables of a refresh: today's lake, the earlier lake and snapshot, and the entities touched."""

    engine: FileEngine
    lake: Lake
    as_of: AsOf
    start: Start
    scratch: Path

    def touched_by(self, plan: Plan) -> int:
        """Writes down the entities of a source that can have changed, and tells how many they are."""
        path = self.scratch / f"{plan.source}.parquet"
        newcomers = self.engine.file(NEWCOMERS, self.scratch / f"{NEWCOMERS}.parquet")
        found = (self._swept(plan), *self._differing(plan))
        self.engine.write(newcomers.union(*found, distinct=True), path)
        return sum(pq.read_metadata(part).num_rows for part in parts_of(path))

    def parts(self, plan: Plan) -> Iterator[Part]:
        """The indicators of a source: those computed for all, and those of which most values are kept."""
        known = Known(tables=self.engine.tables, as_of=self.as_of)
        if plan.moved:
            yield plan.moved, aggregates(plan.source, known, plan.moved)
        if plan.kept:
            touched = self.engine.file(f"touched_{plan.source}", self.scratch / f"{plan.source}.parquet")
            rows = self.engine.tables[plan.source]
            own = {**known.tables, plan.source: rows.semi_join(touched, "entity_id")}
            fresh = aggregates(plan.source, Known(tables=own, as_of=self.as_of), plan.kept)
            yield plan.kept, fresh.union(self._kept(plan).anti_join(touched, "entity_id"))

    def _kept(self, plan: Plan) -> ir.Table:
        before = self._before()
        values = {i.name: before[i.name] + plan.turns[i.name].growth for i in plan.kept}
        grown = {name: grew for name, grew in values.items() if plan.turns[name].growth}
        return before.select(
            "entity_id", *(grown.get(i.name, before[i.name]).name(i.name) for i in plan.kept)
        )

    def _before(self) -> ir.Table:
        return self.engine.file("snapshot_before", self.start.snapshot.path)

    def write_newcomers(self) -> None:
        """Writes down the entities that the earlier snapshot does not have: nothing of them can be kept."""
        known = Known(tables=self.engine.tables, as_of=self.as_of)
        new = seen("entities", known).select("entity_id").anti_join(self._before(), "entity_id")
        self.engine.write(new, self.scratch / f"{NEWCOMERS}.parquet")

    def _swept(self, plan: Plan) -> ir.Table:
        """Entities of rows that a comparison of the expressions takes otherwise on the second day."""
        rows = self.engine.tables[plan.source]
        swept = ibis.or_(*(_within(rows, sweep) for sweep in plan.sweeps))
        return rows.filter(swept).select("entity_id")

    def _differing(self, plan: Plan) -> Iterator[ir.Table]:
        """Entities of rows that one lake has and the other has not, in the columns that matter."""
        was, now = self.start.lake.tables[plan.source], self.lake.tables[plan.source]
        same = (was.digest, was.undated) == (now.digest, now.undated)
        exported = {self.start.lake.exported_on, self.lake.exported_on}
        if same and (len(exported) == 1 or not dated_by_export(plan.source, now.undated)):
            return
        before, after = (
            rows.select(plan.columns) for rows in (self._of_then(was), self.engine.tables[plan.source])
        )
        for one, other in ((before, after), (after, before)):
            yield one.difference(other, distinct=False).select("entity_id")

    def _of_then(self, table: LakeTable) -> ir.Table:
        admitted = self.engine.file(f"{table.name}_before", table.path)
        return known_by_export(table.name, admitted, table.undated, self.start.lake.exported_on)


def _within(rows: ir.Table, sweep: Sweep) -> ir.BooleanValue:
    values = ibis.coalesce(*(rows[name] for name in sweep.columns))
    low, high = (ibis.literal(end, type=values.type()) for end in (sweep.low, sweep.high))
    above = values >= low if sweep.with_low else values > low
    below = values <= high if sweep.with_high else values < high
    return above & below
