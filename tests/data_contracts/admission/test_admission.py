"""Admission on small files: every row accounted for, same rows same lake, nothing written on a refusal."""

from __future__ import annotations

import fcntl
import os
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.admission.engine import AdmissionError
from data_contracts.admission.feed_files import UnpairedFiles
from data_contracts.lake import LakeBusy, read_report
from data_contracts.raw import RawFileError

Rows = Callable[..., list[dict[str, Any]]]
THREE = [("1", "甲", "food", "2024-01-02"), ("2", "乙", "", "2024/3/4"), ("3", "丙", "noise", "2024年5月6日")]


def test_good_rows_arrive_in_contract_types_and_order(town: Any, rows_of: Rows) -> None:
    town.write_rows("a.csv", THREE)
    outcome = town.admit()
    table = pq.read_table(outcome.lake.table("complaints").path)
    assert table.schema.field("occurred_on").type == pa.date32()
    assert table.schema.names[:3] == ["complaint_id", "entity_id", "channel"]
    assert [row["complaint_id"] for row in rows_of(outcome, "complaints")] == ["3", "2", "1"]  # 丙 < 乙 < 甲
    assert rows_of(outcome, "complaints")[1]["topic"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_does_not_matter(town: Any, rows_of: Rows, encoding: str) -> None:
    lines = ["编号,主体,事项,日期", "1,北京𠮷公司,food,2024-01-02"]
    town.write("a.csv", "\r\n".join(lines) + "\r\n", encoding)
    assert [row["entity_id"] for row in rows_of(town.admit(), "complaints")] == ["北京𠮷公司"]


@pytest.mark.parametrize(
    "header",
    [
        "编号,主体,事项,日期",
        "\ufeff编号, 主体 ,事项,日期",
        "“编号”,主体,事项,日期".replace("“", '"').replace("”", '"'),
        "编号\t,主体\u3000,事项,日期,,",
    ],
)
def test_marks_and_blanks_around_headers_do_not_matter(town: Any, rows_of: Rows, header: str) -> None:
    town.write("a.csv", f"{header}\n1,甲,food,2024-01-02\n")
    assert [row["complaint_id"] for row in rows_of(town.admit(), "complaints")] == ["1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(town: Any, rows_of: Rows, delimiter: str) -> None:
    rows = [("编号", "主体", "事项", "日期"), THREE[0]]
    town.write("a.csv", "\n".join(delimiter.join(row) for row in rows))
    assert len(rows_of(town.admit(), "complaints")) == 1


def test_a_title_above_the_header_is_skipped_when_the_feed_says_so(town: Any, rows_of: Rows) -> None:
    town.write("a.csv", "投诉清单,,,\n编号,主体,事项,日期\n1,甲,food,2024-01-02\n2,甲,food,2099-01-02\n")
    text = town.letters().text.replace("reject_limit", "header_line = 2\nreject_limit")
    outcome = town.admit(town.mapping(text))
    assert [row["complaint_id"] for row in rows_of(outcome, "complaints")] == ["1"]
    assert outcome.report.feeds[0].examples[0].line == 4


def test_a_bad_row_is_kept_with_file_line_column_reason_value_and_what_to_do(
    town: Any, rejected_of: Rows
) -> None:
    town.write("a.csv", '编号,主体,事项,日期\n1,甲,"food, hot",2024-01-02\n\n2,乙,food,2024-02-30\n')
    (row,) = rejected_of(town.admit(), "complaints")
    assert {key: row[key] for key in ("feed", "source_file", "line", "column", "reason", "value")} == {
        "feed": "letters", "source_file": "a.csv", "line": 4, "column": "occurred_on", "reason": "not_a_date",
        "value": "2024-02-30",
    }  # fmt: skip
    assert "day_first" in row["todo"]
    assert '"主体":"乙"' in row["row"]


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        (("1", "", "food", "2024-01-02"), "missing", "entity_id"),
        (("", "甲", "food", "2024-01-02"), "missing", "complaint_id"),
        (("1", "甲", "food", "/"), "missing", "occurred_on"),
        (("1", "甲", "food", "2/3/2024"), "not_a_date", "occurred_on"),
        (("1", "甲", "food", "2024-07-01"), "known_in_future", "known_on"),
        (("1", "甲", "food", "1901-01-01"), "implausibly_old", "occurred_on"),
        (("1", "x" * 65, "food", "2024-01-02"), "too_long", "entity_id"),
        (("1", "甲", "food", "2024-01-02", "more"), "wrong_field_count", "*"),
        (("1", "甲"), "wrong_field_count", "*"),
    ],
)
def test_each_fault_has_its_reason(
    town: Any, rejected_of: Rows, row: tuple[str, ...], reason: str, column: str
) -> None:
    town.write_rows("a.csv", [row])
    (found,) = rejected_of(town.admit(), "complaints")
    assert (found["reason"], found["column"]) == (reason, column)


