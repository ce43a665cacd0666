"""The lines of a foreign text file, one by one: which encoding they speak for, and which do not fit it.

A line in another encoding than its file is told as such, never guessed at and never lost.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

CHUNK_BYTES = 1 << 20
LONGEST_LINE = 1 << 22
UTF_8, UTF_16, CHINESE = "utf-8", "utf-16", "gb18030"
_CHINESE_CODECS = frozenset({"gb18030", "gbk", "gb2312"})
_LAST_OF_TWO_BYTES = "\u07ff"


class LongLineError(ValueError):
    """A line too long to be one row of a table."""


class Line(NamedTuple):
    """One line with its end; `problem` says why it is no text of the file's encoding."""

    number: int
    text: str
    problem: str = ""


def encoding_of(path: Path) -> str | None:
    """The encoding that most lines beyond ASCII speak for; None if the file is no text that we know.

    GB18030 text is seldom valid UTF-8 (1 line of 2,700 in a real file of 104,000), and UTF-8 text is
    often valid GB18030: so a valid line is a vote for UTF-8, and only an invalid one a vote for GB18030.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    utf_8 = others = chinese = 0
    for raw in _byte_lines(path):
        if b"\0" in raw:
            return None
        if raw.isascii():
            continue
        if _decodes(raw, UTF_8):
            utf_8 += 1
        else:
            others += 1
            chinese += _decodes(raw, CHINESE)
    if head.startswith(codecs.BOM_UTF8) or utf_8 >= others:
        return UTF_8
    return CHINESE if chinese * 2 > others else None


def lines_of(path: Path, encoding: str) -> Iterator[Line]:
    """Every line of a file, numbered from one; without the mark of its encoding."""
    lines = _wide_lines(path, encoding) if _is_wide(encoding) else _narrow_lines(path, encoding)
    first = [line._replace(text=line.text.removeprefix("\ufeff")) for line in islice(lines, 1)]
    return chain(first, lines)


def _narrow_lines(path: Path, encoding: str) -> Iterator[Line]:
    name = codecs.lookup(encoding).name
    for number, raw in enumerate(_byte_lines(path), start=1):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            readable = next((other for other in (UTF_8, CHINESE) if _decodes(raw, other)), encoding)
            yield Line(number, raw.decode(readable, "backslashreplace"), f"not {encoding}")
            continue
        if name in _CHINESE_CODECS and not raw.isascii() and _is_plainly_utf_8(raw):
            yield Line(number, raw.decode(), f"not {encoding}")
        else:
            yield Line(number, text)


def _wide_lines(path: Path, encoding: str) -> Iterator[Line]:
    number = 0
    with path.open(encoding=encoding, newline="") as stream:
        while text := stream.readline(LONGEST_LINE):
            number += 1
            if len(text) == LONGEST_LINE:
                raise LongLineError(f"line {number} is longer than {LONGEST_LINE:,} characters")
            yield Line(number, text)


def _byte_lines(path: Path) -> Iterator[bytes]:
    """Lines ended by \\n, \\r or both; no encoding of ours has these bytes inside a character."""
    rest, number = b"", 1
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            pieces = (rest + chunk).splitlines(keepends=True)
            rest = pieces.pop()  # May go on in the next chunk, were it only by the \n of a \r\n.
            number += len(pieces)
            if len(rest) > LONGEST_LINE:
                raise LongLineError(f"line {number} is longer than {LONGEST_LINE:,} bytes")
            yield from pieces
    if rest:
        yield rest


def _is_wide(encoding: str) -> bool:
    return "\r\n".encode(encoding).removeprefix(codecs.BOM_UTF8) != b"\r\n"


def _is_plainly_utf_8(raw: bytes) -> bool:
    """True for UTF-8 with a character of three bytes, unless plain GB2312 gives these bytes too."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    return max(text) > _LAST_OF_TWO_BYTES and not _decodes(raw, "gb2312")


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
