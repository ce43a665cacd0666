"""A city's own list of marks: the newest import is the whole list, kept by digest and told in the ledger.

The file lies beside the object rosters, named by its digest; the ledger's row of the import says which one
is in use, who brought it, and every row that was rejected. A list of nobody ends all marks of the one before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from data_contracts.file_digest import file_digest
from data_contracts.refusal import Refusal
from features.whole_folder import made_once
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.ledger.schema import RosterImportRow
from serving.rosters.importing import MARKS, Import, ReadRow, RejectedRow, parted, read_all
from serving.rosters.marks import SCHEMA, Mark, ordered
from serving.rosters.roster_mapping import RosterFeed
from serving.rosters.versions import Recorded, signed

# Under this name the files of an import tell the digest of the list that came of them.
LIST_FILE = "marks.parquet"


class MarkListDamaged(Refusal):
    """The list that the ledger names is not where it was kept, or not the one that was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMarks:
    """A list as it was kept: its digest, and a row for each mark (marks.SCHEMA)."""

    digest: str
    table: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkImport:
    """The import of the list in use, as the ledger tells it."""

    digest: str
    files: tuple[str, ...]
    counts: dict[str, int]
    rejected: tuple[RejectedRow, ...]
    by: str
    at: datetime
    reason: str


def import_marks(
    ledger: Ledger,
    city: str,
    feeds: Iterable[RosterFeed],
    *,
    folder: Path,
    lists: Path,
    by: str,
    now: datetime,
    reason: str,
) -> Import:
    """Keeps every good row of the files below `lists` as the list in use; the ledger commits last.

    Counts are of marks: added or unchanged against the list before. A row whose decision is yet to come
    is rejected: nobody can know it on the day of the import.
    """
    signature, today = signed(by, now, reason), day_in_china(now)
    rows, digests = read_all([feed for feed in feeds if feed.roster == MARKS], MARKS, folder)
    good, rejected = parted([_as_known(row, today) for row in rows], MARKS)
    table = ordered([pa.Table.from_pylist([asdict(one) for one in good], schema=SCHEMA)])
    before = current_list(ledger, city, lists=lists)
    known = set(_texts(before.table)) if before else set()
    texts = _texts(table)
    recorded = Recorded(
        added=tuple(one for one in texts if one not in known),
        changed=(),
        unchanged=tuple(one for one in texts if one in known),
    )
    made = Import(roster=MARKS, read=len(rows), recorded=recorded, rejected=rejected)
    digest = _keep(table, lists)
    with ledger.writing() as session:
        kept = RosterImportRow(city=city, roster=MARKS, files=digests | {LIST_FILE: digest})
        kept.counts, kept.rejected = made.counts(), [row.as_row() for row in rejected]
        kept.by, kept.at, kept.reason = signature.by, signature.at, signature.reason
        session.add(kept)
    return made


def current_import(ledger: Ledger, city: str) -> MarkImport | None:
    """The newest import of marks; None before the first."""
    query = select(RosterImportRow).where(RosterImportRow.city == city, RosterImportRow.roster == MARKS)
    with ledger.reading() as session:
        row = session.scalars(query.order_by(RosterImportRow.import_id.desc()).limit(1)).first()
        if row is None:
            return None
        return MarkImport(
            digest=row.files[LIST_FILE],
            files=tuple(sorted(set(row.files) - {LIST_FILE})),
            counts=dict(row.counts),
            rejected=tuple(RejectedRow.of_row(one) for one in row.rejected),
            by=row.by,
            at=row.at,
            reason=row.reason,
        )


def current_list(ledger: Ledger, city: str, *, lists: Path) -> ListedMarks | None:
    """The list in use, after checking that it is the one that was kept; None before the first import."""
    made = current_import(ledger, city)
    if made is None:
        return None
    path = _place(lists, made.digest) / LIST_FILE
    found = file_digest(path) if path.is_file() else "no such file"
    if found != made.digest:
        raise MarkListDamaged(
            expected=f"{path} with SHA-256 {made.digest}",
            got=found,
            todo="restore the file, or import the list again",
        )
    return ListedMarks(digest=made.digest, table=pq.read_table(path))


def _as_known(row: ReadRow, today: date) -> ReadRow:
    """The row as it may be known on the day of the import: none whose decision is yet to come.

    A mark that tells no day of decision has its first day for it; where that lies ahead, today told of it.
    """
    mark = row.record
    if not isinstance(mark, Mark) or row.faults or mark.known_on <= today:
        return row
    if mark.known_on == mark.from_day:
        return replace(row, record=replace(mark, known_on=today))
    return replace(row, faults={"known_on": f"{mark.known_on} is yet to come: nobody knows of it on {today}"})


def _keep(table: pa.Table, lists: Path) -> str:
    """Writes the list into a folder of its digest, or finds it there; the digest."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    data = sink.getvalue().to_pybytes()
    digest = hashlib.sha256(data).hexdigest()
    with made_once(_place(lists, digest), LIST_FILE) as staged:
        if staged is not None:
            (staged / LIST_FILE).write_bytes(data)
    return digest


def _place(lists: Path, digest: str) -> Path:
    return lists / digest[:16]


def _texts(table: pa.Table) -> list[str]:
    """Each mark as one text: what makes two lists say the same."""
    return [" ".join(map(str, row.values())) for row in table.drop_columns(["source"]).to_pylist()]
