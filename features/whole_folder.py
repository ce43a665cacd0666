"""A folder that appears whole, once, and never changes: filled beside its place, renamed when done.

A store of objects renames nothing: there a folder is whole when the file that is written last is in it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_contracts.place import store_of, within_store

STAGED = ".{name}.part"


@contextmanager
def made_once(target: Path, last: str) -> Iterator[Path | None]:
    """A fresh folder to fill, which becomes the target when the block ends well; None if the target is there.

    `last` is the file that the block writes last. Whoever wants the same target meanwhile waits, and then
    finds it there; in a store nobody can wait, and one maker at a time is the caller's to see to.
    """
    if is_whole(target, last):
        yield None
        return
    if store_of(target) is not None:
        _clear(target)
        target.mkdir(parents=True, exist_ok=True)
        yield target
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


def is_whole(target: Path, last: str) -> bool:
    """Whether somebody has made the folder."""
    return target.exists() if store_of(target) is None else (target / last).exists()


def _clear(target: Path) -> None:
    """Removes what a maker that was killed left in a store: parts of it would pass for parts of the next."""
    if target.exists():
        store_of(target).rm(within_store(target), recursive=True)


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
