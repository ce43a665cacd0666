"""check: everything wrong at once, each at its line, with what to write; and nothing is written."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from data_contracts.mapping.city_mapping import open_mapping
from data_contracts.refusal import Refusal
from data_contracts.rehearsal.findings import Finding
from data_contracts.rehearsal.page import place_of, show
from data_contracts.rehearsal.rehearsing import Rehearsal, Request, rehearse

LISTS = """city = "town"
exported_on = 2024-06-30

[codes.kinds]
"经营异常名录" = "abnormal"

[[feed]]
name = "lists"
table = "listings"
file = "lists.csv"
reject_limit = 1.0
[feed.columns]
listing_id = "编号"
entity_id = "代码"
kind = { code = "名单", table = "kinds" }
occurred_on = { date = "列入日期" }
known_on = { date = "录入日期" }
"""
HEADER = "编号,代码,名单,列入日期,录入日期"
GOOD = "1,a,经营异常名录,2024-01-02,2024-01-03"


@pytest.fixture
def rehearsed(town: Any, tmp_path: Path) -> Callable[..., Rehearsal]:
    """Writes a mapping and lists.csv, and rehearses them."""

    def run(*rows: str, mapping: str = LISTS, header: str = HEADER) -> Rehearsal:
        if rows:
            town.write("lists.csv", "\n".join((header, *rows)) + "\n")
        path = town.folder / "town.toml"
        path.write_text(mapping, encoding="utf-8")
        opened = open_mapping(path)
        request = Request(
            mapping=opened.mapping,
            raw_folder=town.raw,
            admitted_on=date(2024, 7, 1),
            key=b"k",
            memory_limit="1GB",
        )
        staging = tmp_path / "staging"
        staging.mkdir(exist_ok=True)
        return rehearse(opened, request, staging)

    return run


def told(rehearsal: Rehearsal) -> dict[str, str]:
    return {place_of(one, rehearsal.mapping): f"{one.what} | {one.todo}" for one in rehearsal.findings}


def only(rehearsal: Rehearsal) -> Finding:
    (finding,) = rehearsal.findings
    return finding


def test_what_is_right_is_shown_with_its_account(rehearsed: Any) -> None:
    rehearsal = rehearsed(*(GOOD.replace("1,", f"{number},", 1) for number in range(1, 15)))
    assert rehearsal.findings == ()
    (preview,) = rehearsal.previews
    assert len(preview.rows) == 10
    assert preview.rows[0] == ("1", "a", "abnormal", date(2024, 1, 2), date(2024, 1, 3))
    assert rehearsal.report.totals == (14, 14, 0, 0)


def test_mistakes_of_the_mapping_of_columns_and_of_files_are_told_together(town: Any, rehearsed: Any) -> None:
    town.write("other.csv", "a,b\n1,2\n")
    mapping = LISTS.replace('"代码"', '"主体代码"').replace("known_on = ", "knwon_on = ").replace(
        '"abnormal"', '"abnormaly"'
    ).replace('"列入日期" }', '"lower(列入日期" }') + LISTS[LISTS.index("[[feed]]") :].replace(
        '"lists', '"fines'
    )
    expected = {
        "file other.csv": "no feed reads it | add a [[feed]] for it",
        "town.toml, line 5, codes.kinds for kind": "unknown 'abnormaly' (did you mean 'abnormal'",
        "town.toml, line 12, feed 'lists'": "mapped | map it; the nearest columns of the file are 录入日期",
        "town.toml, line 14, feed 'lists', column entity_id": "'主体代码', which is no column of lists.csv "
        "(did you mean '代码'?) | correct it in the mapping file; the columns are 编号, 代码, 名单",
        "town.toml, line 16, feed 'lists', column occurred_on": "'lower(列入日期', where a bracket ) is",
        "town.toml, line 17, feed 'lists', columns": "unknown 'knwon_on' (did you mean 'known_on'?)",
        "town.toml, line 21, feed 'fines', file": "no file fits 'fines.csv' (did you mean 'lists.csv'?)",
    }
    found = told(rehearsed(GOOD, mapping=mapping))
    assert found.keys() == expected.keys()
    assert [text for place, text in expected.items() if text not in found[place]] == []


def test_unknown_values_come_as_lines_to_paste_the_most_frequent_first(rehearsed: Any) -> None:
    rows = [GOOD.replace("1,", f"{number},", 1) for number in range(2, 8)]
    rows[:2] = [row.replace("经营异常名录", "严重违法") for row in rows[:2]]
    rows[2:5] = [row.replace("经营异常名录", "其它") for row in rows[2:5]]
    finding = only(rehearsed(*rows))
    assert (finding.what, finding.rows, finding.line) == ("5 rows unknown_code", 5, 15)
    assert finding.examples == ("lists.csv line 4: '其它'", "lists.csv line 2: '严重违法'")
    assert finding.paste.splitlines()[1:] == [
        '"其它" = "?"  # 3 rows',
        '"严重违法" = "serious"  # 2 rows: GUESS',
    ]


def test_what_is_exactly_a_heading_is_that_column_and_no_expression(rehearsed: Any) -> None:
    header = "编号,代码,名单,编号-代码（列入）,录入日期"
    mapping = LISTS.replace('"列入日期"', '"编号-代码（列入）"')
    rehearsal = rehearsed(GOOD, mapping=mapping, header=header)
    assert rehearsal.findings == ()
    assert rehearsal.previews[0].rows[0][3] == date(2024, 1, 2)


def test_values_that_all_lack_a_code_are_told_once(rehearsed: Any) -> None:
    mapping = LISTS.replace('= "abnormal"', '= "?"\n"b" = "?"\n"c" = "?"')
    finding = only(rehearsed(GOOD, mapping=mapping))
    assert finding.line == 5
    assert finding.what.endswith("tax_arrears (so do 2 more, to line 7)")


def test_a_plain_column_of_foreign_words_is_told_how_to_translate_them(rehearsed: Any) -> None:
    finding = only(rehearsed(GOOD, mapping=LISTS.replace('{ code = "名单", table = "kinds" }', '"名单"')))
    assert finding.todo == 'translate it: kind = { code = "名单", table = "kind" }, and the code table'
    assert finding.paste.endswith('"经营异常名录" = "abnormal"  # 1 row: GUESS')


@pytest.mark.parametrize(
    ("days", "todo"),
    [
        (
            ["13/1/2024", "2/1/2024"],
            'write { date = "列入日期", day_first = true }, which reads 2 of these 2',
        ),
        (
            ["1/13/2024", "1/2/2024"],
            'write { date = "列入日期", day_first = false }, which reads 2 of these 2',
        ),
        (["1/2/2024", "2/1/2024"], "ask the office, for the values do not tell"),
        (["2024年4月31日"], "the calendar has no such day"),
        (["2024-04", "202404"], "a month is no day"),
        (["1704153600"], "these are seconds since 1970: { date = 'to_timestamp("),
        (["1704153600000"], "these are milliseconds since 1970: { date = 'to_timestamp("),
        (["soon"], "correct the date"),
    ],
)
def test_dates_that_are_refused_say_how_they_could_be_read(
    rehearsed: Any, days: list[str], todo: str
) -> None:
    rows = [f"{number},a,经营异常名录,{day},2024-05-03" for number, day in enumerate(days)]
    finding = only(rehearsed(*rows))
    assert finding.what == f"{len(days)} row{'s' if len(days) > 1 else ''} not_a_date"
    assert finding.todo.startswith(todo)


MONEY = (
    LISTS.replace("listings", "penalties")
    .replace("listing_id", "penalty_id")
    .replace('kind = { code = "名单", table = "kinds" }', 'kinds = { value = "fine" }\nfine_fen = FEN')
)


@pytest.mark.parametrize(
    ("fen", "what", "todo"),
    [
        (
            '"罚款（万元）"',
            "1 row not_an_integer",
            'write { fen = "罚款（万元）", unit = "wan_yuan" }, which reads 1 of these 1',
        ),
        (
            '{ fen = "罚款（万元）" }',
            "the heading 罚款（万元） speaks of wan_yuan, the mapping of yuan",
            'write { fen = "罚款（万元）", unit = "wan_yuan" } if it is',
        ),
    ],
)
def test_a_unit_that_a_heading_names_is_asked_for(rehearsed: Any, fen: str, what: str, todo: str) -> None:
    header = HEADER.replace("名单", "罚款（万元）")
    finding = only(
        rehearsed("1,a,0.5,2024-01-02,2024-01-03", mapping=MONEY.replace("FEN", fen), header=header)
    )
    assert (finding.what, finding.todo, finding.stops) == (what, todo, False)


def test_a_blank_may_have_a_code_of_its_own(rehearsed: Any) -> None:
    finding = only(rehearsed("1,a,,2024-01-02,2024-01-03"))
    assert finding.todo.endswith('or say what a blank means: "" = "…" under [codes.kinds]')


def test_too_many_rejected_rows_stop_admission(rehearsed: Any) -> None:
    mapping = LISTS.replace("reject_limit = 1.0\n", "")
    rehearsal = rehearsed(GOOD.replace("2024-01-02", "soon"), mapping=mapping)
    (stop,) = rehearsal.stopped
    assert place_of(stop, rehearsal.mapping) == "town.toml, line 7, feed 'lists'"
    assert stop.what == "1 of 1 rows are rejected (not_a_date 1), and 5.0% may be"


def test_rows_that_another_feed_reads_are_no_fault(rehearsed: Any) -> None:
    aside = 'set_aside = { when = "名单 = \'x\'", because = "read elsewhere" }\n[feed.columns]'
    rehearsal = rehearsed(GOOD, "2,a,x,soon,soon", mapping=LISTS.replace("[feed.columns]", aside))
    assert rehearsal.findings == ()


def test_a_file_that_cannot_be_read_is_told_beside_the_rest(town: Any, rehearsed: Any) -> None:
    town.write("lists.csv", "\n")
    found = told(rehearsed(mapping=LISTS.replace("编号", "no")))
    assert found["town.toml, line 10, feed 'lists', file lists.csv"].startswith("expected lists.csv to hold")


def test_a_folder_that_is_not_there_is_told(town: Any, rehearsed: Any) -> None:
    town.raw.rmdir()
    finding = only(rehearsed())
    assert finding.where == "the raw folder"
    assert finding.stops


def test_persons_are_pseudonyms_or_asked_about(rehearsed: Any) -> None:
    header = HEADER.replace("名单", "法定代表人")
    mapping = LISTS.replace('{ code = "名单", table = "kinds" }', '{ value = "abnormal" }')
    rehearsal = rehearsed("1,a,Zhang San,soon,2024-01-03", mapping=mapping, header=header)
    assert told(rehearsal)["town.toml, line 7, feed 'lists', persons"] == (
        "法定代表人 of lists.csv may name persons; rejected rows hide them | "
        'say which: persons = ["法定代表人"], or not_persons of those that name nobody'
    )
    declared = mapping.replace("reject_limit", 'persons = ["法定代表人"]\nreject_limit')
    assert [
        one.what
        for one in rehearsed("1,a,Zhang San,soon,2024-01-03", mapping=declared, header=header).findings
    ] == ["1 row not_a_date"]
    wrong = declared.replace('["法定代表人"]', '["法定代表"]')
    found = told(rehearsed("1,a,Zhang San,2024-01-02,2024-01-03", mapping=wrong, header=header))
    assert "(did you mean '法定代表人'?)" in found["town.toml, line 11, feed 'lists', persons"]


def test_the_page_fits_a_hundred_columns_and_shows_no_name(town: Any, rehearsed: Any) -> None:
    mapping = (
        LISTS + 'authority = "名单"\nended_on = { date = "录入日期" }\nend_known_on = { date = "录入日期" }\n'
    )
    rehearsal = rehearsed(GOOD, *(GOOD.replace("1,", f"{n},", 1) for n in range(2, 9)), mapping=mapping)
    console = Console(width=100, record=True, file=io.StringIO())
    show(rehearsal, console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 100
    assert "row 8" in text
    assert "Admission would succeed. Nothing was written." in text


def test_programs_get_the_same(rehearsed: Any) -> None:
    document = rehearsed(GOOD, GOOD.replace("2024-01-02", "soon").replace("1,", "2,", 1)).as_json()
    assert document["admissible"] is True
    assert document["previews"][0]["rows"][0]["occurred_on"] == "2024-01-02"
    (finding,) = document["findings"]
    assert (finding["line"], finding["rows"], finding["stops"]) == (16, 1, False)


def test_an_empty_folder_is_refused_as_admission_refuses_it_and_a_file_is_named_once(
    town: Any, rehearsed: Any
) -> None:
    second = LISTS[LISTS.index("[[feed]]") :].replace('name = "lists"', 'name = "more"')
    finding = only(rehearsed(mapping=LISTS + second))
    assert finding.stops
    assert (finding.line, finding.where) == (10, "feeds 'lists', 'more', file")
    assert finding.what == "no file fits 'lists.csv'"
    assert finding.todo == "put it there, correct 'file', or take the feed out; the folder has no file"
    with pytest.raises(Refusal, match=r"got none for lists\.csv\. To do"):
        town.admit(town.mapping(LISTS + second))


def test_no_day_of_the_export_is_a_warning(rehearsed: Any) -> None:
    finding = only(rehearsed(GOOD, mapping=LISTS.replace("exported_on = 2024-06-30\n", "")))
    assert (finding.where, finding.stops) == ("town.toml, exported_on", False)
    assert finding.what.startswith("it is missing: the same files make another lake tomorrow")
    assert finding.todo.endswith("such as exported_on = 2026-06-30")


@pytest.mark.parametrize("made", ['{ date = "exported_on" }', '"CAST(exported_on AS VARCHAR)"'])
def test_an_expression_over_the_day_of_the_export_needs_it(town: Any, rehearsed: Any, made: str) -> None:
    mapping = LISTS.replace("exported_on = 2024-06-30\n", "").replace('{ date = "录入日期" }', made)
    finding = only(rehearsed(GOOD, mapping=mapping))
    assert (finding.line, finding.where, finding.stops) == (16, "feed 'lists', column known_on", True)
    assert finding.what.startswith("asks for exported_on: say the day of the export at the top of the file")
    with pytest.raises(Refusal, match="line 16, feed 'lists', column known_on: asks for exported_on"):
        town.mapping(mapping)


def test_a_word_without_a_code_leaves_the_other_rows_to_be_judged(rehearsed: Any) -> None:
    mapping = LISTS.replace('= "abnormal"', '= "abnormal"\n"其它" = "?"')
    rows = (GOOD, "2,b,其它,2024-01-02,2024-01-03", "3,c,经营异常名录,soon,2024-01-03")
    rehearsal = rehearsed(*rows, mapping=mapping)
    assert told(rehearsal).keys() == {
        "town.toml, line 6, codes.kinds for kind",
        "town.toml, line 17, feed 'lists', column occurred_on",
    }
    assert [row[0] for row in rehearsal.previews[0].rows] == ["1"]
    (kind,) = [
        one
        for one in rehearsed(*rows, "4,d,没见过,2024-01-02,2024-01-03", mapping=mapping).findings
        if one.line == 16
    ]
    assert kind.paste.splitlines()[1:] == ['"没见过" = "?"  # 1 row']


def test_a_value_without_a_code_is_told_beside_a_column_that_is_missing(rehearsed: Any) -> None:
    mapping = MONEY.replace('"fine" }\nfine_fen = FEN', '"?" }').replace('entity_id = "代码"\n', "")
    found = told(rehearsed(GOOD, mapping=mapping))
    assert found["town.toml, line 14, feed 'lists', column kinds"].startswith("unknown '?'")
    assert "'entity_id' is required" in found["town.toml, line 12, feed 'lists'"]


def test_a_retraction_of_nothing_is_told_with_its_line(rehearsed: Any) -> None:
    mapping = LISTS + "retracted = \"编号 = '2'\"\n"
    finding = only(rehearsed(GOOD, "2,b,经营异常名录,2024-01-02,2024-01-03", mapping=mapping))
    assert (finding.what, finding.rows, finding.stops) == ("1 row nothing_to_retract", 1, False)
    assert finding.examples[0].startswith("lists.csv line 3: 2")


def test_cells_of_several_values_are_told_to_be_codes(rehearsed: Any) -> None:
    table = '[codes.kinds]\n"警告" = "warning"\n"罚款" = "fine"\n'
    mapping = MONEY.replace('{ value = "fine" }\nfine_fen = FEN', '{ code = "名单", table = "kinds" }')
    mapping = table.join(mapping.split('[codes.kinds]\n"经营异常名录" = "abnormal"\n'))
    finding = only(rehearsed("1,a,警告;罚款,2024-01-02,2024-01-03", mapping=mapping))
    assert finding.todo == (
        'cells hold several values, such as \'警告;罚款\': write kinds = { codes = "名单", table = "kinds" }'
    )


def test_a_row_taken_for_column_names_is_told_and_never_repeated(rehearsed: Any) -> None:
    header = "1,92320100MA01AAAA50,清河食品有限公司,2024-01-02,王小明"
    rehearsal = rehearsed(GOOD, header=header)
    found = told(rehearsal)
    assert found["town.toml, line 10, feed 'lists', file lists.csv"].startswith(
        "its 5 column names look like values of a row | correct header_line, header_rows or format"
    )
    assert "are header_line and format right?" in found["town.toml, line 13, feed 'lists', column listing_id"]
    text = str(rehearsal.as_json())
    assert [cell for cell in header.split(",")[1:] if cell in text] == []


def test_lines_of_json_read_as_text_show_no_value(town: Any, rehearsed: Any) -> None:
    town.write("lists.csv", '{"编号":"1","法定代表人":"王小明","身份证号":"330102198001010001"}\n' * 2)
    text = str(rehearsed(mapping=LISTS).as_json())
    assert "look like values of a row" in text
    assert "王小明" not in text
    assert "330102198001010001" not in text


@pytest.mark.parametrize(
    ("expression", "bracket"), [("lower(列入日期", ")"), ("列入日期)", "("), ("concat('(', 列入日期", ")")]
)
def test_a_missing_bracket_is_named(rehearsed: Any, expression: str, bracket: str) -> None:
    finding = only(rehearsed(GOOD, mapping=LISTS.replace('"列入日期" }', f'"{expression}" }}')))
    assert finding.what == f"{expression!r}, where a bracket {bracket} is missing"


def test_the_last_part_of_a_merged_name_will_do_if_one_column_has_it(town: Any, rehearsed: Any) -> None:
    town.write(
        "lists.csv",
        "编号,对象,,日期,\n,代码,名单,列入日期,录入日期\n1,a,经营异常名录,2024-01-02,2024-01-03\n",
    )
    rehearsal = rehearsed(mapping=LISTS.replace("reject_limit", "header_rows = 2\nreject_limit"))
    assert rehearsal.findings == ()
    assert rehearsal.previews[0].rows[0][1] == "a"
    town.write("lists.csv", "编号,甲,乙,日期,\n,代码,代码,列入日期,录入日期\n")
    found = told(rehearsed(mapping=LISTS.replace("reject_limit", "header_rows = 2\nreject_limit")))
    assert (
        "'代码', which is no column of lists.csv"
        in found["town.toml, line 15, feed 'lists', column entity_id"]
    )


def test_a_pseudonym_of_no_column_is_told_once(rehearsed: Any) -> None:
    mapping = """city = "town"
