"""A file most of whose rows are none is refused soon, unless its feed may leave them out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.line_faults import FAULT
from data_contracts.mapping.reading import Reading
from data_contracts.raw import RawFile, RawFileError, text_to_parquet
from data_contracts.raw.hopeless import ROWS_JUDGED

MEBIBYTE = 1 << 20
# Reads one file and tells what came of it, with the peak of memory above the start and the seconds.
READER = """
import json, re, sys, time
from pathlib import Path
from data_contracts.raw import RawFile, RawFileError, text_to_parquet
from data_contracts.mapping.reading import Reading
def peak():
    return int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024
path, start, began = Path(sys.argv[1]), peak(), time.process_time()
raw = RawFile(path=path, name=path.name, digest="")
try:
    reading, limit = Reading(**json.loads(sys.argv[3])), float(sys.argv[4])
    text_to_parquet(raw, reading, Path(sys.argv[2]), reject_limit=limit)
    said = ""
except RawFileError as refusal:
    said = str(refusal)
print(json.dumps([said, peak() - start, time.process_time() - began]))
"""


def told_of(path: Path, reading: dict[str, Any]) -> tuple[str, int, float]:
    """The refusal, MiB above the start and seconds of work, told by a child process."""
    arguments = (str(path), str(path.with_suffix(".out")), json.dumps(reading), "0.05")
    ran = subprocess.run(
        [sys.executable, "-c", READER, *arguments],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return tuple(json.loads(ran.stdout))


def read(path: Path, limit: float, **reading: Any) -> int:
    raw = RawFile(path=path, name=path.name, digest="")
    return text_to_parquet(raw, Reading(**reading), path.with_suffix(".out"), reject_limit=limit)


@pytest.mark.parametrize(
    ("name", "beginning", "line", "reading", "told"),
    [
        ("torn.csv", "a,b,c\n", "xx\n", {}, "line 2 (1 fields); line 3 (1 fields); line 4 (1 fields)"),
        ("torn.csv", "a,b,c\n", "xx\n", {"multiline": True}, "line 2 (1 fields)"),
        ("marks.csv", "a,b,c\n", '"a,\n', {}, "line 2 (1 quotation marks)"),
        ("torn.jsonl", '{"a": 1}\n', "{\n", {}, "line 2 ("),
    ],
)
def test_a_million_torn_lines_are_refused_in_seconds(
    tmp_path: Path, name: str, beginning: str, line: str, reading: dict[str, Any], told: str
) -> None:
    (tmp_path / name).write_text(beginning + line * 1_000_000)
    said, above, seconds = told_of(tmp_path / name, reading)
    assert re.match(rf"Expected at least 50% of the first 1[0-9]{{2}},[0-9]{{3}} rows of {name}", said), said
    assert told in said
    assert "; the rest was not read. To do: open the file at these lines and replace it" in said
    assert "or raise reject_limit of the feed" in said
    assert (above < 150, seconds < 8) == (True, True), (above, seconds)


def test_a_large_file_with_an_open_quotation_mark_ends_within_seconds(tmp_path: Path) -> None:
    with (tmp_path / "open.csv").open("wb") as stream:
        stream.write(b'a,b,c\n1,"never closed,3\n')
        for _ in range(512):
            stream.write(b"some text of a letter, and more of it\n" * (MEBIBYTE // 38))
    began = time.monotonic()
    said, above, _ = told_of(tmp_path / "open.csv", {"multiline": True})
    assert "line 2 (1 quotation marks); line 3 (2 fields)" in said
    assert (above < 150, time.monotonic() - began < 20) == (True, True), above


@pytest.mark.parametrize(
    ("good", "torn", "limit", "hopeless"),
    [
        (0, ROWS_JUDGED - 1, 0.05, False),  # too few to judge: told row by row
        (0, ROWS_JUDGED, 0.05, True),
        (0, ROWS_JUDGED, 0.99, True),
        (0, ROWS_JUDGED, 1.0, False),  # the feed may leave out all of them
        (ROWS_JUDGED, ROWS_JUDGED, 0.05, False),  # as many rows as faults
        (ROWS_JUDGED, 2 * ROWS_JUDGED + 50_000, 0.05, True),  # torn later on
        (ROWS_JUDGED // 2, ROWS_JUDGED, 0.9, False),  # fewer than the feed may leave out
    ],
)
def test_a_file_is_hopeless_if_most_rows_are_none_and_more_than_its_feed_may_leave_out(
    tmp_path: Path, good: int, torn: int, limit: float, hopeless: bool
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * good + "xx\n" * torn)
    if hopeless:
        with pytest.raises(RawFileError, match="to be rows of a table; got"):
            read(path, limit)
    else:
        assert read(path, limit) == good + torn


def test_the_examples_hold_nothing_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "王小明\n" * ROWS_JUDGED)
    with pytest.raises(RawFileError) as refused:
        read(path, 0.05)
    assert "line 2 (1 fields)" in str(refused.value)
    assert "王" not in str(refused.value)


def test_torn_lines_that_may_be_left_out_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "xx\n1,2\n" * 120_000)
    assert read(path, 1.0) == 240_000
    table = pq.read_table(path.with_suffix(".out"))
    assert table[FAULT].null_count == 120_000
    assert table["source_line"].to_pylist() == list(range(2, 240_002))
