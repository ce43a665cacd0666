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
from data_contracts.mapping.city_mapping import open_mapping
from data_contracts.mapping.foreign_words import likely_code, names_persons, unit_of_heading
from data_contracts.mapping.reading import Reading
from data_contracts.rehearsal.draft import DraftError, draft, draft_of_file
from data_contracts.rehearsal.file_profile import ColumnProfile
from data_contracts.rehearsal.rehearsing import Request, rehearse

DATA = Path(__file__).parents[3] / "../shared/data"
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
    path.write_text(fines.replace("# exported_on", "exported_on"), encoding="utf-8")
    opened = open_mapping(path)
    request = Request(mapping=opened.mapping, raw_folder=town.raw, admitted_on=date(2024, 7, 1), key=b"k")
    rehearsal = rehearse(opened, request, tmp_path / "staging")
    (stopped,) = rehearsal.stopped
    assert (stopped.where, stopped.line) == ("codes.penalties_kinds for kinds", 10)
    assert stopped.what.startswith("unknown '?'")
    assert [len(preview.rows) for preview in rehearsal.previews] == [2, 3]


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


def test_a_merged_header_of_two_lines_is_drafted_by_its_last_parts(town: Any, drafted: Any) -> None:
    head = "某市检查汇总表,,,,,,\n"
    head += "序号,检查对象,,检查情况,,检查人员,\n,名称,统一社会信用代码,检查日期,检查结果,主检,协检\n"
    row = "1,清河食品有限公司,92320100MA01AAAA50,2024-01-02,合格,李甲,王乙\n"
    town.write("台账.csv", head + row)
    text = drafted(town.raw / "台账.csv")
    found = feed(text)
    assert (found["table"], found["header_line"], found["header_rows"]) == ("inspections", 2, 2)
    assert found["persons"] == ["检查人员/主检", "检查人员/协检"]
    assert found["columns"]["entity_id"] == "检查对象/统一社会信用代码"
    assert found["columns"]["occurred_on"] == {"date": "检查情况/检查日期"}
    assert feed(text, 1)["columns"]["name"] == "检查对象/名称"
    assert "检查人员" not in found["columns"]["inspection_id"]
    assert "李甲" not in text
    assert "王乙" not in text


def test_the_line_of_the_names_may_be_said(town: Any, tmp_path: Path) -> None:
    town.write("处罚.csv", "1,2\n" + FINES)
    reading = Reading(header_line=2)
    text = draft_of_file(
        town.raw / "处罚.csv", tmp_path / "s", table=None, city="t", today=date(2024, 7, 1), reading=reading
    )
    assert (feed(text)["header_line"], feed(text)["columns"]["penalty_id"]) == (2, "决定书文号")


REGISTER = """统一社会信用代码,企业名称,法人,成立日期,企业类型,行业代码,注销日期
92320100MA01AAAA50,甲店,钱七,2001-01-02,个人独资企业,F5211,
92320100MA01BBBB8Y,乙店,钱八,2002-01-02,个体工商户,6210,2024-03-15
"""


def test_a_register_is_known_from_the_day_of_its_export_on(town: Any, drafted: Any) -> None:
    town.write("企业登记.csv", REGISTER)
    text = drafted(town.raw / "企业登记.csv")
    columns = feed(text)["columns"]
    assert columns["known_on"] == {"date": "exported_on"}
    assert columns["registered_on"] == {"date": "成立日期"}
    assert "# Later exports add versions; a file of changes gives the days before" in text
    assert "# exported_on = 2026-06-30  # SAY IT: the day of the export" in text
    assert '"个人独资企业" = "sole_proprietorship"  # 1 row: GUESS' in text
    assert (columns["industry_code"], "region_code" in columns) == ("行业代码", False)
    assert feed(text)["persons"] == ["法人"]
    assert "钱七" not in text


def test_the_initials_of_the_interchange_files_are_read(town: Any, drafted: Any) -> None:
    head = "CF_WSH,CF_XDR_MC,CF_XDR_SHXYM,CF_FRDB,CF_CFLB,CF_NR_FK,CF_JDRQ,CF_CFJG,CF_CFJGDM,GXSJ"
    row = "一,甲店,92320100MA01AAAA50,王某,罚款,0.5,2024-03-01,某局,11320100MA01AAAA50,2024-03-05"
    town.write("data.csv", f"{head}\n{row}\n")
    text = drafted(town.raw / "data.csv")
    assert feed(text)["table"] == "penalties"
    assert feed(text)["persons"] == ["CF_FRDB"]
    columns = feed(text)["columns"]
    assert columns["penalty_id"] == "CF_WSH"
    assert columns["entity_id"] == "CF_XDR_SHXYM"
    assert columns["authority"] == "CF_CFJG"
    assert columns["occurred_on"] == {"date": "CF_JDRQ"}
    assert columns["known_on"] == {"date": "GXSJ"}
    assert columns["fine_fen"] == {"fen": "CF_NR_FK", "unit": "yuan"}


