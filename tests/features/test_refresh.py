"""A refresh is a full build: whatever lies between two days, two days of use and two lakes."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.contract import load_contract
from data_contracts.lake import Lake
from features.as_of import AsOf
from features.catalogue import CATALOGUE, by_name
from features.engines.on_duckdb import open_engine
from features.indicator import Indicator, Missing
from features.professional import catalogue_of, fields
from features.refresh import FileEngine, Refreshed, refresh_snapshot
from features.snapshot import Snapshot, build_snapshot
from features.starting_point import NoStart, Start, find_start
from tests.features.oracle.cities import nasty_city
from tests.features.oracle.nasty import DATES
from tests.lake_rows import Row, Rows, chained, write_lake

T0, T1 = date(2024, 3, 1), date(2024, 3, 11)
LATER = date(2024, 12, 1)
ENTITIES = [{"entity_id": name, "id_kind": "local", "known_on": date(2020, 1, 1)} for name in ("a", "b")]
EXPIRING = 60
EVERY = catalogue_of(tuple(fields()))
# Derived ones and those of the entities themselves are computed for all, as in a build.
NO_RECORDS = {"entities", "derived"}


def build(lake: Lake, as_of: AsOf, folder: Path, catalogue: Sequence[Indicator] = CATALOGUE) -> Snapshot:
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        return build_snapshot(engine, lake, as_of, folder, catalogue=catalogue)


def refresh(
    lake: Lake, as_of: AsOf, folder: Path, start: Start, catalogue: Sequence[Indicator] = CATALOGUE
) -> Refreshed:
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        return refresh_snapshot(engine, lake, as_of, folder, start=start, catalogue=catalogue)


def both(
    lakes: tuple[Lake, Lake],
    days: tuple[AsOf, AsOf],
    folder: Path,
    catalogue: Sequence[Indicator] = CATALOGUE,
) -> tuple[Refreshed, Snapshot, Snapshot]:
    """The later snapshot refreshed from the earlier one, the same built in full, and the earlier one."""
    earlier = build(lakes[0], days[0], folder / "refreshed", catalogue)
    start = Start(snapshot=earlier, lake=lakes[0])
    refreshed = refresh(lakes[1], days[1], folder / "refreshed", start, catalogue)
    return refreshed, build(lakes[1], days[1], folder / "built", catalogue), earlier


def of_names(*names: str) -> tuple[Indicator, ...]:
    return tuple(by_name()[name] for name in names)


def later_lake(chance: random.Random, city: Rows) -> dict[str, list[Row]]:
    """The city some time on: rows gone, new, corrected, withdrawn, repaired, ended, told of later."""
    later: dict[str, list[Row]] = {"entities": [dict(row) for row in city["entities"]]}
    later["entities"] = [row for row in later["entities"] if chance.random() > 0.03]
    for table, rows in city.items():
        if table == "entities":
            continue
        names = {c.name for c in load_contract(table).columns if c.kind == "date" and c.name in rows[0]}
        later[table] = []
        for row in rows:
            fate = chance.random()
            if fate < 0.05:
                continue
            changed = dict(row)
            if fate < 0.15:
                name = chance.choice(sorted(names - {"known_on"}))
                changed[name] = chance.choice(
                    [None, row["known_on"] + timedelta(days=chance.randint(-9, 400))]
                )
            later[table].append(changed)
    return later


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    back=st.sampled_from([0, 1, 2, 31, 91, 400]),
    on=st.sampled_from([0, 1, 2, 30, 120]),
    used=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    same_lake=st.booleans(),
    sources=st.sets(st.sampled_from(sorted({i.source for i in EVERY} - NO_RECORDS)), min_size=3, max_size=4),
)
def test_a_refreshed_snapshot_is_the_built_one_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    back: int,
    on: int,
    used: tuple[int, int],
    same_lake: bool,
    sources: set[str],
) -> None:
    """A few sources at a time: all of them take the engine a minute to plan, and none knows of another."""
    catalogue = [i for i in EVERY if i.source in {"entities", *sources}]
    chance, folder = random.Random(seed), tmp_path_factory.mktemp("property")
    middle = chance.choice(DATES)
    city = nasty_city(chance, middle)
    lakes = [write_lake(folder / "lake", city, digest="first")] * 2
    if not same_lake:
        lakes[1] = write_lake(folder / "lake", later_lake(chance, city), digest="second")
    t0, t1 = middle - timedelta(days=back), middle + timedelta(days=on)
    u0 = t0 + timedelta(days=used[0])
    days = (AsOf(on=t0, used_on=u0), AsOf(on=t1, used_on=max(u0, t1) + timedelta(days=used[1])))
    refreshed, built, _ = both((lakes[0], lakes[1]), days, folder, catalogue)
    assert refreshed.snapshot.read().equals(built.read())
    assert refreshed.snapshot.digest == built.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One kind of change between T0 and T1 (or between two days of use): the row, and what it moves."""

    table: str
    rows: Sequence[Row]
    moves: str
    days: tuple[date, date] = (T0, T1)
    used: tuple[date, date] = (LATER, LATER)
    still: Row = field(default_factory=dict)
    touched: int | None = 1


