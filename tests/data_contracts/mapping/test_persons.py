"""Names of persons stay in the raw folder: rejected rows, reports and the lake hold pseudonyms or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.admission.engine import AdmissionError

Rows = Callable[..., list[dict[str, Any]]]
NAME = "Zhang San"
VISITS = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "visits"
table = "inspections"
file = "visits.*"
reject_limit = 1.0
[feed.columns]
inspection_id = "id"
entity_id = "entity"
occurred_on = "day"
known_on = "day"
mechanism = { value = "unknown" }
result_codes = "result"
inspector = { pseudonym = 'WHO' }
"""
VISITED = """
[[feed]]
name = "visited"
table = "entities"
file = "visits.*"
reject_limit = 1.0
[feed.columns]
entity_id = "entity"
id_kind = { value = "local" }
known_on = "day"
"""
BAD_DAY = f"1,e,soon,no_problem,{NAME}"
HEADER = "id,entity,day,result,who"


def admit(town: Any, *rows: str | bytes, mapping: str = VISITS) -> Any:
    content = [row if isinstance(row, bytes) else row.encode() for row in (HEADER, *rows)]
    (town.raw / "visits.csv").write_bytes(b"\n".join(content))
    return town.admit(town.mapping(mapping))


@pytest.mark.parametrize("spelling", ["who", "WHO", ' "Who" '])
def test_a_rejected_row_shows_a_pseudonym_however_the_mapping_spells_the_column(
    town: Any, rejected_of: Rows, spelling: str
) -> None:
    outcome = admit(town, BAD_DAY, mapping=VISITS.replace("WHO", spelling))
    (row,) = rejected_of(outcome, "inspections")
    assert row["reason"] == "not_a_date"
    assert '"who":"P' in row["row"]
    assert '"entity":"e"' in row["row"]
    assert NAME not in str(row) + str(outcome.report)


def test_a_column_of_persons_in_parquet_is_hidden_as_well(
    town: Any, rejected_of: Rows, parquet: Callable[..., None]
) -> None:
    values = dict(zip(HEADER.split(","), ([cell] for cell in BAD_DAY.split(",")), strict=True))
    parquet(town.raw / "visits.parquet", values)
    (row,) = rejected_of(town.admit(town.mapping(VISITS)), "inspections")
    assert '"who":"P' in row["row"]


def test_what_one_feed_hides_another_feed_of_the_same_file_does_not_show(
    town: Any, rejected_of: Rows
) -> None:
    outcome = admit(town, BAD_DAY, mapping=VISITS + VISITED)
    (visit,), (entity,) = rejected_of(outcome, "inspections"), rejected_of(outcome, "entities")
    assert NAME not in entity["row"]
    assert '"who":"P' in entity["row"]
    assert '"who":"P' in visit["row"]


@pytest.mark.parametrize(
    ("line", "reason", "value"),
    [
        (f"1,e,2024-01-02,no_problem,more,{NAME}", "wrong_field_count", "6 fields"),
        (f"{NAME},e", "wrong_field_count", "2 fields"),
        (f'1,e,2024-01-02,"no_problem,{NAME}', "misplaced_quote", "1 quotation marks"),
        (f'1,e,2024-01-02,"no" problem,{NAME}', "misplaced_quote", "',' expected after '\"'"),
        (f"1,甲,2024-01-02,no_problem,{NAME}".encode("gbk"), "undecodable", "not utf-8"),
    ],
)
def test_of_a_line_without_sure_columns_nothing_is_kept_but_its_place_and_its_fault(
    town: Any, rejected_of: Rows, line: str | bytes, reason: str, value: str
) -> None:
    good = ["8,甲,2024-01-02,no_problem,Li", "9,乙,2024-01-02,no_problem,Li"]
    outcome = admit(town, *good, line, mapping=VISITS.replace("1.0", "0.5"))
    (row,) = rejected_of(outcome, "inspections")
    assert (row["line"], row["reason"]) == (4, reason)
    assert row["value"] == f"{value}, not shown: it may hold names of persons"
    assert NAME not in str(row) + str(outcome.report)
    assert "no_problem" not in row["row"]
    assert '"source_line":4' in row["row"]
    assert outcome.report.totals == (3, 2, 1, 0)


def test_a_refusal_for_too_many_rejected_rows_names_nobody(town: Any) -> None:
    with pytest.raises(AdmissionError, match="wrong_field_count '2 fields, not shown") as caught:
        admit(town, f"{NAME},e", BAD_DAY, mapping=VISITS.replace("1.0", "0.1"))
    assert NAME not in str(caught.value)


def test_no_file_of_the_lake_names_anybody(town: Any) -> None:
    admit(town, BAD_DAY, f"{NAME},e", f"2,e,2024-01-02,no_problem,{NAME}", mapping=VISITS + VISITED)
    texts = [
        str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text("utf-8")
        for path in town.lake.rglob("*")
        if path.is_file()
    ]
    assert len(texts) == 9
    assert not [text for text in texts if NAME in text]


