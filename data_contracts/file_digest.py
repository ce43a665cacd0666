"""SHA-256 of a file's bytes: how raw files, snapshots and registers are told from changed ones."""

from __future__ import annotations

import hashlib
from pathlib import Path


def file_digest(path: Path) -> str:
    """64 hexadecimal digits, read in a stream; an unreadable file raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