def ago(days: int, before: date = T1) -> date:
    return before - timedelta(days=days)


FINE = {"entity_id": "a", "penalty_id": "p", "kinds": "fine", "fine_fen": 100_00}
LISTED = {"entity_id": "a", "kind": "abnormal", "occurred_on": ago(150)}
COMPLAINT = {"entity_id": "a", "kind": "complaint", "occurred_on": ago(90)}
LICENCE = {"entity_id": "a", "kind": "food", "occurred_on": ago(900)}
REPORT = {"entity_id": "a", "report_year": 2023, "occurred_on": date(2024, 4, 1)}
CHANGES = {
    "it becomes known": Change(
        table="penalties",
        rows=[FINE | {"occurred_on": ago(90), "known_on": ago(3)}],
        moves="penalties_count_365d",
    ),
    "it becomes known on the last day": Change(
        table="penalties",
        rows=[FINE | {"occurred_on": ago(90), "known_on": T1}],
        moves="penalties_count_365d",
    ),
    "it happens, as was known before": Change(
        table="penalties",
        rows=[FINE | {"occurred_on": ago(3), "known_on": ago(30)}],
        moves="penalties_count_365d",
    ),
    "it becomes known, and nobody knows when it happened": Change(
        table="listings",
        rows=[LISTED | {"occurred_on": None, "known_on": ago(3)}],
        moves="abnormal_listed_now",
    ),
    "it is corrected": Change(
        table="penalties",
        rows=chained(
            FINE | {"occurred_on": ago(90), "known_on": ago(80)},
            FINE | {"occurred_on": ago(90), "known_on": ago(3), "fine_fen": 7},
        ),
        moves="penalties_fine_365d",
    ),
    "it is withdrawn": Change(
        table="penalties",
        rows=chained(
            FINE | {"occurred_on": ago(90), "known_on": ago(80)},
            FINE | {"occurred_on": ago(90), "known_on": ago(3), "retracted": True},
        ),
        moves="penalties_count_365d",
    ),
    "its end becomes known": Change(
        table="listings",
        rows=[LISTED | {"ended_on": ago(60), "end_known_on": ago(3)}],
        moves="abnormal_listed_now",
    ),
    "it ends, as was known before": Change(
        table="listings",
        rows=[LISTED | {"ended_on": ago(3), "end_known_on": ago(60)}],
        moves="abnormal_listed_now",
    ),
    "a fact of it becomes known": Change(
        table="complaints",
        rows=[COMPLAINT | {"outcome": "upheld", "outcome_known_on": ago(3)}],
        moves="complaints_upheld_365d",
    ),
    "it is forgotten": Change(
        table="penalties",
        rows=[FINE | {"occurred_on": ago(90), "forgotten_on": LATER}],
        moves="penalties_count_365d",
        days=(T1, T1),
        used=(ago(1, LATER), LATER),
    ),
    "it leaves a window": Change(
        table="penalties", rows=[FINE | {"occurred_on": ago(365)}], moves="penalties_count_365d"
    ),
    "it leaves a window on the first day after": Change(
        table="penalties",
        rows=[FINE | {"occurred_on": ago(364, T0)}],
        moves="penalties_count_365d",
        days=(T0, T0 + timedelta(days=1)),
    ),
    "it leaves a window that no name tells": Change(
        table="complaints",
        rows=[
            COMPLAINT | {"complaint_id": "1", "occurred_on": ago(175)},
            COMPLAINT | {"complaint_id": "2", "occurred_on": ago(180)},
            COMPLAINT | {"complaint_id": "3", "occurred_on": ago(30)},
        ],
        moves="complaints_growth_90d",
    ),
    "it will end soon": Change(
        table="licences",
        rows=[LICENCE | {"valid_until": T1 + timedelta(days=EXPIRING - 3)}],
        moves="licences_expiring_now",
    ),
    "it should have ended": Change(
        table="licences", rows=[LICENCE | {"valid_until": ago(3)}], moves="licences_overdue_now"
    ),
    "its year is over": Change(
        table="annual_reports",
        rows=[REPORT | {"report_year": 2019, "amended": True}],
        moves="report_amended_3y",
        days=(date(2024, 6, 30), date(2024, 7, 1)),
        still={"report_year": 2023},
    ),
    "nothing of its own: its year comes due for all": Change(
        table="annual_reports",
        rows=[REPORT],
        moves="report_late_last",
        days=(date(2024, 6, 30), date(2024, 7, 1)),
        touched=None,
    ),
    "nothing: a day more since it happened": Change(
        table="penalties", rows=[FINE | {"occurred_on": ago(150)}], moves="penalties_recency_last", touched=0
    ),
    "nothing of its own: a day more on the list is counted for all": Change(
        table="listings", rows=[LISTED], moves="abnormal_days_now", touched=None
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_entity_is_touched_by(change: Change, tmp_path: Path) -> None:
    """Both lakes are one and the population stays: only this change can tell that the entity is touched."""
    contract = load_contract(change.table)
    still = {name: told for name, told in change.rows[0].items() if contract.column(name).kind != "date"}
    still |= {"entity_id": "b", contract.key[0]: "other", "occurred_on": ago(200), **change.still}
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, change.table: [*change.rows, still]})
    days = tuple(AsOf(on=on, used_on=used) for on, used in zip(change.days, change.used, strict=True))
    refreshed, built, earlier = both((lake, lake), (days[0], days[1]), tmp_path, of_names(change.moves))
    moved = [snapshot.read([change.moves])[change.moves][0].as_py() for snapshot in (earlier, built)]
    assert moved[0] != moved[1], "the change is one of the snapshot"
    assert refreshed.snapshot.digest == built.digest
    assert refreshed.touched == {change.table: change.touched}


