"""When to stop reading a file: most of its rows are no rows, and more than its feed may leave out.

A file of a million torn lines would be told line by line for a minute and then refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.line_faults import FAULT, FIELDS, LINE
from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.json_events import Record

# So many rows are read before a file is judged, and again before it is judged anew.
ROWS_JUDGED = 100_000
EXAMPLES_SHOWN = 3
# Above this share of faults a file is another kind of file than its feed says, whatever follows.
MOST_FAULTS = 0.5


class Judge:
    """Counts the rows of one file and its faults, and refuses it once it is hopeless."""

    def __init__(self, raw: RawFile, reject_limit: float) -> None:
        """`reject_limit` is the share of rows that the feed may leave out; with 1 nothing is hopeless."""
        self.raw = raw
        self.most = max(MOST_FAULTS, reject_limit)
        self.rows = self.faults = self.judged = 0
        self.examples: list[str] = []

    def tables(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """The same tables, up to the one with which the file is hopeless."""
        for table in tables:
            faulty = pc.is_valid(table[FAULT])
            if len(self.examples) < EXAMPLES_SHOWN:
                shown = table.select([LINE, FIELDS]).filter(faulty).slice(0, EXAMPLES_SHOWN)
                for row in shown.to_pylist():
                    self._show(row[LINE], row[FIELDS])
            self._count(table.num_rows, table.num_rows - table[FAULT].null_count)
            yield table

    def records(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records, up to the one with which the file is hopeless."""
        for record in records:
            if record.fault is not None:
                self._show(record.number, record.fault)
            self._count(1, record.fault is not None)
            yield record

    def _show(self, line: int, told: str) -> None:
        """Keeps what is wrong, without the text after it: names of persons may stand there."""
        if len(self.examples) < EXAMPLES_SHOWN:
            self.examples.append(f"line {line} ({told.split(': ', 1)[0]})")

    def _count(self, rows: int, faults: int) -> None:
        self.rows, self.faults = self.rows + rows, self.faults + faults
        if self.rows >= self.judged + ROWS_JUDGED:
            self.judged = self.rows
            self._refuse_hopeless()

    def _refuse_hopeless(self) -> None:
        if self.faults <= self.most * self.rows:
            return
        raise RawFileError(
            expected=f"at least {1 - self.most:.0%} of the first {self.rows:,} rows of {self.raw.name} "
            "to be rows of a table",
            got=f"{self.faults:,} that are none: {'; '.join(self.examples)}; the rest was not read",
            todo="open the file at these lines and replace it; 'format', 'delimiter', 'encoding', "
            "'header_line' and 'multiline' of its feed say how it is read; or raise reject_limit of the "
            "feed if these rows may be left out",
        )