@pytest.mark.parametrize("expression", ["123", "NULL"])
def test_a_pseudonym_of_what_is_no_column_of_the_file_is_refused(town: Any, expression: str) -> None:
    with pytest.raises(AdmissionError):
        admit(town, BAD_DAY, mapping=VISITS.replace("'WHO'", f"'{expression}'"))
    assert town.nothing_written()


def test_a_failing_expression_over_a_file_with_persons_tells_no_value(town: Any) -> None:
    mapping = VISITS.replace(
        'result_codes = "result"', "result_codes = 'CAST(CAST(result AS INTEGER) AS VARCHAR)'"
    )
    with pytest.raises(AdmissionError, match="Could not convert string a value to INT32") as caught:
        admit(town, f"1,e,2024-01-02,{NAME},x", mapping=mapping)
    assert NAME not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "made",
    [
        "'who'",
        "'\"WHO\"'",
        "'upper(Who)'",
        "\"CASE WHEN result = 'x' THEN who END\"",
        '"list_transform([result], lambda one: one || who)[1]"',
        "\"content_id(concat_ws('|', id, who))\"",
        "\"concat_ws('|', *COLUMNS(*))\"",
        '{ code = "who", table = "x" }',
    ],
)
def test_what_a_feed_hides_no_column_of_the_same_file_shows(town: Any, made: str) -> None:
    mapping = VISITS.replace('entity_id = "entity"', f"entity_id = {made}").replace(
        "exported_on = 2024-06-30", 'exported_on = 2024-06-30\n[codes.x]\na = "b"'
    )
    with pytest.raises(AdmissionError) as caught:
        admit(town, f"1,e,2024-01-02,no_problem,{NAME}", mapping=mapping)
    assert "what visits.csv holds of persons to leave it as pseudonyms only" in str(caught.value)
    assert "for inspections.entity_id, which shows who. To do: write { pseudonym" in str(caught.value)
    assert NAME not in str(caught.value)
    assert town.nothing_written()


def test_what_one_feed_hides_another_of_the_same_file_may_not_map(town: Any, rows_of: Rows) -> None:
    shows = VISITED.replace('known_on = "day"', 'known_on = "day"\nname = WAY')
    with pytest.raises(AdmissionError, match=r"'who' for entities\.name, which shows who"):
        admit(town, BAD_DAY, mapping=VISITS + shows.replace("WAY", "'who'"))
    for way in ('{ pseudonym = "who" }', '{ shown = "\'firm \' || who", because = "sole traders" }'):
        good = f"1,e,2024-01-02,no_problem,{NAME}"
        (firm,) = rows_of(admit(town, good, mapping=VISITS + shows.replace("WAY", way)), "entities")
        assert (firm["name"] == f"firm {NAME}") == way.startswith("{ shown")


def test_a_declared_column_of_persons_may_not_be_mapped_either(town: Any) -> None:
    declared = VISITED.replace("[feed.columns]", 'persons = ["who"]\n[feed.columns]\nname = "who"')
    with pytest.raises(AdmissionError, match=r"'who' for entities\.name, which shows who"):
        admit(town, BAD_DAY, mapping='city = "town"\nexported_on = 2024-06-30\n' + declared)


