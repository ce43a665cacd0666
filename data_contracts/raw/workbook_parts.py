"""What a workbook says beside its rows: its sheets, the number formats of its cells, its shared texts."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from data_contracts.raw.xml_parts import BrokenPartError, Parts, read_all

LARGEST_PART = 1 << 25
LARGEST_TEXTS = 1 << 28
LONGEST_CELL = 1 << 17  # characters; a spreadsheet ends at 32,767
# Formats without a text of their own in a file: what spreadsheets of China, Japan and Korea mean by them.
_EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})
_ZEROS = re.compile(r"0{2,}")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ROOT = "_rels/.rels"


class OtherArchiveError(Exception):
    """An archive of other files than a workbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of rows."""

    name: str
    part: str
    visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a number is shown, as far as it changes what is said: as a day, a duration, with leading zeros."""

    date: bool = False
    duration: bool = False
    digits: int = 0


@dataclass(slots=True)
class Texts:
    """Texts by number, kept as bytes: millions of them are no millions of objects."""

    _bytes: bytearray = field(default_factory=bytearray)
    _ends: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, text: str) -> None:
        """Appends a text."""
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))

    def __getitem__(self, number: int) -> str:
        """The text of a number; LookupError if there is none."""
        if not 0 <= number < len(self._ends):
            raise LookupError(f"no shared text {number}")
        start = self._ends[number - 1] if number else 0
        return self._bytes[start : self._ends[number]].decode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything needed to read the rows of any sheet."""

    sheets: tuple[Sheet, ...]
    formats: Sequence[Format]
    texts: Texts
    from_1904: bool


def read_book(parts: Parts) -> Book:
    """The sheets, formats and texts of a workbook; raises one of xml_parts.BROKEN."""
    if not parts.has(_ROOT):
        raise OtherArchiveError
    main = dict(_relations(parts, _ROOT, "").values()).get("officeDocument")
    if main is None:
        raise OtherArchiveError
    folder, name = posixpath.split(main)
    relations = _relations(parts, f"{folder}/_rels/{name}.rels".lstrip("/"), folder)
    listing = _Listing()
    read_all(parts, main, listing, largest=LARGEST_PART)
    by_kind = dict(relations.values())
    styles, texts = _Styles(), _SharedTexts()
    if "styles" in by_kind:
        read_all(parts, by_kind["styles"], styles, largest=LARGEST_PART)
    if "sharedStrings" in by_kind:
        read_all(parts, by_kind["sharedStrings"], texts, largest=LARGEST_TEXTS)
    sheets = [
        Sheet(name=title, part=relations[key][1], visible=visible)
        for title, key, visible in listing.sheets
        if relations.get(key, ("", ""))[0] == "worksheet"
    ]
    return Book(
        sheets=tuple(sheets), formats=styles.formats(), texts=texts.texts, from_1904=listing.from_1904
    )


def plain_text(text: str) -> str:
    """A text as shown: _x000D_ and its like stand for characters that XML cannot hold."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _relations(parts: Parts, name: str, folder: str) -> dict[str, tuple[str, str]]:
    """Kind and target of every relation of a part."""
    handler = _Relations()
    read_all(parts, name, handler, largest=LARGEST_PART)
    return {
        key: (kind.rpartition("/")[2], posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
        for key, kind, target in handler.found
    }


class _Silent:
    """Listens to nothing."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        pass

    def end(self, tag: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


class _Relations(_Silent):
    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            self.found.append((attributes["Id"], attributes["Type"], attributes["Target"]))


class _Listing(_Silent):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            self.sheets.append((attributes["name"], key, attributes.get("state", "visible") == "visible"))
        elif tag == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0") in ("1", "true", "on")


class _Styles(_Silent):
    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._numbers = array("L")
        self._inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif tag == "cellXfs":
            self._inside = True
        elif tag == "xf" and self._inside:
            self._numbers.append(int(attributes.get("numFmtId", "0")))

    def end(self, tag: str) -> None:
        if tag == "cellXfs":
            self._inside = False

    def formats(self) -> list[Format]:
        known = {number: self._format(number) for number in set(self._numbers)}
        return [known[number] for number in self._numbers]

    def _format(self, number: int) -> Format:
        code = self._codes.get(number) or BUILTIN_FORMATS.get(number)
        if code is None:
            return Format(date=number in _EAST_ASIAN_DATES)
        return Format(
            date=is_date_format(code),
            duration=is_timedelta_format(code),
            digits=len(code) if _ZEROS.fullmatch(code) else 0,
        )


class _SharedTexts(_Silent):
    """Every <si>: the <t> in it, one after the other; those of <rPh> tell how it is read aloud."""

    def __init__(self) -> None:
        self.texts = Texts()
        self._pieces: list[str] = []
        self._length = 0
        self._open: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - a Handler's
        self._open.append(tag)

    def end(self, tag: str) -> None:
        self._open.pop()
        if tag == "si":
            self.texts.add(plain_text("".join(self._pieces)))
            self._pieces, self._length = [], 0

    def text(self, text: str) -> None:
        if self._open[-1] == "t" and "rPh" not in self._open:
            self._length += len(text)
            if self._length > LONGEST_CELL:
                raise BrokenPartError(f"a cell longer than {LONGEST_CELL:,} characters")
            self._pieces.append(text)
