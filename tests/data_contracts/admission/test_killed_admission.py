"""Admissions that end badly: killed at any moment, or on a full disk. The lake stays whole."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.file_digest import file_digest
from data_contracts.lake import Lake, open_lake, read_report

# What is killed is small, for it is admitted over and over; what fills a disk has files of some size.
FEW, MORE = 4_000, 6_000
FIRST, SECOND = 20_000, 30_000


def letters(count: int) -> list[tuple[str, ...]]:
    return [(str(n), f"e{n % 997}", "food", f"2024-01-{n % 28 + 1:02}") for n in range(count)]


class City:
    """A town that is admitted by a process of its own."""

    def __init__(self, town: Any) -> None:
        self.town = town
        self.mapping = town.letters()
        self.lake = town.folder / "var" / "town" / "lake"
        town.lake = self.lake

    def start(self, *, largest_file: int = resource.RLIM_INFINITY) -> subprocess.Popen[str]:
        code = (
            "import resource, runpy, sys; limit = int(sys.argv.pop(1)); "
            "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)); "
            "runpy.run_module('data_contracts', run_name='__main__')"
        )
        words = ("admit", "--city", "town", "--raw", str(self.town.raw))
        mapping = ("--mapping", str(self.town.folder / "town.toml"))
        return subprocess.Popen(
            [sys.executable, "-c", code, str(largest_file), *words, *mapping],
            env={**os.environ, "XINHENG_HOME": str(self.town.folder / "var"), "COLUMNS": "500"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def admit(self) -> Lake:
        process = self.start()
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        return open_lake(self.lake)

    def admit_here(self) -> Lake:
        """The same in this process: nothing disturbs it."""
        return self.town.admit(self.mapping, key=b"").lake  # type: ignore[no-any-return]

    def names(self) -> list[str]:
        return sorted(path.name for path in self.lake.iterdir())


@pytest.fixture
def city(town: Any) -> City:
    town.write_rows("a.csv", letters(FIRST))
    return City(town)


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_digest(path) for path in folder.rglob("*") if path.is_file()}


def kill(process: subprocess.Popen[str]) -> bool:
    """True if it was still running."""
    running = process.poll() is None
    process.kill()
    process.communicate()
    return running


def after(seconds: float) -> Callable[[City], None]:
    return lambda _city: time.sleep(seconds)


def when_published(seconds: float) -> Callable[[City], None]:
    """Waits until the card is written, which is when publishing begins."""

    def wait(city: City) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not list(city.lake.glob(".staging-*/version/lake.json")):
            time.sleep(0.0002)
        time.sleep(seconds)

    return wait


def made_whole(city: City, expected: Lake, rows: int) -> None:
    """Admits once more and compares with a lake that nothing disturbed."""
    again = city.town.admit(city.mapping, key=b"")
    assert again.lake == expected
    assert again.report == read_report(open_lake(city.lake))
    assert again.report.totals[0] == rows
    assert city.names() == ["CURRENT", "versions"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "spread", "publishing"), [(MORE, 4, 3), (FEW, 1, 2)], ids=["other rows", "the same rows again"]
)
def test_a_killed_admission_leaves_a_whole_lake_and_the_next_one_succeeds(
    city: City, more: int, spread: int, publishing: int
) -> None:
    """Ten times in all: at moments spread over the whole of it, and while it publishes."""
    city.town.write_rows("a.csv", letters(FEW))
    old = city.admit_here()
    city.town.write_rows("b.csv", letters(more))
    kept = city.town.folder / "kept"
    shutil.copytree(city.lake, kept)
    before = contents(old.folder)
    begun = time.monotonic()
    new = city.admit()
    duration = time.monotonic() - begun
    assert (new.version == old.version) == (more == FEW)
    chance = random.Random(3)
    moments = [after(duration * (part + chance.random()) / spread) for part in range(spread)]
    moments += [when_published(chance.random() * 0.02) for _ in range(publishing)]
    reached = 0
    for moment in moments:
        shutil.rmtree(city.lake)
        shutil.copytree(kept, city.lake)
        process = city.start()
        moment(city)
        reached += kill(process)
        found = open_lake(city.lake)
        assert found.version in (old.version, new.version)
        rows = pq.read_table(found.table("complaints").path).num_rows
        assert rows == found.table("complaints").rows
        assert new.version == old.version or contents(old.folder) == before
        made_whole(city, new, FEW + more)
    assert reached > len(moments) // 2, "most of the processes were killed while they ran"


@pytest.mark.slow
@pytest.mark.parametrize("largest", [5_000, 60_000, 120_000, 250_000])
def test_a_full_disk_is_told_and_leaves_the_lake_as_it_was(city: City, largest: int) -> None:
    """A file that may not grow stands for the disk: the system refuses the write in the same place."""
    city.admit_here()
    before = contents(city.lake)
    city.town.write_rows("b.csv", letters(SECOND))
    process = city.start(largest_file=largest)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 2, told
    assert "Expected room on the disk of" in told
    assert "the lake is as it was" in told
    assert "Traceback" not in told
    assert contents(city.lake) == before
    assert city.names() == ["CURRENT", "versions"]
