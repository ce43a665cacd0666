"""The first rows of a file as they stand: no line of them is taken for names of columns yet."""

from __future__ import annotations

import csv
from itertools import islice

from data_contracts.mapping.reading import Reading
from data_contracts.raw.delimited import DELIMITERS
from data_contracts.raw.files import RawFile
from data_contracts.raw.kinds import kind_of
from data_contracts.raw.lines import LongLineError, evidence_of, lines_of
from data_contracts.raw.workbook import sheet_rows
from data_contracts.raw.workbook_parts import read_book
from data_contracts.raw.xml_parts import BROKEN, Parts

Rows = dict[int, list[str]]  # by the number of their line


def first_rows(raw: RawFile, reading: Reading, most: int) -> Rows:
    """Up to `most` rows by line; none of a file whose columns have names of their own, or that is damaged."""
    kind = kind_of(raw, reading)
    try:
        if kind == "xlsx":
            return _of_workbook(raw, most)
        return _of_text(raw, most) if kind == "csv" else {}
    except (*BROKEN, LongLineError, UnicodeError, csv.Error):
        return {}  # Whoever reads the whole file says what is wrong.


def _of_text(raw: RawFile, most: int) -> Rows:
    encoding = evidence_of(raw.path).encoding
    if encoding is None:
        return {}
    lines = list(islice(lines_of(raw.path, encoding), most))
    text = "".join(line.text for line in lines)
    delimiter = max(DELIMITERS, key=text.count)
    return {line.number: next(csv.reader([line.text], delimiter=delimiter), []) for line in lines}


def _of_workbook(raw: RawFile, most: int) -> Rows:
    with Parts(raw.path) as parts:
        book = read_book(parts)
        for sheet in book.sheets:
            rows = islice(sheet_rows(parts, book, sheet), most)
            found = {row.number: row.texts() for row in rows} if sheet.visible else {}
            if found:
                return found
    return {}
