"""Where each key stands in a TOML text: tomllib reads values and forgets their lines, and people need them.

The text is known to be TOML (tomllib has read it), so this only finds places and refuses nothing.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

Path = tuple[str | int, ...]  # keys from the top, and numbers from 0 inside arrays
# Strings in the order of what may begin with what: three marks before one.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")"{0,2}|'
    r"'''.*?'''(?!')'{0,2}|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\r\n]*")


def toml_places(text: str) -> Mapping[Path, int]:
    """The line of every key and array element, by its path from the top."""
    scan = _Scan(text.replace("\r\n", "\n"))
    scan.document()
    return scan.places


def line_of(places: Mapping[Path, int], path: Path) -> int | None:
    """The line of a path, or of the nearest thing around it that stands in the text."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path)


class _Scan:
    """One walk over the text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, int] = {}
        self._starts = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]
        self._lengths: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._blank()
        while self.at < len(self.text):
            table = self._header() if self.text[self.at] == "[" else self._entry(table)
            self._blank()

    def _header(self) -> Path:
        """The path below which the next entries stand, after [a.b] or [[a.b]]."""
        line, marks = self._line(), 2 if self.text.startswith("[[", self.at) else 1
        self.at += marks
        *parents, name = self._keys()
        path: Path = ()
        for parent in parents:
            path = (*path, parent)
            self.places.setdefault(path, line)
            path = self._inside(path)
        path = (*path, name)
        if marks == 2:
            self._lengths[path] = self._lengths.get(path, 0) + 1
            self.places.setdefault(path, line)
        path = self._inside(path)
        self.places.setdefault(path, line)
        self.at = self.text.index("]" * marks, self.at) + marks
        return path

    def _inside(self, path: Path) -> Path:
        """A header names an array of tables by its last element."""
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _entry(self, table: Path) -> Path:
        line, path = self._line(), table
        for key in self._keys():
            path = (*path, key)
            self.places.setdefault(path, line)
        self.at = self.text.index("=", self.at) + 1
        self._value(path)
        return table

    def _keys(self) -> list[str]:
        """The parts of a dotted key."""
        keys = []
        while True:
            self._spaces()
            found = _STRING.match(self.text, self.at) or _BARE_KEY.match(self.text, self.at)
            word = found.group() if found else ""
            self.at += len(word)
            keys.append(tomllib.loads(f"key = {word}")["key"] if word[:1] in ("'", '"') else word)
            self._spaces()
            if not found or not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        self._spaces()
        opening = self.text[self.at : self.at + 1]
        if opening in ("[", "{"):
            self.at += 1
            self._members(path, "]" if opening == "[" else "}")
            return
        found = _STRING.match(self.text, self.at) or _BARE_VALUE.match(self.text, self.at)
        self.at += len(found.group()) if found else 0

    def _members(self, path: Path, closing: str) -> None:
        """The elements of an array or the entries of an inline table, up to its end."""
        number = 0
        self._blank()
        while self.at < len(self.text) and self.text[self.at] != closing:
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "}":
                self._entry(path)
            else:
                self.places.setdefault((*path, number), self._line())
                self._value((*path, number))
                number += 1
            self._blank()
        self.at += 1

    def _blank(self) -> None:
        """Passes blanks, line ends and comments."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _spaces(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1

    def _line(self) -> int:
        return bisect_right(self._starts, self.at)
