"""The parts of a workbook, an archive of XML, read in a stream: no part larger than it may be, no entity, no
token or cell without end. What is broken or built to harm ends in BrokenPartError, in bounded memory.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

CHUNK_BYTES = 1 << 16
LONGEST_TOKEN = 1 << 22
DEEPEST = 64
LARGEST_DIRECTORY = 1 << 22
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 1 << 16
_END_64, _PLACE_64 = b"PK\x06\x06", b"PK\x06\x07"
# What zipfile and zlib raise for damage: neither promises one kind of error.
BROKEN = (
    BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError, OSError,
    LookupError, OverflowError, expat.ExpatError,
)  # fmt: skip


class BrokenPartError(ValueError):
    """A part that is damaged, too large, or of a kind that is not read."""


class Handler(Protocol):
    """What is told of the tags (local names) and texts of a part, in order."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag opens."""

    def end(self, tag: str) -> None:
        """A tag closes."""

    def text(self, text: str) -> None:
        """Some of the text in the tag."""


class Parts:
    """The archive of a workbook."""

    def __init__(self, path: Path) -> None:
        """Opens the archive; raises one of BROKEN."""
        _refuse_large_directory(path)
        self._archive = ZipFile(path)

    def __enter__(self) -> Parts:
        """Stays open until the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the archive."""
        self._archive.close()

    def has(self, name: str) -> bool:
        """True if there is such a part."""
        return name in self._archive.namelist()

    def walk(self, name: str, handler: Handler, *, largest: int) -> Iterator[None]:
        """Tells a handler all of a part, piece by piece: pauses after each, so that it can be emptied."""
        info = self._part(name, largest)
        parser, fed = _parser(handler), 0
        with self._archive.open(info) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                fed += len(chunk)
                parser.Parse(chunk, False)
                if fed - parser.CurrentByteIndex > LONGEST_TOKEN:
                    raise BrokenPartError(
                        f"{name} holds a tag or comment longer than {LONGEST_TOKEN:,} bytes"
                    )
                yield
        parser.Parse(b"", True)
        yield

    def _part(self, name: str, largest: int) -> ZipInfo:
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise BrokenPartError(f"the part {name} is missing") from None
        if info.file_size > largest:
            raise BrokenPartError(
                f"{name} unpacks to {info.file_size:,} bytes, and {largest:,} are the most read"
            )
        return info


def read_all(parts: Parts, name: str, handler: Handler, *, largest: int) -> None:
    """Tells a handler all of a part at once."""
    for _ in parts.walk(name, handler, largest=largest):
        pass


def _parser(handler: Handler) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise BrokenPartError(f"tags more than {DEEPEST} deep")
        handler.start(tag.rpartition(":")[2], attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(tag.rpartition(":")[2])

    def doctype(*_: object) -> None:
        raise BrokenPartError("a part that declares entities or a document type, as no workbook does")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = doctype
    return parser


def _refuse_large_directory(path: Path) -> None:
    """zipfile holds the whole directory of an archive: one of millions of parts is none of a workbook."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT - 20))
        tail = stream.read()
        place = tail.rfind(_END)
        if place < 0 or len(tail) - place < _END_SIZE:
            raise BadZipFile("an archive without its end")
        (directory,) = struct.unpack_from("<L", tail, place + 12)
        if place >= 20 and tail[place - 20 : place - 16] == _PLACE_64:
            stream.seek(struct.unpack_from("<Q", tail, place - 12)[0])
            record = stream.read(56)
            if record[:4] != _END_64:
                raise BadZipFile("an archive without its end")
            (directory,) = struct.unpack_from("<Q", record, 40)
    if directory > LARGEST_DIRECTORY:
        raise BrokenPartError(f"a directory of {directory:,} bytes, as of an archive of many thousand files")
