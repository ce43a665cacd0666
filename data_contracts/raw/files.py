"""The files of a raw folder, by name with their SHA-256."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from data_contracts.file_digest import file_digest
from data_contracts.refusal import Refusal


class RawFileError(Refusal):
    """A foreign file that cannot be read as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file of the raw folder; `name` is its path inside, in composed Unicode."""

    path: Path
    name: str
    digest: str


def list_raw_files(folder: Path) -> tuple[RawFile, ...]:
    """Every visible file below a folder with its SHA-256, by name."""
    if not folder.is_dir():
        raise RawFileError(
            expected="a folder of raw files",
            got=f"no folder {folder}",
            todo="correct --raw, or put the files there",
        )
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder))
    return tuple(
        RawFile(
            path=path,
            name=unicodedata.normalize("NFC", path.relative_to(folder).as_posix()),
            digest=file_digest(path),
        )
        for path in paths
    )


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
