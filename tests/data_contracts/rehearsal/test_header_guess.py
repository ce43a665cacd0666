"""Which lines are column names: titles and merged cells above them are passed, no row of data is taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest

from data_contracts.mapping.cell_looks import looks_like_persons, looks_like_row, looks_like_value, masked
from data_contracts.mapping.reading import Reading
from data_contracts.raw import RawFile
from data_contracts.rehearsal.header_guess import NoHeaderError, guess_header

CODE = "92320100MA01AAAA50"


@pytest.fixture
def lines_of_names(town: Any) -> Callable[..., tuple[int, int]]:
    """Where the names of a CSV file with these lines are guessed to stand, and in how many lines."""

    def guess(*lines: str) -> tuple[int, int]:
        town.write("a.csv", "\n".join(lines) + "\n")
        found = guess_header(RawFile(path=town.raw / "a.csv", name="a.csv", digest=""), Reading())
        return found.header_line, found.header_rows

    return guess


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["编号,企业名称,处罚日期", "1,甲店,2024-01-02"], (1, 1)),
        (["编号,企业名称,处罚日期"], (1, 1)),
        (["a,b", "1,2"], (1, 1)),
        (
            ["某市处罚汇总表,,", "填报日期：2025年1月10日,,", "编号,企业名称,处罚日期", "1,甲店,2024-01-02"],
            (3, 1),
        ),
        (["序号,检查对象,,检查人员,", ",名称,信用代码,主检,协检", f"1,甲店,{CODE},李甲,王乙"], (1, 2)),
        (["汇总表,,", "序号,对象,", ",基本信息,", ",名称,信用代码", f"1,甲店,{CODE}"], (2, 3)),
        (["企业名称,检查结果", "甲店,合格", "乙店,合格"], (1, 1)),
        (["", "编号,企业名称", "1,甲店"], (2, 1)),
    ],
)
def test_names_are_found_below_titles_and_over_several_lines(
    lines_of_names: Any, lines: list[str], found: tuple[int, int]
) -> None:
    assert lines_of_names(*lines) == found


@pytest.mark.parametrize(
    "lines",
    [
        [f"1,清河食品有限公司,{CODE},2024-01-02", f"2,清河餐饮有限公司,{CODE},2024-01-03"],
        ["甲,合格", "乙,合格", "丙,合格", "甲,合格"],
        ["李某,张三,王五", "王某,李四,赵六", "张某,王五,李四"],
    ],
)
def test_no_row_of_data_is_taken_for_names_and_none_is_shown(lines_of_names: Any, lines: list[str]) -> None:
    with pytest.raises(NoHeaderError) as refusal:
        lines_of_names(*lines)
    assert str(refusal.value).startswith(
        "Expected a line of column names among the first 15 lines of a.csv; got none that can be told from "
        "values (letters shown as x, digits as 9): line 1: "
    )
    assert "--header-line 3 (and --header-rows 2 where they take two lines)" in str(refusal.value)
    assert [
        cell for line in lines for cell in line.split(",") if len(cell) > 1 and cell in str(refusal.value)
    ] == []


def test_merged_cells_of_a_workbook_are_one_header(town: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["2024年度双随机检查结果汇总表"],
        ["填报单位：某市市场监督管理局        填报日期：2025年1月10日"],
        ["序号", "检查对象", None, "检查情况", None, "检查人员", None, "备注"],
        [None, "名称", "统一社会信用代码", "检查日期", "检查结果", "主检", "协检", None],
        [1, "清河食品有限公司", CODE, date(2024, 1, 2), "合格", "李甲", "王乙", None],
        ["合计", None, None, None, "1家", None, None, None],
    ):
        sheet.append(row)
    for cells in ("A1:H1", "A2:H2", "A3:A4", "B3:C3", "D3:E3", "F3:G3", "H3:H4"):
        sheet.merge_cells(cells)
    book.save(town.raw / "检查台账.xlsx")
    raw = RawFile(path=town.raw / "检查台账.xlsx", name="检查台账.xlsx", digest="")
    assert guess_header(raw, Reading()) == Reading(header_line=3, header_rows=2)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.xlsx", "a.csv"])
def test_a_file_with_names_of_its_own_or_a_damaged_one_is_left_to_its_reader(
    town: Any, parquet: Any, name: str
) -> None:
    if name == "a.parquet":
        parquet(town.raw / name, {"a": [1]})
    else:
        content = {"a.jsonl": b'{"a": 1}\n', "a.xlsx": b"PK\x03\x04 no archive", "a.csv": b"\x00\x01\x02"}
        (town.raw / name).write_bytes(content[name])
    assert guess_header(RawFile(path=town.raw / name, name=name, digest=""), Reading()) == Reading()


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-02",
        "2024年1月2日",
        "20240102",
        "1",
        "-2.5",
        "1,000.00",
        "5%",
        CODE,
        "清河食品有限公司",
        "13/1/2024",
        "13812345678",
        '{"name":"x"',
        '"idNo":"1"',
        "浙市监处罚2024000001号",
    ],
)
def test_values_are_told_from_headings(cell: str) -> None:
    assert looks_like_value(cell)
    assert looks_like_row(["企业名称", cell])


@pytest.mark.parametrize(
    "cell", ["企业名称", "CF_XDR_SHXYM", "有效期至", "12315类别", "代码(GB/T 2260)", "", "a", "法人"]
)
def test_headings_are_no_values(cell: str) -> None:
    assert not looks_like_value(cell)


def test_persons_are_told_by_surnames_telephones_and_identity_numbers() -> None:
    assert looks_like_persons(["李某", "王小明", "张三"])
    assert looks_like_persons(["13812345678", "139****1234"])
    assert looks_like_persons(["11010119800101123X"])
    assert not looks_like_persons(["合格", "不合格", "王某"])
    assert not looks_like_persons(["", "/"])


def test_a_masked_cell_keeps_its_shape_only() -> None:
    assert (masked("王某 2024-1"), masked("a" * 30)) == ("xx 9999-9", "x" * 16 + "…")
