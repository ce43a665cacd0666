"""The lines of a foreign text file, one by one: which encoding they speak for, and which do not fit it.

A line in another encoding than its file is told as such, never guessed at and never lost.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

CHUNK_BYTES = 1 << 20
LONGEST_LINE = 1 << 22
UTF_8, UTF_16, CHINESE = "utf-8", "utf-16", "gb18030"
_CHINESE_CODECS = frozenset({"gb18030", "gbk", "gb2312"})
_LAST_OF_TWO_BYTES = "\u07ff"
# Bytes beyond ASCII become x, ends of lines \\n, and the others go: lines are counted without a loop.
_MARKS = bytes(range(128)).replace(b"\r", b"\n") + b"x" * 128
_ASCII = bytes(set(range(128)) - set(b"\r\n"))


class LongLineError(ValueError):
    """A line too long to be one row of a table."""


class Line(NamedTuple):
    """One line with its end; `problem` says why it is no text of the file's encoding."""

    number: int
    text: str
    problem: str = ""


class Evidence(NamedTuple):
    """The encoding of a file, None if it is no text we know; `mixed` if lines disagree."""

    encoding: str | None
    mixed: bool = False


def evidence_of(path: Path) -> Evidence:
    """The encoding that most lines beyond ASCII speak for.

    GB18030 text is seldom valid UTF-8 (1 line of 2,700 in a real file of 104,000), and UTF-8 text is
    often valid GB18030: so a valid line is a vote for UTF-8, and only an invalid one a vote for GB18030.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Evidence(UTF_16)
    utf_8 = others = chinese = 0
    for chunk in byte_chunks(path):
        if b"\0" in chunk:
            return Evidence(None)
        if not chunk.isascii():
            valid, invalid, readable = _votes(chunk)
            utf_8, others, chinese = utf_8 + valid, others + invalid, chinese + readable
    if head.startswith(codecs.BOM_UTF8) or utf_8 >= others:
        return Evidence(UTF_8, mixed=bool(others))
    return Evidence(CHINESE if chinese * 2 > others else None, mixed=bool(utf_8) or chinese < others)


def _votes(chunk: bytes) -> tuple[int, int, int]:
    """Lines beyond ASCII that are UTF-8, that are not, and of these the ones that are GB18030."""
    beyond = _beyond_ascii(chunk)
    if _decodes(chunk, UTF_8):
        return beyond, 0, 0
    others = [line for line in chunk.splitlines() if not _decodes(line, UTF_8)]
    chinese = len(others) if _decodes(chunk, CHINESE) else sum(_decodes(line, CHINESE) for line in others)
    return beyond - len(others), len(others), chinese


def _beyond_ascii(chunk: bytes) -> int:
    """The number of lines with a byte beyond ASCII."""
    marks = chunk.translate(_MARKS, _ASCII)
    return marks.count(b"x\n") + marks.endswith(b"x")


def lines_of(path: Path, encoding: str) -> Iterator[Line]:
    """Every line of a file, numbered from one; without the mark of its encoding."""
    lines = _wide_lines(path, encoding) if is_wide(encoding) else _narrow_lines(path, encoding)
    first = [line._replace(text=line.text.removeprefix("\ufeff")) for line in islice(lines, 1)]
    return chain(first, lines)


def decoded(number: int, raw: bytes, encoding: str) -> Line:
    """One line as text of an encoding; one that does not fit it is told, readable where it can be."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        readable = next((other for other in (UTF_8, CHINESE) if _decodes(raw, other)), encoding)
        return Line(number, raw.decode(readable, "backslashreplace"), f"not {encoding}")
    if is_chinese(encoding) and not raw.isascii() and _is_plainly_utf_8(raw):
        return Line(number, raw.decode(), f"not {encoding}")
    return Line(number, text)


def _narrow_lines(path: Path, encoding: str) -> Iterator[Line]:
    for number, raw in enumerate(_byte_lines(path), start=1):
        yield decoded(number, raw, encoding)


def _wide_lines(path: Path, encoding: str) -> Iterator[Line]:
    number = 0
    with path.open(encoding=encoding, newline="") as stream:
        while text := stream.readline(LONGEST_LINE):
            number += 1
            if len(text) == LONGEST_LINE:
                raise LongLineError(f"line {number} is longer than {LONGEST_LINE:,} characters")
            yield Line(number, text)


def byte_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces that end where a line ends (by \\n, \\r or both).

    No encoding of ours that is not wide has these bytes inside a character.
    """
    rest, number = b"", 1
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            rest += chunk
            end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, -1)) + 1  # A last \r may be half an end.
            if end:
                yield rest[:end]
                number += ends_in(rest[:end])
                rest = rest[end:]
            if len(rest) > LONGEST_LINE:
                raise LongLineError(f"line {number} is longer than {LONGEST_LINE:,} bytes")
    if rest:
        yield rest


def ends_in(chunk: bytes) -> int:
    """The number of ends of lines in a chunk."""
    if b"\r" not in chunk:
        return chunk.count(b"\n")
    return chunk.count(b"\n") + chunk.count(b"\r") - chunk.count(b"\r\n")


def _byte_lines(path: Path) -> Iterator[bytes]:
    for chunk in byte_chunks(path):
        yield from chunk.splitlines(keepends=True)


def is_chinese(encoding: str) -> bool:
    """True for the encodings whose files may hold lines of UTF-8 unnoticed."""
    return _codec(encoding) in _CHINESE_CODECS


@cache
def _codec(encoding: str) -> str:
    return codecs.lookup(encoding).name


def is_wide(encoding: str) -> bool:
    """True where the end of a line is more than one byte."""
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
