"""The files of a raw folder with their SHA-256: plain files inside it, under names that trick nobody."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_contracts.file_digest import file_digest
from data_contracts.refusal import Refusal

SHOWN_NAMES = 10
# Controls and ends of lines, writing direction and zero width, bytes that are no text.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class RawFileError(Refusal):
    """A foreign file that cannot be read as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file of the raw folder; `name` is its path inside, in composed Unicode."""

    path: Path
    name: str
    digest: str


def list_raw_files(folder: Path) -> tuple[RawFile, ...]:
    """Every visible file below a folder with its SHA-256, by name; refuses what is no plain file."""
    if not folder.is_dir():
        raise RawFileError(
            expected="a folder of raw files",
            got=f"no folder {folder}",
            todo="correct --raw, or put the files there",
        )
    paths = sorted(_paths(folder, folder.resolve()))
    names = [unicodedata.normalize("NFC", path.relative_to(folder).as_posix()) for path in paths]
    _refuse_names_alike(names)
    return tuple(
        RawFile(path=path, name=name, digest=_digest(path, name))
        for path, name in zip(paths, names, strict=True)
    )


def _paths(folder: Path, home: Path) -> Iterator[Path]:
    """The visible files of a folder and the folders in it; `home` is what no link may leave."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as cause:
        raise _unreadable(folder.name, cause) from cause
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        _refuse_name(entry.name)
        if entry.is_symlink():
            _refuse_link(path, home)
        if entry.is_dir():
            yield from _paths(path, home)
        elif entry.is_file():
            yield path
        else:
            raise RawFileError(
                expected="every entry of the raw folder to be a file or a folder",
                got=f"{entry.name}, a device, pipe or socket",
                todo="take it out, and put the records there as a file",
            )


def _refuse_link(path: Path, home: Path) -> None:
    """A link may stand for a file inside the raw folder; one to a folder could lead in a circle."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 call a circle a RuntimeError.
        target = None
    if target is None:
        where = "to nothing, or in a circle"
    elif not target.is_relative_to(home):
        where = "out of the raw folder"
    else:
        where = "" if target.is_file() else "to a folder"
    if where:
        raise RawFileError(
            expected="every link in the raw folder to lead to a file inside it",
            got=f"{path.name}, which leads {where}",
            todo="put the file itself there, or take the link out",
        )


def _refuse_name(name: str) -> None:
    """Refuses names that a terminal, a report or another system would show or take for something else."""
    odd = sorted({character for character in name if unicodedata.category(character) in _UNSEEN})
    if odd or "\\" in name:
        told = ", ".join(f"U+{ord(character):04X}" for character in odd) or "a backslash"
        raise RawFileError(
            expected="names of files that show every character they have",
            got=f"{name!a} with {told}",
            todo="give the file a plain name",
        )


def _refuse_names_alike(names: list[str]) -> None:
    """Names that differ only in case or Unicode form are one file on other systems, one name to readers."""
    seen: dict[str, list[str]] = {}
    for name in names:
        seen.setdefault(unicodedata.normalize("NFKC", name).casefold(), []).append(name)
    alike = [" and ".join(map(ascii, same)) for same in seen.values() if len(same) > 1]
    if alike:
        raise RawFileError(
            expected="names of files that differ in more than case and Unicode form",
            got="; ".join(alike[:SHOWN_NAMES]),
            todo="rename all but one of each, or take out what came twice",
        )


def _digest(path: Path, name: str) -> str:
    try:
        return file_digest(path)
    except OSError as cause:
        raise _unreadable(name, cause) from cause


def _unreadable(name: str, cause: OSError) -> RawFileError:
    return RawFileError(
        expected=f"{name} to be readable",
        got=f"{cause.strerror}",
        todo="give the account that admits the right to read it",
    )
