"""The one feed that every city has without saying so: results that its own random inspections returned.

They lie in a folder of their own below the raw files. No pattern of a mapping file reaches into it unless it
names the folder; a mapping that does so reads the results itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from data_contracts.mapping.city_mapping import CityMapping, Feed, read_mapping

FOLDER = "returned/"
FILE = Path(__file__).with_suffix(".toml")


def is_returned(name: str) -> bool:
    """True for the name of a raw file or a pattern that lies in the folder of returned results."""
    return name.startswith(FOLDER)


def returned_feed(mapping: CityMapping) -> Feed | None:
    """The feed that reads returned results, numbered after those of the mapping; None if it has its own."""
    if any(is_returned(feed.file) for feed in mapping.feeds):
        return None
    return replace(_feed(), number=len(mapping.feeds) + 1)


@cache
def _feed() -> Feed:
    return read_mapping(FILE).feeds[0]
