"""What a lake of today tells of a day is what the lake of that day told.

Records are delivered, corrected, withdrawn, put back, completed and repaired, in any order of files. Whatever
is admitted later, each day keeps the rows that an admission on that day would have seen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Request, admit
from data_contracts.contract import load_contract
from data_contracts.lake import Lake
from data_contracts.mapping.city_mapping import read_mapping
from features.as_of import AsOf, known_rows
from features.engines.on_duckdb import open_engine
from tests.lake_rows import Row, arrow_of

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
DAYS = [date(2024, 3, 1), date(2024, 6, 1), LAST]
TABLES = {
    "complaints": ("channel", "kind", "outcome", "outcome_known_on"),
    "penalties": ("kinds", "fine_fen"),
    "listings": ("kind", "ended_on", "end_known_on"),
}
EVERY = ("entity_id", "occurred_on", "known_on", "forgotten_on", "retracted")


def some_day(chance: random.Random, after: date) -> date:
    return min(after + timedelta(days=chance.randint(0, 90)), LAST)


def content(chance: random.Random, table: str, known: date, before: Sequence[Row]) -> Row:
    """What one version says. A first outcome or end may be learned later; another corrects it at once."""
    dated = load_contract(table).clock("end_known") or "outcome_known_on"
    learned = known if any(version.get(dated) for version in before) else some_day(chance, known)
    late = learned if chance.random() < 0.6 else None
    if table == "complaints":
        outcome = chance.choice(["upheld", "rejected"]) if late else None
        return {"channel": "12345", "kind": "complaint", "outcome": outcome, "outcome_known_on": late}
    if table == "penalties":
        return {"kinds": chance.choice(["fine", "warning"]), "fine_fen": chance.choice([None, 0, 100])}
    return {"kind": "abnormal", "ended_on": late, "end_known_on": late}


def statements(chance: random.Random, table: str, record: str) -> list[Row]:
    """Versions of one record, each known on a later day; some of them withdraw it."""
    key, occurred = load_contract(table).key[0], some_day(chance, FIRST)
    forgotten = some_day(chance, occurred + timedelta(days=60)) if chance.random() < 0.2 else None
    told: list[Row] = []
    known = some_day(chance, occurred)
    while known <= LAST and (not told or chance.random() < 0.6):
        if told and chance.random() < 0.3 and not told[-1]["retracted"]:
            told.append({key: record, "known_on": known, "retracted": True})
        else:
            told.append(
                {key: record, "entity_id": chance.choice("ab"), "known_on": known, "retracted": False,
                 "occurred_on": occurred, "forgotten_on": forgotten, **content(chance, table, known, told)}
            )  # fmt: skip
        known += timedelta(days=chance.randint(1, 90))
    return told


def as_delivered_by(day: date, table: str, rows: Sequence[Row]) -> list[Row]:
    """What offices had exported by a day: rows known by then, without what came to be known later."""
    late = {"outcome": "outcome_known_on", "ended_on": "end_known_on"}
    late |= {name: name for name in ("outcome_known_on", "end_known_on", "forgotten_on")}
    return [
        {
            name: None if name in late and (row.get(late[name]) or day) > day else told
            for name, told in row.items()
        }
        for row in rows
        if row["known_on"] <= day
    ]


def admitted(folder: Path, records: dict[str, list[Row]], day: date, chance: random.Random) -> Lake:
    """The lake of a city that exports everything on a day, in shuffled files."""
    text = f'city = "small"\ntitle = "Small"\nexported_on = {day}\n'
    (folder / "raw").mkdir(parents=True)
    for table, rows in records.items():
        delivered = as_delivered_by(day, table, rows)
        chance.shuffle(delivered)
        for number in range(2):
            pq.write_table(
                arrow_of(table, delivered[number::2]), folder / "raw" / f"{table}-{number}.parquet"
            )
        names = (load_contract(table).key[0], *EVERY, *TABLES[table])
        columns = "".join(f"{name} = '{name}'\n" for name in names)
        text += f'[[feed]]\nname = "{table}"\ntable = "{table}"\nfile = "{table}-*.parquet"\n'
        text += f"reject_limit = 0.0\n[feed.columns]\n{columns}"
    (folder / "small.toml").write_text(text, "utf-8")
    request = Request(
        mapping=read_mapping(folder / "small.toml"), raw_folder=folder / "raw", admitted_on=LAST, key=b"k",
        memory_limit="1GB",
    )  # fmt: skip
    return admit(request, folder / "lake").lake


def known_on(lake: Lake, day: date) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table as known on a day, without the days on which their versions begin and end."""
    told = {}
    with open_engine(lake, memory_limit="1GB", threads=1) as engine:
        for table in TABLES:
            rows = known_rows(table, engine.tables[table], AsOf(on=day, used_on=day))
            frame = engine.frame(rows.drop("known_on", "superseded_on", "forgotten_on"))
            told[table] = sorted(map(tuple, map(dict.values, frame.to_pylist())), key=str)
    return told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_day_keeps_the_rows_that_were_known_on_it(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    records = {
        table: [row for number in range(60) for row in statements(chance, table, f"{table}-{number}")]
        for table in TABLES
    }
    today = admitted(tmp_path / "today", records, LAST, chance)
    for day in DAYS:
        then = known_on(admitted(tmp_path / str(day), records, day, chance), day)
        assert known_on(today, day) == then
        assert all(len(rows) > 10 for rows in then.values()), "there is something to keep"
        assert all(len(rows) == len({row[0] for row in rows}) for rows in then.values())
