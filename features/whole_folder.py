"""A folder that appears whole, once, and never changes: filled beside its place, renamed when done."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAGED = ".{name}.part"


@contextmanager
def made_once(target: Path) -> Iterator[Path | None]:
    """A fresh folder to fill, which becomes the target when the block ends well; None if the target is there.

    Whoever wants the same target meanwhile waits, and then finds it there.
    """
    if target.exists():
        yield None
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent):
        for left in target.parent.glob(
            STAGED.format(name="*")
        ):  # of a run that was killed: none is under way
            shutil.rmtree(left, ignore_errors=True)
        if target.exists():
            yield None
            return
        staged = target.with_name(STAGED.format(name=target.name))
        staged.mkdir()
        try:
            yield staged
            _flush(staged)
            staged.rename(target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds a folder for one maker; the lock goes with the process, however it ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    """Forces the files to disk before their name tells that they are whole."""
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
