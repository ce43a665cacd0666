"""A snapshot: every entity's indicators as of one day, as a Parquet file with a card of what made it.

It lies in a folder named by all that decides its content, is made once and never changed: whoever noted its
digest finds those very bytes. The engine comes as an argument.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.file_digest import file_digest
from data_contracts.lake import Lake
from data_contracts.place import store_of, within_store
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from features.assembly import assemble, definitions, unavailable
from features.catalogue import CATALOGUE
from features.digest import content_digest, parts_of
from features.indicator import Indicator
from features.whole_folder import is_whole, made_once

FORMAT = 2
TABLE_FILE = "snapshot.parquet"
CARD_FILE = "snapshot.json"
# What is read off a card; of a refresh's notes nothing is.
CARD_KEYS = MappingProxyType(
    {
        "city": str,
        "as_of": str,
        "used_on": str,
        "rows": int,
        "digest": str,
        "file_digest": str,
        "lake_digest": str,
        "definitions_digest": str,
        "definitions": dict,
        "unavailable": dict,
    }
)
# Digits of a digest that stand in the name of a folder; the card holds them all and they are compared.
DIGITS = 8
MOST_NAMES = 8


class SnapshotError(Refusal):
    """A snapshot that cannot be read."""


class SnapshotNotFound(SnapshotError):  # noqa: N818 - it names what happened
    """No snapshot of those days, lake and indicators."""


class SnapshotStale(SnapshotError):  # noqa: N818
    """A snapshot made by other definitions than today's."""


class SnapshotDamaged(SnapshotError):  # noqa: N818
    """Files that are not those that were written."""


class Engine(Protocol):
    """What runs the expressions: the tables of a lake and a way to write a result."""

    @property
    def tables(self) -> Mapping[str, ir.Table]:
        """The lake's tables by name."""

    def write(self, expression: ir.Table, path: Path) -> str | None:
        """Writes the rows in their order, as a Parquet file or folder; their digest if it knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot. `unavailable` names the indicators that are null for want of records, and why.

    `digest` is that of the content, the same whatever wrote it; `file_digest` is the SHA-256 of this file.
    """

    folder: Path
    city: str
    as_of: AsOf
    rows: int
    digest: str
    file_digest: str
    definitions_digest: str
    lake_digest: str
    columns: tuple[str, ...]
    unavailable: Mapping[str, str]

    @property
    def path(self) -> Path:
        """The Parquet file, or folder of such files as Spark writes, sorted by entity_id."""
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
        self.check()
        wanted = None if columns is None else list(columns)
        return pa.concat_tables(
            pq.read_table(within_store(part), columns=wanted, filesystem=store_of(part))
            for part in parts_of(self.path)
        )

    def of_entity(self, entity_id: str) -> pa.Table:
        """The row of one entity, or a table without rows; only the row groups that may hold it are read."""
        self.check()
        return pa.concat_tables(
            pq.read_table(
                within_store(part), filesystem=store_of(part), filters=[("entity_id", "==", entity_id)]
            )
            for part in parts_of(self.path)
        )

    def batches(self, rows: int) -> Iterator[pa.Table]:
        """The whole table in order, at most some rows at a time."""
        self.check()
        for part in parts_of(self.path):
            with pq.ParquetFile(within_store(part), filesystem=store_of(part)) as file:
                for batch in file.iter_batches(batch_size=rows):
                    yield pa.Table.from_batches([batch])

    def check(self) -> None:
        """Refuses a file other than the one that was written."""
        found = _file_digest(self.path)
        if found != self.file_digest:
            raise _damaged(self.folder, TABLE_FILE, f"SHA-256 {found}, not {self.file_digest}")


def days_of(lake: Lake, on: date | None, used_on: date | None = None) -> AsOf:
    """The days of a snapshot unless others are named: the export's, and forgetting honoured up to it."""
    day = on or lake.exported_on
    if day is None:
        raise SnapshotError(
            expected="a day to describe", got="none, and the lake names no export date",
            todo="add --as-of YYYY-MM-DD",
        )  # fmt: skip
    return AsOf(on=day, used_on=used_on or max(day, lake.exported_on or day))


