"""Raw files as foreign offices and hostile strangers write them, and the one door that reads them."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.mapping.reading import Reading
from data_contracts.raw import RawFile, text_to_parquet

Read = Callable[..., pa.Table]
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET, TEXTS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"


def book_parts(rows: str, texts: str, styles: str) -> dict[str, bytes]:
    """The parts of the smallest workbook with these rows, shared texts and styles, as XML."""
    kinds = (
        ("worksheet", "worksheets/sheet1.xml"),
        ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
    )
    relations = "".join(
        f'<Relationship Id="r{place}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(kinds, start=1)
    )
    root = f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    sheets = '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{root}</Relationships>',
        BOOK: f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>',
        TEXTS: f'<sst xmlns="{SPREADSHEET}">{texts}</sst>',
        "xl/styles.xml": styles,
        SHEET: f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return {name: text.encode() for name, text in parts.items()}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A deflated archive of parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def workbook(rows: str = "", texts: str = "", styles: str = "<styleSheet/>", **changed: bytes) -> bytes:
    """A workbook of rows and texts as XML; `changed` gives another sheet, shared texts or book."""
    names = {"sheet": SHEET, "shared": TEXTS, "book": BOOK}
    return zipped(
        {**book_parts(rows, texts, styles), **{names[key]: content for key, content in changed.items()}}
    )


def row(number: int, *cells: str) -> str:
    """A row of texts, as XML."""
    inner = "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inner}</row>'


def lying(archive: bytes, claimed: int) -> bytes:
    """The archive with another unpacked size of every part in its directory."""
    found, changed = archive.find(b"PK\x01\x02"), bytearray(archive)
    while found >= 0:
        struct.pack_into("<L", changed, found + 24, claimed)
        found = archive.find(b"PK\x01\x02", found + 4)
    return bytes(changed)


def damaged(content: bytes, seed: int) -> bytes:
    """The bytes with a tenth, fifty, five or one of them made random; some seeds spare the first four."""
    rng = random.Random(seed)
    changed = bytearray(content)
    count = (len(content) // 10, 50, 5, 1)[seed % 4]
    for _ in range(count):
        changed[rng.randrange(4 if seed % 8 < 4 else 0, len(content))] = rng.randrange(256)
    return bytes(changed)


@pytest.fixture
def raw_file(tmp_path: Path) -> Callable[[str, bytes | str], RawFile]:
    def write(name: str, content: bytes | str) -> RawFile:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return RawFile(path=path, name=name, digest="")

    return write


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The table of a raw file as it is kept: foreign columns, fault, its text, line."""

    def table(raw: RawFile, **reading: object) -> pa.Table:
        target = tmp_path / "kept.parquet"
        rows = text_to_parquet(raw, Reading(**reading), target)  # type: ignore[arg-type]
        kept = pq.read_table(target)
        assert kept.num_rows == rows
        return kept

    return table


@pytest.fixture
def rows() -> Callable[[pa.Table], list[tuple[object, ...]]]:
    return lambda table: [tuple(row.values()) for row in table.to_pylist()]


@pytest.fixture
def foreign() -> SimpleNamespace:
    """The makers of foreign files."""
    return SimpleNamespace(
        SPREADSHEET=SPREADSHEET, damaged=damaged, lying=lying, row=row, workbook=workbook, zipped=zipped
    )
