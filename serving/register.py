"""The grade register: the decision about every entity on one date, as immutable Parquet sorted by id.

Looked up by id through row-group statistics in milliseconds; listed and counted from a few columns in memory.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.file_digest import file_digest
from data_contracts.refusal import Refusal
from models.decision import Decision, decision_of
from models.grades import LETTERS

ATTRIBUTES = ("name", "entity_type", "region_code", "industry_code", "registered_on")
INDEXED = ("entity_id", "name", "entity_type", "region_code", "industry_code", "grade", "score")
TABLE_FILE = "register.parquet"
CARD_FILE = "register.json"


class RegisterMissing(Refusal):
    """No register lies where one was looked for."""


class RegisterDamaged(Refusal):
    """The file is not the one that was written, or something else wants its place."""


class UnknownEntity(Refusal):
    """The register holds no such entity, or the caller may not see its region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """The decision about one entity, with what was known of it on the date."""

    entity_id: str
    name: str | None
    entity_type: str | None
    region_code: str | None
    industry_code: str | None
    registered_on: date | None
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """An entity as one line of a list."""

    entity_id: str
    name: str | None
    entity_type: str | None
    region_code: str | None
    industry_code: str | None
    grade: str
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage:
    """Some lines of those that match, the riskiest first."""

    lines: tuple[RegisterLine, ...]
    matching: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCard:
    """What register.json says: all that the register was made from, and the digest of its file.

    The change guard held `held` grades against the previous register of the same release; of a first one,
    which has no past, the three are empty and 0.
    """

    city: str
    as_of: str
    used_on: str
    release_id: str
    snapshot_digest: str
    lake_digest: str
    attributes_digest: str
    previous_as_of: str
    previous_digest: str
    digest: str
    rows: int
    held: int
    counts: Mapping[str, int]


class Register:
    """One opened register; the file is read as asked, only the listed columns stay in memory."""

    def __init__(self, folder: Path, card: RegisterCard) -> None:
        """Stores its place and card; `open_register` checks them."""
        self.folder = folder
        self.card = card

    @property
    def digest(self) -> str:
        """SHA-256 of the Parquet file."""
        return self.card.digest

    @property
    def as_of(self) -> date:
        """The date of the grades."""
        return date.fromisoformat(self.card.as_of)

    @property
    def used_on(self) -> date:
        """The date up to which forgetting was honoured."""
        return date.fromisoformat(self.card.used_on)

    @property
    def path(self) -> Path:
        """The Parquet file."""
        return self.folder / TABLE_FILE

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        return pq.read_metadata(self.path)

    @cached_property
    def _first_ids(self) -> list[str]:
        column = self._metadata.schema.names.index("entity_id")
        groups = range(self._metadata.num_row_groups)
        return [self._metadata.row_group(group).column(column).statistics.min for group in groups]

    @cached_property
    def _index(self) -> pa.Table:
        """The columns of lists, ordered by grade and score, riskiest first, then by id."""
        table = pq.read_table(self.path, columns=list(INDEXED))
        order = [("grade", "descending"), ("score", "descending"), ("entity_id", "ascending")]
        return table.sort_by(order).combine_chunks()

    @property
    def listed(self) -> pa.Table:
        """One row of INDEXED for each entity, the riskiest first; of a size that stays in memory."""
        return self._index

    def find(self, entity_id: str, *, region_prefix: str = "") -> RegisterEntry:
        """The entry of one entity, or a refusal if there is none in the caller's region."""
        row = self._row(entity_id)
        if row is None or not (row["region_code"] or "").startswith(region_prefix):
            raise UnknownEntity(
                expected=f"an entity of the register as of {self.card.as_of}"
                + (f" in region {region_prefix}*" if region_prefix else ""),
                got=f"register, column entity_id: {entity_id!r}, which is not in it",
                todo="check the id, or search by name; who was deregistered or unknown that day has no grade",
            )
        return _entry(row)

    def _row(self, entity_id: str) -> dict[str, Any] | None:
        group = bisect_right(self._first_ids, entity_id) - 1
        if group < 0:
            return None
        # A fresh reader for each call: one is not safe in two threads, and the footer is already parsed.
        with pq.ParquetFile(self.path, metadata=self._metadata, memory_map=True) as file:
            table = file.read_row_group(group, use_threads=False)
        place = pc.index(table["entity_id"], entity_id).as_py()
        if place < 0:
            return None
        row: dict[str, Any] = table.slice(place, 1).to_pylist()[0]
        return row

    def page(
        self,
        *,
        grade: str | None = None,
        text: str | None = None,
        region_prefix: str = "",
        offset: int = 0,
        limit: int = 20,
    ) -> RegisterPage:
        """Lines that match: by grade, by text in id or name, by region prefix."""
        index = self._index
        mask = _matches(index, grade=grade, text=text, region_prefix=region_prefix)
        matching = index if mask is None else index.filter(mask)
        lines = tuple(RegisterLine(**row) for row in matching.slice(offset, limit).to_pylist())
        return RegisterPage(lines=lines, matching=matching.num_rows, offset=offset, limit=limit)

    def counts(self, region_prefix: str = "") -> dict[str, int]:
        """Entities per grade, for all four grades."""
        if not region_prefix:
            return {grade: self.card.counts.get(grade, 0) for grade in LETTERS}
        mask = _matches(self._index, grade=None, text=None, region_prefix=region_prefix)
        counted = {
            row["values"]: row["counts"]
            for row in pc.value_counts(self._index["grade"].filter(mask)).to_pylist()
        }
        return {grade: counted.get(grade, 0) for grade in LETTERS}

    def rows(self, region_prefix: str = "") -> Iterator[tuple[str, str, str]]:
        """(entity_id, grade, region_code) sorted by id, to freeze the frame of a plan."""
        with pq.ParquetFile(self.path, metadata=self._metadata) as file:
            for batch in file.iter_batches(columns=["entity_id", "grade", "region_code"]):
                columns = (batch.column(name).to_pylist() for name in ("entity_id", "grade", "region_code"))
                for entity_id, grade, region in zip(*columns, strict=True):
                    if (region or "").startswith(region_prefix):
                        yield entity_id, grade, region or ""

    def probabilities(self) -> pa.Table:
        """One row of entity_id and probability (float64) for each entity, sorted by id; read anew."""
        return pq.read_table(self.path, columns=["entity_id", "probability"])

    def warm(self) -> None:
        """Reads footer and lists now, so that the first caller does not wait."""
        self.page(limit=1)
        _ = self._first_ids


