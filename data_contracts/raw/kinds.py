"""Which kind of table a file holds, told by its feed or its name and held against its first bytes."""

from __future__ import annotations

from data_contracts.mapping.reading import Reading
from data_contracts.raw.files import RawFile, RawFileError

_BY_SUFFIX = {
    ".parquet": "parquet", ".pq": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".json": "json", ".geojson": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
UNPACK = "unpack it, and put the files in it there instead"
_ZIP, _PARQUET = b"PK\x03\x04", b"PAR1"
_ARCHIVES = {
    _ZIP: "a ZIP archive",
    b"PK\x05\x06": "a ZIP archive",
    b"PK\x07\x08": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}
_OTHERS = {
    b"\xd0\xcf\x11\xe0": ("an old or locked workbook", "open it and save it as .xlsx without a password"),
    b"%PDF": ("a PDF document", "ask its office for the table itself"),
    b"\x89PNG": ("a picture", "ask its office for the table itself"),
    b"\xff\xd8\xff": ("a picture", "ask its office for the table itself"),
    b"SQLite format 3": ("a database", "export its tables as CSV in UTF-8 or as Parquet"),
}  # fmt: skip
_WORDS = {
    "csv": "delimited text", "parquet": "a Parquet file", "xlsx": "a workbook (.xlsx)", "json": "JSON",
    "jsonl": "lines of JSON",
}  # fmt: skip
_TAR_MARK, _TAR_PLACE = b"ustar", 257
_WEB_PAGE = (b"<!doctype", b"<html", b"<table", b"<?xml")
_ARCHIVE_SUFFIXES = (".zip", ".gz", ".tgz", ".7z", ".rar", ".tar", ".bz2", ".xz", ".zst")


def kind_of(raw: RawFile, reading: Reading) -> str:
    """One of reading.FORMATS; refuses archives, documents, and files that begin unlike their kind."""
    kind = reading.format or _BY_SUFFIX.get(raw.path.suffix.lower(), "csv")
    with raw.path.open("rb") as stream:
        head = stream.read(512)
    if kind == "xlsx" and head.startswith(_ZIP):
        return kind
    _refuse_archive(raw, head)
    for mark, (what, todo) in _OTHERS.items():
        if head.startswith(mark):
            raise RawFileError(expected=f"{raw.name} to be a table", got=what, todo=todo)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
        raise RawFileError(
            expected=f"{raw.name} to be a table",
            got="a web page or another document of tags",
            todo="open it in a spreadsheet and save it as .xlsx or as CSV in UTF-8",
        )
    if kind == "xlsx" or (kind == "parquet") != head.startswith(_PARQUET):
        raise RawFileError(
            expected=f"{raw.name} to be {_WORDS[kind]}",
            got=_beginning(head),
            todo="replace the file, name it by what it is, or set 'format' in its feed",
        )
    return kind


def is_archive_name(name: str) -> bool:
    """True for the name of a file that packs others."""
    return name.lower().endswith(_ARCHIVE_SUFFIXES)


def _beginning(head: bytes) -> str:
    if head.startswith(_PARQUET):
        return "a Parquet file"
    return f"a file that begins with the bytes {head[:8].hex(' ')}" if head else "an empty file"


def _refuse_archive(raw: RawFile, head: bytes) -> None:
    found = [what for mark, what in _ARCHIVES.items() if head.startswith(mark)]
    if head[_TAR_PLACE:].startswith(_TAR_MARK):
        found.append("a tar archive")
    if found:
        raise RawFileError(
            expected=f"{raw.name} to be a table",
            got=f"{found[0]}",
            todo=f"{UNPACK} (a workbook is to be named .xlsx)",
        )
