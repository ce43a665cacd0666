"""The problem ledger: exactly the rows that are wrong, each with its office, in files that open."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from data_contracts.admission.unique_rows import TODO
from data_contracts.contract import contract_names, load_contract
from data_contracts.line_faults import FAULTS
from data_contracts.quality import QualityError, problems
from data_contracts.quality.faults import DIMENSIONS, FORM
from data_contracts.quality.ledger import FINDINGS, check_target
from data_contracts.quality.problems import COLUMNS
from data_contracts.quality.spreadsheet import file_name, safe_cell_sql
from data_contracts.quality.words import DIMENSION_WORDS, HEADINGS, REASONS, chinese_of

FEBRUARY = date(2024, 2, 1)
REGISTRY = "登记注册部门 registration office"
ENFORCEMENT = "执法稽查部门 law enforcement office"


def listed(made: Any, folder: Path, name: str = "problems.parquet", **question: Any) -> list[dict[str, Any]]:
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    lake = made.write(folder / "lake")
    problems(lake, folder / name, scratch, memory_limit="1GB", **question)
    return pq.read_table(folder / name).to_pylist() if name.endswith(".parquet") else []


def rows(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_ledger_lists_every_problem_of_the_worked_example_and_nothing_else(
    hand_made: Any, tmp_path: Path
) -> None:
    found = listed(hand_made, tmp_path)
    assert tuple(found[0]) == COLUMNS
    shown = ("responsible", "table", "reason", "file", "line", "key", "column", "value")
    told = [tuple(row[name] for name in shown) for row in found]
    assert told == [
        (ENFORCEMENT, "penalties", "no_such_record", None, None, "P3", "entity_id", "X"),
        (ENFORCEMENT, "penalties", "nothing_to_retract", "penalties.csv", 3, "P9", "penalty_id", None),
        (REGISTRY, "entities", "bad_uscc", "entities.csv", 9, "R9", "uscc", "911101050000000000"),
        (REGISTRY, "entities", "empty", None, None, "B 2024-01-06", "region_code", None),
        (REGISTRY, "entities", "empty", None, None, "D 2024-02-08", "name", None),
        (REGISTRY, "entities", "missing", "entities.csv", 7, None, "entity_id", None),
        (REGISTRY, "entities", "outside_code_table", None, None, "C 2024-01-07", "region_code", "999999"),
        (REGISTRY, "entities", "unknown_code", "entities.csv", 8, "R8", "entity_type", "=HYPERLINK(1)"),
    ]
    near = {row["reason"]: row["candidate"] for row in found}
    assert (near["no_such_record"], near["bad_uscc"]) == ("A", None)
    assert {row["provider"] for row in found} == {"P"}
    assert {row["dimension"] for row in found} == {"linkage", "accuracy", "completeness", "conformity"}


def test_what_was_corrected_or_withdrawn_since_is_not_sent_back(hand_made: Any, tmp_path: Path) -> None:
    """The first P4 and the withdrawn P5 have no authority; nobody is asked for it any more."""
    found = listed(hand_made, tmp_path)
    assert [row for row in found if row["key"] in ("P4", "P5")] == []


def test_a_month_a_table_and_a_limit(hand_made: Any, tmp_path: Path) -> None:
    february = listed(hand_made, tmp_path / "month", month=FEBRUARY)
    assert [(row["reason"], row["month"]) for row in february] == [
        ("nothing_to_retract", FEBRUARY),
        ("empty", FEBRUARY),
    ]
    unknown = listed(hand_made, tmp_path / "unknown", month="unknown")
    assert [row["reason"] for row in unknown] == ["bad_uscc"]
    penalties = listed(hand_made, tmp_path / "table", tables=["penalties"])
    assert {row["table"] for row in penalties} == {"penalties"}
    one_of_each = listed(hand_made, tmp_path / "limit", limit=1)
    assert [row["reason"] for row in one_of_each].count("empty") == 1
    assert len(one_of_each) == 7


def test_a_folder_holds_one_list_for_each_office_and_a_summary(hand_made: Any, tmp_path: Path) -> None:
    listed(hand_made, tmp_path, "lists")
    names = sorted(path.name for path in (tmp_path / "lists").iterdir())
    assert names == ["00-汇总.csv", "执法稽查部门.csv", "登记注册部门.csv"]
    lists = {name: rows(tmp_path / "lists" / name) for name in names}
    assert list(lists["登记注册部门.csv"][0]) == list(HEADINGS.values())
    assert {row["责任单位"] for row in lists["登记注册部门.csv"]} == {"登记注册部门"}
    first = lists["执法稽查部门.csv"][0]
    assert first == {
        "责任单位": "执法稽查部门",
        "提供单位": "P",
        "数据表": "行政处罚",
        "质量维度": "关联性",
        "问题": "所指记录不存在",
        "所属月份": "2024-01",
        "来源文件": "",
        "行号": "",
        "记录标识": "P3",
        "字段": "经营主体标识",
        "问题值": "X",
        "疑似正确值": "A",
        "处理建议": "请核对标识；如有“疑似正确值”，请确认后更正，否则请先报送所指记录",
        "问题代码": "no_such_record",
    }
    summary = {(row["责任单位"], row["问题代码"]): row["问题数"] for row in lists["00-汇总.csv"]}
    assert summary["登记注册部门", "empty"] == "2"
    assert sum(map(int, summary.values())) == sum(len(own) for name, own in lists.items() if name[0] != "0")


def test_a_list_longer_than_a_sheet_comes_in_parts(
    hand_made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_contracts.quality.ledger.MOST_ROWS", 4)
    listed(hand_made, tmp_path, "lists")
    parts = [rows(tmp_path / "lists" / f"登记注册部门-{part}.csv") for part in (1, 2)]
    assert [len(part) for part in parts] == [4, 2]
    lines = [row["行号"] or row["记录标识"] for part in parts for row in part]
    assert len(set(lines)) == 6


def test_no_cell_of_a_list_runs_or_is_rounded(hand_made: Any, tmp_path: Path) -> None:
    listed(hand_made, tmp_path, "problems.csv")
    values = {row["问题代码"]: row["问题值"] for row in rows(tmp_path / "problems.csv")}
    assert values["unknown_code"] == "'=HYPERLINK(1)"
    assert values["bad_uscc"] == "'911101050000000000"


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝HYPERLINK(1)", "'＝HYPERLINK(1)"),
        ("-0.5000", "-0.5000"),
        ("+86 10 1234", "+86 10 1234"),
        ("911101050000000000", "'911101050000000000"),
        ("110105000012345", "110105000012345"),
        ("a\x00b", "ab"),
        ("—", "—"),
        (None, None),
    ],
)
def test_a_cell_is_safe_in_a_spreadsheet(cell: str | None, safe: str | None) -> None:
    assert duckdb.execute(f"SELECT {safe_cell_sql('cell')} FROM (SELECT ? AS cell)", [cell]).fetchall() == [
        (safe,)
    ]


@pytest.mark.parametrize(
    ("office", "name"),
    [
        ("登记注册部门", "登记注册部门"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/b:c*d", "a-b-c-d"),
        ("...", "-"),
        ("CON", "CON-"),
        ("x" * 200, "x" * 60),
        ("行\n政\x00处", "行-政-处"),
    ],
)
def test_the_name_of_an_office_makes_a_plain_file_name(office: str, name: str) -> None:
    assert file_name(office) == name


def test_offices_of_equal_short_names_get_files_of_their_own(hand_made: Any, tmp_path: Path) -> None:
    from data_contracts.quality.ledger import _file_names

    assert _file_names(["A/b", "a:B", "A/b", "00-汇总"]) == {
        "A/b": "A-b",
        "a:B": "a-B-2",
        "00-汇总": "00-汇总-2",
    }


def test_persons_never_appear(hand_made: Any, tmp_path: Path) -> None:
    """A personal column, and a line at fault in which a name may stand anywhere."""
    hand_made.tables["key_persons"] = []
    hand_made.account.append(("key_persons", "key_persons", "P", None, "rejected", "missing", 2))
    hand_made.account.append(("key_persons", "key_persons", "P", None, "rejected", "wrong_field_count", 1))
    rows = (("person", "missing", "Zhang San"), ("*", "wrong_field_count", "3 fields for 2: Zhang San,x,y"))
    hand_made.rejected["key_persons"] = [
        {"feed": "key_persons", "source_file": "f.csv", "line": line, "todo": "", "row": "{}"}
        | {"column": column, "reason": reason, "value": value}
        for line, (column, reason, value) in enumerate(rows, start=2)
    ]
    found = [row for row in listed(hand_made, tmp_path) if row["table"] == "key_persons"]
    assert [row["value"] for row in found] == [None, "3 fields for 2"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("list.xlsx", r"Expected a ledger as FILE\.csv, FILE\.parquet or a folder; got 'list\.xlsx'"),
        (
            "full",
            r"Expected a new or empty folder for the problem lists; got .*full, which holds other files",
        ),
        ("folder.csv", r"Expected a file for the problem ledger; got the folder .*folder\.csv"),
    ],
)
def test_a_place_that_cannot_hold_the_ledger_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(QualityError, match=message):
        check_target(tmp_path / name)


def test_every_reason_is_told_in_chinese() -> None:
    rules = {rule.name for name in contract_names() for rule in load_contract(name).rules}
    reasons = {*rules, *FORM, *FAULTS, *FINDINGS, *TODO, "missing"}
    assert sorted(reasons - set(REASONS)) == []
    assert sorted(set(REASONS) - reasons) == []
    assert set(DIMENSION_WORDS) == set(DIMENSIONS)


def test_an_owner_is_told_in_chinese_where_the_contract_has_it() -> None:
    assert chinese_of("信用监管部门 credit supervision office") == "信用监管部门"
    assert chinese_of("全国12315平台、12345热线 12315 platform") == "全国12315平台、12345热线"
    assert chinese_of("City of Chicago") == "City of Chicago"
    assert chinese_of("市场局") == "市场局"
