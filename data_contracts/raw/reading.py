"""What a feed may say of the way its file is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a mapping wants a CSV file read; None means find out."""

    encoding: str | None = None
    delimiter: str | None = None
    header_line: int = 1
    multiline: bool = False
