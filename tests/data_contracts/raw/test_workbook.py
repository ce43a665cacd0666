"""A sheet becomes the text that a person reads in it, lossless, with its true row numbers."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from data_contracts.raw import RawFileError
from data_contracts.raw.workbook import number_text


def saved(book: openpyxl.Workbook) -> bytes:
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def book_of(*rows: tuple[object, ...]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    return book


def one_cell(cell: str) -> str:
    return f'<row r="1"><c t="str"><v>a</v></c></row><row r="3">{cell}</row>'


def test_a_sheet_as_an_office_sends_it(raw_file: Any, read: Any, rows: Any) -> None:
    """A title, a merged header of two lines, a blank line, and every kind of cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    book.create_sheet("说明")
    for row in (
        ("某市行政处罚公示",),
        ("名称", "金额", None, "日期", "公示"),
        (None, "万元", "笔数", None, None),
        ("甲", 1.10, 5, date(2024, 1, 2), True),
        (),
        ("乙\n丙", 33.3, 12345678901, datetime.fromisoformat("2024-01-02 03:04:05"), False),
        (" 0012 ", 1e20, -0.5, time(3, 4), None),
        (None, None, None, timedelta(hours=30, minutes=5), None),
    ):
        sheet.append(row)  # type: ignore[union-attr]
    for merged in ("A2:A3", "B2:C2"):
        sheet.merge_cells(merged)  # type: ignore[union-attr]
    kept = read(raw_file("a.xlsx", saved(book)), header_line=2, header_rows=2)
    assert kept.column_names[:5] == ["名称", "金额/万元", "金额/笔数", "日期", "公示"]
    assert rows(kept) == [
        ("甲", "1.1", "5", "2024-01-02", "TRUE", None, None, 4),
        ("乙\n丙", "33.3", "12345678901", "2024-01-02 03:04:05", "FALSE", None, None, 6),
        (" 0012 ", "100000000000000000000", "-0.5", "03:04:00", "", None, None, 7),
        ("", "", "", "30:05:00", "", None, None, 8),
    ]


def test_what_a_cell_does_not_say_is_a_fault_of_its_row(raw_file: Any, read: Any, rows: Any) -> None:
    book = book_of(("名称", "金额"), ("甲", "=1+1"), ("乙", 1), ("丙", 2, "x"), ("丁", "#REF!"), ("戊", -1))
    sheet = book.active
    assert sheet is not None
    sheet["B5"].data_type = "e"
    sheet["B6"].number_format = "yyyy-mm-dd"
    assert rows(read(raw_file("a.xlsx", saved(book)))) == [
        ("甲", "", "formula_without_result", "no stored result in cell B2: 甲", 2),
        ("乙", "1", None, None, 3),
        ("丙", "2", "wrong_field_count", "3 fields: 丙\t2\tx", 4),
        ("丁", "", "error_cell", "#REF! in cell B5: 丁", 5),
        ("戊", "", "error_cell", "-1 in cell B6: 戊", 6),
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        ('<c t="str"><f>A1</f><v>甲</v></c>', "甲"),
        ('<c t="str"><f>A1</f><v></v></c>', ""),
        ("<c><v>1.0</v></c>", "1"),
        ("<c><v>33.299999999999997</v></c>", "33.3"),
        ("<c><v>0.30000000000000004</v></c>", "0.30000000000000004"),
        ("<c><v>1E-7</v></c>", "0.0000001"),
        ("<c><v>91110000123456789</v></c>", "91110000123456789"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="d"><v>2024-01-02T00:00:00</v></c>', "2024-01-02"),
        ('<c t="s"><v>0</v></c>', "北京市"),
        ('<c t="s"><v>1</v></c>', "富文本"),
        ('<c t="s"><v>2</v></c>', "a\rb"),
        ('<c t="inlineStr"><is><r><t>一</t></r><r><t>二</t></r></is></c>', "一二"),
    ],
)
def test_the_text_of_a_cell(raw_file: Any, read: Any, foreign: Any, cell: str, text: str) -> None:
    texts = (
        "<si><t>北京市</t><rPh sb='0' eb='1'><t>ベイジン</t></rPh></si>"
        "<si><r><t>富文</t></r><r><t>本</t></r></si><si><t>a_x000D_b</t></si>"
    )
    kept = read(raw_file("a.xlsx", foreign.workbook(one_cell(cell), texts)))
    assert kept.column("a").to_pylist() == ([text] if text else [])
    assert kept.column("source_line").to_pylist() == ([3] if text else [])


