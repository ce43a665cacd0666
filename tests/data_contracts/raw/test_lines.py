"""The encoding of a file follows the evidence of its lines; a line that does not fit is told, not garbled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_contracts.raw import RawFileError, lines
from data_contracts.raw.lines import evidence_of, lines_of

Rows = Callable[..., list[dict[str, Any]]]
UTF_8 = ["食品安全,1", "公司名称,2", "消费投诉,3"]


def written(folder: Path, *lines: bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def latin(town: Any) -> Any:
    text = town.letters().text
    for ours, theirs in (("编号", "id"), ("主体", "who"), ("事项", "topic"), ("日期", "day")):
        text = text.replace(ours, theirs)
    return town.mapping(text)


def test_one_gbk_row_does_not_garble_a_file_of_utf_8(town: Any, rows_of: Rows, rejected_of: Rows) -> None:
    """Valid GB18030 from end to end, as UTF-8 often is: it must not be read so for the sake of one row."""
    lines = [b"id,who,topic,day", "1,E1,食品安全,2024-01-02".encode(), "2,E2,食品安全,2024-01-02".encode()]
    content = b"\n".join([*lines, "3,E3,食品安全,2024-01-02".encode("gbk")])
    assert content.decode("gb18030")
    (town.raw / "a.csv").write_bytes(content)
    outcome = town.admit(latin(town))
    assert outcome.report.totals == (3, 2, 1, 0)
    assert {row["topic"] for row in rows_of(outcome, "complaints")} == {"食品安全"}
    (row,) = rejected_of(outcome, "complaints")
    assert (row["line"], row["reason"]) == (4, "undecodable")
    assert row["value"] == "not utf-8: 3,E3,食品安全,2024-01-02"
    assert "save the whole file in one encoding" in row["todo"]


def test_one_utf_8_row_is_not_garbled_in_a_file_of_gbk(town: Any, rows_of: Rows, rejected_of: Rows) -> None:
    lines = ["编号,主体,事项,日期", *(f"{n},甲,食品安全,2024-01-02" for n in range(1, 5))]
    content = [line.encode("gbk") for line in lines] + ["9,乙,食品安全,2024-01-02".encode()]
    (town.raw / "a.csv").write_bytes(b"\r\n".join(content))
    outcome = town.admit()
    assert outcome.report.totals == (5, 4, 1, 0)
    assert {row["topic"] for row in rows_of(outcome, "complaints")} == {"食品安全"}
    (row,) = rejected_of(outcome, "complaints")
    assert (row["line"], row["reason"]) == (6, "undecodable")
    assert row["value"] == "not gb18030: 9,乙,食品安全,2024-01-02"


def test_column_names_in_another_encoding_than_the_rows_are_refused(town: Any) -> None:
    rows = [f"{n},甲,食品安全,2024-01-02".encode() for n in range(1, 5)]
    (town.raw / "a.csv").write_bytes(b"\n".join(["编号,主体,事项,日期".encode("gbk"), *rows]))
    with pytest.raises(
        RawFileError, match=r"column names of a\.csv \(line 1\) to be text in utf-8; got a line"
    ):
        town.admit()
    assert town.nothing_written()


def test_a_declared_encoding_rejects_the_lines_that_do_not_fit(town: Any, rejected_of: Rows) -> None:
    rows = [b"1,\xff\xff,food,2024-01-02", "2,甲,food,2024-01-02".encode("gbk")]
    (town.raw / "a.csv").write_bytes(b"\n".join(["编号,主体,事项,日期".encode("gbk"), *rows]))
    text = town.letters().text.replace("reject_limit", 'encoding = "gbk"\nreject_limit')
    (row,) = rejected_of(town.admit(town.mapping(text)), "complaints")
    assert (row["line"], row["value"]) == (2, "not gbk: 1,\\xff\\xff,food,2024-01-02")


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        ([b"a,b", b"1,2"], "utf-8"),
        ([line.encode() for line in UTF_8], "utf-8"),
        ([line.encode("gbk") for line in UTF_8], "gb18030"),
        ([UTF_8[0].encode(), UTF_8[1].encode("gbk")], "utf-8"),
        (["José".encode(), "é".encode(), "中国".encode("gbk")], "utf-8"),
        # This name in GBK is valid UTF-8 for a letter of another script: one such line decides nothing.
        (["院".encode("gbk"), "公司名称".encode("gbk"), "消费投诉".encode("gbk")], "gb18030"),
        ([b"\xef\xbb\xbfa,b", "甲".encode("gbk"), "乙".encode("gbk")], "utf-8"),
        ([b"\xff\xff", b"\xff\xfe\xfd"], None),
        ([b"a\0b", b"1"], None),
    ],
)
def test_most_lines_decide(tmp_path: Path, lines: list[bytes], encoding: str | None) -> None:
    path = written(tmp_path, *lines)
    assert evidence_of(path).encoding == encoding


def test_a_gbk_line_that_could_be_utf_8_stays_in_a_file_of_gbk(tmp_path: Path) -> None:
    path = written(tmp_path, "E0133,院".encode("gbk"), "公司名称".encode("gbk"))
    assert [(line.text, line.problem) for line in lines_of(path, "gb18030")] == [
        ("E0133,院\n", ""),
        ("公司名称\n", ""),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_and_their_numbers_do_not_depend_on_chunks_ends_and_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, end: str
) -> None:
    monkeypatch.setattr(lines, "CHUNK_BYTES", 3)
    text = [f"甲{end}", f"b\u2028c{end}", end, "𠮷"]
    (tmp_path / "a.csv").write_bytes("".join(text).encode(encoding))
    found = list(lines_of(tmp_path / "a.csv", encoding))
    assert [(line.number, line.text) for line in found] == list(enumerate(text, start=1))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_without_end_is_refused_with_its_number(
    town: Any, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    town.write("a.csv", "编号,主体,事项,日期\n" + "x" * 4000, encoding)
    with pytest.raises(RawFileError, match=r"got line 2 is longer than 1,000 .*To do: replace the file"):
        town.admit()
    assert town.nothing_written()
