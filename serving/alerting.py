"""Early warnings of a whole register: gathers what the rules of models.alerts read, and keeps what they say.

The file lies beside the register, in its folder, named by all that decides its content.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from features.as_of import AsOf, known_rows
from features.catalogue.complaints import genuine
from features.portable import within
from models.alerts.alert import Alert, alert_table
from models.alerts.complaint_growth import PAST_DAYS, RECENT_DAYS, complaint_growth
from models.alerts.grade_rises import grade_rises, risen
from models.alerts.record_clocks import abnormal_clocks, licence_expiries
from models.change_told import differences, told_change
from models.release import Release
from serving.indicator_rows import rows_of
from serving.register import Register

# What a list of alerts shows of the entity, and what it is filtered by.
ATTRIBUTES = ("name", "region_code", "entity_type", "grade", "score")
KEYED = {"complaints": "complaint_id", "licences": "licence_id", "listings": "listing_id"}


class AlertsMissing(Refusal):
    """No alerts were made for this register."""


class Engine(Protocol):
    """What reads the lake: its tables, and rows as an Arrow table."""

    @property
    def tables(self) -> Mapping[str, ir.Table]:
        """The lake's tables by name."""

    def frame(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression."""


def made_alerts(
    engine: Engine,
    register: Register,
    previous: Register | None,
    release: Release,
    *,
    snapshots: Path | None,
) -> pa.Table:
    """The alerts of every entity of the register, each with its attributes; without `previous` no grade rose.

    Records are read as of the register's two days. Why a grade rose is told where both snapshots are there.
    """
    as_of = AsOf(on=register.as_of, used_on=register.used_on)
    entities = pq.read_table(
        register.path, columns=["entity_id", *ATTRIBUTES, "industry_code"]
    ).combine_chunks()
    alerts = list(licence_expiries(_licences(engine, as_of), as_of.on))
    alerts += abnormal_clocks(_listings(engine, as_of), as_of.on)
    alerts += _complaints(engine, entities, as_of)
    if previous is not None:
        before = pq.read_table(previous.path, columns=["entity_id", "grade", "score"]).combine_chunks()
        why = _why(release, previous, register, risen(before, entities), snapshots)
        alerts += grade_rises(before, entities, as_of.on, why=why)
    table = alert_table(alerts)
    # The population of the register decides: who is deregistered has records still, and no alerts.
    places = pc.index_in(table["entity_id"].combine_chunks(), entities["entity_id"].combine_chunks())
    own = entities.select(list(ATTRIBUTES)).take(pc.fill_null(places, 0))
    for name in ATTRIBUTES:
        table = table.append_column(name, own[name])
    return table.filter(pc.is_valid(places))


def write_alerts(table: pa.Table, register: Register, previous: Register | None, lake: Lake) -> Path:
    """Writes the alerts as Parquet and CSV beside the register; returns the Parquet file."""
    place = alerts_path(register, previous.digest if previous else "", lake.digest)
    for path, write in ((place, pq.write_table), (place.with_suffix(".csv"), _write_csv)):
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        write(table, staged)
        staged.replace(path)
    return place


def alerts_path(register: Register, previous_digest: str, lake_digest: str) -> Path:
    """Where the alerts of a register lie: named by it, the one before and the lake."""
    origin = json.dumps([register.digest, previous_digest, lake_digest])
    return register.folder / f"alerts-{hashlib.sha256(origin.encode()).hexdigest()[:16]}.parquet"


def newest_alerts(register: Register) -> Path:
    """The alerts made last for a register; refuses where there are none."""
    found = sorted(register.folder.glob("alerts-*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise AlertsMissing(
            expected=f"the alerts of the register as of {register.as_of}",
            got=f"none in {register.folder}",
            todo=f"make them with `python -m serving alerts --as-of {register.as_of}`",
        )
    return found[-1]


def shown_alerts(path: Path, tables: Mapping[str, Path], shown: AsOf) -> pa.Table:
    """The alerts of a file that may be shown on a day, read once a day.

    None rests on a record that was repaired by `shown.used_on`, or withdrawn or corrected since the register;
    without the records (`tables` by name) only those are left that rest on none.
    """
    keyed = tuple((name, tables[name]) for name in KEYED if name in tables)
    return _shown(path, path.stat().st_mtime_ns, keyed, shown)


@lru_cache(maxsize=4)
def _shown(path: Path, _: int, tables: tuple[tuple[str, Path], ...], shown: AsOf) -> pa.Table:
    table = pq.read_table(path)
    known = {name for name, _ in tables}
    gone = set().union(*(_gone(name, place, shown) for name, place in tables))
    kept = [
        all(key not in gone and key.split(":")[0] in known | {"grade"} for key in keys)
        for keys in table["evidence"].to_pylist()
    ]
    return table.filter(pa.array(kept, pa.bool_()))


def _gone(name: str, path: Path, shown: AsOf) -> set[str]:
    """The keys of records repaired by the day of showing, or withdrawn or corrected since the register's."""
    rows = pq.read_table(path, columns=[KEYED[name], "forgotten_on", "superseded_on"])
    on, today = (pa.scalar(day, pa.date32()) for day in (shown.on, shown.used_on))
    forgotten = pc.less_equal(rows["forgotten_on"], today)
    later = pc.and_(pc.less_equal(rows["superseded_on"], today), pc.greater(rows["superseded_on"], on))
    hit = rows.filter(pc.or_(pc.fill_null(forgotten, False), pc.fill_null(later, False)))
    return {f"{name}:{one}" for one in hit[KEYED[name]].to_pylist()}


def _licences(engine: Engine, as_of: AsOf) -> pa.Table:
    columns = ("entity_id", "licence_id", "kind", "valid_until")
    if "licences" not in engine.tables:
        return _nothing(columns)
    known = known_rows("licences", engine.tables["licences"], as_of)
    return engine.frame(known.filter(known.open_now & known.valid_until.notnull()).select(*columns))


def _listings(engine: Engine, as_of: AsOf) -> pa.Table:
    columns = ("entity_id", "listing_id", "ground", "occurred_on")
    if "listings" not in engine.tables:
        return _nothing(columns)
    known = known_rows("listings", engine.tables["listings"], as_of)
    opened = known.filter(known.open_now & (known.kind == "abnormal") & known.occurred_on.notnull())
    return engine.frame(opened.select(*columns))


def _complaints(engine: Engine, entities: pa.Table, as_of: AsOf) -> list[Alert]:
    if "complaints" not in engine.tables:
        return []
    known = known_rows("complaints", engine.tables["complaints"], as_of)
    lately, year = within(known, as_of, RECENT_DAYS), within(known, as_of, RECENT_DAYS + PAST_DAYS)
    counted = known.filter(genuine(known) & year)
    recent = within(counted, as_of, RECENT_DAYS).ifelse(1, 0).sum().cast("int64")
    counts = engine.frame(
        counted.group_by("entity_id").aggregate(recent=recent, whole=counted.count().cast("int64"))
    )
    ids = engine.frame(
        known.filter(genuine(known) & lately).select("entity_id", "complaint_id").order_by("complaint_id")
    )
    evidence: dict[str, list[str]] = {}
    for entity_id, complaint_id in zip(*(column.to_pylist() for column in ids.columns), strict=True):
        evidence.setdefault(entity_id, []).append(complaint_id)
    return complaint_growth(_with_cells(counts, entities), as_of.on, evidence)


def _with_cells(counts: pa.Table, entities: pa.Table) -> pa.Table:
    """The counts of the register's entities, each with its cell: industry section and entity type."""
    places = pc.index_in(counts["entity_id"].combine_chunks(), entities["entity_id"].combine_chunks())
    own = counts.filter(pc.is_valid(places))
    of = entities.take(places.drop_null())
    section = pc.utf8_slice_codeunits(pc.fill_null(of["industry_code"], ""), 0, 1)
    cell = pc.binary_join_element_wise(section, pc.fill_null(of["entity_type"], ""), "·")
    # DuckDB sums whole numbers into wider ones than Arrow has.
    recent, whole = (own[name].cast(pa.int64()) for name in ("recent", "whole"))
    # The engine returns groups in any order: alerts of equal rank must not depend on it.
    return pa.table(
        {"entity_id": own["entity_id"], "cell": cell, "recent": recent, "past": pc.subtract(whole, recent)}
    ).sort_by("entity_id")


def _why(
    release: Release, previous: Register, register: Register, ids: pa.Array, snapshots: Path | None
) -> dict[str, tuple[str, str]]:
    """For the entities whose grade rose, which kinds of records moved their score."""
    rows = [rows_of(snapshots, one.card, ids, release.names) for one in (previous, register)]
    before, after = rows
    if before is None or after is None or not len(ids):
        return {}
    found = differences(release, before, after)
    days = (previous.as_of, register.as_of)
    told = (told_change(found, row, days, {}) for row in range(after.num_rows))
    return {
        entity_id: (change.sentence_zh, change.sentence_en)
        for entity_id, change in zip(after["entity_id"].to_pylist(), told, strict=True)
    }


def _nothing(columns: tuple[str, ...]) -> pa.Table:
    days = ("valid_until", "occurred_on")
    return pa.table({name: pa.array([], pa.date32() if name in days else pa.string()) for name in columns})


def _write_csv(table: pa.Table, path: Path) -> None:
    """For a spreadsheet: the evidence in one cell, and a mark that tells Excel of UTF-8."""
    plain = table.set_column(
        table.column_names.index("evidence"), "evidence", pc.binary_join(table["evidence"], " ")
    )
    with path.open("wb") as file:
        file.write("\ufeff".encode())
        csv.write_csv(plain, file)