def test_a_row_known_on_the_day_of_the_export_is_admitted(town: Any, rows_of: Rows) -> None:
    town.write_rows("a.csv", [("1", "甲", "food", "2024-06-30")])
    assert len(rows_of(town.admit(), "complaints")) == 1


def test_equal_rows_are_duplicates_and_rows_that_disagree_are_all_rejected(
    town: Any, rows_of: Rows, rejected_of: Rows
) -> None:
    town.write_rows(
        "a.csv", [THREE[0], THREE[0], ("9", "甲", "food", "2024-01-02"), ("9", "甲", "food", "2024-01-02")]
    )
    town.write_rows("b.csv", [THREE[0], ("9", "甲", "", "2024-01-02")])
    outcome = town.admit()
    assert [row["complaint_id"] for row in rows_of(outcome, "complaints")] == ["1"]
    rejected = rejected_of(outcome, "complaints")
    assert [(row["source_file"], row["line"]) for row in rejected] == [
        ("a.csv", 4),
        ("a.csv", 5),
        ("b.csv", 3),
    ]
    assert {(row["reason"], row["column"], row["value"]) for row in rejected} == {
        ("conflicting_key", "topic", "9")
    }
    assert outcome.report.totals == (6, 1, 3, 2)


CELLS = st.tuples(
    st.sampled_from(["1", "2", "3", ""]),
    st.sampled_from(["甲", "乙"]),
    st.sampled_from(["", "food"]),
    st.sampled_from(["2024-01-02", "2024/1/2", "2024-02-30", "2030-01-01"]),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_and_split_change_nothing_and_every_row_is_accounted_for(
    new_town: Callable[[], Any],
    rows_of: Rows,
    rejected_of: Rows,
    rows: list[tuple[str, ...]],
    chance: random.Random,
) -> None:
    whole, split = new_town(), new_town()
    whole.write_rows("a.csv", rows)
    shuffled = chance.sample(rows, len(rows))
    cut = chance.randint(0, len(rows))
    split.write_rows("b.csv", shuffled[:cut])
    split.write_rows("c.csv", shuffled[cut:])
    one, two = whole.admit(), split.admit()
    assert one.lake.digest == two.lake.digest
    for outcome in (one, two):
        read, admitted, rejected, duplicates = outcome.report.totals
        assert read == len(rows) == admitted + rejected + duplicates
        assert min(admitted, rejected, duplicates) >= 0
        assert admitted == len(rows_of(outcome, "complaints"))
        assert rejected == len(rejected_of(outcome, "complaints"))


def test_the_same_files_are_not_admitted_twice(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    first, second = town.admit(), town.admit()
    assert (first.fresh, second.fresh) == (True, False)
    assert first.lake == second.lake
    assert first.report == second.report == read_report(second.lake)
    assert [path.name for path in (town.lake / "versions").iterdir()] == [first.lake.version]


def test_other_files_with_the_same_rows_give_the_same_version_with_a_new_report(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    first = town.admit()
    town.write_rows("b.csv", THREE[:1])
    second = town.admit()
    assert second.fresh
    assert second.lake.version == first.lake.version
    assert read_report(second.lake).totals == (4, 3, 0, 1)


def test_a_changed_row_gives_another_version_and_keeps_the_old_one(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    first = town.admit()
    town.write_rows("a.csv", THREE[:2])
    second = town.admit()
    assert second.lake.version != first.lake.version
    assert (first.lake.table("complaints").path).is_file()


def test_too_many_rejected_rows_refuse_the_table_whole(town: Any) -> None:
    town.write_rows("a.csv", [THREE[0], *[(str(n), "甲", "", "soon") for n in range(5, 9)]])
    with pytest.raises(AdmissionError) as caught:
        town.admit(town.letters(limit=0.5))
    message = str(caught.value)
    assert "letters into complaints: 4 of 5 rows rejected (not_a_date 4)" in message
    assert message.count("a.csv line") == 3
    assert "a.csv line 3: occurred_on not_a_date 'soon'" in message
    assert "raise reject_limit" in message
    assert town.nothing_written()


def test_a_refusal_leaves_an_earlier_lake_as_it_was(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    first = town.admit()
    before = sorted(path for path in town.lake.rglob("*"))
    town.write_rows("b.csv", [("8", "甲", "", "soon")])
    with pytest.raises(AdmissionError):
        town.admit(town.letters(limit=0.1))
    assert sorted(path for path in town.lake.rglob("*")) == before
    assert (town.lake / "CURRENT").read_text().strip() == first.lake.version


def test_a_missing_file_is_refused(town: Any) -> None:
    with pytest.raises(
        UnpairedFiles, match=r"Expected a file for every feed of town .*; got none for \*\.csv"
    ):
        town.admit()
    assert town.nothing_written()


def test_a_missing_folder_is_refused(town: Any) -> None:
    town.raw.rmdir()
    with pytest.raises(RawFileError, match=r"got no folder .*raw"):
        town.admit()


def test_a_file_that_no_feed_reads_is_refused_unless_ignored(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    town.write("notes.txt", "call back on Monday")
    with pytest.raises(UnpairedFiles, match=r"1 of neither: notes\.txt"):
        town.admit()
    assert town.nothing_written()
    text = town.letters().text.replace("[[feed]]", '[ignored]\n"notes.txt" = "a note"\n[[feed]]')
    assert town.admit(town.mapping(text)).fresh


def test_an_expression_over_an_unknown_column_names_feed_column_cause_and_near_names(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    mapping = town.mapping(town.letters().text.replace('"事项"', '"topic_of_letter" || upper("事 项")'))
    with pytest.raises(AdmissionError) as caught:
        town.admit(mapping)
    message = str(caught.value)
    assert "a SQL expression over a.csv for complaints.topic (feed 'letters')" in message
    assert "asks for 'topic_of_letter', which is no column of a.csv" in message
    assert "the columns are 编号, 主体, 事项, 日期" in message
    assert town.nothing_written()


def test_an_expression_that_fails_on_a_row_is_named(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    mapping = town.mapping(town.letters().text.replace("""'"事项"'""", """'CAST("事项" AS INTEGER)'"""))
    with pytest.raises(AdmissionError, match=r"complaints\.topic .*Could not convert string 'food' to INT32"):
        town.admit(mapping)
    assert town.nothing_written()


@pytest.mark.parametrize(
    "expression",
    ["unnest([1, 2])", "count(*)", "1; DROP TABLE x", "(SELECT content FROM read_text('/etc/hostname'))"],
)
def test_an_expression_that_is_no_scalar_over_the_row_is_refused(town: Any, expression: str) -> None:
    town.write_rows("a.csv", THREE)
    mapping = town.mapping(town.letters().text.replace("""'"事项"'""", f'"""{expression}"""'))
    with pytest.raises(AdmissionError):
        town.admit(mapping)
    assert town.nothing_written()


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n\x00\x00", b"", b"\n\n\n", b"\xff" * 5000]
)
def test_a_file_of_nonsense_is_refused(town: Any, content: bytes) -> None:
    (town.raw / "a.csv").write_bytes(content)
    with pytest.raises(RawFileError, match=r"Expected a\.csv to .*; got .* To do: "):
        town.admit()
    assert town.nothing_written()


def test_a_csv_named_parquet_is_refused(town: Any) -> None:
    town.write_rows("a.parquet", THREE)
    mapping = town.mapping(town.letters().text.replace("*.csv", "*.parquet"))
    with pytest.raises(RawFileError, match=r"Expected a\.parquet to be a Parquet file"):
        town.admit(mapping)
    assert town.nothing_written()


def test_a_header_without_rows_gives_an_empty_table(town: Any, rows_of: Rows) -> None:
    town.write_rows("a.csv", [])
    assert rows_of(town.admit(), "complaints") == []


def test_parquet_is_read_with_its_types(town: Any, rows_of: Rows, parquet: Callable[..., None]) -> None:
    days = pa.array([1_704_153_600_000], pa.timestamp("ms"))
    parquet(town.raw / "a.parquet", {"编号": [7], "主体": ["甲"], "事项": [None], "日期": days})
    mapping = town.mapping(town.letters().text.replace("*.csv", "*.parquet"))
    (row,) = rows_of(town.admit(mapping), "complaints")
    assert (row["complaint_id"], str(row["occurred_on"])) == ("7", "2024-01-02")


def test_columns_of_parquet_that_have_our_own_names_are_refused(
    town: Any, parquet: Callable[..., None]
) -> None:
    parquet(
        town.raw / "a.parquet", {"编号": ["7"], "主体": ["甲"], "事项": [""], "日期": [""], "row_value": [1]}
    )
    with pytest.raises(AdmissionError, match=r"leave our own names free; got row_value"):
        town.admit(town.mapping(town.letters().text.replace("*.csv", "*.parquet")))


def test_typed_columns_of_parquet_need_no_reading_and_keep_their_checks(
    town: Any, rejected_of: Rows, parquet: Callable[..., None]
) -> None:
    days = pa.array([date(2024, 1, 2), date(2030, 1, 2), None], pa.date32())
    parquet(town.raw / "a.parquet", {"编号": [1, 2, 3], "主体": ["甲"] * 3, "事项": [""] * 3, "日期": days})
    outcome = town.admit(town.mapping(town.letters().text.replace("*.csv", "*.parquet")))
    found = [(row["line"], row["reason"], row["value"]) for row in rejected_of(outcome, "complaints")]
    assert found == [(2, "known_in_future", "2030-01-02"), (3, "missing", None)]


def test_one_admission_at_a_time(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    town.lake.mkdir()
    handle = os.open(town.lake, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(LakeBusy, match="got another one under way"):
            town.admit()
    finally:
        os.close(handle)
    assert town.admit().fresh


def test_what_a_killed_admission_left_is_cleared(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    (town.lake / ".staging-killed" / "version").mkdir(parents=True)
    town.admit()
    assert sorted(path.name for path in town.lake.iterdir()) == ["CURRENT", "versions"]


def test_nothing_is_left_behind_in_the_lake_but_versions(town: Any, tmp_path: Path) -> None:
    town.write_rows("a.csv", THREE)
    town.admit()
    assert sorted(path.name for path in town.lake.iterdir()) == ["CURRENT", "versions"]


def test_too_little_memory_is_told_as_such_and_writes_nothing(town: Any) -> None:
    town.write_rows("a.csv", THREE)
    with pytest.raises(
        AdmissionError, match=r"Expected memory, or room on the disk.*XINHENG_MEMORY_LIMIT higher"
    ):
        town.admit(memory_limit="3MB")
    assert town.nothing_written()


def test_memory_changes_nothing_but_the_time(new_town: Callable[[], Any]) -> None:
    rows = [(str(n), f"e{n % 997}", "food" * 50, f"2024-01-{n % 28 + 1:02}") for n in range(60_000)]
    digests = []
    for limit in ("60MB", "1GB"):
        town = new_town()
        town.write_rows("a.csv", rows)
        town.write_rows("b.csv", rows[::-2])
        digests.append(town.admit(memory_limit=limit).lake.digest)
    assert digests[0] == digests[1]


def test_rejected_rows_lie_in_order_however_many_slices_they_come_in(
    new_town: Callable[[], Any], rejected_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for rows in (100_000, 7, 1):
        monkeypatch.setattr("data_contracts.admission.engine.SLICE_ROWS", rows)
        town = new_town()
        town.write_rows(
            "a.csv", [(str(n), "e", "food", "never" if n % 3 else "2024-01-01") for n in range(30)]
        )
        town.write_rows("b.csv", [(f"b{n}", "e", "food", "never") for n in range(5)])
        found.append(rejected_of(town.admit(), "complaints"))
    assert [(row["source_file"], row["line"]) for row in found[0]][-6:-4] == [("a.csv", 31), ("b.csv", 2)]
    assert len(found[0]) == 25
    assert found[0] == found[1] == found[2]


def test_a_hopeless_file_is_refused_as_a_whole_unless_all_its_rows_may_be_left_out(town: Any) -> None:
    town.write("a.csv", "编号,主体,事项,日期\n" + "xx\n" * 100_000)
    with pytest.raises(
        RawFileError, match=r"first 100,000 rows of a.csv .* got 100,000 that are none: line 2"
    ):
        town.admit(town.letters(limit=0.05))
    assert town.nothing_written()
    assert town.admit(town.letters(limit=1.0)).report.feeds[0].rejected == 100_000