FINES = of_names("penalties_count_365d", "penalties_fine_365d")
OLD = FINE | {"occurred_on": ago(90), "known_on": ago(80)}
EARLIER, SECOND = {"penalties": [OLD]}, FINE | {"penalty_id": "q", "occurred_on": ago(70)}
DELIVERIES: dict[str, tuple[Rows, Rows]] = {
    "a row nobody had": (EARLIER, {"penalties": [OLD, SECOND]}),
    "a row left out": ({"penalties": [OLD, SECOND]}, EARLIER),
    "a row with other content": (EARLIER, {"penalties": [OLD | {"fine_fen": 7}]}),
    "the same row twice": (EARLIER, {"penalties": [OLD, OLD]}),
    "a repair of long ago": (EARLIER, {"penalties": [OLD | {"forgotten_on": ago(20)}]}),
    "a row of another entity": (EARLIER, {"penalties": [OLD | {"entity_id": "b"}]}),
    "the first records of a source": ({}, EARLIER),
    "a source no more": (EARLIER, {}),
}


def two_lakes(root: Path, first: Rows, second: Rows) -> tuple[Lake, Lake]:
    """Two versions of a lake, the later one current."""
    return write_lake(root, first, digest="first"), write_lake(root, second, digest="second")


@pytest.mark.parametrize("delivery", DELIVERIES.values(), ids=DELIVERIES)
def test_a_delivery_of_old_days_touches_its_entities(delivery: tuple[Rows, Rows], tmp_path: Path) -> None:
    lakes = two_lakes(tmp_path / "lake", *({"entities": ENTITIES, **rows} for rows in delivery))
    day = AsOf(on=T1, used_on=LATER)
    refreshed, built, earlier = both(lakes, (day, day), tmp_path, FINES)
    assert built.digest != earlier.digest
    assert refreshed.snapshot.digest == built.digest
    assert refreshed.touched in ({}, {"penalties": None}, {"penalties": 1}, {"penalties": 2})


