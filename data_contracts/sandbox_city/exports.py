"""Files as the offices send them: Parquet, GB18030 and UTF-8 text. Same rows, same bytes.

They are written in blocks: a thread of its own compresses and writes one while the next is made.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv as text
import pyarrow.parquet as pq

ENCODINGS: Mapping[str, str] = {
    "listings.csv": "gb18030",
    "licences.csv": "gb18030",
    "judicial.csv": "gb18030",
    "penalties.csv": "utf-8",
    "commitments.csv": "utf-8",
}
MARKS: Mapping[str, bytes] = {"penalties.csv": codecs.BOM_UTF8, "commitments.csv": codecs.BOM_UTF8}
BLOCK_ROWS = 200_000
WAITING_BLOCKS = 2

Lines = Sequence[tuple[int, bytes]]  # whole lines that are no rows, each with the row before which it stands


class Export(Protocol):
    """A file that takes blocks of rows one after the other."""

    def write(self, table: pa.Table, lines: Lines = ()) -> None: ...
    def close(self) -> None: ...


class TypedFile:
    """A Parquet file; every block becomes a row group."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Opens the file for blocks of one schema."""
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, table: pa.Table, lines: Lines = ()) -> None:
        """Adds a block; there are no lines in a typed file."""
        if lines:
            raise ValueError("a Parquet file has no lines")
        self._writer.write_table(table, row_group_size=BLOCK_ROWS * 2)

    def close(self) -> None:
        """Writes the footer."""
        self._writer.close()


class TextFile:
    """A CSV file with a line of headings, in the encoding of its office."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Opens the file and writes its mark and headings."""
        self._encoding = ENCODINGS[path.name]
        self._file = path.open("wb")
        self._file.write(MARKS.get(path.name, b""))
        self._file.write((",".join(schema.names) + "\n").encode(self._encoding))

    def write(self, table: pa.Table, lines: Lines = ()) -> None:
        """Adds a block, with whole lines between its rows."""
        written = text_lines(table, self._encoding)
        if not lines:
            self._file.write(written)
            return
        # No encoding of ours has the byte of a line end inside a character.
        ends = np.flatnonzero(np.frombuffer(written, np.uint8) == ord("\n")) + 1
        starts = np.append(0, ends)
        done = 0
        for row, line in sorted(lines):
            start = int(starts[row])
            self._file.write(written[done:start])
            self._file.write(line)
            done = start
        self._file.write(written[done:])

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def text_lines(table: pa.Table, encoding: str) -> bytes:
    """The rows of a table as lines of delimited text, without quotation marks."""
    written = pa.BufferOutputStream()
    text.write_csv(table, written, text.WriteOptions(include_header=False, quoting_style="none"))
    plain: bytes = written.getvalue().to_pybytes()
    return plain if encoding == "utf-8" else plain.decode("utf-8").encode(encoding)


def open_file(path: Path, schema: pa.Schema) -> Export:
    """A file of the kind that its ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return TypedFile(path, schema) if path.suffix == ".parquet" else TextFile(path, schema)


class Desk:
    """Takes work in order and does it in one other thread; who brings too much waits."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        """Works with the one thread of the executor."""
        self._executor = executor
        self._pending: deque[Future[None]] = deque()

    def do(self, work: Callable[[], None]) -> None:
        """Queues one piece of work; raises what an earlier one raised."""
        while len(self._pending) >= WAITING_BLOCKS:
            self._pending.popleft().result()
        self._pending.append(self._executor.submit(work))

    def finish(self) -> None:
        """Waits until all work is done."""
        while self._pending:
            self._pending.popleft().result()


@contextmanager
def open_desk() -> Iterator[Desk]:
    """A desk for the time of a block; everything is written when it ends."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        desk = Desk(executor)
        yield desk
        desk.finish()
