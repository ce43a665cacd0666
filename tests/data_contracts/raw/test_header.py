"""Names of columns: joined over several lines, distinct, and never ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data_contracts.raw import RawFile, RawFileError
from data_contracts.raw.header import names_of

RAW = RawFile(path=Path("a.csv"), name="a.csv", digest="")


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([["a", " b ", "\ufeff'c'"]], ["a", "b", "c"]),
        ([["a", "A", "", "a", ""]], ["a", "A_2", "column_3", "a_3"]),
        ([["source_line", "row_text"]], ["source_line_2", "row_text_2"]),
        ([["金额", "", "名称"], ["万元", "笔数", ""]], ["金额/万元", "金额/笔数", "名称"]),
        ([["名称", "金额"], ["名称", "", "备注"]], ["名称", "金额", "金额/备注"]),
        ([["主体", "", "处罚", ""], ["", "", "金额", ""], ["名称", "代码", "万元", "日期"]],
         ["主体/名称", "主体/代码", "处罚/金额/万元", "处罚/金额/日期"]),
        ([["甲", "", "乙", ""], ["一", "", "", ""], ["x", "y", "z", "w"]],
         ["甲/一/x", "甲/一/y", "乙/z", "乙/w"]),
        ([["名称", "", "备注"], ["", "", ""]], ["名称", "column_2", "备注"]),
    ],
)  # fmt: skip
def test_names_of_a_header(lines: list[list[str]], names: list[str]) -> None:
    assert names_of(RAW, lines) == names


@pytest.mark.parametrize("lines", [[], [[]], [["", " "]]])
def test_a_header_that_names_nothing_is_refused(lines: list[list[str]]) -> None:
    with pytest.raises(
        RawFileError, match=r"Expected a\.csv to begin with a line of column names; got no name\. To"
    ):
        names_of(RAW, lines)


def test_a_header_of_two_lines_below_a_title(raw_file: Any, read: Any, rows: Any) -> None:
    raw = raw_file("a.csv", "某市处罚公示\n金额,,名称\n万元,笔数,\n1.5,2,甲\n\n3,4,乙\n")
    kept = read(raw, header_line=2, header_rows=2)
    assert kept.column_names[:3] == ["金额/万元", "金额/笔数", "名称"]
    assert rows(kept) == [("1.5", "2", "甲", None, None, 4), ("3", "4", "乙", None, None, 6)]
