"""Runs one command as its own process and tells what it took: wall clock, processor, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

from tests.benchmarks.subject import Cost

BETWEEN_LOOKS = 0.1
LAST_WORDS = 2_000


class StepFailed(Exception):  # noqa: N818 - it names what happened
    """A command that did not end well; the message ends with its last words."""


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Runs `python -m` with the arguments to its end; refuses to measure one that fails."""
    command = [sys.executable, "-m", *arguments]
    with tempfile.TemporaryFile() as words:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdout=words, stderr=words)
        with _Watch(process.pid) as watch:
            # wait4, for the processor time of this one child and those it waited for.
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            said = words.read().decode("utf-8", "replace")[-LAST_WORDS:]
            raise StepFailed(f"python -m {' '.join(arguments)} ended with {process.returncode}:\n{said}")
    return Cost(wall_seconds=wall, cpu_seconds=usage.ru_utime + usage.ru_stime, peak_bytes=watch.peak_bytes)


class _Watch:
    """Looks at a process and its descendants every tenth of a second: what they hold together at one moment.

    What rests of a peak between two looks is told by the kernel's high-water mark of each process. The usage
    that wait4 returns is no help: its peak begins with that of the process that forked.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak_bytes = 0
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(BETWEEN_LOOKS):
            held = [_held(pid) for pid in _family(self.pid)]
            together = sum(now for now, _ in held)
            self.peak_bytes = max(self.peak_bytes, together, *(most for _, most in held))


def _family(pid: int) -> Iterator[int]:
    """The process and all its descendants that are there now."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _text(task).split():
            yield from _family(int(child))


def _held(pid: int) -> tuple[int, int]:
    """The memory that a process holds now and held at most, in bytes; 0 once it is gone."""
    lines = (line.partition(":") for line in _text(Path(f"/proc/{pid}/status")).splitlines())
    kib = {name: int(rest.split()[0]) for name, _, rest in lines if name in ("VmRSS", "VmHWM")}
    return kib.get("VmRSS", 0) * 1024, kib.get("VmHWM", 0) * 1024


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
