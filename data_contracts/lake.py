"""Where admitted tables lie: versions named by their digest, one of them current."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data_contracts.near_names import near
from data_contracts.refusal import Refusal
from data_contracts.report import Report, report_of

# 2: rows of events have versions, a retraction is a row, every version has its account.
FORMAT = 2
CARD, FRESH = "lake.json", "CURRENT.new"
# What systems say of a disk or a quota that is full, and of a file that may not grow.
NO_ROOM = re.compile("No space left|quota exceeded|File too large", re.IGNORECASE)
_NO_ROOM_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LakeError(Refusal):
    """A lake that cannot be read."""


class LakeNotFound(LakeError):  # noqa: N818  (the name other packages catch)
    """No lake, or no such table in it."""


class NoRoom(LakeError):  # noqa: N818
    """The disk of the lake is full; nothing was changed."""


class LakeBusy(LakeError):  # noqa: N818
    """Another admission into the same lake is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeTable:
    """One admitted table."""

    name: str
    path: Path
    rows: int
    digest: str
    undated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """One version of a city's admitted tables."""

    root: Path
    version: str
    city: str
    digest: str
    exported_on: date | None
    tables: Mapping[str, LakeTable]

    @property
    def folder(self) -> Path:
        """The folder of this version."""
        return self.root / "versions" / self.version

    def table(self, name: str) -> LakeTable:
        """The table of that name; refuses one that this city has not."""
        if name not in self.tables:
            raise LakeNotFound(
                expected=f"a table of the lake of {self.city} ({', '.join(self.tables)})",
                got=f"{name!r}{near(name, self.tables)}",
                todo="add a feed for it to the mapping file and admit again",
            )
        return self.tables[name]


def open_lake(root: Path) -> Lake:
    """The current version of the lake in a folder."""
    current = root / "CURRENT"
    if not current.is_file():
        raise LakeNotFound(
            expected=f"a lake in {root}",
            got="no file CURRENT there",
            todo="admit records first: python -m data_contracts admit --city CITY --raw FOLDER",
        )
    return open_version(root, current.read_text(encoding="utf-8").strip())


def open_version(root: Path, version: str) -> Lake:
    """A version of the lake in a folder, current or not."""
    card = read_card(root / "versions" / version)
    tables = {
        name: LakeTable(
            name=name,
            path=root / "versions" / version / "tables" / f"{name}.parquet",
            rows=int(facts["rows"]),
            digest=str(facts["digest"]),
            undated=tuple(facts["undated"]),
        )
        for name, facts in card["tables"].items()
    }
    for table in tables.values():
        if not table.path.is_file():
            raise _damaged(root, version, f"no file {table.path.name}")
    exported_on = card["exported_on"]
    return Lake(
        root=root,
        version=version,
        city=str(card["city"]),
        digest=str(card["digest"]),
        exported_on=date.fromisoformat(exported_on) if exported_on else None,
        tables=tables,
    )


def read_card(version_folder: Path) -> dict[str, Any]:
    """The lake.json of a version, as written by admission."""
    try:
        card = json.loads((version_folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise _damaged(version_folder.parents[1], version_folder.name, str(cause)) from cause
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        told = card.get("format") if isinstance(card, dict) else None
        raise LakeError(
            expected=f"a lake of format {FORMAT} in {version_folder.parents[1]}",
            got=f"lake.json of another format ({told})",
            todo="admit again: python -m data_contracts admit makes the lake anew from the raw files",
        )
    return card


@contextmanager
def staging_folder(root: Path) -> Iterator[Path]:
    """A folder beside the final place (a rename needs one file system), gone afterwards."""
    existed = root.exists()
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root):
        for left in root.glob(".staging-*"):  # of a run that was killed: no other can be under way
            shutil.rmtree(left, ignore_errors=True)
        (root / FRESH).unlink(missing_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=root))
        try:
            yield staging
        except OSError as cause:
            if cause.errno not in _NO_ROOM_NUMBERS:
                raise
            raise no_room(root, str(cause)) from cause
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            if not existed and not any(root.iterdir()):
                root.rmdir()


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Holds the lake for one admission; the lock goes with the process, however it ends."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        raise LakeBusy(
            expected=f"one admission at a time into {root}",
            got="another one under way",
            todo="wait until it has ended, then run the command again",
        ) from cause
    else:
        yield
    finally:
        os.close(handle)


def publish(root: Path, staged: Path, version: str) -> None:
    """Makes a staged version folder current: flushed, renamed, then CURRENT replaced, each at once."""
    _flush(staged)
    target = root / "versions" / version
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        # Same digest, same rows: each file is replaced at once, so readers never see half of one, and a
        # damaged version is whole again. The card comes last: killed before it, the admission is done anew.
        files = (path for path in staged.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: (path.name == CARD, path)):
            place = target / path.relative_to(staged)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)
        shutil.rmtree(staged)
        _flush(target)
    else:
        staged.rename(target)
    _flush(target.parent, deep=False)
    fresh = root / FRESH
    fresh.write_text(version + "\n", encoding="utf-8")
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(fresh, root / "CURRENT")
    _flush(root, deep=False)


def no_room(root: Path, got: str) -> NoRoom:
    """The refusal of a disk that is full."""
    return NoRoom(
        expected=f"room on the disk of {root} for the raw files several times over",
        got=got,
        todo="free room there or set XINHENG_HOME to another disk; the lake is as it was",
    )


def _flush(folder: Path, *, deep: bool = True) -> None:
    """Forces a folder (and, if deep, all below it) from memory to disk."""
    for path in (folder, *(folder.rglob("*") if deep else ())):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _damaged(root: Path, version: str, got: str) -> LakeError:
    return LakeError(
        expected=f"version {version} of the lake in {root} to be whole",
        got=got,
        todo="admit the raw files again; the version is made anew",
    )


def read_report(lake: Lake) -> Report:
    """The report kept with a version of a lake."""
    path = lake.folder / "report.json"
    try:
        return report_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise LakeError(
            expected=f"a report in {path}", got=str(cause), todo="admit the raw files again"
        ) from cause