@pytest.mark.parametrize(
    ("code", "serial", "text"),
    [
        ("General", 45000, "45000"),
        ("000000", 1234, "001234"),
        ('yyyy"年"m"月"d"日"', 45000, "2023-03-15"),
        ("yyyy/m/d h:mm", 45000.5, "2023-03-15 12:00:00"),
        ("[h]:mm", 1.5, "36:00:00"),
        ("0.00%", 0.05, "0.05"),
        ("[Red]#,##0.00", 1234.5, "1234.5"),
    ],
)
def test_a_number_is_read_by_its_format_where_that_changes_what_is_said(
    raw_file: Any, read: Any, code: str, serial: float, text: str
) -> None:
    book = book_of(("a",), (serial,))
    book.active["A2"].number_format = code  # type: ignore[index]
    assert read(raw_file("a.xlsx", saved(book))).column("a").to_pylist() == [text]


def test_formats_that_only_east_asian_spreadsheets_know_are_dates(
    raw_file: Any, read: Any, foreign: Any
) -> None:
    """Number 31 is yyyy年m月d日 in a Chinese spreadsheet, which writes no text for it."""
    rows = '<row r="1"><c t="str"><v>a</v></c></row><row r="2"><c s="1"><v>45000</v></c></row>'
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs></styleSheet>'
    content = foreign.workbook(rows, styles=styles)
    assert read(raw_file("a.xlsx", content)).column("a").to_pylist() == ["2023-03-15"]


def test_days_are_counted_from_1904_where_the_workbook_says_so(raw_file: Any, read: Any) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (("a",), (date(2024, 1, 2),)):
        book.active.append(row)  # type: ignore[union-attr]
    assert read(raw_file("a.xlsx", saved(book))).column("a").to_pylist() == ["2024-01-02"]


def test_the_sheet_is_the_declared_one_or_the_first_that_is_seen_and_filled(raw_file: Any, read: Any) -> None:
    book = openpyxl.Workbook()
    hidden, shown = book.create_sheet("草稿"), book.create_sheet("处罚 ")
    hidden.sheet_state = "hidden"
    for sheet, name in ((hidden, "x"), (shown, "y")):
        sheet.append((name,))
        sheet.append((1,))
    raw = raw_file("a.xlsx", saved(book))
    assert read(raw).column_names[0] == "y"
    assert read(raw, sheet="草稿").column_names[0] == "x"
    assert read(raw, sheet="处罚").column_names[0] == "y"
    with pytest.raises(
        RawFileError, match=r"a sheet '处方' in a\.xlsx; got 'Sheet', '草稿', '处罚 '.*correct 'sheet'"
    ):
        read(raw, sheet="处方")


def test_rows_out_of_order_are_refused(raw_file: Any, read: Any, foreign: Any) -> None:
    rows = foreign.row(1, "a") + foreign.row(3, "b") + foreign.row(2, "c")
    with pytest.raises(RawFileError, match="row 2 after row 3 in sheet 'S'"):
        read(raw_file("a.xlsx", foreign.workbook(rows)))


def test_a_workbook_without_a_filled_cell_is_refused(raw_file: Any, read: Any) -> None:
    with pytest.raises(
        RawFileError, match=r"Expected a\.xlsx to hold a table; got a workbook without a filled"
    ):
        read(raw_file("a.xlsx", saved(openpyxl.Workbook())))


@pytest.mark.parametrize(
    ("written", "text"),
    [("5", "5"), ("-5.0", "-5"), ("1E3", "1000"), ("1.5e-3", "0.0015"), ("100.10", "100.1"), ("0.0", "0")],
)
def test_a_number_is_written_as_a_person_writes_it(written: str, text: str) -> None:
    assert number_text(written) == text