PEOPLE = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "posts"
table = "key_persons"
file = "posts.*"
reject_limit = 1.0
[feed.columns]
record_id = "id"
entity_id = "entity"
person = { pseudonym = "who" }
group = "post"
role = "role"
occurred_on = "day"
known_on = "day"
[[feed]]
name = "people"
table = "relations"
file = "relations.*"
reject_limit = 1.0
set_aside = { when = "kind <> 'person'", because = "read by the other feed" }
[feed.columns]
relation_id = "id"
entity_id = "entity"
kind = { value = "shareholder" }
related_kind = "kind"
related_id = { pseudonym = "who" }
share = "share"
occurred_on = "day"
known_on = "day"
[[feed]]
name = "companies"
table = "relations"
file = "relations.*"
reject_limit = 1.0
set_aside = { when = "kind = 'person'", because = "read by the other feed" }
[feed.columns]
relation_id = "id"
entity_id = "entity"
kind = { value = "shareholder" }
related_kind = "kind"
related_id = { shown = "who", because = "rows of companies only" }
share = "share"
occurred_on = "day"
known_on = "day"
[[feed]]
name = "changes"
table = "registry_changes"
file = "changes.*"
reject_limit = 1.0
[feed.columns]
change_id = "id"
entity_id = "entity"
item = "item"
before_text = { pseudonym = "before" }
after_text = { pseudonym = "after" }
occurred_on = "day"
known_on = "day"
"""
POSTS = [
    f"1,e,{NAME},licensed_pharmacist,,2024-01-02",
    f"2,e,{NAME},jester,,2024-01-02",
    f"3,e,{NAME},licensed_pharmacist,a,2024-01-02",
    f"3,e,{NAME},licensed_pharmacist,b,2024-01-02",
    f"4,e,{NAME}",
]
RELATIONS = [
    f"1,e,person,{NAME},0.5,2024-01-02",
    f"2,e,person,{NAME},7,2024-01-02",
    "3,e,entity,91110105MA00ABCD1X,0.5,2024-01-02",
    "4,e,entity,91110105MA00ABCD1X,7,2024-01-02",
]
CHANGES = [
    f"1,e,legal_representative,{NAME},{NAME},2024-01-02",
    f"2,e,legal_representative,{NAME},{NAME},soon",
]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_owners_officers_and_representatives_leave_the_raw_folder_as_pseudonyms_only(
    town: Any, rows_of: Rows, rejected_of: Rows, parquet: Callable[..., None], form: str
) -> None:
    files = {
        "posts": ("id,entity,who,post,role,day", POSTS),
        "relations": ("id,entity,kind,who,share,day", RELATIONS),
        "changes": ("id,entity,item,before,after,day", CHANGES),
    }
    for name, (head, rows) in files.items():
        if form == "csv":
            town.write(f"{name}.csv", "\n".join([head, *rows]) + "\n")
        else:
            cells = [row.split(",") + [None] * (head.count(",") - row.count(",")) for row in rows]
            columns = zip(*cells, strict=True)
            parquet(
                town.raw / f"{name}.parquet",
                {key: list(values) for key, values in zip(head.split(","), columns, strict=True)},
            )
    outcome = town.admit(town.mapping(PEOPLE))
    texts = [
        str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text("utf-8")
        for path in town.lake.rglob("*")
        if path.is_file()
    ]
    assert [text for text in [*texts, str(outcome.report)] if NAME in text] == []
    (post,) = rows_of(outcome, "key_persons")
    people = {row["related_kind"]: row["related_id"] for row in rows_of(outcome, "relations")}
    (change,) = rows_of(outcome, "registry_changes")
    assert people == {"person": post["person"], "entity": "91110105MA00ABCD1X"}
    assert change["before_text"] == change["after_text"] == post["person"]
    reasons = [row["reason"] for row in rejected_of(outcome, "key_persons")]
    assert reasons.count("conflicting_key") == 2
    assert {"above_maximum", "set_aside"} <= {row["reason"] for row in rejected_of(outcome, "relations")}


GUESSED = VISITS.replace("inspector = { pseudonym = 'WHO' }\n", "")
PHONED = "id,entity,day,result,法定代表人,联系电话,股东类型"


def phoned(town: Any, *rows: str, mapping: str = GUESSED) -> Any:
    town.write("visits.csv", "\n".join([PHONED, *rows]) + "\n")
    return town.admit(town.mapping(mapping))


def test_a_column_whose_heading_speaks_of_persons_is_hidden_though_nobody_declared_it(
    town: Any, rejected_of: Rows
) -> None:
    good = f"8,e,2024-01-02,no_problem,{NAME},13800001111,自然人"
    outcome = phoned(town, good, f"1,e,soon,no_problem,{NAME},13800001111,自然人", f"{NAME},e,13800001111")
    rows = rejected_of(outcome, "inspections")
    assert {row["reason"] for row in rows} == {"not_a_date", "wrong_field_count"}
    for hidden in (NAME, "13800001111"):
        assert hidden not in str(rows) + str(outcome.report)
    (bad,) = (row for row in rows if row["reason"] == "not_a_date")
    assert '"法定代表人":"not shown: it may name persons"' in bad["row"]
    assert '"股东类型":"自然人"' in bad["row"]


def test_a_value_made_of_such_a_column_is_not_told(town: Any, rejected_of: Rows) -> None:
    mapping = GUESSED.replace('result_codes = "result"', 'result_codes = "upper(法定代表人)"')
    outcome = phoned(town, f"1,e,2024-01-02,no_problem,{NAME},1,自然人", mapping=mapping)
    (row,) = rejected_of(outcome, "inspections")
    assert row["value"] == "not shown: it may name persons"
    assert NAME.upper() not in str(row).upper() + str(outcome.report).upper()


def test_a_feed_says_which_columns_name_nobody_in_spite_of_their_headings(
    town: Any, rejected_of: Rows
) -> None:
    mapping = GUESSED.replace("reject_limit", 'not_persons = ["联系电话"]\nreject_limit')
    outcome = phoned(town, f"1,e,soon,no_problem,{NAME},12345,自然人", mapping=mapping)
    (row,) = rejected_of(outcome, "inspections")
    assert '"联系电话":"12345"' in row["row"]
    assert NAME not in row["row"]