def open_register(folder: Path, *, digest: str | None = None) -> Register:
    """Opens a register after checking that its file is the one that was written.

    `digest` is the one recorded in the ledger; raises RegisterMissing or RegisterDamaged.
    """
    card = _card(folder)
    if digest is not None and card.digest != digest:
        raise RegisterDamaged(
            expected=f"the register recorded in the ledger, SHA-256 {digest}",
            got=f"{card.digest} in {folder}",
            todo="restore the file from backup, or grade the date again",
        )
    found = file_digest(folder / TABLE_FILE) if (folder / TABLE_FILE).is_file() else "no such file"
    if found != card.digest:
        raise RegisterDamaged(
            expected=f"{folder / TABLE_FILE} with SHA-256 {card.digest}",
            got=found,
            todo="restore the file from backup, or remove the folder and grade the date again",
        )
    return Register(folder, card)


def _card(folder: Path) -> RegisterCard:
    path = folder / CARD_FILE
    if not path.exists():
        raise RegisterMissing(
            expected=f"a register in {folder}",
            got=f"no {CARD_FILE}",
            todo="write one with `python -m serving grade --city … --as-of …`",
        )
    try:
        return RegisterCard(**json.loads(path.read_text("utf-8")))
    except (TypeError, ValueError) as cause:
        raise RegisterDamaged(
            expected=f"{path} to say what the register was made from, as it is written today",
            got=str(cause),
            todo="grade the date again with `python -m serving grade --city … --as-of …`",
        ) from cause


def _matches(
    index: pa.Table, *, grade: str | None, text: str | None, region_prefix: str
) -> pa.ChunkedArray | None:
    """A mask of the lines asked for; None means all."""
    masks = []
    if grade:
        masks.append(pc.equal(index["grade"], grade))
    if region_prefix:
        masks.append(pc.starts_with(index["region_code"], region_prefix))
    if text:
        in_name = pc.fill_null(pc.match_substring(index["name"], text, ignore_case=True), False)
        masks.append(pc.or_(in_name, pc.match_substring(index["entity_id"], text, ignore_case=True)))
    if not masks:
        return None
    return pa.chunked_array([pa.array(np.logical_and.reduce([_as_numpy(mask) for mask in masks]))])


def _as_numpy(mask: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(mask, False))


def _entry(row: Mapping[str, Any]) -> RegisterEntry:
    """A row of the file as a record."""
    attributes = {name: row[name] for name in ("entity_id", *ATTRIBUTES)}
    return RegisterEntry(**attributes, decision=decision_of(row))
