"""Parquet files as they come, read once to the end before the engine sees them: damage is told as damage.

In a process of its own: of some thousand damaged files one makes pyarrow abort its process, and two make the
engine fail an assertion of its own. What that process reads to the end has brought down neither.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.parquet_reader import DAMAGED, TOO_LARGE

MOST_BYTES = 1 << 29
_READER = Path(__file__).with_name("parquet_reader.py")


def refuse_damaged_parquet(raw: RawFile) -> None:
    """Refuses a Parquet file that cannot be read to its end, or only with more memory than it should take."""
    bounds = (str(raw.path.stat().st_size), str(MOST_BYTES))
    command = [sys.executable, "-I", str(_READER), str(raw.path.absolute()), *bounds]
    ran = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if ran.returncode == 0:
        return
    if ran.returncode == TOO_LARGE:
        raise RawFileError(
            expected=f"{raw.name} to be a Parquet file in parts that unpack to at most {MOST_BYTES:,} bytes",
            got="a larger part",
            todo="write the file with smaller row groups and pages",
        )
    raise RawFileError(
        expected=f"{raw.name} to be a Parquet file that can be read to its end",
        got=_told(ran.returncode, ran.stdout.decode("utf-8", "replace")),
        todo="ask for the file again, or list it under [ignored] with the reason",
    )


def _told(code: int, said: str) -> str:
    if code == DAMAGED:
        return f"damage ({said[:200]})"
    if code == -signal.SIGXCPU:
        return "damage that its reader finds no end of"
    return f"damage that brings its reader down ({signal.Signals(-code).name if code < 0 else code})"