def test_content_that_no_indicator_reads_touches_nobody(tmp_path: Path) -> None:
    said = [{"entities": ENTITIES, "penalties": [OLD | {"authority": name}]} for name in ("one", "another")]
    lakes, day = two_lakes(tmp_path / "lake", *said), AsOf(on=T1, used_on=LATER)
    refreshed, built, _ = both(lakes, (day, day), tmp_path, FINES)
    assert (refreshed.snapshot.digest, refreshed.touched) == (built.digest, {"penalties": 0})


@pytest.mark.parametrize(
    ("before", "known_on"),
    [
        ([], ago(3)),  # known only now, of records that were there
        ([{"known_on": ago(950), "deregistered_on": ago(940)}], ago(900)),  # gone by mistake
    ],
)
def test_an_entity_that_joins_the_population_is_computed(
    before: list[Row], known_on: date, tmp_path: Path
) -> None:
    penalties = [OLD | {"entity_id": "b"}]
    first = [ENTITIES[0], *(ENTITIES[1] | row for row in before)]
    second = [ENTITIES[0], ENTITIES[1] | {"known_on": known_on}]
    lakes = two_lakes(
        tmp_path / "lake",
        {"entities": first, "penalties": penalties},
        {"entities": second, "penalties": penalties},
    )
    days = (AsOf(on=T0, used_on=LATER), AsOf(on=T1, used_on=LATER))
    refreshed, built, earlier = both(lakes, days, tmp_path, FINES)
    assert (earlier.rows, built.rows) == (1, 2)
    assert refreshed.snapshot.digest == built.digest
    assert built.read(["penalties_count_365d"])["penalties_count_365d"].to_pylist() == [0, 1]


def test_a_fact_that_is_no_longer_dated_by_the_export_touches_its_entity(tmp_path: Path) -> None:
    """The files are the same: only their mapping says otherwise since when the outcome is known."""
    rows = {"entities": ENTITIES, "complaints": [COMPLAINT | {"outcome": "upheld"}]}
    undated = {"complaints": ["outcome"]}
    first = write_lake(tmp_path / "lake", rows, exported_on=T0, undated=undated, digest="first")
    second = write_lake(tmp_path / "lake", rows, exported_on=T1, digest="second")
    told = {name: replace(table, digest="first") for name, table in second.tables.items()}
    days = (AsOf(on=T0, used_on=LATER), AsOf(on=T1, used_on=LATER))
    refreshed, built, earlier = both(
        (first, replace(second, tables=told)), days, tmp_path, of_names("complaints_upheld_365d")
    )
    upheld = [snapshot.read(["complaints_upheld_365d"])[0][0].as_py() for snapshot in (earlier, built)]
    assert upheld == [1, 0]
    assert refreshed.snapshot.digest == built.digest
    assert refreshed.touched == {"complaints": 1}


