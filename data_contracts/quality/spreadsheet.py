"""Cells and names as a spreadsheet and a file system may safely take them: SQL text and plain text only."""

from __future__ import annotations

import re
import unicodedata

from data_contracts.admission.formula_cells import formula_sql

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Excel reads UTF-8 only behind it
MOST_ROWS = 1_000_000  # a sheet of Excel ends at 1,048,576
LONGEST_CELL = 1_000
LONGEST_NAME = 60
_CONTROLS = r"[\x00-\x08\x0B\x0C\x0E-\x1F]"
_ROUNDED = r"[0-9]{16,}"  # of longer numbers Excel keeps fifteen digits
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")


def safe_cell_sql(expression: str) -> str:
    """The text of a cell without controls, behind an apostrophe if a sheet would run or round it."""
    text = f"left(regexp_replace(CAST({expression} AS VARCHAR), '{_CONTROLS}', '', 'g'), {LONGEST_CELL})"
    return (
        f"CASE WHEN {formula_sql(text)} OR regexp_full_match({text}, '{_ROUNDED}') "
        f"THEN chr(39) || {text} ELSE {text} END"
    )


def file_name(words: str) -> str:
    """A file name of any words: no folder, no reserved name, nothing hidden, not too long."""
    name = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", words)).strip(" .-")[:LONGEST_NAME].strip(" .-")
    return f"{name}-" if _RESERVED.fullmatch(name) or not name else name
