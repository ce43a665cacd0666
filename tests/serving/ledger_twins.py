"""A city's ledger and plans copied at a moment, and two of them compared row by row, byte by byte."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from serving.ledger.schema.registry import LedgerTable

LEDGER = "ledger.sqlite"
READ_ONLY = ("lake", "objects", "register", "snapshots", "raw")
# When it happened differs between two runs, and with it what is a digest over the moment of the draw.
OF_THE_MOMENT = {"at", "draw_digest"}
TIMED = ("drawn_at", "drawn_by", "content_digest")


def copied(city: Path, to: Path) -> None:
    """A copy of what the steps of a plan change; what they only read is linked."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    with closing(sqlite3.connect(city / LEDGER)) as source, closing(sqlite3.connect(to / LEDGER)) as target:
        source.backup(target)
    for name in READ_ONLY:
        if (city / name).exists():
            (to / name).symlink_to((city / name).resolve())
    if (city / "plans").is_dir():
        shutil.copytree(city / "plans", to / "plans", ignore=shutil.ignore_patterns(".staged-*"))


@contextmanager
def writer_of(city: Path) -> Iterator[None]:
    """The ledger's only writer: whoever else has something to write waits, in the middle of the step."""
    with closing(sqlite3.connect(city / LEDGER, isolation_level=None)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        yield
        ledger.execute("ROLLBACK")


def ledger_rows(city: Path) -> dict[str, list[str]]:
    """Every row of every table, without moments, in order."""
    found = {}
    with closing(sqlite3.connect(city / LEDGER)) as ledger:
        ledger.row_factory = sqlite3.Row
        for table in sorted(LedgerTable.metadata.tables):
            rows = [dict(row) for row in ledger.execute(f'SELECT * FROM "{table}"')]
            found[table] = sorted(
                json.dumps(_lasting(table, row), sort_keys=True, default=str) for row in rows
            )
    return found


def bundles(city: Path) -> dict[str, object]:
    """Every published file of plans: its bytes, of a draw without its moment."""
    found: dict[str, object] = {}
    for file in sorted((city / "plans").rglob("*")):
        if file.is_file() and not any(part.startswith(".staged-") for part in file.parts):
            data = file.read_bytes()
            name = str(file.relative_to(city / "plans"))
            found[name] = _untimed(data) if file.name == "draw.json" else data
    return found


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """The names under which two of either differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _lasting(table: str, row: dict[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in row.items() if name not in OF_THE_MOMENT}
    if table == "plan_events" and row["kind"] == "drawn":
        del kept["detail"]
    return kept


def _untimed(data: bytes) -> dict[str, object]:
    content: dict[str, object] = json.loads(data)
    return {name: value for name, value in content.items() if name not in TIMED}
