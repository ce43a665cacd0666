"""JSON that holds records becomes text: every name a column, every digit kept, every fault told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.raw import RawFileError

RECORDS = """
{"code": 0, "columns": ["id", "a"], "data": {"total": 4, "items": [
  {"id": 91110000123456789012, "a": {"b": 1.10, "c": [1, "x", null, 2.50]}, "none": null, "yes": true},
  {"id": -0.0, "a": {"b": 1e5}, "list": [{"q": 1.0}, [2]], "名称": "甲"},
  7,
  {"id": 2, "id": 3},
  {}
]}}
"""


def test_records_as_an_interface_sends_them(raw_file: Any, read: Any, rows: Any) -> None:
    kept = read(raw_file("a.json", RECORDS))
    assert kept.column_names[:-3] == ["id", "a.b", "a.c", "none", "yes", "list", "名称"]
    assert rows(kept) == [
        ("91110000123456789012", "1.10", "1;x;;2.50", "", "true", "", "", None, None, 1),
        ("-0.0", "100000", "", "", "", '[{"q":1.0},[2]]', "甲", None, None, 2),
        ("", "", "", "", "", "", "", "malformed_record", "no object: 7", 3),
        ("3", "", "", "", "", "", "", "malformed_record", "the name 'id' twice: 3", 4),
        ("", "", "", "", "", "", "", None, None, 5),
    ]


def test_each_line_is_a_record_or_a_fault(raw_file: Any, read: Any, rows: Any) -> None:
    lines = ['{"a": 1, "b": {"c": "甲"}}', "", '{"a": 2', "[1]", '{"a": 1}{"a": 2}', '  {"b": {"c": "乙"}}  ']
    content = "\n".join(lines).encode() + '\r\n{"a": "丙"}'.encode("gbk")
    assert rows(read(raw_file("a.jsonl", content))) == [
        ("1", "甲", None, None, 1),
        ("", "", "malformed_record", 'parse error: premature EOF: {"a": 2', 3),
        ("", "", "malformed_record", "no object: [1]", 4),
        ("", "", "malformed_record", 'parse error: trailing garbage: {"a": 1}{"a": 2}', 5),
        ("", "乙", None, None, 6),
        ("", "", "undecodable", 'not utf-8: {"a": "丙"}', 7),
    ]


def test_lines_of_json_may_be_declared_whatever_the_name(raw_file: Any, read: Any) -> None:
    kept = read(raw_file("a.txt", '{"名称": "甲"}\n{"名称": "乙"}\n'.encode("gbk")), format="jsonl")
    assert kept.column("名称").to_pylist() == ["甲", "乙"]


def test_of_several_arrays_the_feed_names_one(raw_file: Any, read: Any) -> None:
    raw = raw_file("a.json", '{"x": [{"a": 1}], "y": {"z": [{"b": 2}]}, "n": [1, 2]}')
    assert read(raw, records="y.z").column("b").to_pylist() == ["2"]
    with pytest.raises(RawFileError, match=r"to hold exactly one; got 'x', 'y\.z'\. To do: set 'records'"):
        read(raw)
    with pytest.raises(
        RawFileError, match=r"to hold one at 'y\.zz'; got 'x', 'y\.z' \(did you mean 'y\.z'\?\)"
    ):
        read(raw, records="y.zz")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_mark_of_an_encoding_is_no_part_of_the_text(raw_file: Any, read: Any, encoding: str) -> None:
    raw = raw_file("a.json", '[{"名称": "甲"}]'.encode(encoding))
    assert read(raw).column("名称").to_pylist() == ["甲"]


def test_another_encoding_is_declared(raw_file: Any, read: Any) -> None:
    raw = raw_file("a.json", '[{"名称": "甲"}]'.encode("gbk"))
    assert read(raw, encoding="gbk").column("名称").to_pylist() == ["甲"]
    with pytest.raises(
        RawFileError, match=r"to be text in utf-8; got bytes that are not\. To do: save it in UTF"
    ):
        read(raw)
    wrong = raw_file("b.json", '[{"名称": "甲乙丙"}]'.encode() + "é".encode("latin-1"))
    with pytest.raises(
        RawFileError,
        match=r"to be text in gbk; got bytes that are not\. To do: correct 'encoding' in its feed",
    ):
        read(wrong, encoding="gbk")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[\n{"a": 1},\n{"a": ]',
            "parse error: unallowed token at this point in JSON text, at line 3, byte 7",
        ),
        ('[{"a": 1}', "parse error: premature EOF, at line 1, byte 9"),
        ('{"a": 1}\n{"a": 2}', "parse error: trailing garbage, at line 2, byte 1"),
        ('[{"a": NaN}]', "lexical error: invalid char in json text, at line 1, byte 8"),
        ('[{"a": "\t"}]', "lexical error: invalid character inside string, at line 1, byte 9"),
        ("", "parse error: premature EOF, at line 1, byte 0"),
    ],
)
def test_a_mistake_is_told_with_its_place(raw_file: Any, read: Any, text: str, told: str) -> None:
    with pytest.raises(RawFileError) as caught:
        read(raw_file("a.json", text))
    assert str(caught.value) == (
        f"Expected a.json to be one JSON text in utf-8; got {told} of it. To do: correct it there, "
        "or set format = 'jsonl' in its feed if every line is a record of its own."
    )


def test_the_place_of_a_mistake_is_found_in_a_long_file(raw_file: Any, read: Any) -> None:
    records = [f'{{"a": {number}}}' for number in range(20_000)]
    records[15_000] = '{"a": oops}'
    with pytest.raises(RawFileError, match="at line 15,001, byte 7 of it"):
        read(raw_file("a.json", "[" + ",\n".join(records) + "]"))


@pytest.mark.parametrize("text", ["{}", "[]", "7", '{"a": {"b": [1, 2]}}'])
def test_a_text_without_records_is_refused(raw_file: Any, read: Any, text: str) -> None:
    with pytest.raises(
        RawFileError, match=r"Expected a\.json to be an array of objects, or to hold .*; got none"
    ):
        read(raw_file("a.json", text))


NAMES = st.text("abc", min_size=1, max_size=3)
PLAIN = st.none() | st.booleans() | st.integers() | st.text('x;甲 "\\\n', max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(records=st.lists(st.dictionaries(NAMES, PLAIN, min_size=1, max_size=4), min_size=1, max_size=5))
def test_records_say_the_same_in_an_array_and_on_lines(
    raw_file: Any, read: Any, rows: Any, records: list[dict[str, object]]
) -> None:
    array = rows(read(raw_file("a.json", json.dumps(records))))
    lines = rows(read(raw_file("a.jsonl", "\n".join(map(json.dumps, records)))))
    assert array == lines
    names = list(dict.fromkeys(name for record in records for name in record))
    said = {None: "", True: "true", False: "false"}
    expected = [
        tuple(
            said[value] if value is None or isinstance(value, bool) else str(value)
            for value in (record.get(name) for name in names)
        )
        for record in records
    ]
    assert [row[: len(names)] for row in array] == expected