exported_on = 2024-06-30
[[feed]]
name = "people"
table = "key_persons"
file = "lists.csv"
undated = ["occurred_on"]
[feed.columns]
record_id = "编号"
entity_id = "代码"
person = { pseudonym = "姓名" }
group = { value = "licensed_pharmacist" }
known_on = { date = "录入日期" }
"""
    finding = only(rehearsed(GOOD, mapping=mapping))
    assert (finding.line, finding.what) == (11, "'姓名', which is no column of lists.csv")


REGISTER = """city = "town"
exported_on = 2024-06-30
[[feed]]
name = "register"
table = "entities"
file = "lists.csv"
[feed.columns]
entity_id = "编号"
id_kind = { value = "local" }
registered_on = { date = "列入日期" }
deregistered_on = { date = "录入日期" }
known_on = { date = "列入日期" }
"""


def test_ends_that_were_known_before_they_came_are_asked_about(rehearsed: Any) -> None:
    finding = only(rehearsed(GOOD, GOOD.replace("1,", "2,", 1), mapping=REGISTER))
    assert (finding.line, finding.stops, finding.rows) == (12, False, 2)
    assert finding.what == "2 of 2 deregistrations would be known before they happened"
    assert finding.todo.endswith('{ date = "exported_on" }')
    right = REGISTER.replace('known_on = { date = "列入日期" }', 'known_on = { date = "exported_on" }')
    assert rehearsed(GOOD, mapping=right).findings == ()
