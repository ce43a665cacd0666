"""Hostile files end in a refusal: in bounded memory, soon, and without taking the process down."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

MEBIBYTE = 1 << 20
MOST_ABOVE_START = 600  # MiB
GIBIBYTE = 1 << 30
# Every Parquet file takes a process of its own.
SEEDS = {"csv": 60, "json": 60, "jsonl": 60, "xlsx": 60, "parquet": 8}
# Reads every file of a folder as its name says and tells what came of it, with the peak of its memory.
READER = """
import json, re, sys, time
from pathlib import Path
from data_contracts.raw import RawFile, RawFileError, kind_of, refuse_damaged_parquet, text_to_parquet
from data_contracts.mapping.reading import Reading
def peak():
    # Not getrusage: its peak begins with that of the parent, which runs other tests.
    return int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024
start, target = peak(), Path(sys.argv[2])
for path in sorted(Path(sys.argv[1]).iterdir()):
    raw, began = RawFile(path=path, name=path.name, digest=""), time.monotonic()
    print(json.dumps({"name": path.name}), flush=True)
    try:
        if kind_of(raw, Reading()) == "parquet":
            said = refuse_damaged_parquet(raw)
        else:
            said = text_to_parquet(raw, Reading(), target)
    except RawFileError as refusal:
        said = str(refusal)
    told = {"said": said, "above": peak() - start, "seconds": time.monotonic() - began}
    print(json.dumps(told), flush=True)
