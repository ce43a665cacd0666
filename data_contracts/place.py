"""Where records lie: a folder of this machine, or one of an object store named by its URL.

Either way an object with the methods of a path; what a store has not, such as renaming, its users mind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from upath import UPath

from data_contracts.refusal import Refusal


class PlaceRefused(Refusal):
    """An address that leads nowhere from here."""


def place_of(address: str) -> Path:
    """The folder at an address; that of a store is a Path in all but name and type."""
    if "://" not in address:
        return Path(address)
    try:
        place = UPath(address)
        # Here and not at the first read: what a store needs may not be installed.
        _ = place.fs
    except (ImportError, ValueError) as cause:
        raise PlaceRefused(
            expected="a folder, or the URL of a store that can be reached from here",
            got=f"{address}: {str(cause).strip().rstrip('.')}",
            todo="correct the URL, or install the package of the store: s3fs for s3://, gcsfs for gs://",
        ) from cause
    if place.protocol in ("file", "local"):
        return Path(place.path)
    return cast(Path, place)


def store_of(place: Path) -> Any:
    """The file system of fsspec that a place belongs to; None for a folder of this machine."""
    return None if isinstance(place, Path) else cast(UPath, place).fs


def within_store(place: Path) -> str:
    """The address of a place as its own store knows it: without the name of the store."""
    return str(place) if isinstance(place, Path) else cast(UPath, place).path
