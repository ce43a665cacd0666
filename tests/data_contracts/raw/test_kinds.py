"""What a file is called and what it begins with must agree; archives and documents are told as such."""

from __future__ import annotations

from typing import Any

import pytest

from data_contracts.admission.feed_files import UnpairedFiles
from data_contracts.mapping.reading import Reading
from data_contracts.raw import RawFileError, kind_of

UNPACK = "unpack it, and put the files in it there instead (a workbook is to be named .xlsx)"
TABLES = "ask its office for the table itself"
SAVE = "open it in a spreadsheet and save it as .xlsx or as CSV in UTF-8"
NAME = "replace the file, name it by what it is, or set 'format' in its feed"
REFUSED = [
    ("a.zip", b"PK\x03\x04", "to be a table", "a ZIP archive", UNPACK),
    ("a.csv", b"PK\x03\x04", "to be a table", "a ZIP archive", UNPACK),
    ("a.csv.gz", b"\x1f\x8b\x08", "to be a table", "a gzip archive", UNPACK),
    ("a.7z", b"7z\xbc\xaf\x27\x1c", "to be a table", "a 7z archive", UNPACK),
    ("a.rar", b"Rar!\x1a\x07\x01\x00", "to be a table", "a RAR archive", UNPACK),
    ("a.tar", bytes(257) + b"ustar", "to be a table", "a tar archive", UNPACK),
    ("a.json", b"\x28\xb5\x2f\xfd", "to be a table", "a Zstandard archive", UNPACK),
    ("a.xlsx", b"\x1f\x8b\x08", "to be a table", "a gzip archive", UNPACK),
    ("a.xls", b"\xd0\xcf\x11\xe0", "to be a table", "an old or locked workbook",
     "open it and save it as .xlsx without a password"),
    ("a.csv", b"%PDF-1.7", "to be a table", "a PDF document", TABLES),
    ("a.xls", b"\xef\xbb\xbf\r\n<HTML>", "to be a table", "a web page or another document of tags", SAVE),
    ("a.xlsx", b"a,b\n", "to be a workbook (.xlsx)", "a file that begins with the bytes 61 2c 62 0a", NAME),
    ("a.xlsx", b"", "to be a workbook (.xlsx)", "an empty file", NAME),
    ("a.parquet", b"a,b\n", "to be a Parquet file", "a file that begins with the bytes 61 2c 62 0a", NAME),
    ("a.csv", b"PAR1", "to be delimited text", "a Parquet file", NAME),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected", "got", "todo"), REFUSED)
def test_a_file_that_is_no_table_of_its_kind_is_refused(
    raw_file: Any, name: str, content: bytes, expected: str, got: str, todo: str
) -> None:
    with pytest.raises(RawFileError) as caught:
        kind_of(raw_file(name, content), Reading())
    assert str(caught.value) == f"Expected {name} {expected}; got {got}. To do: {todo}."


@pytest.mark.parametrize(
    ("name", "content", "declared", "kind"),
    [
        ("a.CSV", b"a,b", None, "csv"),
        ("a.txt", b"a\tb", None, "csv"),
        ("a.xls", b"a\tb", None, "csv"),
        ("a", b"a,b", None, "csv"),
        ("a.csv", b"PK\x03\x04", "xlsx", "xlsx"),
        ("a.XLSX", b"PK\x03\x04", None, "xlsx"),
        ("a.json", b"[]", None, "json"),
        ("a.ndjson", b"{}", None, "jsonl"),
        ("a.json", b"{}", "jsonl", "jsonl"),
        ("a.pq", b"PAR1", None, "parquet"),
    ],
)
def test_the_kind_is_told_by_the_feed_or_the_name(
    raw_file: Any, name: str, content: bytes, declared: str | None, kind: str
) -> None:
    assert kind_of(raw_file(name, content), Reading(format=declared)) == kind


def test_an_archive_among_the_files_is_to_be_unpacked(town: Any) -> None:
    town.write_rows("2024.csv.GZ", [("1", "甲", "food", "2024-01-02")])
    with pytest.raises(
        UnpairedFiles, match=r"got none for \*\.csv.*To do: unpack 2024\.csv\.GZ; put the files"
    ):
        town.admit()
    town.write_rows("a.csv", [("1", "甲", "food", "2024-01-02")])
    with pytest.raises(
        UnpairedFiles, match=r"got 1 of neither: 2024\.csv\.GZ\. To do: unpack 2024\.csv\.GZ; add"
    ):
        town.admit()
    assert town.nothing_written()
