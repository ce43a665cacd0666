"""Mistakes of a mapping file, each with its place: all are gathered, for a person corrects them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from data_contracts.near_names import near

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: its path from the top of the file, and that in words."""

    path: Path
    words: str

    def inside(self, *keys: str | int, words: str = "") -> Place:
        """A place below this one."""
        told = f"{self.words}, {words}" if words else self.words
        return Place(path=(*self.path, *keys), words=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One mistake."""

    place: Place
    text: str

    def __str__(self) -> str:
        """Reads as `feed 'lists', column kind: what is wrong`."""
        return f"{self.place.words}: {self.text}"


@dataclass(slots=True, kw_only=True)
class Complaints:
    """Mistakes found so far."""

    found: list[Complaint] = field(default_factory=list)

    def unknown(self, place: Place, words: Iterable[str], known: Iterable[str]) -> None:
        """Adds one for each word that is not known; a key stands at its own line."""
        known = list(known)
        for word in words:
            if word not in known:
                text = f"unknown {word!r}{near(word, known)}, known are {', '.join(known)}"
                self.add(place.inside(word), text)

    def add(self, place: Place, text: str) -> None:
        """Adds one, if the same was not found at this place before."""
        complaint = Complaint(place=place, text=text)
        if complaint not in self.found:
            self.found.append(complaint)