def build_snapshot(
    engine: Engine,
    lake: Lake,
    as_of: AsOf,
    folder: Path,
    *,
    catalogue: Sequence[Indicator] = CATALOGUE,
    rows: Callable[[Collection[str]], ir.Table] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Snapshot:
    """The snapshot of two days, made by this lake and these indicators unless it is there.

    `rows` gives the same rows in another way (see refresh.py) when it is told which indicators are null, and
    `notes` tell on the card in which.
    """
    _refuse_future(lake, as_of.on)
    _refuse_nobody(lake, as_of.on)
    meanings = definitions(catalogue)
    place = _place(folder, as_of, lake.digest, meanings)
    with made_once(place, CARD_FILE) as staged:
        if staged is not None:
            skipped = unavailable(catalogue, lake, as_of)
            whole = rows(skipped) if rows else assemble(engine.tables, as_of, catalogue, skipped=skipped)
            digest = engine.write(whole, staged / TABLE_FILE)
            card = {
                "format": FORMAT,
                "city": lake.city,
                "as_of": as_of.on.isoformat(),
                "used_on": as_of.used_on.isoformat(),
                "rows": sum(_metadata(part).num_rows for part in parts_of(staged / TABLE_FILE)),
                "digest": digest or content_digest(staged / TABLE_FILE),
                "file_digest": _file_digest(staged / TABLE_FILE),
                "lake_digest": lake.digest,
                "definitions_digest": definitions_digest(meanings),
                "definitions": meanings,
                "unavailable": skipped,
                **(notes or {}),
            }
            text = json.dumps(card, ensure_ascii=False, indent=1)
            (staged / CARD_FILE).write_text(text + "\n", encoding="utf-8")
    return _opened(place, as_of, lake.digest, meanings)


def _refuse_future(lake: Lake, on: date) -> None:
    """No snapshot of days the records do not reach: silence after the export would read as good conduct."""
    if lake.exported_on is not None and on > lake.exported_on:
        raise SnapshotError(
            expected=f"a day that the records of {lake.city} reach (exported on {lake.exported_on})",
            got=f"as of {on}",
            todo="choose that day or an earlier one, or admit newer files first",
        )


def _refuse_nobody(lake: Lake, on: date) -> None:
    """No snapshot of days before the records begin: nobody was known, so nobody could be described."""
    if "entities" not in lake.tables:
        return
    with lake.tables["entities"].path.open("rb") as file:
        first = pc.min(pq.ParquetFile(file).read(columns=["known_on"])["known_on"]).as_py()
    if first is None or first > on:
        begins = f"the first became known on {first}" if first else "the lake has none"
        raise SnapshotError(
            expected=f"a day by which some entity of {lake.city} was known",
            got=f"as of {on}; no entity was known by then: {begins}",
            todo="choose that day or a later one" if first else "admit the entities of the city first",
        )


def open_snapshot(
    folder: Path, as_of: AsOf, *, lake_digest: str, catalogue: Sequence[Indicator] = CATALOGUE
) -> Snapshot:
    """The snapshot of two days made by a lake (its digest, or the first eight digits) and today's indicators.

    Refuses one that other definitions made, naming the indicators; if there is none, tells what there is.
    """
    meanings = definitions(catalogue)
    place = _place(folder, as_of, lake_digest, meanings)
    if not is_whole(place, CARD_FILE):
        raise _absent(place.parent, as_of, lake_digest, meanings)
    return _opened(place, as_of, lake_digest, meanings)


def definitions_digest(meanings: Mapping[str, str]) -> str:
    """One digest over all definitions, in catalogue order: the order is the column order."""
    lines = "\n".join(f"{name} {digest}" for name, digest in meanings.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _place(folder: Path, as_of: AsOf, lake_digest: str, meanings: Mapping[str, str]) -> Path:
    """The folder of one snapshot: everything that its content depends on is in the name."""
    made_by = f"{as_of.used_on.isoformat()}-{lake_digest[:DIGITS]}-{definitions_digest(meanings)[:DIGITS]}"
    return folder / as_of.on.isoformat() / made_by


def _opened(place: Path, as_of: AsOf, lake_digest: str, meanings: Mapping[str, str]) -> Snapshot:
    """The snapshot in its folder, after comparing the whole digests that the name only begins."""
    card = _card(place)
    asked = (as_of.on.isoformat(), as_of.used_on.isoformat(), definitions_digest(meanings))
    there = (card["as_of"], card["used_on"], card["definitions_digest"])
    if asked != there or not card["lake_digest"].startswith(lake_digest):
        raise _damaged(place, CARD_FILE, f"one of {there[0]}, used on {there[1]}, lake {card['lake_digest']}")
    return Snapshot(
        folder=place,
        city=card["city"],
        as_of=as_of,
        rows=card["rows"],
        digest=card["digest"],
        file_digest=card["file_digest"],
        definitions_digest=card["definitions_digest"],
        lake_digest=card["lake_digest"],
        columns=tuple(card["definitions"]),
        unavailable=card["unavailable"],
    )


def cards_of(day: Path) -> list[dict[str, Any]]:
    """The cards of all snapshots of one day that can be read."""
    found = []
    for path in sorted(day.glob(f"[!.]*/{CARD_FILE}")):
        try:
            found.append(_card(path.parent))
        except SnapshotDamaged:
            continue
    return found


def changed_names(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names whose meaning is new, gone or other; a mere reordering names all that moved."""
    changed = [name for name in now if before.get(name) != now[name]]
    changed += [name for name in before if name not in now]
    moved = [a for a, b in zip(before, now, strict=False) if a != b]
    return changed or moved


def _absent(day: Path, as_of: AsOf, lake_digest: str, meanings: Mapping[str, str]) -> SnapshotError:
    """Why there is no such snapshot: other indicators made it, or there are only others, or none."""
    cards = cards_of(day)
    used_on, lake = as_of.used_on.isoformat(), lake_digest[:DIGITS]
    stale = [card for card in cards if card["used_on"] == used_on and card["lake_digest"][:DIGITS] == lake]
    # A folder holds the snapshots of one city; one that is empty does not tell of which.
    others = cards or [card for other in sorted(day.parent.glob("[0-9]*-*-*")) for card in cards_of(other)]
    city = others[0]["city"] if others else "CITY"
    command = f"python -m features build --as-of {as_of.on} --used-on {used_on} --city {city}"
    if stale:
        changed = min((changed_names(card["definitions"], meanings) for card in stale), key=len)
        more = f" and {len(changed) - MOST_NAMES} more" if len(changed) > MOST_NAMES else ""
        return SnapshotStale(
            expected=f"the snapshot in {day}, used on {used_on}, to be made by today's indicators",
            got=f"changed since: {', '.join(changed[:MOST_NAMES])}{more}",
            todo=f"build it again: {command}",
        )
    there = "; ".join(f"used on {card['used_on']}, lake {card['lake_digest'][:DIGITS]}" for card in cards)
    return SnapshotNotFound(
        expected=f"a snapshot in {day}, used on {used_on}, of the lake {lake}",
        got=f"only {there}" if there else "none of that day",
        todo=f"build it: {command}" + (", or ask for one that is there" if there else ""),
    )


def _card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise _damaged(folder, CARD_FILE, str(cause)) from cause
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise _damaged(
            folder, CARD_FILE, f"format {card.get('format') if isinstance(card, dict) else card!r}"
        )
    absent = [name for name, kind in CARD_KEYS.items() if not isinstance(card.get(name), kind)]
    if absent:
        raise _damaged(folder, CARD_FILE, f"no {', '.join(absent)} on it")
    return card


def _metadata(part: Path) -> pq.FileMetaData:
    return pq.read_metadata(within_store(part), filesystem=store_of(part))


def _damaged(folder: Path, file: str, got: str) -> SnapshotDamaged:
    return SnapshotDamaged(
        expected=f"{folder / file} to be that of the snapshot written there, in format {FORMAT}",
        got=got,
        todo="delete the folder and build the snapshot again",
    )


def _file_digest(path: Path) -> str:
    """The SHA-256 of a file, or over those of the files of a folder and their names."""
    try:
        if not path.is_dir():
            return file_digest(path)
        lines = [f"{file_digest(part)} {part.name}\n" for part in parts_of(path)]
    except OSError as cause:
        raise _damaged(path.parent, path.name, str(cause)) from cause
    return hashlib.sha256("".join(lines).encode()).hexdigest()