def test_names_in_records_in_records_are_read_by_their_last_part(town: Any, drafted: Any) -> None:
    town.write(
        "penalty.jsonl",
        '{"wsh":"一","party":{"name":"甲店","creditCode":"92320100MA01AAAA50","legalPerson":{"name":"王某"}},'
        '"decision":{"date":"2024-03-01","types":["警告","罚款"],"fineAmount":5},"publishDate":"2024-03-05"}\n',
    )
    text = drafted(town.raw / "penalty.jsonl")
    assert feed(text)["columns"] == {
        "penalty_id": "wsh",
        "entity_id": "party.creditCode",
        "kinds": {"codes": "decision.types", "table": "penalty_kinds"},
        "fine_fen": {"fen": "decision.fineAmount", "unit": "yuan"},
        "occurred_on": {"date": "decision.date"},
        "known_on": {"date": "publishDate"},
    }
    assert feed(text)["persons"] == ["party.legalPerson.name"]
    assert "王某" not in text


def test_values_speak_where_headings_do_not(town: Any, drafted: Any) -> None:
    codes = ["92320100MA01AAAA50", "92320100MA01BBBB8Y", "92320100MA01CCCC0U"] * 2
    rows = [f"{n},K-{n:03},{code},2024-01-0{n},王某" for n, code in enumerate(codes, start=1)]
    town.write("投诉.csv", "\n".join(("v,w,x,y,z", *rows)) + "\n")
    text = drafted(town.raw / "投诉.csv")
    columns = feed(text)["columns"]
    assert (columns["complaint_id"], columns["entity_id"]) == ("w", "x")
    assert columns["occurred_on"] == {"date": "y"}
    assert 'complaint_id = "w"  # GUESS: no two rows share a value' in text
    assert 'entity_id = "x"  # GUESS: its values are credit codes' in text
    assert feed(text)["persons"] == ["z"]
    assert "王某" not in text


def test_cells_that_hold_ends_of_lines_are_noticed(town: Any, drafted: Any) -> None:
    rows = [f'{n},92320100MA01AAAA50,"one\ntwo",2024-01-02' for n in range(1, 9)]
    town.write("投诉.csv", "\n".join(("投诉编号,信用代码,事项,投诉日期", *rows)) + "\n")
    text = drafted(town.raw / "投诉.csv")
    assert feed(text)["multiline"] is True
    assert "A draft from 投诉.csv, 8 rows" in text


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        (
            "penalties",
            "kinds",
            {
                "责令关门": "closure",
                "降低资质等级": "qualification_lowered",
                "限制从业": "practice_restricted",
                "限制开展生产经营活动": "activity_restricted",
                "责令停产停业": "suspension",
            },
        ),
        (
            "complaints",
            "outcome",
            {"终止调解": None, "调解成功": "mediated", "不予受理": "not_accepted", "不属实": "rejected"},
        ),
        (
            "entities",
            "entity_type",
            {"个人独资企业": "sole_proprietorship", "有限责任公司(自然人独资)": "company"},
        ),
    ],
)
def test_words_of_offices_mean_codes_of_ours(table: str, column: str, words: dict[str, str | None]) -> None:
    ours = load_contract(table).column(column)
    assert {word: likely_code(table, ours, word) for word in words} == words


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
    [
        ("法定代表人", True),
        ("Inspector", True),
        ("法定代表人证件类型", False),
        ("从业人数", False),
        ("法人", True),
        ("法人名称", False),
        ("检查人员/协检", True),
        ("主检", True),
        ("负责人", True),
        ("电话", True),
        ("经营者", True),
        ("经营者名称", False),
        ("联系人", True),
        ("CF_FR", True),
        ("CF_FR_ZJHM", True),
        ("freight", False),
        *((word, True) for word in ("股东", "实际控制人", "证件号", "证件号码", "身份证", "电话", "手机")),
        *((word, True) for word in ("联系方式", "住址", "变更前", "变更后", "representative", "shareholder")),
        *((word, True) for word in ("holder", "related_name", "legal_rep", "phone", "id_no", "owner_id_no")),
        *((word, False) for word in ("股东类型", "电话咨询", "企业地址", "住所", "地址", "变更日期")),
        *((word, False) for word in ("paid_no", "valid_note", "shareholding", "related_no", "report_id")),
    ],
)
def test_headings_of_persons_are_known(heading: str, persons: bool) -> None:
    assert names_persons(heading) is persons


def test_a_draft_hides_columns_and_cells_that_reach_persons(town: Any, drafted: Any) -> None:
    cells = ["办理：110101199003074514 王伟", "回访 13812345678", "王伟"]
    head = "决定书文号,统一社会信用代码,处罚种类,决定日期,股东,手机号,说明甲,说明乙,说明丙"
    rows = [f"{n},92320100MA01AAAA50,罚款,2024-01-0{n},李强,13812345678,{','.join(cells)}" for n in (1, 2, 3)]
    town.write("处罚.csv", "\n".join([head, *rows]) + "\n")
    text = drafted(town.raw / "处罚.csv")
    assert feed(text)["persons"][:2] == ["股东", "手机号"]
    for cell in ("110101199003074514", "13812345678", "王伟", "李强"):
        assert cell not in text
    assert "#   说明甲: not shown, for it may name persons" in text


def test_codes_to_paste_hold_no_numbers_of_persons(town: Any, drafted: Any) -> None:
    kinds = ["罚款", "罚款 13812345678", "110101199003074514"]
    rows = [f"{n},92320100MA01AAAA50,{kind},2024-01-0{n}" for n, kind in enumerate(kinds, start=1)]
    town.write("处罚.csv", "\n".join(["决定书文号,统一社会信用代码,处罚种类,决定日期", *rows]) + "\n")
    text = drafted(town.raw / "处罚.csv", "penalties")
    assert '"罚款" = "fine"' in text
    assert "13812345678" not in text
    assert "110101199003074514" not in text
