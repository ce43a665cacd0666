"""Workbooks (.xlsx) as they come: one sheet becomes Parquet of plain text, row by row, with true row numbers.

Read in a stream of our own: openpyxl keeps every shared text as an object, every row as a tree, and tells a
formula without a stored result from an empty cell only where it tells no results.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path

from openpyxl.utils.cell import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from data_contracts.line_faults import ERROR_CELL, NO_RESULT
from data_contracts.mapping.reading import Reading
from data_contracts.near_names import near
from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.header import names_of
from data_contracts.raw.hopeless import Judge
from data_contracts.raw.kinds import UNPACK
from data_contracts.raw.lines import LONGEST_LINE
from data_contracts.raw.rows import SHOWN_CHARACTERS, Layout, Row, shaped
from data_contracts.raw.text_table import schema_of, tables_of, write_tables
from data_contracts.raw.workbook_parts import (
    LONGEST_CELL,
    Book,
    Format,
    OtherArchiveError,
    Sheet,
    plain_text,
    read_book,
)
from data_contracts.raw.xml_parts import BROKEN, BrokenPartError, Parts

LARGEST_SHEET = 1 << 32
MOST_ROWS, MOST_CELLS = 1 << 20, 1 << 14  # of any spreadsheet
_BETWEEN = "\t"
_PLACE = re.compile(r"([A-Z]{1,3})[0-9]+")
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_PLAIN = Format()


@dataclass(slots=True)
class SheetRow:
    """The filled cells of a row by column; `fault` is the kind and place of the first that says nothing."""

    number: int
    cells: dict[int, str]
    fault: tuple[str, str] | None = None

    def texts(self) -> list[str]:
        """The cells from the first column to the last that is filled."""
        return [self.cells.get(place, "") for place in range(1, max(self.cells, default=0) + 1)]


def workbook_to_parquet(raw: RawFile, reading: Reading, target: Path, judge: Judge) -> int:
    """Writes a sheet as Parquet of text columns with row numbers; returns the number of rows."""
    try:
        with Parts(raw.path) as parts:
            book = read_book(parts)
            rows = _rows_of_sheet(parts, book, raw, reading)
            header, first = _header(rows, reading)
            names = names_of(raw, [row.texts() for row in header])
            schema = schema_of(names)
            layout = Layout(width=len(names), delimiter=_BETWEEN, multiline=False)
            below = (_row(row, layout) for row in chain(first, rows))
            return write_tables(judge.tables(tables_of(below, schema)), schema, target)
    except OtherArchiveError as cause:
        raise RawFileError(
            expected=f"{raw.name} to be a workbook (.xlsx)", got="an archive of other files", todo=UNPACK
        ) from cause
    except BROKEN as cause:
        raise RawFileError(
            expected=f"{raw.name} to be a workbook (.xlsx) that can be read to its end",
            got=_told(cause),
            todo="open it in a spreadsheet, save it anew and replace the file",
        ) from cause


def _told(cause: BaseException) -> str:
    """What is wrong: our own words, or what a library says on one line."""
    said = " ".join(str(cause).split())
    return said if isinstance(cause, BrokenPartError) else f"damage ({said or type(cause).__name__})"[:200]


def _rows_of_sheet(parts: Parts, book: Book, raw: RawFile, reading: Reading) -> Iterator[SheetRow]:
    """The filled rows of the sheet that the feed names, or of the first visible one that has any."""
    if reading.sheet is not None:
        names = [sheet.name for sheet in book.sheets]
        chosen = next((sheet for sheet in book.sheets if sheet.name.strip() == reading.sheet.strip()), None)
        if chosen is None:
            raise RawFileError(
                expected=f"a sheet {reading.sheet!r} in {raw.name}",
                got=f"{', '.join(map(repr, names)) or 'none'}{near(reading.sheet, names)}",
                todo="correct 'sheet' in its feed",
            )
        return sheet_rows(parts, book, chosen)
    for sheet in book.sheets:
        rows = sheet_rows(parts, book, sheet)
        if sheet.visible and (first := next(rows, None)):
            return chain([first], rows)
    raise RawFileError(
        expected=f"{raw.name} to hold a table",
        got="a workbook without a filled cell",
        todo="replace the file, or list it under [ignored]",
    )


def _header(rows: Iterator[SheetRow], reading: Reading) -> tuple[list[SheetRow], list[SheetRow]]:
    """The rows of column names, and the row below them if it was read already."""
    header: list[SheetRow] = []
    for row in rows:
        if row.number >= reading.header_line + reading.header_rows:
            return header, [row]
        if row.number >= reading.header_line:
            header.append(row)
    return header, []


def _row(row: SheetRow, layout: Layout) -> Row:
    cells = row.texts()
    if row.fault:
        kind, place = row.fault
        return Row(row.number, cells, kind, f"{place}: {_BETWEEN.join(cells)}"[:SHOWN_CHARACTERS])
    return shaped(row.number, cells + [""] * (layout.width - len(cells)), layout)


def sheet_rows(parts: Parts, book: Book, sheet: Sheet) -> Iterator[SheetRow]:
    """Every row with a filled cell, in order."""
    reader = _SheetReader(book)
    number, unread = 0, 0
    for _ in parts.walk(sheet.part, reader, largest=LARGEST_SHEET):
        for row in reader.taken():
            if row.number <= number:
                raise BrokenPartError(f"row {row.number} after row {number} in sheet {sheet.name!r}")
            number, unread = row.number, 0
            if row.cells or row.fault:
                yield row
        if reader.ended:
            return
        unread += 1
        if unread > LONGEST_LINE >> 14:  # Pieces of 64 KiB: four times as much as a row may hold.
            raise BrokenPartError(f"a row longer than {LONGEST_LINE:,} characters in sheet {sheet.name!r}")


class _SheetReader:
    """Listens to the tags of a sheet and keeps the rows that have ended."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._epoch = CALENDAR_MAC_1904 if book.from_1904 else CALENDAR_WINDOWS_1900
        self._rows: list[SheetRow] = []
        self._row: SheetRow | None = None
        self._last_row = self._column = self._length = 0
        self._cell: dict[str, str] | None = None
        self._open: list[str] = []
        self._pieces: list[str] = []
        self._formula = False
        self.ended = False

    def taken(self) -> list[SheetRow]:
        """The rows that ended since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A row or cell opens."""
        self._open.append(tag)
        if tag == "row":
            self._last_row = int(attributes.get("r", self._last_row + 1))
            if not 1 <= self._last_row <= MOST_ROWS:
                raise BrokenPartError(f"a row numbered {self._last_row:,}, beyond any spreadsheet")
            self._row, self._column, self._length = SheetRow(self._last_row, {}), 0, 0
        elif tag == "c" and self._row:
            self._cell, self._pieces, self._formula = attributes, [], False
            found = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = column_index_from_string(found[1]) if found else self._column + 1
            if self._column > MOST_CELLS:
                raise BrokenPartError(f"a cell in column {self._column:,}, beyond any spreadsheet")
        elif tag == "f":
            self._formula = True

    def end(self, tag: str) -> None:
        """A row or cell is complete."""
        self._open.pop()
        if tag == "c" and self._row and self._cell is not None:
            self._finish_cell(self._row, self._cell, "".join(self._pieces))
            self._cell = None
        elif tag == "row" and self._row:
            self._rows.append(self._row)
            self._row = None
        elif tag == "sheetData":
            self.ended = True

    def text(self, text: str) -> None:
        """Some of a cell's value; the text of its formula is none."""
        inside = self._cell is not None and self._open[-1] in ("v", "t") and "rPh" not in self._open
        if inside:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > LONGEST_LINE:
                raise BrokenPartError(f"a row longer than {LONGEST_LINE:,} characters")

    def _finish_cell(self, row: SheetRow, cell: dict[str, str], value: str) -> None:
        kind = cell.get("t", "n")
        place = f"{get_column_letter(self._column)}{row.number}"
        if kind == "e":
            row.fault = row.fault or (ERROR_CELL, f"{value} in cell {place}")
        elif self._formula and not value and kind != "str":
            row.fault = row.fault or (NO_RESULT, f"no stored result in cell {place}")
        elif value:
            text = self._said(kind, value, cell)
            if text is None:
                row.fault = row.fault or (ERROR_CELL, f"{value} in cell {place}")
            elif text.strip():
                row.cells[self._column] = text

    def _said(self, kind: str, value: str, cell: dict[str, str]) -> str | None:
        """The text that a person reads in a cell; None for a number that no spreadsheet shows."""
        if kind == "s":
            text = self._book.texts[int(value)]
        elif kind in ("str", "inlineStr"):
            text = plain_text(value)
        elif kind == "b":
            text = "TRUE" if value.strip() == "1" else "FALSE"
        elif kind == "d":
            text = value.removesuffix("T00:00:00").replace("T", " ")
        else:
            return self._number(value.strip(), int(cell.get("s", "0")))
        if len(text) > LONGEST_CELL:
            raise BrokenPartError(f"a cell longer than {LONGEST_CELL:,} characters")
        return text

    def _number(self, value: str, style: int) -> str | None:
        if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
            return None
        shown = self._book.formats[style] if style < len(self._book.formats) else _PLAIN
        if shown.date:
            return self._day(float(value), shown)
        text = number_text(value)
        return text.zfill(shown.digits) if shown.digits and _INTEGER.fullmatch(text) else text

    def _day(self, serial: float, shown: Format) -> str | None:
        if serial < 0 and not shown.duration:
            return None
        try:
            moment = from_excel(serial, self._epoch, timedelta=shown.duration)
        except (ValueError, OverflowError):
            return None
        if isinstance(moment, timedelta):
            seconds = round(moment.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if isinstance(moment, datetime):
            return moment.date().isoformat() if moment.time() == time() else moment.isoformat(sep=" ")
        return moment.isoformat() if moment is not None else None


def number_text(value: str) -> str:
    """A number as a person writes it: 33.299999999999997 is 33.3, no ".0" and no exponent, nothing lost."""
    if _INTEGER.fullmatch(value):
        return value
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
