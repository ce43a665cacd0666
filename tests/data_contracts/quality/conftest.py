"""A lake made by hand, row by row, so that every share can be worked out on paper."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import load_contract
from data_contracts.lake import FORMAT, Lake, open_lake
from data_contracts.quality import Quality, measure

TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}
ACCOUNT = {
    "feed": pa.string(),
    "table": pa.string(),
    "provider": pa.string(),
    "month": pa.date32(),
    "outcome": pa.string(),
    "reason": pa.string(),
    "rows": pa.int64(),
}
NEAR = {
    "table": pa.string(),
    "given_id": pa.string(),
    "near_id": pa.string(),
    "rows": pa.int64(),
    "where_found": pa.string(),
}
REJECTED = {
    "feed": pa.string(),
    "source_file": pa.string(),
    "line": pa.int64(),
    "column": pa.string(),
    "reason": pa.string(),
    "value": pa.string(),
    "todo": pa.string(),
    "row": pa.string(),
    "month": pa.date32(),
    "key": pa.string(),
}


def day(text: str) -> date:
    """A day written as 2024-01-31."""
    return date.fromisoformat(text)


@dataclass
class HandMade:
    """What a lake holds; `write` makes the files of one version as admission would."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    account: list[tuple[Any, ...]] = field(default_factory=list)
    rejected: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    near: list[dict[str, Any]] = field(default_factory=list)
    files: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    feeds: dict[str, list[str]] = field(default_factory=dict)
    exported_on: date = date(2024, 3, 31)

    def write(self, root: Path) -> Lake:
        """The lake in a folder."""
        folder = root / "versions" / "v1"
        for name in ("tables", "rejected"):
            (folder / name).mkdir(parents=True)
        for table, rows in self.tables.items():
            columns = {column.name: TYPES[column.kind] for column in load_contract(table).columns}
            retractable = "retracted" in columns
            stated = [{**({"retracted": False} if retractable else {}), **row} for row in rows]
            _write(folder / "tables" / f"{table}.parquet", columns, stated)
            _write(folder / "rejected" / f"{table}.parquet", REJECTED, self.rejected.get(table, []))
        _write(
            folder / "account.parquet",
            ACCOUNT,
            [dict(zip(ACCOUNT, line, strict=True)) for line in self.account],
        )
        _write(folder / "near_misses.parquet", NEAR, self.near)
        for table, names in self.feeds.items():
            (folder / "feeds").mkdir(exist_ok=True)
            rows = [{"feed": name} for name in names]
            _write(folder / "feeds" / f"{table}.parquet", {"feed": pa.string()}, rows)
        self._write_cards(folder)
        (root / "CURRENT").write_text("v1\n", encoding="utf-8")
        return open_lake(root)

    def _write_cards(self, folder: Path) -> None:
        facts = {name: {"rows": len(rows), "digest": "", "undated": []} for name, rows in self.tables.items()}
        card = {
            "format": FORMAT,
            "city": "town",
            "digest": "d",
            "exported_on": self.exported_on.isoformat(),
            "tables": facts,
        }
        feeds = [
            {
                "feed": feed,
                "table": table,
                "files": list(files),
                "read": 0,
                "admitted": 0,
                "rejected": 0,
                "duplicates": 0,
                "reject_limit": 1.0,
                "reasons": {},
                "examples": [],
            }
            for (feed, table), files in self.files.items()
        ]
        report = {
            "city": "town",
            "title": "Town",
            "version": "v1",
            "exported_on": self.exported_on.isoformat(),
            "feeds": feeds,
            "strangers": [],
        }
        (folder / "lake.json").write_text(json.dumps(card), encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")

    def measured(self, folder: Path) -> Quality:
        """Its quality."""
        lake = self.write(folder / "lake")
        scratch = folder / "scratch"
        scratch.mkdir()
        return measure(lake, scratch, memory_limit="1GB")


def _write(path: Path, columns: Mapping[str, pa.DataType], rows: Sequence[Mapping[str, Any]]) -> None:
    strange = {name for row in rows for name in row} - set(columns)
    assert not strange, strange
    arrays = [pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()]
    pq.write_table(pa.table(arrays, names=list(columns)), path)


def account_line(
    table: str, outcome: str, rows: int, *, month: str | None, reason: str | None = None, provider: str = "P"
) -> tuple[Any, ...]:
    """A line of account.parquet; the feed of P is called as its table, others as their provider."""
    known = day(f"{month}-01") if month else None
    return (table if provider == "P" else provider, table, provider, known, outcome, reason, rows)


@pytest.fixture
def line() -> Callable[..., tuple[Any, ...]]:
    return account_line


@pytest.fixture
def hand_made() -> HandMade:
    return worked_example()


def entity(entity_id: str, known: str, **stated: Any) -> dict[str, Any]:
    """A version of an entity with a local id."""
    return {"entity_id": entity_id, "id_kind": "local", "known_on": day(known), **stated}


def penalty(name: str, owner: str, occurred: str, known: str, **stated: Any) -> dict[str, Any]:
    """A penalty with all that its contract expects but an authority."""
    return {
        "penalty_id": name,
        "entity_id": owner,
        "kinds": "fine",
        "field": "food",
        "procedure": "simple",
        "occurred_on": day(occurred),
        "known_on": day(known),
        **stated,
    }


def worked_example() -> HandMade:
    """Four entities and five penalties, with one of every thing that may be wrong.

    Entities: A changed (first without region); B has no region; C's region never existed; D has no name.
    Penalties: P2 was known 48 days late; P3 is of an entity X that nobody knows; P4 was corrected in February
    (first without authority); P5 was withdrawn in March.
    """
    return HandMade(
        tables={
            "entities": [
                entity("A", "2024-01-05", name="Anna's"),
                entity("A", "2024-02-05", name="Anna's", region_code="110105"),
                entity("B", "2024-01-06", name="Bo's"),
                entity("C", "2024-01-07", name="Cai's", region_code="999999"),
                entity("D", "2024-02-08", region_code="110101"),
            ],
            "penalties": [
                penalty("P1", "A", "2024-01-02", "2024-01-10", authority="office"),
                penalty("P2", "B", "2024-01-03", "2024-02-20", authority="office"),
                penalty("P3", "X", "2024-01-05", "2024-01-06", authority="office"),
                penalty("P4", "C", "2024-01-05", "2024-01-08", superseded_on=day("2024-02-15")),
                penalty("P4", "C", "2024-01-05", "2024-02-15", authority="=office"),
                penalty("P5", "D", "2024-01-20", "2024-01-20", superseded_on=day("2024-03-01")),
                penalty("P5", "D", "2024-01-20", "2024-03-01", retracted=True),
            ],
        },
        account=[
            account_line("entities", "admitted", 3, month="2024-01"),
            account_line("entities", "admitted", 2, month="2024-02"),
            account_line("entities", "rejected", 1, month="2024-01", reason="missing"),
            account_line("entities", "rejected", 1, month="2024-01", reason="unknown_code"),
            account_line("entities", "rejected", 1, month=None, reason="bad_uscc"),
            account_line("entities", "duplicate", 2, month="2024-02"),
            account_line("penalties", "admitted", 4, month="2024-01"),
            account_line("penalties", "admitted", 2, month="2024-02"),
            account_line("penalties", "admitted", 1, month="2024-03"),
            account_line("penalties", "rejected", 1, month="2024-02", reason="nothing_to_retract"),
            account_line("penalties", "rejected", 5, month="2024-02", reason="set_aside"),
        ],
        rejected={
            "entities": [
                _rejected("entities", 7, "entity_id", "missing", None, "2024-01", None),
                _rejected("entities", 8, "entity_type", "unknown_code", "=HYPERLINK(1)", "2024-01", "R8"),
                _rejected("entities", 9, "uscc", "bad_uscc", "911101050000000000", None, "R9"),
            ],
            "penalties": [
                _rejected("penalties", 3, "penalty_id", "nothing_to_retract", "P9", "2024-02", "P9"),
                *(
                    _rejected("penalties", line, "*", "set_aside", None, "2024-02", None)
                    for line in range(10, 15)
                ),
            ],
        },
        near=[{"table": "penalties", "given_id": "X", "near_id": "A", "rows": 1, "where_found": "events"}],
        files={("entities", "entities"): ("entities.csv",), ("penalties", "penalties"): ("penalties.csv",)},
    )


def _rejected(
    feed: str, line: int, column: str, reason: str, value: str | None, month: str | None, key: str | None
) -> dict[str, Any]:
    return {
        "feed": feed,
        "source_file": f"{feed}.csv",
        "line": line,
        "column": column,
        "reason": reason,
        "value": value,
        "todo": "correct it",
        "row": "{}",
        "month": day(f"{month}-01") if month else None,
        "key": key,
    }
