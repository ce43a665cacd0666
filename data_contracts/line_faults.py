"""What stands beside the foreign columns of a line: its place, and what is wrong before it has columns."""

from __future__ import annotations

# Names of our own columns beside the foreign ones; a header cannot hold them (raw/header.py renames).
LINE, FILE, FAULT, FIELDS = "source_line", "source_file", "source_fault", "source_fields"
POSITION = "row_position"
# What may be wrong with a line before it has columns (raw/rows.py), and what to do about it.
WRONG_FIELD_COUNT, MISPLACED_QUOTE, UNDECODABLE = "wrong_field_count", "misplaced_quote", "undecodable"
ERROR_CELL, NO_RESULT, MALFORMED_RECORD = "error_cell", "formula_without_result", "malformed_record"
FAULTS = {
    UNDECODABLE: "save the whole file in one encoding, or correct 'encoding' in its feed",
    MISPLACED_QUOTE: "close the quotation mark, double it inside a quoted cell, or set multiline = true "
    "in the feed if cells hold line ends",
    WRONG_FIELD_COUNT: "give the line as many fields as the header, and quote fields that hold the delimiter",
    ERROR_CELL: "correct the formula or value in the workbook, or write the value itself",
    NO_RESULT: "open the workbook in a spreadsheet and save it, so that results are stored with formulas",
    MALFORMED_RECORD: "correct the record in the source: one JSON object in which no name stands twice",
}
