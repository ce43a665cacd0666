"""A snapshot: every entity's indicators as of one day, as a Parquet file with a card of what made it.

The engine comes as an argument; a snapshot that says the same as the one asked for is kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from features.assembly import assemble, definitions, unavailable
from features.catalogue import CATALOGUE
from features.digest import content_digest
from features.indicator import Indicator

FORMAT = 1
TABLE_FILE = "snapshot.parquet"
CARD_FILE = "snapshot.json"
MOST_NAMES = 8


class SnapshotError(Refusal):
    """A snapshot that cannot be read."""


class SnapshotNotFound(SnapshotError):  # noqa: N818 - it names what happened
    """No snapshot of that day."""


class SnapshotStale(SnapshotError):  # noqa: N818
    """A snapshot made by other definitions than today's."""


class Engine(Protocol):
    """What runs the expressions: the tables of a lake and a way to write a result."""

    @property
    def tables(self) -> Mapping[str, ir.Table]:
        """The lake's tables by name."""

    def write(self, expression: ir.Table, path: Path) -> None:
        """Writes the rows as one Parquet file, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot on disk. `unavailable` names the indicators that are null for want of records, and why."""

    folder: Path
    city: str
    as_of: AsOf
    rows: int
    digest: str
    definitions_digest: str
    lake_digest: str
    columns: tuple[str, ...]
    unavailable: Mapping[str, str]

    @property
    def path(self) -> Path:
        """The Parquet file, sorted by entity_id."""
        return self.folder / TABLE_FILE

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The table, or some of its columns in the order asked for."""
        unknown = sorted(set(columns or ()) - {"entity_id", *self.columns})
        if unknown:
            raise SnapshotError(
                expected=f"columns of the snapshot of {self.as_of.on}",
                got=", ".join(unknown),
                todo="see `python -m features list`",
            )
        return pq.read_table(self.path, columns=None if columns is None else list(columns))


def build_snapshot(
    engine: Engine, lake: Lake, as_of: AsOf, folder: Path, *, catalogue: Sequence[Indicator] = CATALOGUE
) -> Snapshot:
    """The snapshot of a day in `folder/<day>`: the one that is there if it says the same, else made anew."""
    meanings = definitions(catalogue)
    target = folder / as_of.on.isoformat()
    found = _kept(target, lake, as_of, meanings)
    if found is not None:
        return found
    skipped = unavailable(catalogue, lake, as_of)
    staged = folder / f".{as_of.on.isoformat()}.part"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    engine.write(assemble(engine.tables, as_of, catalogue, skipped=skipped), staged / TABLE_FILE)
    card = {
        "format": FORMAT,
        "city": lake.city,
        "as_of": as_of.on.isoformat(),
        "used_on": as_of.used_on.isoformat(),
        "rows": pq.read_metadata(staged / TABLE_FILE).num_rows,
        "digest": content_digest(staged / TABLE_FILE),
        "lake_digest": lake.digest,
        "definitions_digest": definitions_digest(meanings),
        "definitions": meanings,
        "unavailable": skipped,
    }
    text = json.dumps(card, ensure_ascii=False, indent=1)
    (staged / CARD_FILE).write_text(text + "\n", encoding="utf-8")
    _replace(target, staged)
    return _from_card(target, card)


def open_snapshot(folder: Path, *, catalogue: Sequence[Indicator] = CATALOGUE) -> Snapshot:
    """The snapshot in the folder of one day; refuses one that other definitions made."""
    card = _card(folder)
    changed = _changed(card["definitions"], definitions(catalogue))
    if changed:
        more = f" and {len(changed) - MOST_NAMES} more" if len(changed) > MOST_NAMES else ""
        raise SnapshotStale(
            expected=f"the snapshot in {folder} to be made by today's indicators",
            got=f"changed since: {', '.join(changed[:MOST_NAMES])}{more}",
            todo=f"build it again: python -m features build --city {card['city']} --as-of {card['as_of']}",
        )
    return _from_card(folder, card)


def definitions_digest(meanings: Mapping[str, str]) -> str:
    """One digest over all definitions, in catalogue order: the order is the column order."""
    lines = "\n".join(f"{name} {digest}" for name, digest in meanings.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _kept(folder: Path, lake: Lake, as_of: AsOf, meanings: Mapping[str, str]) -> Snapshot | None:
    """The snapshot that is there, if lake, days and definitions are the ones asked for."""
    try:
        card = _card(folder)
    except SnapshotError:
        return None
    asked = (lake.digest, as_of.on.isoformat(), as_of.used_on.isoformat(), definitions_digest(meanings))
    there = (card["lake_digest"], card["as_of"], card["used_on"], card["definitions_digest"])
    return _from_card(folder, card) if asked == there else None


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names whose meaning is new, gone or other; a mere reordering names all that moved."""
    changed = [name for name in now if before.get(name) != now[name]]
    changed += [name for name in before if name not in now]
    moved = [a for a, b in zip(before, now, strict=False) if a != b]
    return changed or moved


def _card(folder: Path) -> dict[str, Any]:
    path = folder / CARD_FILE
    if not path.is_file() or not (folder / TABLE_FILE).is_file():
        raise SnapshotNotFound(
            expected=f"a snapshot in {folder}",
            got="no such files" if folder.exists() else "no such folder",
            todo="build it: python -m features build --as-of DAY",
        )
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise _damaged(folder, str(cause)) from cause
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise _damaged(folder, f"format {card.get('format') if isinstance(card, dict) else card!r}")
    return card


def _damaged(folder: Path, got: str) -> SnapshotError:
    return SnapshotError(
        expected=f"{folder / CARD_FILE} to describe a snapshot in format {FORMAT}",
        got=got,
        todo="delete the folder and build the snapshot again",
    )


def _from_card(folder: Path, card: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        folder=folder,
        city=card["city"],
        as_of=AsOf(on=date.fromisoformat(card["as_of"]), used_on=date.fromisoformat(card["used_on"])),
        rows=card["rows"],
        digest=card["digest"],
        definitions_digest=card["definitions_digest"],
        lake_digest=card["lake_digest"],
        columns=tuple(card["definitions"]),
        unavailable=card["unavailable"],
    )


def _replace(target: Path, staged: Path) -> None:
    """Puts the staged folder in the place of the target; a reader of the old file keeps what it opened."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    staged.rename(target)
    shutil.rmtree(old, ignore_errors=True)