"""


def told_of(folder: Path, target: Path) -> dict[str, dict[str, object]]:
    """What a child process tells of every file; a crash names the file it was at."""
    ran = subprocess.run(
        [sys.executable, "-c", READER, str(folder), str(target)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, (lines[-1:], ran.stderr[-2000:])
    return {name["name"]: told for name, told in zip(lines[::2], lines[1::2], strict=True)}


def sparse(path: Path, beginning: bytes, size: int) -> None:
    """A file that claims a size and takes no room: a line without end."""
    path.write_bytes(beginning)
    os.truncate(path, size)


def bombs(folder: Path, foreign: Any) -> dict[str, str]:
    """Files that would fill memory if read as they claim, each with words of its refusal."""
    workbook, zipped, row = foreign.workbook, foreign.zipped, foreign.row
    long = b"x" * (24 * MEBIBYTE)
    zeros = bytes(300 * MEBIBYTE)
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    laughing = f'<!DOCTYPE sst [<!ENTITY e0 "ha">{laughs}]><sst><si><t>&e9;</t></si></sst>'
    reading = '<!DOCTYPE sst [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst><si><t>&e;</t></si></sst>'
    sheet = f'<worksheet xmlns="{foreign.SPREADSHEET}"><sheetData>'.encode()
    sparse(folder / "line.csv", b"a,b\n1,2\n", GIBIBYTE)
    sparse(folder / "line.jsonl", b'{"a": 1}\n', GIBIBYTE)
    files = {
        "value.json": b'[{"a": "' + long,
        "deep.json": b"[" * MEBIBYTE,
        "deep.jsonl": b'{"a":1}\n' + b'{"a":' * 100_000 + b"\n",
        "digits.json": b'[{"a": ' + b"9" * MEBIBYTE + b"}]",
        "names.json": b"[" + b",".join(b'{"n%d": 1}' % n for n in range(5_000)) + b"]",
        "items.json": b'[{"a": [' + b'"",' * (16 * MEBIBYTE // 3),
        "names.csv": b"a," * 100_000 + b"\n",
        "zip.csv": zipped({"a.csv": long}),
        "zip.zip": zipped({"a.zip": zipped({"a.csv": long})}),
        "gzip.csv": b"\x1f\x8b\x08" + zlib.compress(long)[2:],
        "nested.xlsx": zipped({"a.xlsx": zipped({"a.csv": long})}),
        "declared.xlsx": workbook(row(1, "a"), shared=zeros),
        "undeclared.xlsx": foreign.lying(workbook(row(1, "a"), shared=long), claimed=1_000),
        "text.xlsx": workbook(row(1, "a"), shared=b"<sst><si><t>" + long),
        "cell.xlsx": workbook(sheet=sheet + b'<row r="1"><c t="str"><v>' + long),
        "row.xlsx": workbook(sheet=sheet + b'<row r="1">' + b"<c/>" * (5 * MEBIBYTE)),
        "rows.xlsx": workbook(sheet=sheet + b"<row r='1048576'/><row/>"),
        "comment.xlsx": workbook(sheet=sheet + b"<!--" + long),
        "attribute.xlsx": workbook(sheet=sheet + b'<row r="' + long),
        "deep.xlsx": workbook(sheet=b"<a>" * MEBIBYTE),
        "blank.xlsx": workbook(sheet=sheet + b" " * len(long)),
        "laughs.xlsx": workbook(row(1, "a"), shared=laughing.encode()),
        "entity.xlsx": workbook(row(1, "a"), shared=reading.encode()),
        "directory.xlsx": b"PK\x03\x04"
        + bytes(100)
        + b"PK\x05\x06"
        + bytes(8)
        + b"\xff\xff\xff\x0f"
        + bytes(6),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {
        "line.csv": "line 3 is longer than 4,194,304 bytes",
        "line.jsonl": "line 2 is longer than 4,194,304 bytes",
        "value.json": "a value longer than 4,194,304 bytes",
        "deep.json": "values nested more than 32 deep, at line 1, byte 33 of it",
        "digits.json": "a number of more than 400 digits",
        "names.json": "at most 4,096 columns; got 4,097",
        "items.json": "a record longer than 4,194,304 characters",
        "names.csv": "at most 4,096 columns",
        "zip.csv": "a ZIP archive. To do: unpack it, and put the files in it there",
        "zip.zip": "a ZIP archive. To do: unpack it",
        "gzip.csv": "a gzip archive. To do: unpack it",
        "nested.xlsx": "an archive of other files. To do: unpack it",
        "declared.xlsx": "xl/sharedStrings.xml unpacks to 314,",
        "undeclared.xlsx": "damage (",
        "text.xlsx": "a cell longer than 131,072 characters",
        "cell.xlsx": "a row longer than 4,194,304 characters",
        "row.xlsx": "a cell in column 16,385, beyond any spreadsheet",
        "rows.xlsx": "a row numbered 1,048,577, beyond any spreadsheet",
        "comment.xlsx": "holds a tag or comment longer than 4,194,304 bytes",
        "attribute.xlsx": "holds a tag or comment longer than 4,194,304 bytes",
        "deep.xlsx": "tags more than 64 deep",
        "blank.xlsx": "a row longer than",
        "laughs.xlsx": "declares entities or a document type",
        "entity.xlsx": "declares entities or a document type",
        "directory.xlsx": "a directory of 268,435,455 bytes",
    }


def test_a_bomb_is_refused_soon_and_in_bounded_memory(tmp_path: Path, foreign: Any) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    words = bombs(folder, foreign)
    told = told_of(folder, tmp_path / "kept.parquet")
    said = {name: str(told[name]["said"]) for name in words}
    assert [(name, said[name]) for name in words if words[name] not in said[name]] == []
    assert all(text.startswith(f"Expected {name} to ") for name, text in said.items())
    assert told["deep.jsonl"]["said"] == 2  # A line of it is a row at fault, as in any file of lines.
    assert max(int(str(one["above"])) for one in told.values()) < MOST_ABOVE_START
    assert max(float(str(one["seconds"])) for one in told.values()) < 20


def wholesome() -> dict[str, bytes]:
    """A file of each kind, of some hundred rows."""
    names = ["编号", "主体", "金额", "日期"]
    rows = [(f"R{n}", f"市场主体{n}", n * 1.5, "2024-01-02") for n in range(300)]
    text = "\n".join(",".join(map(str, one)) for one in [names, *rows])
    records = [dict(zip(names, one, strict=True)) for one in rows]
    book, packed, columns = openpyxl.Workbook(), io.BytesIO(), list(zip(*rows, strict=True))
    for one in [names, *rows]:
        book.active.append(one)  # type: ignore[union-attr]
    book.save(packed)
    kept = io.BytesIO()
    table = pa.table([pa.array(column) for column in columns], names=names)
    pq.write_table(table, kept, row_group_size=100, data_page_size=500, write_page_checksum=True)
    return {
        "csv": text.encode("gb18030"),
        "json": json.dumps(records, ensure_ascii=False).encode(),
        "jsonl": "\n".join(json.dumps(record) for record in records).encode(),
        "xlsx": packed.getvalue(),
        "parquet": kept.getvalue(),
    }


def test_damage_is_refused_or_costs_rows_and_nothing_else(tmp_path: Path, foreign: Any) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    for kind, content in wholesome().items():
        for seed in range(SEEDS[kind]):
            (folder / f"{seed}.{kind}").write_bytes(foreign.damaged(content, seed))
    told = told_of(folder, tmp_path / "kept.parquet")
    assert len(told) == sum(SEEDS.values())
    refused = {name for name, one in told.items() if isinstance(one["said"], str)}
    # A tenth of its bytes destroys any packed file; of lines, most are still lines.
    assert {f"{seed}.{kind}" for kind in ("xlsx", "parquet") for seed in range(0, SEEDS[kind], 4)} <= refused
    assert [name for name in refused if name not in str(told[name]["said"])] == []
    assert max(float(str(one["seconds"])) for one in told.values()) < 10
