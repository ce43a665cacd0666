"""Which raw files each feed reads: every feed finds a file, every file a feed or a reason to be ignored."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.mapping.city_mapping import CityMapping, Feed
from data_contracts.mapping.returned_results import is_returned, returned_feed
from data_contracts.near_names import near
from data_contracts.raw import RawFile, is_archive_name
from data_contracts.refusal import Refusal

SHOWN_NAMES = 10


class UnpairedFiles(Refusal):
    """A feed without a file, or a file without a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Feeds with their files, feeds that find none, and files that no feed reads and nobody ignores."""

    pairs: tuple[tuple[int, Feed, tuple[RawFile, ...]], ...]
    names: tuple[str, ...]
    stray: tuple[str, ...]

    @property
    def empty(self) -> tuple[Feed, ...]:
        """The feeds without a file."""
        return tuple(feed for _, feed, found in self.pairs if not found)


def pairing(mapping: CityMapping, files: Sequence[RawFile]) -> Pairing:
    """Which files each feed reads, with what is left over on either side."""
    feeds = list(mapping.feeds)
    if any(is_returned(raw.name) for raw in files) and (returned := returned_feed(mapping)):
        feeds.append(returned)
    pairs = tuple(
        (number, feed, tuple(raw for raw in files if _fits(raw.name, feed.file)))
        for number, feed in enumerate(feeds, start=1)
    )
    names = tuple(raw.name for raw in files)
    used = {raw.name for _, _, found in pairs for raw in found}
    stray = tuple(
        name for name in names if name not in used and not any(_fits(name, word) for word in mapping.ignored)
    )
    return Pairing(pairs=pairs, names=names, stray=stray)


def pair_files(
    mapping: CityMapping, files: Sequence[RawFile], folder: Path
) -> tuple[tuple[int, Feed, tuple[RawFile, ...]], ...]:
    """Every feed with its files; refuses feeds without files and files without a feed, all at once."""
    paired = pairing(mapping, files)
    if paired.empty:
        missing = [f"{feed.file}{near(feed.file, paired.names)}" for feed in paired.empty]
        raise UnpairedFiles(
            expected=f"a file for every feed of {mapping.city} in {folder}",
            got=f"none for {'; '.join(dict.fromkeys(missing))}",
            todo=f"{_unpack(paired)}put the files there, correct 'file' of the feed, or take the feed out",
        )
    if paired.stray:
        raise UnpairedFiles(
            expected=f"every file in {folder} to feed a table or to be ignored for a reason",
            got=f"{len(paired.stray)} of neither: {'; '.join(paired.stray[:SHOWN_NAMES])}",
            todo=f"{_unpack(paired)}add a [[feed]] for each, or a line under [ignored] that says why not",
        )
    return paired.pairs


def _unpack(paired: Pairing) -> str:
    """What to do first where an archive lies among the files: no feed reads one."""
    archives = [name for name in paired.stray if is_archive_name(name)]
    return f"unpack {', '.join(archives[:SHOWN_NAMES])}; " if archives else ""


def _fits(name: str, pattern: str) -> bool:
    """Equal names fit even where they hold brackets, which a pattern would read as a choice.

    Returned results are for patterns that name their folder: "*" of a city's own files does not mean them.
    """
    if is_returned(name) != is_returned(pattern):
        return False
    return name == pattern or fnmatch.fnmatchcase(name, pattern)
