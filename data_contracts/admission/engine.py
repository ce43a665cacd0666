"""The embedded engine of admission: runs the SQL of checks.py and unique_rows.py over one staging folder.

It may read the raw folder and its staging folder and nothing else; it spills to disk instead of growing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from data_contracts.admission.checks import PROBLEM, feed_sql, source_sql
from data_contracts.conversions import macros, named, pseudonym_variables, quoted
from data_contracts.lake import NO_ROOM, no_room
from data_contracts.line_faults import FAULT, FIELDS, LINE, POSITION
from data_contracts.mapping.binding import (
    Misfit,
    Source,
    SqlRefused,
    blame,
    exposed,
    fit,
    guessed,
    refusal_parts,
    spell,
)
from data_contracts.mapping.city_mapping import DEFAULT_TIME_ZONE, Feed
from data_contracts.mapping.reading import Reading
from data_contracts.near_names import near
from data_contracts.raw import RESERVED, RawFile, kind_of, refuse_damaged_parquet, text_to_parquet
from data_contracts.refusal import Refusal

# A position is feed number, file number and line in one integer: 2^11 feeds, 2^12 files, 2^40 lines.
FEED_STEP, FILE_STEP = 1 << 52, 1 << 40
SLICE_ROWS = 100_000

_QUOTED = re.compile("'.*'", re.DOTALL)


class AdmissionError(Refusal):
    """Files that cannot be admitted; the lake stays as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One raw file as one feed would read it, before a row is made; `misfits` say what does not fit."""

    base: int
    feed: Feed
    source: Source
    rows: int
    persons: tuple[str, ...]
    guessed: tuple[str, ...]  # hidden as well, for their headings speak of persons
    misfits: tuple[Misfit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One raw file as one feed reads it: checked rows in a Parquet file."""

    base: int
    feed: Feed
    file: str
    path: Path
    rows: int