def test_an_end_that_is_known_by_the_export_moves_with_the_day_of_the_export(tmp_path: Path) -> None:
    """The same file, exported a month later, no longer tells that the end of the licence was known."""
    ended = LICENCE | {"valid_until": date(2027, 1, 1), "ended_on": ago(60), "end_reason": "revoked"}
    rows, undated = {"entities": ENTITIES, "licences": [ended]}, {"licences": ["end_reason"]}
    first, second = (
        write_lake(tmp_path / "lake", rows, exported_on=on, undated=undated, digest=on.isoformat())
        for on in (T0, date(2024, 4, 1))
    )
    told = {name: replace(table, digest=T0.isoformat()) for name, table in second.tables.items()}
    days = (AsOf(on=T0, used_on=LATER), AsOf(on=T1, used_on=LATER))
    held = of_names("licences_held_now")
    refreshed, built, earlier = both((first, replace(second, tables=told)), days, tmp_path, held)
    assert [snapshot.read()["licences_held_now"][0].as_py() for snapshot in (earlier, built)] == [0, 1]
    assert refreshed.snapshot.digest == built.digest
    assert refreshed.touched == {"licences": 1}


def test_an_indicator_that_was_null_for_want_of_days_is_computed_for_all(tmp_path: Path) -> None:
    rows = {"entities": ENTITIES, "penalties": [OLD]}
    lakes = [
        write_lake(tmp_path / "lake", rows, undated={"penalties": [undated]}, digest=undated)
        for undated in ("fine_fen", "authority")
    ]
    days = (AsOf(on=T0, used_on=LATER), AsOf(on=T1, used_on=LATER))
    refreshed, built, earlier = both((lakes[0], lakes[1]), days, tmp_path, FINES)
    assert "penalties_fine_365d" in earlier.unavailable
    assert refreshed.snapshot.digest == built.digest
    assert refreshed.snapshot.read(["penalties_fine_365d"])["penalties_fine_365d"].to_pylist() == [100.0, 0.0]


def test_a_zero_that_stands_for_no_record_does_not_grow(tmp_path: Path) -> None:
    recency = replace(by_name()["penalties_recency_last"], missing=Missing.ZERO)
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": [OLD]})
    days = (AsOf(on=T0, used_on=LATER), AsOf(on=T1, used_on=LATER))
    refreshed, built, _ = both((lake, lake), days, tmp_path, (recency,))
    assert refreshed.snapshot.read([recency.name])[0].to_pylist() == [90, 0]
    assert refreshed.snapshot.digest == built.digest


def test_the_card_tells_what_a_refresh_started_from(tmp_path: Path) -> None:
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": [OLD]})
    days = (AsOf(on=T0, used_on=LATER), AsOf(on=T1, used_on=LATER))
    refreshed, _, earlier = both((lake, lake), days, tmp_path, FINES)
    card = json.loads((refreshed.snapshot.folder / "snapshot.json").read_text("utf-8"))
    told = {"as_of": "2024-03-01", "used_on": "2024-12-01", "digest": earlier.digest}
    assert card["refreshed_from"] == told
    assert [path.name for path in (tmp_path / "refreshed").rglob(".*")] == []


@dataclass(frozen=True, slots=True)
class Filmed:
    """An engine that keeps what lies in a folder when the snapshot is written: a kill would leave that."""

    engine: FileEngine
    folder: Path
    left: Path

    @property
    def tables(self) -> Mapping[str, ir.Table]:
        return self.engine.tables

    def file(self, name: str, path: Path) -> ir.Table:
        return self.engine.file(name, path)

    def write(self, expression: ir.Table, path: Path) -> str | None:
        if path.name == "snapshot.parquet":
            shutil.copytree(self.folder, self.left)
        return self.engine.write(expression, path)


def test_what_a_killed_refresh_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": [OLD]})
    folder, left, wanted = tmp_path / "whole", tmp_path / "left", AsOf(on=T1, used_on=LATER)
    start = Start(snapshot=build(lake, AsOf(on=T0, used_on=LATER), folder, FINES), lake=lake)
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        refresh_snapshot(Filmed(engine, folder, left), lake, wanted, folder, start=start, catalogue=FINES)
    assert [path.name[:9] for path in left.rglob(".*") if any(path.iterdir())] == [".refresh-"]
    again = refresh(lake, wanted, left, start, FINES)
    assert again.touched == {"penalties": 0}
    assert [path.name for place in (folder, left) for path in place.rglob(".*")] == []


