"""draft: a mapping for a file that the code has never seen, honest about what it guesses, ready for check."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.contract import load_contract
from data_contracts.draft import DraftError, draft, draft_of_file
from data_contracts.file_profile import ColumnProfile
from data_contracts.foreign_words import likely_code, names_persons, unit_of_heading
from data_contracts.mapping import open_mapping
from data_contracts.rehearsal import Request, rehearse

DATA = Path(__file__).parents[2] / "../shared/data"
FINES = """决定书文号,统一社会信用代码,当事人名称,法定代表人,处罚种类,罚款金额（万元）,决定日期,录入日期
一,92320100MA01AAAA50,甲店,王某,罚款,0.5,13/3/2024,2024-03-28
二,92320100MA01BBBB8Y,乙店,李某,警告；罚款,0.2,2/3/2024,2024-03-28
三,92320100MA01CCCC0U,丙店,赵某,没见过,,2/4/2024,45399
"""


@pytest.fixture
def drafted(tmp_path: Path) -> Callable[..., str]:
    def run(path: Path, table: str | None = None) -> str:
        staging = tmp_path / "staging"
        staging.mkdir(exist_ok=True)
        return draft_of_file(path, staging, table=table, city="town", today=date(2024, 7, 1))

    return run


@pytest.fixture
def fines(town: Any, drafted: Any) -> str:
    town.write("处罚.csv", FINES)
    return drafted(town.raw / "处罚.csv")


def feed(text: str, number: int = 0) -> dict[str, Any]:
    return tomllib.loads(text)["feed"][number]


def test_the_table_and_its_columns_are_found_by_their_headings_and_values(fines: str) -> None:
    assert feed(fines) == {
        "name": "penalties",
        "table": "penalties",
        "file": "处罚.csv",
        "persons": ["法定代表人"],
        "columns": {
            "penalty_id": "决定书文号",
            "entity_id": "统一社会信用代码",
            "kinds": {"codes": "处罚种类", "table": "penalties_kinds"},
            "fine_fen": {"fen": "罚款金额（万元）", "unit": "wan_yuan"},
            "occurred_on": {"date": "决定日期", "day_first": True},
            "known_on": {"date": "录入日期"},
        },
    }
    assert feed(fines, 1)["columns"]["name"] == "当事人名称"


def test_codes_are_guessed_marked_and_left_open_where_nobody_can_tell(fines: str) -> None:
    assert '"罚款" = "fine"  # 2 rows: GUESS' in fines
    assert '"没见过" = "?"  # 1 row' in fines
    assert 'kinds = { codes = "处罚种类", table = "penalties_kinds" }  # GUESS: the code table' in fines


def test_what_is_not_used_is_listed_without_names_of_persons(fines: str) -> None:
    assert "#   法定代表人: not shown, for it may name persons" in fines
    assert "#   authority 处罚机关" in fines
    assert "王某" not in fines


def test_a_draft_goes_straight_into_check(town: Any, fines: str, tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(fines, encoding="utf-8")
    opened = open_mapping(path)
    request = Request(mapping=opened.mapping, raw_folder=town.raw, admitted_on=date(2024, 7, 1), key=b"k")
    rehearsal = rehearse(opened, request, tmp_path / "staging")
    (finding,) = rehearsal.findings
    assert (finding.where, finding.line) == ("codes.penalties_kinds for kinds", 10)
    assert finding.what.startswith("unknown '?'")


def test_a_missing_number_and_a_missing_day_are_stood_in_for_and_said(town: Any, drafted: Any) -> None:
    town.write("检查.csv", "企业名称,检查日期,检查结果\n甲,2024-01-02,合格\n")
    text = drafted(town.raw / "检查.csv")
    assert feed(text)["table"] == "inspections"
    assert "no number found: equal rows get equal ids" in text
    assert "no day of entry found: the day it happened stands for it" in text
    assert "entities would be told apart by their names" in text
    assert feed(text)["columns"]["mechanism"] == {"value": "unknown"}


def test_a_list_without_dates_is_undated(town: Any, drafted: Any) -> None:
    town.write("经营异常名录.csv", "统一社会信用代码\n92320100MA01AAAA50\n")
    drafted_feed = feed(drafted(town.raw / "经营异常名录.csv"))
    assert drafted_feed["undated"] == ["occurred_on"]
    assert drafted_feed["columns"]["known_on"] == {"date": "exported_on"}
    assert drafted_feed["columns"]["kind"] == {"value": "abnormal"}


def test_titles_above_the_names_are_passed(town: Any, drafted: Any) -> None:
    book = openpyxl.Workbook()
    book.active.append(["某市食品经营许可导出表"])
    book.active.append(["导出时间：2024-06-30"])
    book.active.append(["许可证编号", "社会信用代码", "经营者名称", "发证日期", "有效期至"])
    book.active.append(["JY1", "92320100MA01AAAA50", "甲店", date(2024, 1, 2), date(2029, 1, 1)])
    book.save(town.raw / "食品经营许可.xlsx")
    drafted_feed = feed(drafted(town.raw / "食品经营许可.xlsx"))
    assert (drafted_feed["table"], drafted_feed["header_line"]) == ("licences", 3)
    assert drafted_feed["columns"]["kind"] == {"value": "food_business"}
    assert drafted_feed["columns"]["valid_until"] == {"date": "有效期至"}


def test_the_table_may_be_given(town: Any, drafted: Any) -> None:
    town.write("a.csv", "编号,日期\n1,2024-01-02\n")
    assert "no table fits well; give one with --table" in drafted(town.raw / "a.csv")
    assert feed(drafted(town.raw / "a.csv", table="complaints"))["table"] == "complaints"


def test_no_file_is_refused(tmp_path: Path, drafted: Any) -> None:
    with pytest.raises(DraftError, match=r"Expected a file to draft a mapping for; got .+nothing\.csv"):
        drafted(tmp_path / "nothing.csv")


NASTY = st.text(min_size=1, max_size=12)


@settings(max_examples=60)
@given(st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=5), NASTY)
def test_any_headings_and_values_give_a_mapping_that_is_toml(cells: list[tuple[str, str]], name: str) -> None:
    shares = dict.fromkeys(("date", "day_first", "month_first", "number", "boolean", "uscc"), 0.0)
    columns = [
        ColumnProfile(name=heading, filled=1, distinct=1, values={value: 1}, shares=shares)
        for heading, value in cells
    ]
    for table in ("penalties", "key_persons"):
        document = tomllib.loads(draft(name, columns, rows=1, city="town", table=table))
        assert document["feed"][0]["file"] == name


@pytest.mark.real
@pytest.mark.skipif(not DATA.is_dir(), reason="the public records do not lie beside the project")
@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("12315绿色通道.csv", "complaints"),
        ("内资企业设立登记公告数据.csv", "entities"),
        ("市交通委-汽车租赁企业信用评价结果数据.csv", "evaluations"),
        ("市文化执法总队-文化领域行政检查信息.csv", "inspections"),
        ("市文化执法总队-新闻出版领域行政处罚信息.csv", "penalties"),
        ("市文化执法总队-新闻出版领域行政检查信息.csv", "inspections"),
        ("市文化执法总队-违反中华人民共和国旅游法处罚数据.csv", "penalties"),
        ("法人行政处罚.csv", "penalties"),
        ("法人行政处罚信息.csv", "penalties"),
        ("税收行政处罚信息.csv", "penalties"),
        ("经营异常企业信息.csv", "listings"),
    ],
)
def test_the_table_of_every_file_of_beijing_is_found(drafted: Any, file: str, table: str) -> None:
    assert feed(drafted(DATA / "beijing/raw-masked" / file))["table"] == table


def test_a_word_that_denies_is_not_taken_for_what_it_denies() -> None:
    results = load_contract("inspections").column("result_codes")
    assert likely_code("inspections", results, "合格") == "no_problem"
    assert likely_code("inspections", results, "未合格") != "no_problem"


@pytest.mark.parametrize(
    ("heading", "unit"), [("罚款（万元）", "wan_yuan"), ("罚款金额(元)", "yuan"), ("罚款", None)]
)
def test_units_are_read_from_headings(heading: str, unit: str | None) -> None:
    assert unit_of_heading(heading) == unit


@pytest.mark.parametrize(
    ("heading", "persons"),
    [("法定代表人", True), ("Inspector", True), ("法定代表人证件类型", False), ("从业人数", False)],
)
def test_headings_of_persons_are_known(heading: str, persons: bool) -> None:
    assert names_persons(heading) is persons