class Engine:
    """A DuckDB connection confined to two folders, with the macros of mapping files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, staging: Path, exported_on: date) -> None:
        """Keeps the connection; see open_engine."""
        self.connection = connection
        self.staging = staging
        self.exported_on = exported_on
        for name in ("tables", "rejected"):
            (self.version / name).mkdir(parents=True, exist_ok=True)
        self._texts: dict[tuple[str, Reading], tuple[Path, int]] = {}
        self._sound: set[str] = set()

    def source(self, raw: RawFile, reading: Reading, *, reject_limit: float = 1.0) -> tuple[str, int]:
        """The relation of a raw file's columns and lines, and its number of rows; refuses a hopeless file."""
        if kind_of(raw, reading) == "parquet":
            return self._parquet(raw)
        if (raw.name, reading) not in self._texts:
            target = self.staging / f"text_{len(self._texts)}.parquet"
            rows = text_to_parquet(raw, reading, target, reject_limit=reject_limit)
            self._texts[raw.name, reading] = target, rows
        path, rows = self._texts[raw.name, reading]
        return f"(SELECT *, {self._day()} AS exported_on FROM read_parquet({quoted(str(path))}))", rows

    def _parquet(self, raw: RawFile) -> tuple[str, int]:
        if raw.name not in self._sound:
            refuse_damaged_parquet(raw)
            self._sound.add(raw.name)
        scan = f"read_parquet({quoted(str(raw.path))}, file_row_number = true)"
        try:
            rows = self.connection.execute(f"SELECT count(*) FROM {scan}").fetchall()[0][0]
            names = {row[0].lower() for row in self.connection.execute(f"DESCRIBE FROM {scan}").fetchall()}
        except duckdb.Error as cause:
            raise AdmissionError(
                expected=f"{raw.name} to be a Parquet file",
                got=_first_line(cause),
                todo="replace the file, or list it under [ignored] with the reason",
            ) from cause
        if names & RESERVED:
            raise AdmissionError(
                expected=f"columns of {raw.name} to leave our own names free",
                got=", ".join(sorted(names & RESERVED)),
                todo="rename these columns in the source",
            )
        relation = (
            f"(SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS {LINE}, "
            f"CAST(NULL AS VARCHAR) AS {FAULT}, CAST(NULL AS VARCHAR) AS {FIELDS}, "
            f"{self._day()} AS exported_on FROM {scan})"
        )
        return relation, int(rows)

    def _day(self) -> str:
        return f"DATE {quoted(self.exported_on.isoformat())}"

    def bind(self, feed: Feed, raw: RawFile, base: int, *, persons: Iterable[str] = ()) -> Bound:
        """A feed fitted to one file; `persons` names hidden columns. Misfits are told, not raised."""
        relation, rows = self.source(raw, feed.reading, reject_limit=feed.reject_limit)
        sql = source_sql(relation, file=raw.name, base=base)
        columns = tuple(name for name, _ in self._described(sql) if name not in RESERVED)
        source = Source(file=raw.name, sql=sql, columns=columns)
        fitted, misfits = fit(feed, source, self._described)
        hidden, strange = spell(feed, persons, source)
        told = {misfit.target for misfit in misfits}
        misfits = (*misfits, *(misfit for misfit in strange if misfit.target not in told))
        told.update(misfit.target for misfit in strange)
        misfits = (*misfits, *exposed(fitted, hidden, source, self._described, told=told))
        return Bound(
            base=base,
            feed=fitted,
            source=source,
            rows=rows,
            persons=hidden,
            guessed=guessed(feed, hidden, source),
            misfits=misfits,
        )

    def check_part(self, bound: Bound) -> Part:
        """Makes and checks every row of one file for one feed; refuses what does not fit it."""
        if bound.misfits:
            raise AdmissionError(**refusal_parts(bound.misfits))
        feed, source = bound.feed, bound.source
        path = self.staging / f"part_{bound.base}.parquet"
        checked = feed_sql(feed, source.sql, persons=bound.persons, guessed=bound.guessed)
        query = self._discreet if bound.persons or bound.guessed else self.query
        try:
            written = query(f"COPY ({checked}) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION lz4)")[0][
                0
            ]
        except SqlRefused as cause:
            raise AdmissionError(**refusal_parts([blame(feed, source, query, cause)])) from None
        if written != bound.rows:
            raise AdmissionError(
                expected=f"feed {feed.name!r} to make one row of each row of {source.file} ({bound.rows:,})",
                got=f"{written:,} rows",
                todo="leave expressions that multiply or gather rows (unnest, aggregates) out of the mapping",
            )
        return Part(base=bound.base, feed=feed, file=source.file, path=path, rows=bound.rows)

    def _described(self, query: str) -> list[tuple[str, str]]:
        """Names and types of a query's columns."""
        return [(str(row[0]), str(row[1])) for row in self.query(f"DESCRIBE {query}")]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, or SqlRefused with the engine's words."""
        try:
            with self._room():
                rows: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        except duckdb.Error as cause:
            raise SqlRefused(_first_line(cause)) from cause
        return rows

    def _discreet(self, sql: str) -> list[tuple[Any, ...]]:
        """The same without the value that an expression fails on: in a file with persons it may be a name."""
        try:
            return self.query(sql)
        except SqlRefused as cause:
            raise SqlRefused(_QUOTED.sub("a value", str(cause))) from None

    @property
    def version(self) -> Path:
        """Where the version of the lake is made."""
        return self.staging / "version"

    def run(self, query: str) -> duckdb.DuckDBPyConnection:
        """Runs a statement of our own."""
        with self._room():
            return self.connection.execute(query)

    def keep(self, name: str, query: str) -> None:
        """Writes what a query gives beside the parts and makes a view of it: rows on disk, not in memory."""
        path = quoted(str(self.staging / f"{name}.parquet"))
        self.run(f"COPY ({query}) TO {path} (FORMAT parquet, COMPRESSION lz4)")
        self.run(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet({path})")

    def write_in_slices(self, query: str, view: str, target: Path) -> None:
        """Writes wide rows of a view by position; no more than one slice of them is sorted at once."""
        ends = self.run(
            f"SELECT {POSITION} FROM (SELECT {POSITION}, row_number() OVER (ORDER BY {POSITION}) AS place "
            f"FROM {view}) WHERE place % {SLICE_ROWS} = 0 ORDER BY 1"
        ).fetchall()
        bounds = [-1, *(end for (end,) in ends), (1 << 63) - 1]
        writer = None
        try:
            for above, end in pairwise(bounds):
                slice_of = f"{query} WHERE {POSITION} > {above} AND {POSITION} <= {end} ORDER BY {POSITION}"
                with self._room():
                    rows = self.connection.sql(slice_of).to_arrow_table()
                writer = writer or pq.ParquetWriter(target, rows.schema, compression="zstd")
                writer.write_table(rows)
        finally:
            if writer:
                writer.close()

    def forget(self, *names: str) -> None:
        """Removes what was kept."""
        for name in names:
            self.run(f"DROP VIEW IF EXISTS {name}")
            (self.staging / f"{name}.parquet").unlink(missing_ok=True)

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A full disk and too little memory are told as such: no expression of a mapping is to blame."""
        try:
            yield
        except duckdb.OutOfMemoryException as cause:
            raise AdmissionError(
                expected="memory, or room on the disk to work without it",
                got=_first_line(cause),
                todo="set XINHENG_MEMORY_LIMIT higher, or free room on the disk of the lake",
            ) from cause
        except duckdb.IOException as cause:
            if NO_ROOM.search(str(cause)) is None:
                raise
            raise no_room(self.staging.parent, _first_line(cause)) from cause

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()

    def preview(self, part: Part, rows: int) -> tuple[list[str], list[tuple[object, ...]]]:
        """Column names and the first good rows of a part, as admission would take them."""
        columns = [column.target for column in part.feed.columns]
        names = ", ".join(named(name) for name in columns)
        query = (
            f"SELECT {names} FROM read_parquet({quoted(str(part.path))}) WHERE {PROBLEM} IS NULL "
            f"ORDER BY {POSITION} LIMIT {rows}"
        )
        return columns, self.run(query).fetchall()


def open_engine(
    staging: Path,
    raw_folder: Path,
    *,
    exported_on: date,
    key: bytes,
    memory_limit: str,
    time_zone: str = DEFAULT_TIME_ZONE,
) -> Engine:
    """An engine that can reach two folders only and leaves nothing outside its staging folder."""
    connection = duckdb.connect()
    run = connection.execute
    run("LOAD json")
    run("LOAD parquet")
    run("SET autoinstall_known_extensions = false")
    run("SET autoload_known_extensions = false")
    _set_time_zone(connection, time_zone)
    run(f"SET memory_limit = {quoted(memory_limit)}")
    run(f"SET temp_directory = {quoted(str(staging / 'spill'))}")
    # Order never matters here (positions carry it), and keeping it would hold whole files in memory.
    run("SET preserve_insertion_order = false")
    # The system keeps files in memory already; a second copy would only count against the limit.
    run("SET enable_external_file_cache = false")
    folders = ", ".join(quoted(str(folder.resolve()) + "/") for folder in (staging, raw_folder))
    run(f"SET allowed_directories = [{folders}]")
    run("SET enable_external_access = false")
    for name, padded in zip(("inner", "outer"), pseudonym_variables(key), strict=True):
        run(f"SET VARIABLE pseudonym_{name} = unhex('{padded.hex()}')")
    for macro in macros():
        run(macro)
    run("SET lock_configuration = true")
    return Engine(connection, staging, exported_on)


def _set_time_zone(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """The zone of the city: moments fall on its days, whatever zone the machine keeps."""
    known = [row[0] for row in connection.execute("SELECT name FROM pg_timezone_names()").fetchall()]
    if zone not in known:
        raise AdmissionError(
            expected="time_zone of the mapping to name a zone, such as Asia/Shanghai or America/Chicago",
            got=f"{zone!r}{near(zone, known)}",
            todo="correct it, or leave it out for Asia/Shanghai",
        )
    connection.execute(f"SET TimeZone = {quoted(zone)}")


def _first_line(cause: duckdb.Error) -> str:
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    shown = [line for line in lines if not line.startswith(("LINE", "^"))]
    return " ".join(shown)[:400]