def test_a_refresh_starts_from_the_newest_earlier_snapshot_of_todays_indicators(tmp_path: Path) -> None:
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": [OLD]})
    few, folder = FINES, tmp_path / "snapshots"
    made = {on: build(lake, AsOf(on=on, used_on=LATER), folder, few) for on in (ago(40), T0, T1)}
    wanted = AsOf(on=ago(1), used_on=LATER)
    assert find_start(folder, lake, wanted, catalogue=few) == Start(snapshot=made[T0], lake=lake)
    assert find_start(folder, lake, wanted, on=ago(40), catalogue=few).snapshot == made[ago(40)]


def test_a_damaged_snapshot_is_no_start_but_an_older_good_one_is(tmp_path: Path) -> None:
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": [OLD]})
    folder, wanted = tmp_path / "snapshots", AsOf(on=T1, used_on=LATER)
    old, good, bad = (build(lake, AsOf(on=on, used_on=LATER), folder, FINES) for on in (ago(40), ago(20), T0))
    bad.path.write_bytes(bad.path.read_bytes()[:-1] + b"?")
    assert find_start(folder, lake, wanted, catalogue=FINES).snapshot == good
    good.path.unlink()
    assert find_start(folder, lake, wanted, catalogue=FINES).snapshot == old
    with pytest.raises(NoStart, match=r"that of 2024-03-01: it cannot be read .*not [0-9a-f]{64}"):
        find_start(folder, lake, wanted, on=T0, catalogue=FINES)


def test_one_reason_is_told_once_with_the_days_it_holds_for_and_the_advice_names_all(tmp_path: Path) -> None:
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES})
    folder, name = tmp_path / "snapshots", of_names("entity_region_now")
    for on in (ago(40), T0):
        build(lake, AsOf(on=on, used_on=LATER), folder, name)
    with pytest.raises(NoStart) as caught:
        find_start(folder, lake, AsOf(on=T1, used_on=LATER), catalogue=FINES, fields=("food",))
    assert caught.value.got.startswith("those of 2024-03-01, 2024-01-31: made by other indicators")
    assert caught.value.got.count("made by") == 1
    assert caught.value.todo.endswith("--used-on 2024-12-01 --city small --field food")


def test_without_a_fitting_start_the_reasons_are_told(tmp_path: Path) -> None:
    lake = write_lake(tmp_path / "lake", {"entities": ENTITIES, "penalties": [OLD]})
    few, folder = FINES, tmp_path / "snapshots"
    wanted = AsOf(on=T1, used_on=LATER)
    with pytest.raises(NoStart, match=r"up to 2024-03-11 .* got none.* build it: python -m features build"):
        find_start(folder, lake, wanted, catalogue=few)
    build(lake, AsOf(on=T0, used_on=LATER), folder, few)
    with pytest.raises(NoStart, match=r"of 2024-03-02 in .* got none"):
        find_start(folder, lake, wanted, on=date(2024, 3, 2), catalogue=few)
    changed = (replace(few[0], kind="number"), *few[1:])
    with pytest.raises(NoStart, match=f"of 2024-03-01: made by other .*, changed since: {few[0].name}"):
        find_start(folder, lake, wanted, catalogue=changed)
    with pytest.raises(NoStart, match="of 2024-03-01: made for use on 2024-12-01, later than 2024-03-11"):
        find_start(folder, lake, AsOf(on=T1, used_on=T1), catalogue=few)
    later = write_lake(tmp_path / "lake", {"entities": ENTITIES}, digest="second")
    shutil.rmtree(lake.folder)
    with pytest.raises(NoStart, match="of 2024-03-01: its lake is gone"):
        find_start(folder, later, wanted, catalogue=few)
