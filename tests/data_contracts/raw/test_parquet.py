"""A Parquet file is read to its end in another process, which may fall; ours only tells what came of it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.raw import RawFile, RawFileError, parquet, refuse_damaged_parquet
from data_contracts.refusal import Refusal


@pytest.fixture
def sound(tmp_path: Path) -> RawFile:
    path = tmp_path / "a.parquet"
    table = pa.table({"a": [f"R{n}" for n in range(1000)], "b": list(range(1000))})
    pq.write_table(table, path, compression="none", write_page_checksum=True, use_dictionary=False)
    return RawFile(path=path, name="a.parquet", digest="")


def message_of(raw: RawFile) -> str:
    with pytest.raises(RawFileError) as caught:
        refuse_damaged_parquet(raw)
    return str(caught.value)


def test_a_sound_file_passes(sound: RawFile) -> None:
    refuse_damaged_parquet(sound)


def test_one_wrong_byte_in_a_page_is_found_by_its_checksum(sound: RawFile) -> None:
    content = bytearray(sound.path.read_bytes())
    content[content.find(b"R500") + 1] ^= 1
    sound.path.write_bytes(content)
    assert message_of(sound) == (
        "Expected a.parquet to be a Parquet file that can be read to its end; "
        "got damage (could not verify page integrity, CRC checksum verification failed for page_ordinal 0). "
        "To do: ask for the file again, or list it under [ignored] with the reason."
    )


def test_a_file_cut_short_is_refused(sound: RawFile) -> None:
    sound.path.write_bytes(sound.path.read_bytes()[:-1000])
    assert "can be read to its end; got damage (Parquet magic bytes not found in footer." in message_of(sound)


def test_a_page_that_unpacks_to_more_than_memory_is_refused(
    sound: RawFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MOST_BYTES", 200 << 20)
    page = pa.table({"a": ["x" * (200 << 20)]})
    pq.write_table(page, sound.path, compression="zstd", use_dictionary=False, write_statistics=False)
    assert sound.path.stat().st_size < 20_000
    assert message_of(sound) == (
        "Expected a.parquet to be a Parquet file in parts that unpack to at most 209,715,200 bytes; "
        "got a larger part. To do: write the file with smaller row groups and pages."
    )


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGABRT, "damage that brings its reader down (SIGABRT)"),
        (signal.SIGSEGV, "damage that brings its reader down (SIGSEGV)"),
        (signal.SIGXCPU, "damage that its reader finds no end of"),
    ],
)
def test_a_file_that_brings_its_reader_down_is_refused_and_we_stand(
    sound: RawFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals, told: str
) -> None:
    falling = tmp_path / "falling.py"
    falling.write_text(f"import os\nos.kill(os.getpid(), {int(number)})\n")
    monkeypatch.setattr(parquet, "_READER", falling)
    assert f"to be a Parquet file that can be read to its end; got {told}." in message_of(sound)


@pytest.mark.parametrize("seed", range(4))
def test_damage_leaves_the_lake_as_it_was(town: Any, foreign: Any, sound: RawFile, seed: int) -> None:
    (town.raw / "a.parquet").write_bytes(foreign.damaged(sound.path.read_bytes(), seed))
    mapping = town.mapping(town.letters().text.replace("*.csv", "*.parquet"))
    with pytest.raises(Refusal):
        town.admit(mapping)
    assert town.nothing_written()
