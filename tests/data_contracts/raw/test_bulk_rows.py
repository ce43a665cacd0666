"""Bulk reading answers what the strict reader answers, row by row, for any bytes in any pieces."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_contracts.raw import lines
from data_contracts.raw.bulk_rows import bulk_tables
from data_contracts.raw.lines import lines_of
from data_contracts.raw.rows import Layout, rows_of
from data_contracts.raw.text_table import schema_of, tables_of

WORDS = (
    b"a", b",", b"|", b'"', b" ", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x80", b"a,b\n",
    b"NA", "食".encode(), "食品".encode("gbk"), "院".encode("gbk"), "\u2028".encode(), "\x85".encode(),
    b"1,2\r\n", "\ufffd".encode(), "𠮷".encode("gb18030"), "|".encode("gb18030"), b"\x81|", b"\\",
)  # fmt: skip


def strict(path: Path, encoding: str, first_line: int, layout: Layout) -> list[dict[str, object]]:
    schema = schema_of([f"c{place}" for place in range(layout.width)])
    below = islice(lines_of(path, encoding), first_line - 1, None)
    return listed(list(tables_of(rows_of(below, layout), schema)), schema)


def bulk(
    path: Path, encoding: str, first_line: int, layout: Layout, *, mixed: bool
) -> list[dict[str, object]]:
    schema = schema_of([f"c{place}" for place in range(layout.width)])
    tables = bulk_tables(path, encoding, mixed=mixed, first_line=first_line, layout=layout, schema=schema)
    return listed(list(tables), schema)


def listed(tables: list[pa.Table], schema: pa.Schema) -> list[dict[str, object]]:
    assert all(table.schema == schema for table in tables)
    return [row for table in tables for row in table.to_pylist()]


@settings(deadline=None, max_examples=300)
@given(
    words=st.lists(st.sampled_from(WORDS), max_size=60),
    encoding=st.sampled_from(["utf-8", "gb18030", "gbk", "latin-1"]),
    width=st.integers(1, 3),
    delimiter=st.sampled_from(",|"),
    first_line=st.integers(2, 4),
    chunk=st.sampled_from([1, 3, 7, 1 << 20]),
)
@example(words=[b"\xef\xbb\xbf", b"a\n"], encoding="utf-8", width=1, delimiter=",", first_line=2, chunk=1)
@example(words=["食\n".encode()] * 3, encoding="gbk", width=1, delimiter=",", first_line=2, chunk=1 << 20)
def test_bulk_and_strict_reading_agree(
    words: list[bytes], encoding: str, width: int, delimiter: str, first_line: int, chunk: int
) -> None:
    layout = Layout(width=width, delimiter=delimiter, multiline=False)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "a.csv"
        path.write_bytes(b"".join(words))
        patch.setattr(lines, "CHUNK_BYTES", chunk)
        assert bulk(path, encoding, first_line, layout, mixed=True) == strict(
            path, encoding, first_line, layout
        )


@settings(deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=60))
def test_a_file_whose_lines_agree_on_its_encoding_needs_no_second_look(words: list[bytes]) -> None:
    layout = Layout(width=2, delimiter=",", multiline=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(b"a,b\n" + b"".join(words))
        encoding, mixed = lines.evidence_of(path)
        if encoding is not None and not lines.is_wide(encoding):
            assert bulk(path, encoding, 2, layout, mixed=mixed) == strict(path, encoding, 2, layout)


def test_odd_lines_among_plain_ones_keep_their_place(tmp_path: Path) -> None:
    rows = [f"{number},甲" for number in range(1, 2001)]
    rows[500], rows[1000], rows[1500] = '501,"甲, 乙"', "", "1501"
    (tmp_path / "a.csv").write_bytes("\n".join(rows).encode())
    layout = Layout(width=2, delimiter=",", multiline=False)
    found = bulk(tmp_path / "a.csv", "utf-8", 1, layout, mixed=False)
    assert [row["source_line"] for row in found] == [n for n in range(1, 2001) if n != 1001]
    assert found[500]["c1"] == "甲, 乙"
    assert [row["source_line"] for row in found if row["source_fault"]] == [1501]
